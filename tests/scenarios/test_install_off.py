"""Casebell in a customer's workspace where we cannot serve it: what is true is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from door import ask
from installs import CLIENT_ID, CLIENT_SECRET, GONE, KEY, OPEN, PAUSED, Customers
from story import Story, one

from bot.domain.case import Person
from bot.domain.records import KeptDraft
from bot.errors import UserError
from bot.messages import ids
from bot.sandbox import OpenView, Refused


def test_without_the_settings_there_is_no_such_route_and_no_such_word(
    tell: Callable[..., Story],
) -> None:
    story = tell()
    port = int((story.workspace.request_url or "").split(":")[2].split("/")[0])
    for path in ("/slack/install?account=x", "/slack/oauth_redirect?code=1&state=2"):
        assert ask(port, "GET", path).status == 404
    assert "/slack/install" not in story.ana.command(ids.CASE_COMMAND, "invite", story.acme).text


@pytest.mark.parametrize("words", ["invite", "Invite revoke"])
def test_without_the_settings_the_team_is_told_which_they_are_and_customers_are_not(
    tell: Callable[..., Story], words: str
) -> None:
    story = tell()
    said = story.ana.command(ids.CASE_COMMAND, words, story.acme).text
    assert "I do not know" not in said
    for name in (*ON, "encryption_key", "public_url"):
        assert name.upper() in said
    assert "README" in said
    answer = story.carla.command(ids.CASE_COMMAND, words, story.acme).text
    assert answer.startswith("I do not know")
    assert "CASEBELL" not in answer


ON = {"casebell_client_id": CLIENT_ID, "casebell_client_secret": CLIENT_SECRET}
OFF = {"casebell_client_id": None, "casebell_client_secret": None}
OTHER_KEY = {"encryption_key": Fernet.generate_key().decode()}


def restart(desk: Customers, settings: Mapping[str, Any]) -> None:
    desk.desk.stop_bot()
    desk.desk.change_settings(**settings)
    desk.desk.start_bot()
    desk.desk.advance(seconds=5)


def test_where_it_was_switched_off_again_everybody_else_is_served_as_before(
    desk: Customers,
) -> None:
    desk.have_installed()
    restart(desk, OFF)
    assert ask(desk.port, "GET", "/slack/install").status == 404
    assert desk.carla.command(ids.CASE_COMMAND, "", desk.acme).ok
    desk.case_by(desk.emil.click(desk.welcome(), OPEN), desk.emil)


@pytest.mark.parametrize("settings", [OFF, OTHER_KEY], ids=["switched off", "the key lost"])
def test_who_cannot_be_served_is_told_so_and_not_half_answered(
    desk: Customers, settings: Mapping[str, Any]
) -> None:
    desk.have_installed()
    desk.open_case()
    restart(desk, settings)
    for words in ("", "list", "1001", "why 1001", "help", "invite"):
        reply = desk.emil.command(ids.CASE_COMMAND, words, desk.acme)
        assert PAUSED in reply.text
        assert "CASE-" not in reply.text
    assert PAUSED in desk.emil.command(ids.MAINTENANCE_COMMAND, "", desk.acme).text
    assert desk.emil.modal is None


@pytest.mark.parametrize(
    ("settings", "back", "said"),
    [(OFF, ON, "without CASEBELL_CLIENT_ID"), (OTHER_KEY, {"encryption_key": KEY}, "no key in")],
    ids=["switched off", "the key lost"],
)
def test_what_is_pinned_promises_what_is_true_and_the_team_hears_why(
    desk: Customers, settings: Mapping[str, Any], back: Mapping[str, Any], said: str
) -> None:
    desk.have_installed()
    desk.desk.advance(minutes=1)
    restart(desk, settings)
    assert "Acme" not in desk.welcome().shown
    told = desk.told_of_installs()
    assert "acme cannot type /case for now in their workspace" in told[-1]
    assert said in told[-1]
    restart(desk, settings)
    assert desk.told_of_installs() == told, "once"

    restart(desk, back)
    assert "in that of Acme" in desk.welcome().shown
    desk.case_by(desk.emil.command(ids.CASE_COMMAND, "", desk.acme), desk.emil)
    restart(desk, settings)
    assert len(desk.told_of_installs()) == len(told) + 1


def test_one_that_was_installed_anew_and_is_lost_again_is_told_anew(desk: Customers) -> None:
    desk.have_installed()
    restart(desk, OTHER_KEY)
    desk.desk.advance(minutes=1)
    desk.have_installed()
    assert "in that of Acme" in desk.welcome().shown
    told = len(desk.told_of_installs())
    desk.desk.advance(minutes=1)
    restart(desk, {"encryption_key": KEY})
    assert "Acme" not in desk.welcome().shown
    assert "for now" in desk.told_of_installs()[-1]
    assert len(desk.told_of_installs()) == told + 1


def test_without_the_settings_nobody_is_asked_whose_workspace_it_is(
    tell: Callable[..., Story],
) -> None:
    """As a workspace of our own organisation, which nobody has ever installed it in."""
    story = tell()
    with story.workspace.changed:
        trigger = story.workspace.new_trigger(story.carla, story.workspace.home_install)
    command = {
        "command": "/case",
        "text": "",
        "team_id": "T0SISTER",
        "channel_id": story.acme.id,
        "user_id": story.carla.id,
        "trigger_id": trigger,
    }
    assert story.desk.bot.dispatch(command, {}).status == 200
    assert story.carla.modal is not None


def test_what_ended_is_said_to_have_ended_also_where_it_is_switched_off(desk: Customers) -> None:
    desk.have_installed()
    desk.workspace.faults.add("views.open", Refused("account_inactive"))
    assert GONE in desk.emil.command(ids.CASE_COMMAND, "", desk.acme).text
    restart(desk, OFF)
    assert GONE in desk.emil.command(ids.CASE_COMMAND, "", desk.acme).text


def test_their_copy_is_answered_by_name_also_where_it_is_switched_off(desk: Customers) -> None:
    desk.have_installed()
    copy = desk.workspace.installs[desk.emil.team.id].bot
    restart(desk, OFF)
    desk.emil.post(desk.acme, f"{copy.mention} prices are gone")
    desk.desk.advance(seconds=4)
    assert sum(m.text == "To open a case, press the button" for m in desk.acme.messages) == 1


# A form that was open.


def half_filled(desk: Customers) -> OpenView:
    """A form of Emil's, opened by a command in his workspace."""
    assert desk.emil.command(ids.CASE_COMMAND, "", desk.acme).ok
    form = desk.emil.modal
    assert form is not None
    form.fill({"Is it an error or a question?": "Error"})
    form.hold("Summary", "Prices are gone")
    form.hold("Steps to reproduce", "Open the quote.")
    return form


