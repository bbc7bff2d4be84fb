"""What the team does about customers' workspaces, and what it hears of them."""

from __future__ import annotations

import pytest
from installs import BAD, WORKS, Customers

from bot.domain.case import Person
from bot.messages import ids
from bot.sandbox import CutBefore, Refused
from bot.sandbox.web_browser import WebPage


def test_invite_is_for_the_team_and_for_channels_that_are_shared(desk: Customers) -> None:
    desk.have_installed(desk.gus, desk.invite(desk.globex))
    for person, room in ((desk.carla, desk.acme), (desk.gus, desk.globex)):
        said = person.command(ids.CASE_COMMAND, "invite", room).text
        assert "/slack/install" not in said
    inside = desk.workspace.add_channel("inside", members=[desk.workspace.bot, desk.ana])
    for room in (inside, desk.team):
        said = desk.ana.command(ids.CASE_COMMAND, "invite", room).text
        assert "shared with another organisation" in said
    assert "has Casebell already" in desk.ana.command(ids.CASE_COMMAND, "invite", desk.globex).text


def test_help_tells_the_team_of_it_and_nobody_else(desk: Customers) -> None:
    assert "/case invite" in desk.ana.command(ids.CASE_COMMAND, "help", desk.acme).text
    assert "invite" not in desk.carla.command(ids.CASE_COMMAND, "help", desk.acme).text


def test_the_link_comes_to_whoever_asked_and_says_what_it_does(desk: Customers) -> None:
    reply = desk.ana.command(ids.CASE_COMMAND, "invite", desk.acme)
    assert "somebody at acme who may install apps" in reply.text
    assert "It works once, until " in reply.text
    assert "reads none of their messages or channels" in reply.text
    assert all("/slack/install" not in m.shown for m in desk.acme.messages)


def test_what_the_team_is_told_goes_by_what_is_true_when_it_is_sent(desk: Customers) -> None:
    page = desk.ask(desk.emil)
    desk.workspace.faults.add("chat.postMessage", Refused("internal_error"), times=None)
    assert desk.emil.browser.choose(page, "allow").text.startswith(WORKS)
    desk.desk.advance(minutes=2)
    desk.emil.remove_app()
    desk.desk.advance(seconds=3)
    desk.workspace.faults.clear()
    desk.desk.advance(minutes=3)
    [told] = desk.told_of_installs()
    assert "any more" in told


def test_the_id_of_a_channel_changes_and_the_installation_follows(desk: Customers) -> None:
    link = desk.invite()
    desk.acme.change_id()
    desk.desk.rest()
    desk.have_installed(link=link)
    desk.acme.change_id()
    desk.desk.rest()
    assert desk.installations()["Acme"].channel_id == desk.acme.id
    desk.case_by(desk.emil.command(ids.CASE_COMMAND, "", desk.acme), desk.emil)


# Links.


def test_a_new_link_ends_the_one_before(desk: Customers) -> None:
    old, elsewhere = desk.invite(), desk.invite(desk.globex)
    new = desk.invite()
    assert desk.ask(desk.emil, old).text.startswith(BAD)
    desk.have_installed(link=new)
    desk.have_installed(desk.gus, elsewhere)


def test_what_the_team_reads_with_a_link_says_what_becomes_of_it(desk: Customers) -> None:
    said = desk.ana.command(ids.CASE_COMMAND, "invite", desk.acme).text
    assert "/case invite revoke ends it before" in said
    assert "Links made earlier for this channel work no more" in said


def test_a_link_can_be_taken_back(desk: Customers) -> None:
    link, elsewhere = desk.invite(), desk.invite(desk.globex)
    reply = desk.dora.command(ids.CASE_COMMAND, "invite revoke", desk.acme)
    assert "The link for #acme works no more" in reply.text
    assert desk.ask(desk.emil, link).text.startswith(BAD)
    again = desk.ana.command(ids.CASE_COMMAND, "Invite  Revoke", desk.acme)
    assert "no link for #acme that still works" in again.text
    desk.have_installed(desk.gus, elsewhere)


@pytest.mark.parametrize("words", ["invite", "invite revoke"])
def test_who_has_begun_by_a_link_that_ends_gets_nothing(desk: Customers, words: str) -> None:
    page = desk.ask(desk.emil)
    assert desk.ana.command(ids.CASE_COMMAND, words, desk.acme).ok
    assert desk.emil.browser.choose(page, "allow").text.startswith(BAD)
    assert desk.installations() == {}
    assert all(c.method != "oauth.v2.access" for c in desk.workspace.calls)


def test_a_link_that_ends_while_slack_is_asked_gets_nothing(desk: Customers) -> None:
    page, installing = desk.ask(desk.emil), desk.desk.bot.services.installing
    assert installing is not None
    ana = Person(desk.workspace.home.id, desk.ana.id)

    def meanwhile(_args: object) -> bool:
        installing.revoke(ana, desk.acme.id)
        return False

    desk.workspace.faults.add("oauth.v2.access", CutBefore(), when=meanwhile)
    assert desk.emil.browser.choose(page, "allow").text.startswith(BAD)
    assert desk.installations() == {}
    assert desk.emil.team.id not in desk.workspace.installs, "it was taken out again"


def test_only_the_team_takes_links_back(desk: Customers) -> None:
    link = desk.invite()
    for person in (desk.carla, desk.emil):
        said = person.command(ids.CASE_COMMAND, "invite revoke", desk.acme).text
        assert "works no more" not in said
    desk.have_installed(link=link)


