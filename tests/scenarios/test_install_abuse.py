"""What comes to the addresses by which customers install Casebell, and is none of it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import sqlalchemy as sa
from door import FORM, ask
from installs import BAD, GONE, WORKS, Customers, state_of

from bot.domain.installation import Installation
from bot.domain.records import ChannelKind
from bot.messages import ids
from bot.sandbox import CutBefore, Person, Refused
from bot.sandbox.web_browser import WebPage
from bot.services.install_reports import InstallReports
from storage.tables import install_links, install_states, installations


def is_nothing_of(desk: Customers, page: WebPage) -> None:
    """It is the one page for all that is not good, and nothing was kept."""
    assert (page.status, page.text[: len(BAD)]) == (404, BAD)
    assert desk.installations() == {}
    assert desk.told_of_installs() == []
    assert all(c.method != "oauth.v2.access" for c in desk.workspace.calls)


def names_no_account(page: WebPage) -> None:
    assert re.search("acme|globex", page.text, re.IGNORECASE) is None


# Links.


def test_a_forged_link_leads_nowhere(desk: Customers) -> None:
    for account in ("", "x", "acme", "gAAAAAB" + "A" * 100, "%00", "ä" * 9):
        page = desk.emil.browser.open(f"{desk.url}/slack/install?{urlencode({'account': account})}")
        is_nothing_of(desk, page)
        assert desk.rows()["install_states"] == 0, account


def test_a_link_that_was_changed_by_a_letter_leads_nowhere(desk: Customers) -> None:
    link = desk.invite()
    other = "A" if link[-10] != "A" else "B"
    is_nothing_of(desk, desk.emil.browser.open(f"{link[:-10]}{other}{link[-9:]}"))


def test_a_link_is_good_for_a_week(desk: Customers) -> None:
    link = desk.invite()
    desk.desk.advance(days=6, hours=23)
    assert "requesting permission" in desk.ask(desk.emil, link).text
    desk.desk.advance(hours=1)
    is_nothing_of(desk, desk.ask(desk.emil, link))


def test_who_began_in_time_may_finish_after_the_link_expired(desk: Customers) -> None:
    link = desk.invite()
    desk.desk.advance(days=6, hours=23, minutes=55)
    page = desk.ask(desk.emil, link)
    desk.desk.advance(minutes=6)
    with desk.desk.bot.store.transaction() as tx:  # the day's round comes just then
        desk.desk.bot.services.housekeeping.purge(tx, {"kind": "links"}, desk.desk.clock.now())
    assert desk.emil.browser.choose(page, "allow").text.startswith(WORKS)


def test_a_link_is_good_once(desk: Customers) -> None:
    link = desk.invite()
    desk.have_installed(link=link)
    desk.emil.remove_app()
    desk.desk.advance(seconds=3)
    assert desk.ask(desk.emil, link).text.startswith(BAD)


def test_previews_of_a_link_use_nothing_up(desk: Customers) -> None:
    link = desk.invite()
    for _ in range(3):
        target = urlsplit(link)
        assert ask(desk.port, "GET", f"{target.path}?{target.query}").status == 302
    desk.have_installed(link=link)


@pytest.mark.parametrize("how", ["blocked", "unshared", "Casebell is out"])
def test_a_link_for_a_channel_that_is_a_customers_no_more_leads_nowhere(
    desk: Customers, how: str
) -> None:
    link = desk.invite()
    match how:
        case "blocked":
            desk.desk.bot.services.channels.describe(desk.acme.id, "Acme", ChannelKind.BLOCKED)
        case "unshared":
            desk.acme.unshare(desk.emil.team)
        case _:
            desk.acme.kick(desk.workspace.bot)
    desk.desk.rest()
    is_nothing_of(desk, desk.ask(desk.emil, link))


# States, and whose browser it is.


def back(desk: Customers, **query: str) -> str:
    """The address to which Slack leads browsers back."""
    return f"{desk.url}/slack/oauth_redirect?{urlencode(query)}"


FORGED: tuple[dict[str, str], ...] = (
    {},
    {"code": "1"},
    {"state": "1"},
    {"code": "1", "state": "1"},
    {"error": "access_denied"},
    {"error": "access_denied", "state": "forged"},
    {"code": "1", "state": "\ud83d\ude00" * 500},
)


def test_who_comes_back_with_a_forged_state_gets_nothing(desk: Customers) -> None:
    for query in FORGED:
        encoded = {name: value.encode("utf-16", "surrogatepass") for name, value in query.items()}
        page = desk.emil.browser.open(f"{desk.url}/slack/oauth_redirect?{urlencode(encoded)}")
        is_nothing_of(desk, page)


def test_a_state_is_good_once(desk: Customers) -> None:
    page = desk.ask(desk.emil)
    done = desk.emil.browser.choose(page, "allow")
    assert done.text.startswith(WORKS)
    again = desk.emil.browser.open(done.url)
    assert again.text.startswith(BAD)
    assert "what was installed a moment ago still is" in again.text
    assert desk.installations()["Acme"].is_active


def test_a_state_is_good_for_ten_minutes(desk: Customers) -> None:
    page = desk.ask(desk.emil)
    desk.desk.advance(minutes=10)
    is_nothing_of(desk, desk.emil.browser.choose(page, "allow"))


def test_one_who_is_led_back_with_somebody_elses_state_gets_nothing(desk: Customers) -> None:
    """CSRF: Gus begins by a link for #acme, and has Emil's browser finish it."""
    page = desk.ask(desk.gus)
    is_nothing_of(desk, desk.emil.browser.choose(page, "allow"))
    # And it is used up: Gus cannot finish it either.
    is_nothing_of(desk, desk.gus.browser.choose(page, "allow"))


