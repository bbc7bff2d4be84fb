"""Where a customer's installation belongs: to the channels they share with us, and to a workspace
that may be one of an organisation's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from installs import Customers

from bot.domain.installation import Ending, Grant, Installation
from bot.messages import ids
from bot.sandbox import Channel, CutBefore, Refused

ORG = "E0ACME"


def unshare(desk: Customers) -> Installation:
    """#acme is shared with Acme no more; what is left of their installation."""
    desk.acme.unshare(desk.emil.team)
    desk.desk.advance(seconds=5)
    return desk.installations()["Acme"]


def is_of(args: Any, room: Channel) -> bool:
    return bool(args.get("channel") == room.id)


# Channels.


def test_it_lives_on_by_another_channel_of_the_account(desk: Customers) -> None:
    more = desk.second_channel()
    desk.have_installed()
    assert "in that of Acme" in desk.welcome().shown
    assert "in that of Acme" not in desk.welcome(more).shown

    assert unshare(desk).channel_id == more.id
    assert all("any more" not in text for text in desk.told_of_installs())
    assert "in that of Acme" not in desk.welcome().shown
    assert "in that of Acme" in desk.welcome(more).shown
    desk.case_by(desk.emil.command(ids.CASE_COMMAND, "", more), desk.emil)


def test_it_ends_with_the_last_of_them(desk: Customers) -> None:
    more = desk.second_channel()
    desk.have_installed()
    unshare(desk)
    more.unshare(desk.emil.team)
    desk.desk.advance(seconds=5)
    assert desk.installations()["Acme"].ended_why is Ending.DISCONNECTED
    assert "the channel is no longer shared with them" in desk.told_of_installs()[-1]


def test_the_loss_of_another_channel_changes_nothing(desk: Customers) -> None:
    more = desk.second_channel()
    desk.have_installed()
    more.unshare(desk.emil.team)
    desk.desk.advance(seconds=5)
    assert desk.installations()["Acme"].channel_id == desk.acme.id
    assert desk.installations()["Acme"].is_active


def test_a_channel_that_is_shared_with_others_is_none_to_live_on_by(desk: Customers) -> None:
    desk.second_channel(shared_with=desk.globex_team)
    desk.have_installed()
    assert unshare(desk).ended_why is Ending.DISCONNECTED


def test_another_accounts_channel_is_none_to_live_on_by(desk: Customers) -> None:
    more = desk.second_channel()
    desk.have_installed()
    desk.describe(more, "Globex")
    assert unshare(desk).ended_why is Ending.DISCONNECTED


def test_where_slack_does_not_say_it_is_asked_again(desk: Customers) -> None:
    more = desk.second_channel()
    desk.have_installed()
    fault, is_it = CutBefore(), lambda args: is_of(args, more)
    desk.workspace.faults.add("conversations.info", fault, when=is_it)
    assert unshare(desk).channel_id == more.id


