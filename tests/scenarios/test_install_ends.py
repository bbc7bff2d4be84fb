"""A customer's installation ends: Slack says so, or takes its token no more."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from installs import GONE, OPEN, Customers

from bot.domain.installation import Ending, Grant
from bot.messages import ids
from bot.sandbox import CutBefore, Refused


def test_events_that_come_again_end_it_once(desk: Customers) -> None:
    desk.have_installed()
    desk.desk.advance(minutes=2)
    desk.workspace.repeat_events = 3
    desk.emil.remove_app()
    desk.desk.advance(seconds=3)
    assert sum("any more" in text for text in desk.told_of_installs()) == 1


def test_the_end_of_an_earlier_installation_does_not_end_the_new_one(desk: Customers) -> None:
    """Slack repeats events for hours: one comes after it was installed anew."""
    desk.have_installed()
    desk.workspace.hold_events()
    desk.emil.remove_app()
    desk.desk.advance(minutes=2)
    with desk.desk.bot.store.transaction() as tx:  # as the team sees when Slack says nothing
        found = tx.installations.get(desk.emil.team.id)
        assert found is not None
        tx.installations.save(found.ended(desk.desk.clock.now(), Ending.REFUSED))
    desk.have_installed()
    desk.workspace.release_events()
    desk.desk.advance(seconds=3)
    assert desk.installations()["Acme"].is_active
    assert desk.emil.command(ids.CASE_COMMAND, "", desk.acme).ok


def test_a_token_that_slack_refuses_ends_it_and_the_person_is_told_how_to_go_on(
    desk: Customers,
) -> None:
    desk.have_installed()
    desk.workspace.faults.add("views.open", Refused("account_inactive"))
    reply = desk.emil.command(ids.CASE_COMMAND, "", desk.acme)
    desk.desk.advance(seconds=3)
    assert reply.ok
    assert GONE in reply.text
    assert "Open a case" in reply.text
    assert "Slack does not accept its token" in desk.told_of_installs()[-1]
    assert GONE in desk.emil.command(ids.CASE_COMMAND, "list", desk.acme).text
    desk.case_by(desk.emil.click(desk.welcome(), OPEN), desk.emil)


def doubted(desk: Customers) -> None:
    """Slack says of Acme's token what it says of good ones too, when something is amiss there."""
    desk.have_installed()
    desk.desk.advance(minutes=10)
    desk.workspace.faults.add("views.open", Refused("invalid_auth"))
    said = desk.emil.command(ids.CASE_COMMAND, "", desk.acme).text
    assert "Something went wrong" in said
    assert GONE not in said


def test_a_token_that_slack_does_not_know_for_a_moment_ends_nothing(desk: Customers) -> None:
    doubted(desk)
    assert desk.installations()["Acme"].checked_at is None
    desk.desk.advance(minutes=12)
    found = desk.installations()["Acme"]
    assert (found.is_active, found.doubted_at) == (True, None)
    assert found.checked_at is not None
    assert all("any more" not in text for text in desk.told_of_installs())
    desk.case_by(desk.emil.command(ids.CASE_COMMAND, "", desk.acme), desk.emil)


def test_a_token_that_slack_does_not_know_ten_minutes_later_either_ends_it(desk: Customers) -> None:
    doubted(desk)
    desk.workspace.faults.add("auth.test", Refused("invalid_auth"), times=None)
    check = desk.desk.bot.services.install_ends.check
    check(lambda _seconds: True)
    assert desk.installations()["Acme"].is_active, "it was a moment ago"
    desk.desk.advance(minutes=12)
    assert desk.installations()["Acme"].ended_why is Ending.REFUSED
    assert "Slack does not accept its token" in desk.told_of_installs()[-1]


def test_only_the_check_ends_what_slack_does_not_know(desk: Customers) -> None:
    """However often somebody types: their token may be good for all but that."""
    doubted(desk)
    desk.workspace.faults.add("auth.test", CutBefore(), times=None)
    desk.desk.advance(minutes=12)
    desk.workspace.faults.add("views.open", Refused("invalid_auth"))
    assert desk.emil.command(ids.CASE_COMMAND, "", desk.acme).ok
    assert desk.installations()["Acme"].is_active


def test_one_that_is_doubted_keeps_nobody_elses_from_being_checked(desk: Customers) -> None:
    desk.have_installed()
    desk.have_installed(desk.gus, desk.invite(desk.globex))
    desk.workspace.faults.add("auth.test", Refused("invalid_auth"))
    desk.desk.bot.services.install_ends.check(lambda _seconds: True)
    first, second = sorted(desk.installations().values(), key=lambda one: one.team_id)
    assert first.doubted_at is not None
    assert first.is_active
    assert second.checked_at is not None


def test_a_refusal_of_something_else_ends_nothing(desk: Customers) -> None:
    desk.have_installed()
    desk.workspace.faults.add("views.open", Refused("expired_trigger_id"))
    reply = desk.emil.command(ids.CASE_COMMAND, "", desk.acme)
    assert "too long for Slack" in reply.text
    assert desk.installations()["Acme"].is_active