def test_a_browser_without_its_cookie_gets_nothing(desk: Customers) -> None:
    page = desk.ask(desk.emil)
    desk.emil.browser.forget_cookies(desk.url)
    is_nothing_of(desk, desk.emil.browser.choose(page, "allow"))


def test_a_cookie_of_another_time_does_not_do(desk: Customers) -> None:
    page = desk.ask(desk.emil)
    desk.emil.browser.forget_cookies(desk.url)
    desk.ask(desk.emil)
    is_nothing_of(desk, desk.emil.browser.choose(page, "allow"))


def test_two_tabs_of_one_browser_can_be_finished_in_any_order(desk: Customers) -> None:
    link = desk.invite()
    first = desk.ask(desk.emil, link)
    desk.ask(desk.emil, link)
    assert desk.emil.browser.choose(first, "allow").text.startswith(WORKS)


def test_the_cookie_is_for_this_site_alone(desk: Customers) -> None:
    target = urlsplit(desk.invite())
    answer = ask(desk.port, "GET", f"{target.path}?{target.query}")
    cookie = answer.headers["Set-Cookie"]
    for part in ("Path=/slack", "HttpOnly", "SameSite=Lax", "Max-Age=600"):
        assert part in cookie
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_of_two_who_come_back_with_one_state_at_once_one_is_served(desk: Customers) -> None:
    page = desk.ask(desk.emil)
    desk.workspace.faults.add("oauth.v2.access", Refused("invalid_code"), times=None)
    url = back(desk, state=state_of(page), code="x")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: desk.emil.browser.open(url), range(8)))
    assert sum(c.method == "oauth.v2.access" for c in desk.workspace.calls) == 1


def test_of_two_workspaces_with_one_link_at_once_one_is_taken(desk: Customers) -> None:
    link = desk.invite()
    pages = [(person, desk.ask(person, link)) for person in (desk.emil, desk.gus)]
    with ThreadPoolExecutor(2) as threads:
        done = list(threads.map(lambda one: one[0].browser.choose(one[1], "allow"), pages))
    assert sum(page.text.startswith(WORKS) for page in done) == 1
    assert len(desk.installations()) == 1
    assert len(desk.workspace.installs) == 2, "ours, and that of one"


# What Slack says.


def test_who_says_no_is_told_that_nothing_was_installed(desk: Customers) -> None:
    link = desk.invite()
    page = desk.emil.browser.choose(desk.ask(desk.emil, link), "cancel")
    assert page.text.startswith("Nothing was installed.")
    assert desk.installations() == {}
    desk.have_installed(link=link)


@pytest.mark.parametrize("code", ["invalid_code", "code_already_used"])
def test_a_code_that_slack_does_not_know_gets_nothing(desk: Customers, code: str) -> None:
    desk.workspace.faults.add("oauth.v2.access", Refused(code))
    page = desk.emil.browser.choose(desk.ask(desk.emil), "allow")
    assert page.text.startswith(BAD)
    assert desk.installations() == {}