# Without Slack.


@pytest.mark.parametrize("words", ["help", "what is this"])
def test_help_needs_no_answer_of_slacks(desk: Customers, words: str) -> None:
    newcomer = desk.workspace.add_person("Nina", guest=True)
    desk.acme.members.append(newcomer)
    desk.workspace.faults.add("*", CutBefore(), times=None)
    for person, is_team in ((newcomer, False), (desk.ana, True)):
        said = person.command(ids.CASE_COMMAND, words, desk.acme).text
        assert "/case list shows the open cases" in said
        assert ("/case invite" in said) is is_team


# What was not taken.


def nobody_else_hears(desk: Customers, words: str) -> None:
    for room in (desk.acme, desk.globex):
        assert all(words not in m.shown for m in room.messages)


def test_the_team_hears_of_a_workspace_that_is_not_in_the_channel(desk: Customers) -> None:
    link = desk.invite()
    for _ in range(3):
        assert desk.install(desk.gus, link).status == 409
    [told] = desk.told_of_installs()
    assert "not in their channel wanted to install Casebell as acme" in told
    assert desk.gus.team.id in told
    assert "/case invite revoke" in told
    nobody_else_hears(desk, "wanted to install")


def test_the_team_hears_of_one_that_has_it_for_another_account(desk: Customers) -> None:
    """Else an invitation goes nowhere, and nobody knows why."""
    link = desk.invite(desk.globex)
    desk.have_installed()
    for _ in range(3):
        assert desk.install(desk.emil, link).text.startswith("Casebell is in your workspace")
    told = [text for text in desk.told_of_installs() if "has Casebell already" in text]
    assert len(told) == 1
    assert "wanted to install it as globex" in told[0]
    assert f"Acme ({desk.emil.team.id})" in told[0]
    assert "for acme" in told[0]
    assert "the link still works" in told[0]
    nobody_else_hears(desk, "wanted to install")
    desk.have_installed(desk.gus, link)


def test_one_that_has_it_no_more_when_it_would_be_told_is_no_news(desk: Customers) -> None:
    link = desk.invite(desk.globex)
    desk.have_installed()
    desk.desk.advance(minutes=2)
    desk.workspace.faults.add("chat.postMessage", Refused("internal_error"), times=None)
    desk.install(desk.emil, link)
    desk.emil.remove_app()
    desk.desk.advance(seconds=3)
    desk.workspace.faults.clear()
    desk.desk.advance(minutes=5)
    assert all("has Casebell already" not in text for text in desk.told_of_installs())


def too_much(desk: Customers) -> WebPage:
    page = desk.ask(desk.emil)
    wide = page.url.replace("scope=commands", "scope=commands,channels:history", 1)
    done = desk.emil.browser.choose(desk.emil.browser.open(wide), "allow")
    desk.desk.advance(seconds=3)
    return done


def test_the_team_hears_of_one_that_offers_too_much(desk: Customers) -> None:
    assert too_much(desk).status == 409
    [told] = desk.told_of_installs()
    assert "let Casebell in with more than it asks for, as acme" in told
    assert "open a link once more, as it was sent" in told
    nobody_else_hears(desk, "more than it asks for")


def test_the_team_hears_of_one_that_has_it_and_offers_more(desk: Customers) -> None:
    """At Slack the permissions are added to those that it has; here its token stays as it was."""
    more = desk.second_channel()
    links = [desk.invite(), desk.invite(more)]
    desk.have_installed(link=links[0])
    kept = desk.installations()["Acme"].sealed_token
    page = desk.ask(desk.emil, links[1])
    wide = page.url.replace("scope=commands", "scope=commands,channels:history", 1)
    done = desk.emil.browser.choose(desk.emil.browser.open(wide), "allow")
    desk.desk.advance(seconds=3)
    assert done.status == 409
    assert "remove the app if it is there" in desk.told_of_installs()[-1]
    assert desk.installations()["Acme"].sealed_token == kept
    assert desk.emil.team.id in desk.workspace.installs


def test_the_team_hears_where_it_could_not_be_taken_out_again(desk: Customers) -> None:
    desk.workspace.faults.add("apps.uninstall", CutBefore())
    too_much(desk)
    assert desk.emil.team.id in desk.workspace.installs
    told = desk.told_of_installs()
    assert len(told) == 2
    assert "could not be taken out again of a workspace that wanted it as acme" in told[-1]
    assert "holds no token of that workspace" in told[-1]
    assert "Have them remove it" in told[-1]
    nobody_else_hears(desk, "taken out")


def test_one_that_was_taken_out_by_somebody_quicker_is_no_news(desk: Customers) -> None:
    desk.workspace.faults.add("apps.uninstall", Refused("token_revoked"))
    too_much(desk)
    assert all("taken out" not in text for text in desk.told_of_installs())


def test_one_that_is_installed_by_the_time_it_would_be_told_is_no_news(desk: Customers) -> None:
    desk.workspace.faults.add("chat.postMessage", Refused("internal_error"), times=None)
    desk.workspace.faults.add("apps.uninstall", CutBefore())
    too_much(desk)
    with desk.workspace.changed:  # as their admin does who removes it, and begins anew
        desk.workspace.installs[desk.emil.team.id].scopes = {"commands"}
    desk.have_installed()
    desk.workspace.faults.clear()
    desk.desk.advance(minutes=5)
    [told] = desk.told_of_installs()
    assert "acme installed Casebell" in told