def test_a_channel_that_slack_shares_with_nobody_by_name_is_none_to_live_on_by(
    desk: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.second_channel()
    desk.have_installed()
    slack = desk.desk.bot.services.install_ends.slack
    monkeypatch.setattr(slack, "connected_teams", lambda _channel: frozenset())
    assert unshare(desk).ended_why is Ending.DISCONNECTED


def test_a_channel_that_slack_does_not_know_is_none_to_live_on_by(desk: Customers) -> None:
    more = desk.second_channel()
    desk.have_installed()
    fault, is_it = Refused("channel_not_found"), lambda args: is_of(args, more)
    desk.workspace.faults.add("conversations.info", fault, times=None, when=is_it)
    assert unshare(desk).ended_why is Ending.DISCONNECTED


def test_a_channel_that_changes_hands_meanwhile_is_not_taken(desk: Customers) -> None:
    """While Slack was asked about it, the team said that it is another's."""
    more = desk.second_channel()
    desk.have_installed()

    def meanwhile(args: Any) -> bool:
        if is_of(args, more):
            desk.describe(more, "Globex")
        return False

    desk.workspace.faults.add("conversations.info", CutBefore(), times=None, when=meanwhile)
    assert unshare(desk).ended_why is Ending.DISCONNECTED


@pytest.mark.parametrize("has_another", [True, False])
def test_a_channel_that_was_unshared_while_nobody_heard_is_found(
    desk: Customers, *, has_another: bool
) -> None:
    more = desk.second_channel() if has_another else None
    desk.have_installed()
    desk.desk.stop_bot()
    desk.acme.unshare(desk.emil.team)
    desk.desk.advance_clock(hours=1)
    desk.desk.start_bot()
    desk.desk.advance(seconds=5)
    found = desk.installations()["Acme"]
    assert found.channel_id == (more or desk.acme).id
    assert found.ended_why is (None if has_another else Ending.DISCONNECTED)


@pytest.mark.parametrize("how", ["archived", "Casebell is out"])
def test_a_channel_that_is_lost_otherwise_ends_nothing(desk: Customers, how: str) -> None:
    more = desk.second_channel()
    desk.have_installed()
    if how == "archived":
        desk.acme.archive()
    else:
        desk.acme.kick(desk.workspace.bot)
    desk.desk.advance(seconds=5)
    assert desk.installations()["Acme"].is_active
    desk.case_by(desk.emil.command(ids.CASE_COMMAND, "", more), desk.emil)


def test_an_installation_by_another_channel_moves_it_and_both_channels_show_it(
    desk: Customers,
) -> None:
    more = desk.second_channel()
    links = [desk.invite(), desk.invite(more)]
    desk.have_installed(link=links[0])
    assert "in that of Acme" in desk.welcome().shown
    desk.have_installed(link=links[1])
    assert desk.installations()["Acme"].channel_id == more.id
    assert "in that of Acme" not in desk.welcome().shown
    assert "in that of Acme" in desk.welcome(more).shown


# Organisations.


def of_an_organisation(desk: Customers, **changed: str) -> None:
    """Acme's workspace is one of an organisation's, and Slack was asked about its token."""
    desk.desk.advance(minutes=1)
    with desk.desk.bot.store.transaction() as tx:
        found = tx.installations.get(desk.emil.team.id)
        assert found is not None
        tx.installations.save(replace(found, **{"enterprise_id": ORG, **changed}))  # type: ignore[arg-type]


def tell(desk: Customers, kind: str, *, of: dict[str, Any], **event: Any) -> None:
    """Slack sends an event; `of` is whom its envelope names."""
    body = {
        "type": "event_callback",
        "event_id": desk.workspace.new_id("Ev"),
        "event_time": int(desk.desk.clock.now().timestamp()),
        "event": {"type": kind, "event_ts": desk.workspace.new_ts(), **event},
    }
    assert desk.send(body | of).status == 200
    desk.desk.advance(seconds=30)


def test_whose_organisation_a_workspace_is_of_comes_with_its_token(
    desk: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    installing = desk.desk.bot.services.installing
    assert installing is not None
    exchange = installing.oauth.exchange

    def of_theirs(code: str) -> Grant:
        return replace(exchange(code), enterprise_id=ORG)

    monkeypatch.setattr(installing.oauth, "exchange", of_theirs)
    desk.have_installed()
    assert desk.installations()["Acme"].ids == {desk.emil.team.id, ORG}


@pytest.mark.parametrize("named", [ORG, None])
@pytest.mark.parametrize("kind", ["app_uninstalled", "tokens_revoked"])
def test_an_organisation_that_removes_it_ends_it_in_its_workspaces(
    desk: Customers, kind: str, named: str | None
) -> None:
    """Slack names the organisation alone, and no workspace of it."""
    desk.have_installed()
    of_an_organisation(desk)
    desk.workspace.lose_install(desk.emil.team)
    envelope = {"team_id": named, "enterprise_id": ORG}
    tell(desk, kind, of=envelope, tokens={"bot": ["U1"]})
    assert desk.installations()["Acme"].ended_why is Ending.REFUSED
    assert "cannot type /case" in desk.told_of_installs()[-1]


def test_a_workspace_that_keeps_it_keeps_it_whatever_its_organisation_removes(
    desk: Customers,
) -> None:
    """The event may be of another workspace's: whether the token is good, Slack is asked."""
    desk.have_installed()
    of_an_organisation(desk)
    tell(desk, "app_uninstalled", of={"team_id": None, "enterprise_id": ORG})
    assert desk.installations()["Acme"].is_active
    assert desk.emil.command(ids.CASE_COMMAND, "", desk.acme).ok


def test_what_names_a_workspace_ends_that_one_and_not_its_organisations(desk: Customers) -> None:
    desk.have_installed()
    desk.have_installed(desk.gus, desk.invite(desk.globex))
    desk.desk.advance(minutes=2)
    for team in (desk.emil.team, desk.gus.team):
        with desk.desk.bot.store.transaction() as tx:
            found = tx.installations.get(team.id)
            assert found is not None
            tx.installations.save(replace(found, enterprise_id=ORG))
            if team is desk.emil.team:  # and it has one for all its workspaces
                tx.installations.save(replace(found, team_id=ORG, enterprise_id=ORG))
    tell(desk, "app_uninstalled", of={"team_id": desk.emil.team.id, "enterprise_id": ORG})
    with desk.desk.bot.store.reading() as tx:
        assert {one.team_id for one in tx.installations.active()} == {ORG, desk.gus.team.id}


def test_what_names_an_organisation_ends_all_that_are_its_own(desk: Customers) -> None:
    """One for the whole organisation, and one of a workspace whose token is worthless now."""
    desk.have_installed()
    of_an_organisation(desk)
    of_an_organisation(desk, team_id=ORG)
    desk.workspace.lose_install(desk.emil.team)
    tell(desk, "app_uninstalled", of={"team_id": None, "enterprise_id": ORG})
    with desk.desk.bot.store.reading() as tx:
        assert tx.installations.active() == []
        org = tx.installations.get(ORG)
    assert org is not None
    assert org.ended_why is Ending.REMOVED


@pytest.mark.parametrize(
    ("named", "is_ended"), [(ORG, True), ("E0OTHER", False), ("", False), (None, False)]
)
def test_a_channel_is_disconnected_from_an_organisation(
    desk: Customers, named: str | None, is_ended: bool
) -> None:
    desk.have_installed()
    of_an_organisation(desk)
    event = {"channel": desk.acme.id, "previously_connected_team_id": named}
    tell(desk, "channel_unshared", of={"team_id": desk.workspace.home.id}, **event)
    assert desk.installations()["Acme"].is_active is not is_ended


@pytest.mark.parametrize("of", [{}, {"team_id": None, "enterprise_id": None}, {"team_id": ""}])
def test_an_end_that_names_nobody_ends_nothing(desk: Customers, of: dict[str, Any]) -> None:
    desk.have_installed()
    desk.desk.advance(minutes=2)
    tell(desk, "app_uninstalled", of=of)
    assert desk.installations()["Acme"].is_active