@pytest.mark.parametrize("fault", [CutBefore(), Refused("bad_client_secret")])
def test_where_slack_or_we_fail_the_link_stays_good(desk: Customers, fault: Any) -> None:
    link = desk.invite()
    desk.workspace.faults.add("oauth.v2.access", fault)
    page = desk.emil.browser.choose(desk.ask(desk.emil, link), "allow")
    assert page.status == 502
    assert "Open the link that you were sent once more" in page.text
    desk.have_installed(link=link)


def test_a_second_workspace_does_not_get_an_account_that_has_one(desk: Customers) -> None:
    desk.describe(desk.globex, "acme")
    other = desk.invite(desk.globex)
    desk.have_installed()
    page = desk.install(desk.gus, other)
    assert page.status == 409
    assert "has Casebell in another workspace" in page.text
    names_no_account(page)
    assert list(desk.installations()) == ["Acme"]
    assert desk.gus.team.id not in desk.workspace.installs, "it was taken out again"
    assert "A second workspace wanted to install Casebell as acme" in desk.told_of_installs()[-1]
    assert desk.gus.team.id in desk.told_of_installs()[-1]
    desk.case_by(desk.emil.command(ids.CASE_COMMAND, "", desk.acme), desk.emil)


def test_a_workspace_that_the_channel_is_not_shared_with_does_not_get_its_account(
    desk: Customers,
) -> None:
    """The link got into other hands; Acme's people would read Globex's name in their channel."""
    link = desk.invite()
    page = desk.install(desk.gus, link)
    assert page.status == 409
    assert "is not shared with this workspace" in page.text
    names_no_account(page)
    assert desk.installations() == {}
    assert "Globex" not in desk.welcome().shown
    assert desk.gus.team.id not in desk.workspace.installs, "it was taken out again"
    desk.have_installed(link=link)


def test_who_comes_back_after_the_link_was_used_is_not_let_in_at_slack(desk: Customers) -> None:
    link = desk.invite()
    pages = [desk.ask(desk.emil, link) for _ in range(2)]
    assert desk.emil.browser.choose(pages[0], "allow").text.startswith(WORKS)
    wide = pages[1].url.replace("scope=commands", "scope=commands,channels:history", 1)
    done = desk.emil.browser.choose(desk.emil.browser.open(wide), "allow")
    assert done.text.startswith(BAD)
    assert desk.workspace.installs[desk.emil.team.id].scopes == {"commands"}


def test_where_slack_does_not_say_with_whom_a_channel_is_shared_the_link_stays_good(
    desk: Customers,
) -> None:
    link = desk.invite()
    page = desk.ask(desk.emil, link)
    desk.workspace.faults.add("conversations.info", CutBefore())
    assert desk.emil.browser.choose(page, "allow").status == 502
    assert desk.installations() == {}
    desk.have_installed(link=link)


