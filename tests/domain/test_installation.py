"""Which installations are taken, which are undone, and for which channels there are links."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.installation import (
    Ending,
    Grant,
    Installation,
    InstallLink,
    Removal,
    Verdict,
    is_connected,
    is_to_undo,
    judge,
    may_install,
    other_places,
)
from bot.domain.records import Channel, ChannelKind

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
HOME, ACME, GLOBEX = "T0HOME", "T0ACME", "T0GLOBEX"
GRANT = Grant(ACME, "Acme", "xoxb-secret", frozenset({"commands"}), "U0BOT", "U0ADMIN")


def installed(team_id: str) -> Installation:
    return Installation(team_id, "A name", "C1", "sealed", "U0BOT", "U0ADMIN", NOW, NOW)


@pytest.mark.parametrize(
    ("grant", "known", "expected"),
    [
        pytest.param(GRANT, [], Verdict.TAKEN, id="the first of an account"),
        pytest.param(GRANT, [(ACME, "acme")], Verdict.TAKEN, id="the same workspace again"),
        pytest.param(GRANT, [(ACME, "Acme")], Verdict.TAKEN, id="the account in other letters"),
        pytest.param(GRANT, [(GLOBEX, "globex")], Verdict.TAKEN, id="beside another account's"),
        pytest.param(GRANT, [(GLOBEX, "acme")], Verdict.ACCOUNT_HAS_ONE, id="a second workspace"),
        pytest.param(GRANT, [(GLOBEX, "ACME")], Verdict.ACCOUNT_HAS_ONE, id="in other letters"),
        pytest.param(GRANT, [(ACME, "globex")], Verdict.OF_ANOTHER_ACCOUNT, id="a second account"),
        pytest.param(replace(GRANT, team_id=HOME), [], Verdict.HOME, id="our own workspace"),
        pytest.param(
            replace(GRANT, team_id=HOME, scopes=frozenset({"commands", "chat:write"})),
            [],
            Verdict.HOME,
            id="our own, which has all scopes",
        ),
        pytest.param(
            replace(GRANT, scopes=frozenset({"commands", "chat:write"})),
            [],
            Verdict.TOO_MUCH,
            id="more scopes",
        ),
        pytest.param(replace(GRANT, scopes=frozenset()), [], Verdict.TOO_LITTLE, id="no scope"),
        pytest.param(
            replace(GRANT, scopes=frozenset({"chat:write"})), [], Verdict.TOO_LITTLE, id="another"
        ),
    ],
)
def test_what_becomes_of_what_slack_gives(
    grant: Grant, known: list[tuple[str, str]], expected: Verdict
) -> None:
    pairs = [(installed(team_id), account) for team_id, account in known]
    verdict = judge(grant, "acme", home_team=HOME, installed=pairs, connected={grant.team_id})
    assert verdict is expected


@pytest.mark.parametrize(
    ("enterprise_id", "connected", "expected"),
    [
        pytest.param("", {ACME}, Verdict.TAKEN, id="with that workspace"),
        pytest.param("E0ACME", {"E0ACME"}, Verdict.TAKEN, id="with its organisation"),
        pytest.param("", {GLOBEX}, Verdict.NOT_CONNECTED, id="with another"),
        pytest.param("E0ACME", {GLOBEX, "E0"}, Verdict.NOT_CONNECTED, id="with others"),
        pytest.param("", set(), Verdict.NOT_CONNECTED, id="with nobody"),
    ],
)
def test_it_is_for_those_with_whom_the_channel_is_shared(
    enterprise_id: str, connected: set[str], expected: Verdict
) -> None:
    grant = replace(GRANT, enterprise_id=enterprise_id)
    assert judge(grant, "acme", home_team=HOME, installed=[], connected=connected) is expected


def test_whoever_is_not_in_the_channel_does_not_learn_that_its_account_has_it() -> None:
    pairs = [(installed(GLOBEX), "acme")]
    verdict = judge(GRANT, "acme", home_team=HOME, installed=pairs, connected={GLOBEX})
    assert verdict is Verdict.NOT_CONNECTED


@pytest.mark.parametrize("connected", [{ACME, GLOBEX}, {GLOBEX}, set()])
@pytest.mark.parametrize("step", [1, -1])
def test_one_that_has_it_already_is_that_whatever_else_is_so(
    connected: set[str], step: int
) -> None:
    """Whether its token is kept does not hang on which of them comes first."""
    pairs = [(installed(ACME), "globex"), (installed(GLOBEX), "acme")][::step]
    verdict = judge(GRANT, "acme", home_team=HOME, installed=pairs, connected=connected)
    assert verdict is Verdict.OF_ANOTHER_ACCOUNT


@pytest.mark.parametrize("verdict", [*Verdict, None])
@pytest.mark.parametrize("team_id", [HOME, ACME, GLOBEX])
def test_it_is_taken_out_again_only_where_it_is_nobodys(
    verdict: Verdict | None, team_id: str
) -> None:
    """Ours and Globex's have it rightfully, whatever came of this time."""
    undone = is_to_undo(verdict, replace(GRANT, team_id=team_id), HOME, {GLOBEX})
    assert undone is (team_id == ACME and verdict is not Verdict.TAKEN)


