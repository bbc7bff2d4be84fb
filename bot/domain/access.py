"""Who is the team, and who may be told what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.case import Case
from bot.domain.segments import Segment


@dataclass(frozen=True)
class Member:
    """A person of Slack, as far as Casebell has to know them."""

    user_id: str
    team_id: str
    name: str
    tz: str | None = None
    is_bot: bool = False
    is_guest: bool = False
    is_deleted: bool = False
    in_team_channel: bool = False
    dm_channel: str | None = None
    is_stranger: bool = False


@dataclass(frozen=True)
class Reach:
    """What Slack says of reaching somebody by a direct message.

    Args:
        dm_refused: Slack's code for why it opens none to them.
        quiet: their do-not-disturb stretch, the one under way or the next. A snooze of theirs is
            shown to nobody else.
    """

    dm_refused: str | None = None
    quiet: Segment | None = None


# Slack's own voices: nobody's customer, and nobody of the team.
SYSTEM_USERS = frozenset({"USLACK", "USLACKBOT"})


def is_team(member: Member, home_team: str) -> bool:
    """Whether somebody is of the team: a full member of the home workspace in TEAM_CHANNEL."""
    return (
        member.team_id == home_team
        and member.in_team_channel
        and not (member.is_bot or member.is_guest or member.is_deleted)
        and member.user_id not in SYSTEM_USERS
    )


class Audience(StrEnum):
    """Whom a message is for. Every kind of message has one."""

    CUSTOMER = "customer"  # the case's channel or its reporter
    EVERYBODY = "everybody"  # any channel that Casebell is in
    TEAM = "team"  # internal: TEAM_CHANNEL, or a person of the team


@dataclass(frozen=True)
class Destination:
    """Where a message is about to go, as known at the moment of sending."""

    is_team_channel: bool = False
    is_shared_outside: bool = False
    is_team_member: bool = False
    is_of_the_case: bool = False
    is_route: bool = False  # of the policy's: whoever operates Casebell chose it


def refusal(audience: Audience, destination: Destination) -> str | None:
    """Why a message must not go there, or None when it may.

    What a customer is told goes to the place of their case and to its reporter, and to no other
    customer. Internal messages go to TEAM_CHANNEL, while it is shared with no other organisation,
    and to people of the team.
    """
    match audience:
        case Audience.EVERYBODY:
            return None
        case Audience.CUSTOMER:
            return None if destination.is_of_the_case else "it is not the place of that case"
    if destination.is_team_channel:
        if destination.is_shared_outside:
            return "the team's channel is shared with another organisation"
        return None
    is_internal = destination.is_team_member or destination.is_route
    return None if is_internal else "it is for the team alone"


def may_read(case: Case, reader_id: str, *, is_team: bool, channel_ids: Collection[str]) -> bool:
    """Whether somebody may read a case: its reporter, who is in its channel, and the team.

    Args:
        channel_ids: the channels that the reader is in.
    """
    return is_team or reader_id == case.reporter.user_id or case.place.channel_id in channel_ids