def test_where_slack_names_nobody_with_whom_a_channel_is_shared_the_link_stays_good(
    desk: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a link in other hands, anybody's workspace would be the account's."""
    installing = desk.desk.bot.services.installing
    assert installing is not None
    link = desk.invite()
    pages = [(person, desk.ask(person, link)) for person in (desk.gus, desk.emil)]
    with monkeypatch.context() as patched:
        patched.setattr(installing.slack, "connected_teams", lambda _channel: frozenset())
        for person, page in pages:
            answer = person.browser.choose(page, "allow")
            assert answer.status == 502
            assert "Open the link that you were sent once more in a minute" in answer.text
    assert desk.installations() == {}
    assert all(c.method != "oauth.v2.access" for c in desk.workspace.calls)
    desk.have_installed(link=link)


def test_whoever_is_not_in_the_channel_does_not_learn_that_its_customer_has_it(
    desk: Customers,
) -> None:
    more = desk.second_channel()
    link = desk.invite(more)
    desk.have_installed()
    page = desk.install(desk.gus, link)
    assert "is not shared with this workspace" in page.text
    assert "another workspace" not in page.text


def test_one_that_is_installed_rightfully_meanwhile_is_not_taken_out_again(
    desk: Customers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Globex came by Acme's link; before it is taken out, it comes by its own, elsewhere."""
    services, store = desk.desk.bot.services, desk.desk.bot.store
    transaction, is_refused = store.transaction, []
    refused = InstallReports.refused

    def spy(*args: Any) -> None:
        is_refused.append(True)
        refused(*args)

    @contextmanager
    def and_then() -> Iterator[Any]:
        with transaction() as tx:
            yield tx
        if is_refused:
            is_refused.clear()
            token = desk.workspace.installs[desk.gus.team.id].token
            rightful = Installation(
                team_id=desk.gus.team.id,
                name="Globex",
                channel_id=desk.globex.id,
                sealed_token=services.installed.seal(desk.gus.team.id, token),
                bot_user_id="",
                installed_by=desk.gus.id,
                installed_at=desk.desk.clock.now(),
            )
            with transaction() as tx:
                tx.installations.save(rightful)

    monkeypatch.setattr(InstallReports, "refused", spy)
    monkeypatch.setattr(store, "transaction", and_then)
    page = desk.install(desk.gus, desk.invite())
    assert "is not shared with this workspace" in page.text
    assert desk.installations()["Globex"].is_active
    assert desk.gus.team.id in desk.workspace.installs
    assert desk.gus.command(ids.CASE_COMMAND, "", desk.globex).ok


def test_another_channel_of_the_same_account_is_the_same_account(desk: Customers) -> None:
    channels = desk.desk.bot.services.channels
    for room in (desk.acme, desk.globex):
        channels.describe(room.id, "ACME" if room is desk.acme else "Acme", ChannelKind.CUSTOMER)
    other = desk.invite(desk.globex)
    desk.have_installed()
    page = desk.install(desk.gus, other)
    assert "has Casebell in another workspace" in page.text
    assert list(desk.installations()) == ["Acme"]


def test_a_workspace_that_has_it_is_not_given_to_another_account(desk: Customers) -> None:
    other = desk.invite(desk.globex)
    desk.have_installed()
    page = desk.install(desk.emil, other)
    assert page.text.startswith("Casebell is in your workspace already.")
    names_no_account(page)
    assert desk.installations()["Acme"].channel_id == desk.acme.id
    desk.case_by(desk.emil.command(ids.CASE_COMMAND, "", desk.acme), desk.emil)
    desk.have_installed(desk.gus, other)


def test_our_own_workspace_is_not_a_customers_and_stays_installed(desk: Customers) -> None:
    """Whoever tries the link themselves: to take Casebell out again would silence the desk."""
    page = desk.install(desk.ana)
    assert page.status == 409
    assert "Logik.io's own workspace" in page.text
    assert desk.installations() == {}
    assert all(c.method != "apps.uninstall" for c in desk.workspace.calls)
    assert desk.open_case()


@pytest.mark.parametrize(
    ("scopes", "said"),
    [("commands,channels:history", "more than the permission"), ("chat:write", "needs the perm")],
)
def test_more_or_less_than_is_asked_for_is_not_taken(
    desk: Customers, scopes: str, said: str
) -> None:
    """Slack's page goes by its address, in which anybody can write other scopes."""
    page = desk.ask(desk.emil)
    changed = page.url.replace("scope=commands", urlencode({"scope": scopes}), 1)
    asked = desk.emil.browser.open(changed)
    done = desk.emil.browser.choose(asked, "allow")
    assert said in done.text
    assert desk.installations() == {}
    assert desk.emil.team.id not in desk.workspace.installs, "it was taken out again"


def test_where_it_cannot_be_taken_out_again_no_token_is_kept(desk: Customers) -> None:
    desk.describe(desk.globex, "acme")
    other = desk.invite(desk.globex)
    desk.have_installed()
    desk.workspace.faults.add("apps.uninstall", CutBefore())
    assert "in another workspace" in desk.install(desk.gus, other).text
    assert list(desk.installations()) == ["Acme"]


# Requests.


def command(desk: Customers, **changed: str) -> dict[str, str]:
    body = {
        "command": "/case",
        "text": "",
        "team_id": "T0NOBODY",
        "channel_id": desk.acme.id,
        "user_id": "U0NOBODY",
        "trigger_id": "1.x",
        "response_url": "http://127.0.0.1:9/",
    }
    return body | changed


@pytest.mark.parametrize("text", ["", "list", "1001", "why 1001", "invite"])
def test_a_workspace_that_nobody_knows_is_told_that_it_has_it_no_more(
    desk: Customers, text: str
) -> None:
    desk.open_case()
    calls = len(desk.workspace.calls)
    answer = desk.send(command(desk, text=text), FORM)
    assert answer.status == 200
    assert GONE in answer.body
    assert "CASE-" not in answer.body
    assert len(desk.workspace.calls) == calls


@pytest.mark.parametrize(
    "about",
    [
        {"team_id": ""},
        {"team_id": "T0NOBODY", "enterprise_id": "E0NOBODY", "is_enterprise_install": "true"},
        {"team_id": "\x00", "enterprise_id": "'; --"},
    ],
)
def test_a_workspace_that_names_itself_oddly_is_answered(
    desk: Customers, about: dict[str, str]
) -> None:
    answer = desk.send(command(desk, **about), FORM)
    assert answer.status == 200
    assert answer.body


def test_a_click_in_a_form_of_a_workspace_that_nobody_knows_opens_nothing(desk: Customers) -> None:
    body = {
        "type": "block_actions",
        "team": {"id": "T0NOBODY"},
        "user": {"id": "U0NOBODY", "team_id": "T0NOBODY"},
        "trigger_id": "1.x",
        "view": {"id": "V1", "type": "modal", "app_installed_team_id": "T0NOBODY"},
        "actions": [{"action_id": ids.OPEN_CASE, "block_id": "b", "value": "", "type": "button"}],
    }
    assert desk.send(body).status == 500
    assert all(c.method != "views.open" for c in desk.workspace.calls)


def test_an_organisation_that_installed_it_for_all_is_served_in_each_workspace(
    desk: Customers,
) -> None:
    """An org-wide installation is the organisation's: a request names it with a workspace."""
    desk.have_installed()
    with desk.desk.bot.store.transaction() as tx:
        found = tx.installations.get(desk.emil.team.id)
        assert found is not None
        token = desk.workspace.installs[desk.emil.team.id].token
        sealed = desk.desk.bot.services.installed.seal("E0ACME", token)
        values = {"team_id": "E0ACME", "sealed_token": sealed}
        tx._connection.execute(sa.update(installations).values(values))
    with desk.workspace.changed:
        install = desk.workspace.installs[desk.emil.team.id]
        trigger = desk.workspace.new_trigger(desk.emil, install)
    body = command(
        desk,
        team_id="T0SALES",
        user_id=desk.emil.id,
        trigger_id=trigger,
        enterprise_id="E0ACME",
        is_enterprise_install="true",
    )
    assert desk.send(body, FORM).status == 200
    assert desk.emil.modal is not None
    assert desk.emil.modal.view.install is install


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/slack/install", "/slack/oauth_redirect"])
def test_other_methods_do_nothing(desk: Customers, method: str, path: str) -> None:
    answer = ask(desk.port, method, path)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET")


# What is kept, and what is said of it.


def test_neither_tokens_nor_states_are_stored_or_logged_as_they_are(
    desk: Customers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = desk.ask(desk.emil)
    state = state_of(page)
    with desk.desk.bot.database.reading() as connection:
        kept = str(connection.execute(sa.select(install_states)).all())
    assert len(kept) > 100
    assert state not in kept
    done = desk.emil.browser.choose(page, "allow")
    desk.desk.advance(seconds=3)
    desk.case_by(desk.emil.command(ids.CASE_COMMAND, "", desk.acme), desk.emil)
    token = desk.workspace.installs[desk.emil.team.id].token
    with desk.desk.bot.database.reading() as connection:
        kept = str(connection.execute(sa.select(installations)).all())
        kept += str(connection.execute(sa.select(install_links)).all())
    assert "Acme" in kept
    ours = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("slack_"))
    for secret in (token, state, urlsplit(done.url).query):
        assert secret not in kept
        assert secret not in ours


@pytest.mark.parametrize("who", ["emil", "gus"])
def test_a_name_that_is_markup_stays_words(desk: Customers, who: str) -> None:
    person: Person = getattr(desk, who)
    object.__setattr__(person.team, "name", "<script>alert(1)</script> & <!channel>")
    page = desk.install(person, desk.invite(desk.acme if who == "emil" else desk.globex))
    assert "<script>" not in page.html
    assert "<script>alert(1)</script> & <!channel>" in page.text
    told = desk.told_of_installs()[-1]
    assert "<!channel>" in told
    assert not desk.workspace.rung or all(
        message.conversation is not desk.team for _, message in desk.workspace.rung
    )
