"""Who is the team, and which messages must not leave it."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from bot.domain.access import SYSTEM_USERS, Audience, Destination, Member, is_team, refusal

HOME = "T0HOME"
ANA = Member("U0ANA", HOME, "Ana", in_team_channel=True)


def test_a_full_member_of_the_home_workspace_in_the_team_channel_is_of_the_team() -> None:
    assert is_team(ANA, HOME)


@pytest.mark.parametrize(
    "somebody",
    [
        pytest.param(replace(ANA, team_id="T0ACME"), id="of another organisation"),
        pytest.param(replace(ANA, team_id=""), id="of a workspace nobody named"),
        pytest.param(replace(ANA, in_team_channel=False), id="a colleague outside TEAM_CHANNEL"),
        pytest.param(replace(ANA, is_guest=True), id="a guest in TEAM_CHANNEL"),
        pytest.param(replace(ANA, is_bot=True), id="a bot"),
        pytest.param(replace(ANA, is_deleted=True), id="a closed account"),
        *(pytest.param(replace(ANA, user_id=user), id=user) for user in sorted(SYSTEM_USERS)),
    ],
)
def test_nobody_else_is_of_the_team(somebody: Member) -> None:
    assert not is_team(somebody, HOME)


PLACES = tuple(
    Destination(*flags) for flags in itertools.product([False, True], repeat=5)
)  # team channel, shared outside, team member, of the case, route


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_what_everybody_may_read_may_go_anywhere(place: Destination) -> None:
    assert refusal(Audience.EVERYBODY, place) is None


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_what_a_customer_is_told_goes_to_no_other_customer(place: Destination) -> None:
    told = refusal(Audience.CUSTOMER, place)
    assert told == (None if place.is_of_the_case else "it is not the place of that case")


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        pytest.param(Destination(is_team_channel=True), None, id="TEAM_CHANNEL"),
        pytest.param(Destination(is_team_member=True), None, id="a person of the team"),
        pytest.param(Destination(is_route=True), None, id="a route of the policy's"),
        pytest.param(Destination(), "it is for the team alone", id="a customer's channel or DM"),
        pytest.param(
            Destination(is_shared_outside=True),
            "it is for the team alone",
            id="a shared channel",
        ),
        pytest.param(
            Destination(is_team_channel=True, is_shared_outside=True),
            "the team's channel is shared with another organisation",
            id="TEAM_CHANNEL, since shared",
        ),
    ],
)
def test_internal_text_goes_to_the_team_and_nowhere_else(
    place: Destination, reason: str | None
) -> None:
    assert refusal(Audience.TEAM, place) == reason


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_internal_text_never_goes_to_a_place_that_is_neither(place: Destination) -> None:
    if not (place.is_team_channel or place.is_team_member or place.is_route):
        assert refusal(Audience.TEAM, place)