CHANNEL = Channel("C1", HOME, "acme", is_member=True, is_ext_shared=True)


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        (CHANNEL, True),
        (replace(CHANNEL, kind=ChannelKind.PARTNER), True),
        (replace(CHANNEL, kind=ChannelKind.INTERNAL), False),
        (replace(CHANNEL, kind=ChannelKind.BLOCKED), False),
        (replace(CHANNEL, is_ext_shared=False), False),
        (replace(CHANNEL, is_member=False), False),
    ],
)
def test_for_which_channels_there_are_links(channel: Channel, expected: bool) -> None:
    assert may_install(channel) is expected


@pytest.mark.parametrize(
    ("channel", "is_one"),
    [
        pytest.param(replace(CHANNEL, channel_id="C2"), True, id="another of the account"),
        pytest.param(replace(CHANNEL, channel_id="C2", account="ACME"), True, id="other letters"),
        pytest.param(CHANNEL, False, id="the one that is lost"),
        pytest.param(replace(CHANNEL, channel_id="C2", account="Globex"), False, id="another's"),
        pytest.param(replace(CHANNEL, channel_id="C2", is_member=False), False, id="left"),
        pytest.param(replace(CHANNEL, channel_id="C2", is_ext_shared=False), False, id="ours"),
    ],
)
def test_where_an_installation_may_live_on(channel: Channel, is_one: bool) -> None:
    found = other_places(installed(ACME), "acme", [channel])
    assert found == ([channel] if is_one else [])


def test_one_of_an_account_that_is_not_known_lives_on_nowhere() -> None:
    nameless = replace(CHANNEL, channel_id="C2", name="")
    assert other_places(installed(ACME), "", [nameless]) == []


@pytest.mark.parametrize(
    ("connected", "expected"),
    [({ACME}, True), ({"E0ACME", GLOBEX}, True), ({GLOBEX}, False), (set(), False)],
)
def test_with_whom_a_channel_is_shared(connected: set[str], expected: bool) -> None:
    ours = replace(installed(ACME), enterprise_id="E0ACME")
    assert is_connected(ours.ids, connected) is expected


def test_an_organisation_that_nobody_named_is_nobodys() -> None:
    assert installed(ACME).ids == {ACME}


@pytest.mark.parametrize(
    ("checked_at", "expected"),
    [
        (None, True),
        (NOW, False),
        (NOW - timedelta(hours=23), False),
        (NOW - timedelta(days=1), True),
    ],
)
def test_when_slack_is_asked_about_a_token(checked_at: datetime | None, expected: bool) -> None:
    assert replace(installed(ACME), checked_at=checked_at).is_to_check(NOW) is expected


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("code", "doubted_at", "is_over"),
    [
        pytest.param("token_revoked", None, True, id="revoked"),
        pytest.param("account_inactive", None, True, id="closed"),
        pytest.param("token_expired", None, True, id="expired"),
        pytest.param("invalid_auth", None, False, id="for the first time"),
        pytest.param("invalid_auth", NOW - 599 * SECOND, False, id="again, soon"),
        pytest.param("invalid_auth", NOW - 600 * SECOND, True, id="again, ten minutes later"),
        pytest.param("fatal_error", NOW - 600 * SECOND, False, id="no word of the token"),
    ],
)
def test_which_refusals_of_a_token_are_its_end(
    code: str, doubted_at: datetime | None, is_over: bool
) -> None:
    found = replace(installed(ACME), doubted_at=doubted_at)
    assert found.is_over_by(code, NOW, is_check=True) is is_over
    assert found.is_over_by(code, NOW, is_check=False) is (is_over and code != "invalid_auth")


def test_one_that_is_doubted_is_to_be_checked() -> None:
    assert installed(ACME).doubted(NOW).is_to_check(NOW)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(-timedelta(hours=1), Removal.EARLIER, id="long before"),
        pytest.param(-61 * SECOND, Removal.EARLIER, id="before"),
        pytest.param(-60 * SECOND, Removal.UNSURE, id="before, by a clock that may be behind"),
        pytest.param(0 * SECOND, Removal.UNSURE, id="in the same second"),
        pytest.param(60 * SECOND, Removal.UNSURE, id="after, by a clock that may be ahead"),
        pytest.param(61 * SECOND, Removal.ITS_OWN, id="after"),
    ],
)
def test_of_which_installation_a_removal_is(after: timedelta, expected: Removal) -> None:
    assert installed(ACME).removal(NOW + after) is expected


def test_a_link_is_good_once_and_until_it_expires() -> None:
    link = InstallLink("key", "C1", "U1", NOW)
    assert link.is_good(NOW - timedelta(seconds=1))
    assert not link.is_good(NOW)
    assert not replace(link, used_at=NOW).is_good(NOW - timedelta(days=1))


def test_one_that_is_over_keeps_no_token() -> None:
    over = installed(ACME).ended(NOW, Ending.REMOVED)
    assert (over.sealed_token, over.is_active) == ("", False)


def test_tokens_are_in_no_text_that_may_be_logged() -> None:
    assert "xoxb" not in repr(GRANT)
    assert "sealed'" not in repr(installed(ACME))
