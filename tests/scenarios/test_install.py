"""A customer has `/case` in their own workspace: installs it, uses it, and removes it again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from installs import KEY, OPEN, PAUSED, Customers
from story import one

from bot.domain.installation import Ending
from bot.messages import ids


def test_an_admin_installs_it_and_its_people_type_case_until_it_is_removed(
    desk: Customers,
) -> None:
    """The whole life of it, over HTTP, with the local workspace as Slack."""
    emil = desk.emil
    assert emil.command(ids.CASE_COMMAND, "", desk.acme).problem is not None

    page = desk.ask(emil)
    assert "requesting permission to access the Acme Slack workspace" in page.text
    assert "commands: Add shortcuts and/or slash commands that people can use Cancel" in page.text
    page = emil.browser.choose(page, "allow")
    desk.desk.advance(seconds=3)
    assert page.status == 200
    assert page.text.startswith("Casebell is installed in Acme.")
    for words in ("What was installed", "What it can see", "What it cannot see", "remove it"):
        assert words in page.text
    assert "acme installed Casebell in their workspace Acme" in desk.told_of_installs()[-1]
    assert "in Logik.io's Slack, or in that of Acme, can type /case" in desk.welcome().shown

    name = desk.case_by(emil.command(ids.CASE_COMMAND, "", desk.acme), emil)
    assert "Waiting for our first response" in desk.card(name).shown
    assert "@Emil" in desk.team_card(name).shown
    assert name in emil.command(ids.CASE_COMMAND, "list", desk.acme).text

    desk.desk.advance(minutes=2)
    emil.remove_app()
    desk.desk.advance(seconds=3)
    assert "cannot type /case in their workspace any more" in desk.told_of_installs()[-1]
    assert "somebody there removed Casebell" in desk.told_of_installs()[-1]
    assert "Acme" not in desk.welcome().shown
    assert emil.command(ids.CASE_COMMAND, "", desk.acme).problem is not None
    assert desk.installations()["Acme"].sealed_token == ""

    again = desk.case_by(emil.click(desk.welcome(), OPEN), emil)
    assert again != name
    desk.answer(desk.dora, name)
    desk.desk.advance(seconds=3)
    assert "Answered" in desk.card(name).shown


def test_a_customers_token_opens_and_redraws_views_and_does_nothing_else(desk: Customers) -> None:
    desk.have_installed()
    desk.case_by(desk.emil.command(ids.CASE_COMMAND, "", desk.acme), desk.emil)
    desk.emil.open_home()
    desk.desk.rest()
    by_theirs = {c.method for c in desk.workspace.calls if c.team_id == desk.emil.team.id}
    assert by_theirs == {"views.open", "views.update", "views.publish"}
    posts = {c.team_id for c in desk.workspace.calls if c.method.startswith("chat.")}
    assert posts == {desk.workspace.home.id}


def test_both_ways_to_the_form_lead_to_the_same_case_and_one_confirmation(desk: Customers) -> None:
    """The same person in the same channel: by the command of their side, or by our button."""
    desk.have_installed()
    emil, told = desk.emil, len(desk.emil.dms)
    forms = []
    for reply in (
        lambda: emil.command(ids.CASE_COMMAND, "", desk.acme),
        lambda: emil.click(desk.welcome(), OPEN),
    ):
        assert reply().ok
        assert emil.modal is not None
        forms.append((emil.modal.text, emil.modal.view.body["private_metadata"]))
    assert forms[0] == forms[1]
    assert len(desk.workspace.modals[emil.id]) == 1, "the second took the first's place"

    name = desk.case_by(emil.command(ids.CASE_COMMAND, "", desk.acme), emil)
    assert [m.text for m in emil.dms[told:]] == [one(emil.dms[told:]).text]
    with desk.desk.bot.store.reading() as tx:
        case = tx.cases.get(int(name.removeprefix("CASE-")))
    assert case.reporter.team_id == emil.team.id
    assert (case.place.team_id, case.place.channel_id) == (desk.workspace.home.id, desk.acme.id)


def test_a_form_that_a_customers_command_opened_is_one_case_however_often_it_comes(
    desk: Customers,
) -> None:
    desk.have_installed()
    assert desk.emil.command(ids.CASE_COMMAND, "", desk.acme).ok
    form = desk.emil.modal
    assert form is not None
    desk.fill(form, "Business severely impacted")
    desk.workspace.loses_answers = True
    assert not form.submit().ok
    desk.workspace.loses_answers = False
    assert form.submit().ok
    desk.desk.advance(seconds=4)
    assert desk.rows()["cases"] == 1


def test_our_own_people_and_guests_are_served_by_our_own_token(desk: Customers) -> None:
    desk.have_installed()
    for person in (desk.ana, desk.carla):
        assert person.command(ids.CASE_COMMAND, "", desk.acme).ok
        assert person.modal is not None
        assert person.modal.view.install is desk.workspace.home_install
    assert desk.emil.click(desk.welcome(), OPEN).ok
    assert desk.emil.modal is not None
    assert desk.emil.modal.view.install is desk.workspace.home_install


def test_shortcuts_and_the_home_tab_work_on_the_customers_side(desk: Customers) -> None:
    desk.have_installed()
    emil = desk.emil
    said = desk.emil.post(desk.acme, "Prices are gone since noon")
    assert emil.message_shortcut(said, ids.FROM_MESSAGE).ok
    assert emil.modal is not None
    assert emil.modal.input("Summary").answer == "Prices are gone since noon"
    desk.case_by(emil.shortcut(OPEN), emil)
    emil.open_home()
    desk.desk.rest()
    assert emil.home is not None
    assert emil.home.view.install.team is emil.team
    assert "CASE-1001" in emil.home.text


def test_oncall_answers_the_team_alone_also_where_it_is_installed(desk: Customers) -> None:
    desk.have_installed()
    reply = desk.emil.command(ids.ONCALL_COMMAND, "", desk.acme)
    assert "Only people of the support team" in reply.text


def test_in_a_channel_of_their_own_people_are_told_where_cases_are_opened(desk: Customers) -> None:
    desk.have_installed()
    general = desk.workspace.add_channel(
        "general", members=[desk.emil], shared_with=[desk.emil.team], private=True
    )
    for words in ("", "list"):
        reply = desk.emil.command(ids.CASE_COMMAND, words, general)
        assert "in the channel that you share with Logik.io" in reply.text
        assert "/invite" not in reply.text
    assert desk.emil.modal is None


def test_a_colleague_who_shares_no_channel_with_us_is_told_where(desk: Customers) -> None:
    """Nothing that is posted would reach them."""
    desk.have_installed()
    stranger = desk.workspace.add_person("Sam", team=desk.emil.team)
    reply = stranger.command(ids.CASE_COMMAND)
    assert "in the channel that you share with Logik.io" in reply.text
    assert stranger.modal is None


def test_an_installation_outlives_a_restart_and_a_new_encryption_key(sqlite_url: str) -> None:
    story = Customers(sqlite_url)
    story.start()
    try:
        story.have_installed()
        new = Fernet.generate_key().decode()
        story.desk.stop_bot()
        story.desk.change_settings(encryption_key=f"{new}, {KEY}")
        story.desk.advance_clock(days=2)  # then each token is checked, and sealed anew
        story.desk.start_bot()
        assert story.emil.command(ids.CASE_COMMAND, "", story.acme).ok
        story.desk.stop_bot()
        story.desk.change_settings(encryption_key=new)
        story.desk.start_bot()
        assert story.emil.command(ids.CASE_COMMAND, "", story.acme).ok
        story.desk.stop_bot()
        story.desk.change_settings(encryption_key=KEY)
        story.desk.start_bot()
        assert PAUSED in story.emil.command(ids.CASE_COMMAND, "", story.acme).text
        assert story.installations()["Acme"].is_active, "the key may come back"
    finally:
        story.stop()


@pytest.mark.parametrize("both", [False, True])
def test_who_calls_the_copy_of_their_own_workspace_by_name_is_answered(
    desk: Customers, both: bool
) -> None:
    """Slack offers them two of that name, and tells nobody of the one with `commands` alone."""
    desk.have_installed()
    copy = desk.workspace.installs[desk.emil.team.id].bot
    ours = f" {desk.workspace.bot.mention}" if both else ""
    said = desk.emil.post(desk.acme, f"{copy.mention}{ours} prices are gone")
    desk.desk.advance(seconds=4)
    answer = one(m for m in desk.acme.messages if m.text == "To open a case, press the button")
    assert answer.thread_ts == said.ts
    assert desk.emil.click(answer, OPEN).ok
    assert desk.emil.modal is not None
    assert desk.emil.modal.input("Summary").answer == "prices are gone"


def test_in_a_cases_thread_the_copy_is_called_about_that_case(desk: Customers) -> None:
    desk.have_installed()
    name = desk.open_case()
    copy = desk.workspace.installs[desk.emil.team.id].bot
    desk.emil.post(desk.acme, f"{copy.mention} any news?", desk.card(name))
    desk.desk.advance(seconds=4)
    assert sum("any news?" in m.shown for m in desk.team_card(name).thread) == 1
    assert all(m.text != "To open a case, press the button" for m in desk.acme.messages)


def test_on_postgresql_as_well(postgres_url: str) -> None:
    story = Customers(postgres_url)
    story.start()
    try:
        story.have_installed()
        story.case_by(story.emil.command(ids.CASE_COMMAND, "", story.acme), story.emil)
        story.desk.advance(minutes=2)
        story.emil.remove_app()
        story.desk.advance(seconds=3)
        assert story.installations()["Acme"].ended_why is Ending.REMOVED
    finally:
        story.stop()


def test_in_socket_mode_browsers_still_come_over_http(sqlite_url: str) -> None:
    story = Customers(sqlite_url, socket_mode=True)
    story.start()
    try:
        story.have_installed()
        story.case_by(story.emil.command(ids.CASE_COMMAND, "", story.acme), story.emil)
    finally:
        story.stop()


# Events that Slack sends for both installations.


def for_both(desk: Customers, happening: Callable[[], object]) -> None:
    """Let something happen, of which Slack tells each installation by an event of its own."""
    ws = desk.workspace
    ws.hold_events()
    happening()
    install = ws.installs.get(desk.emil.team.id, ws.home_install)
    with ws.changed:
        told = tuple(ws.pending)
    ws.release_events()
    desk.desk.advance(seconds=5)
    theirs = {"team_id": install.team.id, "user_id": install.bot.id}
    for one_event in told:
        authorized = [one_event["authorizations"][0] | theirs]
        again = {"event_id": ws.new_id("Ev"), "team_id": install.team.id}
        with ws.changed:
            ws.pending.append(one_event | again | {"authorizations": authorized})
            ws.changed.notify_all()
    desk.desk.advance(seconds=5)


def test_what_people_write_is_kept_and_copied_once(desk: Customers) -> None:
    desk.have_installed()
    name = desk.open_case()
    for_both(desk, lambda: desk.emil.post(desk.acme, "It is still down.", desk.card(name)))
    for_both(desk, lambda: desk.dora.post(desk.acme, "We are looking.", desk.card(name)))
    copied = [m.shown for m in desk.team_card(name).thread]
    assert sum("It is still down." in text for text in copied) == 1
    assert sum("We are looking." in text for text in copied) == 1
    assert "Answered" in desk.card(name).shown


def test_what_we_post_ourselves_is_nobodys_answer_by_either(desk: Customers) -> None:
    desk.have_installed()
    for_both(desk, lambda: desk.submit("Business severely impacted"))
    desk.workspace.hold_events()
    desk.desk.advance(seconds=5)
    for_both(desk, lambda: None)
    assert "Waiting for our first response" in desk.card("CASE-1001").shown
    assert desk.rows()["messages"] == 0


def test_a_mention_is_answered_once(desk: Customers) -> None:
    desk.have_installed()
    words = f"{desk.workspace.bot.mention} prices are gone"
    for_both(desk, lambda: desk.emil.post(desk.acme, words))
    assert sum(m.text == "To open a case, press the button" for m in desk.acme.messages) == 1


@pytest.mark.parametrize("what", ["archived", "in use again", "no longer shared"])
def test_the_team_hears_of_a_channel_once(desk: Customers, what: str) -> None:
    desk.have_installed()
    desk.have_installed(desk.gus, desk.invite(desk.globex))
    match what:
        case "archived":
            for_both(desk, desk.acme.archive)
        case "in use again":
            desk.acme.archive()
            desk.desk.advance(seconds=3)
            for_both(desk, desk.acme.unarchive)
        case _:
            for_both(desk, lambda: desk.acme.unshare(desk.emil.team))
    assert sum(what in text and "#acme" in text for text in desk.news()) == 1