def test_our_own_token_refused_for_a_moment_ends_no_customers_installation(
    desk: Customers,
) -> None:
    desk.have_installed()
    desk.workspace.faults.add("views.open", Refused("account_inactive"))
    assert "Something went wrong" in desk.emil.click(desk.welcome(), OPEN).text
    assert desk.installations()["Acme"].is_active


def refuse(desk: Customers, method: str, meanwhile: Callable[[], object]) -> None:
    """Slack refuses the customer's token once, as worthless; something happens before we know."""

    def theirs(_args: object) -> bool:
        meanwhile()
        return True

    desk.workspace.faults.add(method, Refused("token_revoked"), when=theirs)


def install_anew(desk: Customers) -> None:
    """As another process does: the row has another token by then."""
    with desk.desk.bot.store.transaction() as tx:
        found = tx.installations.get(desk.emil.team.id)
        assert found is not None
        sealed = desk.desk.bot.services.installed.seal(found.team_id, "xoxb-new")
        tx.installations.save(replace(found, sealed_token=sealed))


def test_an_old_token_that_is_refused_does_not_end_the_new_installation(desk: Customers) -> None:
    """Removed, and installed anew, while Slack was asked by the old token."""
    desk.have_installed()
    refuse(desk, "views.open", lambda: install_anew(desk))
    assert GONE in desk.emil.command(ids.CASE_COMMAND, "", desk.acme).text
    assert desk.installations()["Acme"].is_active
    assert all("any more" not in text for text in desk.told_of_installs())


def test_the_daily_look_at_an_old_token_does_not_end_the_new_installation(desk: Customers) -> None:
    desk.have_installed()
    desk.desk.clock.turn_to(desk.desk.clock.now() + timedelta(days=2))
    refuse(desk, "auth.test", lambda: install_anew(desk))
    desk.desk.bot.services.install_ends.check(lambda _seconds: True)
    assert desk.installations()["Acme"].is_active


def test_whoever_types_while_another_hears_of_the_end_hears_of_it_too(desk: Customers) -> None:
    """Two at once: the second finds the installation over already."""
    desk.have_installed()
    desk.desk.advance(minutes=2)
    ends, now = desk.desk.bot.services.install_ends, desk.desk.clock.now()
    refuse(desk, "views.open", lambda: ends.removed(desk.emil.team.id, now))
    assert GONE in desk.emil.command(ids.CASE_COMMAND, "", desk.acme).text


def test_a_workspace_that_was_merged_is_found_without_anybody_typing(sqlite_url: str) -> None:
    """Slack tells nothing of it: each token is tried once a day."""
    story = Customers(sqlite_url)
    story.start()
    try:
        story.have_installed()
        story.workspace.lose_install(story.emil.team)
        story.desk.stop_bot()
        story.desk.advance_clock(days=1, hours=1)
        story.desk.start_bot()
        story.desk.advance(seconds=5)
        assert story.installations()["Acme"].ended_why is Ending.REFUSED
        assert "Slack does not accept its token" in story.told_of_installs()[-1]
    finally:
        story.stop()


def test_slack_away_at_the_daily_look_ends_nothing(sqlite_url: str) -> None:
    story = Customers(sqlite_url)
    story.start()
    try:
        story.have_installed()
        story.desk.stop_bot()
        story.desk.advance_clock(days=2)
        asked = itertools.count()  # twice who we are, by our own token
        story.workspace.faults.add("auth.test", CutBefore(), when=lambda _args: next(asked) == 2)
        story.desk.start_bot()
        story.desk.rest()
        assert None in [c.response for c in story.workspace.calls if c.method == "auth.test"]
        assert story.installations()["Acme"].is_active
    finally:
        story.stop()


def test_a_channel_that_is_disconnected_ends_the_installation_of_its_workspace(
    desk: Customers,
) -> None:
    desk.have_installed()
    desk.have_installed(desk.gus, desk.invite(desk.globex))
    name = desk.case_by(desk.emil.command(ids.CASE_COMMAND, "", desk.acme), desk.emil)
    desk.acme.unshare(desk.emil.team)
    desk.desk.advance(seconds=4)
    assert desk.installations()["Acme"].ended_why is Ending.DISCONNECTED
    assert desk.installations()["Globex"].is_active
    assert "the channel is no longer shared with them" in desk.told_of_installs()[-1]
    assert GONE in desk.emil.command(ids.CASE_COMMAND, "", None).text
    assert "Waiting for our first response" in desk.team_card(name).shown


def test_a_form_opened_before_the_end_is_a_case_all_the_same(desk: Customers) -> None:
    """No case is lost: it needs no token to be taken."""
    desk.have_installed()
    desk.desk.advance(minutes=2)
    assert desk.emil.command(ids.CASE_COMMAND, "", desk.acme).ok
    form = desk.emil.modal
    assert form is not None
    desk.fill(form, "Business severely impacted")
    desk.emil.remove_app()
    desk.desk.advance(seconds=3)
    assert form.submit().ok
    desk.desk.advance(seconds=4)
    assert desk.rows()["cases"] == 1