def end(desk: Customers, how: str) -> None:
    """Casebell serves Acme's workspace no more, or will find that Slack takes its token no more."""
    match how:
        case "removed":
            desk.desk.advance(minutes=2)
            desk.emil.remove_app()
            desk.desk.advance(seconds=3)
        case "refused":
            desk.workspace.faults.add("views.update", Refused("token_revoked"))
        case _:
            restart(desk, OFF)


def cut_short(desk: Customers, how: str) -> OpenView:
    """A form whose installation ends while it is open, and which is changed after that."""
    desk.have_installed()
    form = half_filled(desk)
    end(desk, how)
    form.choose("Is it an error or a question?", "Question")
    desk.desk.advance(seconds=4)
    return form


def resume(desk: Customers) -> OpenView:
    """Emil presses the button of the only message that offers his words."""
    offered = one(m for m in desk.emil.dms if "Resume my draft" in m.buttons)
    assert "Every word that you typed is kept" in offered.shown
    assert desk.emil.click(offered, "Resume my draft").ok
    assert desk.emil.modal is not None
    return desk.emil.modal


@pytest.mark.parametrize("how", ["removed", "refused", "switched off"])
def test_a_change_in_a_form_whose_installation_has_ended_loses_no_word(
    desk: Customers, how: str
) -> None:
    cut_short(desk, how)
    again = resume(desk)
    assert again.view.install is desk.workspace.home_install
    assert again.input("Summary").answer == "Prices are gone"
    again.fill({"Is it an error or a question?": "Error"})
    assert again.input("Steps to reproduce").answer == "Open the quote."
    desk.fill(again, "Business severely impacted")
    assert again.submit().ok
    with desk.desk.bot.store.reading() as tx:
        case = tx.cases.get(1001)
    assert case.place.channel_id == desk.acme.id
    assert case.reporter.team_id == desk.emil.team.id


def test_words_that_the_form_had_hidden_before_are_kept_too(desk: Customers) -> None:
    desk.have_installed()
    form = half_filled(desk)
    assert form.choose("Is it an error or a question?", "Question").ok
    end(desk, "removed")
    form.choose("Is it an error or a question?", "Error")
    desk.desk.advance(seconds=4)
    assert resume(desk).input("Steps to reproduce").answer == "Open the quote."


def test_what_is_changed_at_once_in_a_resumed_form_is_newer_than_what_was_kept(
    desk: Customers,
) -> None:
    """Slack may send a change before we have stored what the form was opened with."""
    intake, emil = desk.desk.bot.services.intake, Person(desk.emil.team.id, desk.emil.id)
    intake.steer("V1", emil, {"summary": "newer"}, "2")
    intake.carry_on("V1", KeptDraft(emil, {"summary": "older"}, desk.desk.clock.now()))
    assert intake.steer("V1", emil, {}, "3") == {"summary": "newer"}


def test_more_changes_add_to_what_is_kept_and_offer_it_once(desk: Customers) -> None:
    form = cut_short(desk, "removed")
    form.hold("Summary", "Prices are gone since noon")
    form.choose("Is it an error or a question?", "Error")
    desk.desk.advance(seconds=4)
    assert resume(desk).input("Summary").answer == "Prices are gone since noon"


def test_what_was_kept_is_somebodys_own(desk: Customers) -> None:
    """The button is in their DM; its key, of anybody else, opens nothing of theirs."""
    form = cut_short(desk, "removed")
    intake = desk.desk.bot.services.intake
    key = f"form:{form.view.id}"
    assert intake.kept(key, Person(desk.emil.team.id, desk.emil.id)) is not None
    assert intake.kept(key, Person(desk.gus.team.id, desk.gus.id)) is None


def test_an_old_one_is_said_to_be_gone(desk: Customers) -> None:
    form = cut_short(desk, "removed")
    intake, emil = desk.desk.bot.services.intake, Person(desk.emil.team.id, desk.emil.id)
    desk.desk.clock.turn_to(desk.desk.clock.now() + timedelta(days=60))
    with pytest.raises(UserError, match="this one is gone"):
        intake.kept(f"form:{form.view.id}", emil)