def test_a_customer_who_removed_it_can_install_it_again(desk: Customers) -> None:
    desk.have_installed()
    desk.desk.advance(minutes=2)
    desk.emil.remove_app()
    desk.desk.advance(seconds=3)
    desk.have_installed()
    desk.case_by(desk.emil.command(ids.CASE_COMMAND, "", desk.acme), desk.emil)


def test_our_own_workspace_that_removes_the_app_ends_no_customers(desk: Customers) -> None:
    desk.have_installed()
    desk.desk.advance(minutes=2)
    event = {
        "type": "event_callback",
        "team_id": desk.workspace.home.id,
        "event_id": "Ev1",
        "event_time": int(desk.desk.clock.now().timestamp()),
        "event": {"type": "app_uninstalled"},
    }
    assert desk.send(event).status == 200
    assert desk.installations()["Acme"].is_active


# Soon after it was taken.


@pytest.mark.parametrize("seconds", [-50, -10, 0, 10])
def test_a_removal_from_before_that_comes_late_ends_nothing_new(
    desk: Customers, seconds: int
) -> None:
    """Slack's clock is not ours, and tells no parts of a second: the token is asked about."""
    desk.have_installed()
    at = desk.installations()["Acme"].installed_at + timedelta(seconds=seconds)
    desk.desk.bot.services.install_ends.removed(desk.emil.team.id, at)
    assert desk.installations()["Acme"].is_active
    desk.desk.advance(seconds=30)
    found = desk.installations()["Acme"]
    assert found.is_active
    assert found.checked_at is not None


def test_who_removes_it_just_after_it_was_installed_is_found_soon(desk: Customers) -> None:
    desk.have_installed()
    desk.emil.remove_app()
    desk.desk.advance(seconds=30)
    assert desk.installations()["Acme"].ended_why is Ending.REFUSED


def test_who_removes_it_while_it_is_being_installed_is_found_soon(
    desk: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack told of the end before there was anything here to end."""
    installing = desk.desk.bot.services.installing
    assert installing is not None
    exchange = installing.oauth.exchange

    def and_remove(code: str) -> Grant:
        grant = exchange(code)
        desk.emil.remove_app()
        desk.workspace.settle()
        return grant

    monkeypatch.setattr(installing.oauth, "exchange", and_remove)
    desk.have_installed()
    assert desk.installations()["Acme"].is_active
    desk.desk.advance(seconds=30)
    assert desk.installations()["Acme"].ended_why is Ending.REFUSED
    assert "Slack does not accept its token" in desk.told_of_installs()[-1]
    assert "in that of Acme" not in desk.welcome().shown


def test_a_token_is_asked_about_once_soon_after_it_came(desk: Customers) -> None:
    desk.have_installed()
    assert desk.installations()["Acme"].checked_at is None
    desk.desk.advance(minutes=10)
    theirs = [c for c in desk.workspace.calls if c.team_id == desk.emil.team.id]
    assert [c.method for c in theirs] == ["auth.test"]
    assert desk.installations()["Acme"].checked_at is not None


def test_a_token_that_came_before_a_crash_is_asked_about_after_it(desk: Customers) -> None:
    desk.have_installed()
    desk.desk.stop_bot()
    desk.workspace.lose_install(desk.emil.team)
    desk.desk.start_bot()
    desk.desk.advance(seconds=30)
    assert desk.installations()["Acme"].ended_why is Ending.REFUSED


def test_slack_away_is_not_asked_about_one_after_the_other(desk: Customers) -> None:
    desk.have_installed()
    desk.have_installed(desk.gus, desk.invite(desk.globex))
    desk.workspace.faults.add("auth.test", CutBefore(), times=None)
    asked = len(desk.workspace.calls)
    desk.desk.bot.services.install_ends.check(lambda _seconds: True)
    assert [c.method for c in desk.workspace.calls[asked:]] == ["auth.test"]
    desk.workspace.faults.clear()
    desk.desk.bot.services.install_ends.check(lambda _seconds: True)
    assert all(one.checked_at is not None for one in desk.installations().values())


# Events.


def revoked(desk: Customers, tokens: dict[str, list[str]]) -> None:
    event = {
        "type": "event_callback",
        "team_id": desk.emil.team.id,
        "event_id": "Ev1",
        "event_time": int(desk.desk.clock.now().timestamp()),
        "event": {"type": "tokens_revoked", "tokens": tokens},
    }
    assert desk.send(event).status == 200


def test_a_revoked_token_ends_it_where_nobody_says_that_it_was_removed(desk: Customers) -> None:
    desk.have_installed()
    desk.desk.advance(minutes=2)
    revoked(desk, {"oauth": [], "bot": ["U1"]})
    assert desk.installations()["Acme"].ended_why is Ending.REMOVED


def test_the_revoked_tokens_of_people_end_nothing(desk: Customers) -> None:
    desk.have_installed()
    desk.desk.advance(minutes=2)
    revoked(desk, {"oauth": ["U1"], "bot": []})
    assert desk.installations()["Acme"].is_active
