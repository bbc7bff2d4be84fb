"""The local workspace as Slack's OAuth server, and the app in a customer's workspace."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from case_form import form
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from small_bot import EVENTS, MANIFEST, Bot, Say, refusal

from bot.sandbox import Workspace
from bot.sandbox.web_browser import WebPage


@pytest.fixture
def ws(clock) -> Iterator[Workspace]:
    manifest = copy.deepcopy(MANIFEST)
    manifest["settings"]["event_subscriptions"]["bot_events"] = [
        *EVENTS,
        "app_uninstalled",
        "tokens_revoked",
    ]
    with Workspace(manifest, clock=clock) as workspace:
        workspace.event_retry_delays = (0.0, 0.0, 0.0)
        yield workspace


@pytest.fixture
def redirect(ws: Workspace, bot: Bot) -> str:
    """An address of the bot's to which Slack may lead back."""
    address = bot.url.replace("/slack/events", "/back")
    ws.manifest = replace(ws.manifest, redirect_urls=(address,))
    return address


def address(ws: Workspace, redirect: str, **changed: str) -> str:
    asked = {
        "client_id": ws.client_id,
        "scope": "commands",
        "state": "a state",
        "redirect_uri": redirect,
    }
    return f"{ws.base_url}/oauth/v2/authorize?{urlencode(asked | changed)}"


def led_back(person, page: WebPage, choice: str) -> dict[str, str]:
    """With what Slack leads somebody back, who has chosen."""
    query = parse_qs(urlsplit(person.browser.led_to(page, choice)).query)
    return {name: values[0] for name, values in query.items()}


def exchange(ws: Workspace, code: str, redirect: str, **changed: str):
    given = {"client_id": ws.client_id, "client_secret": ws.client_secret, "code": code}
    client = WebClient(base_url=ws.api_url, retry_handlers=[])
    return client.oauth_v2_access(**(given | {"redirect_uri": redirect} | changed))


def installed(ws: Workspace, person, redirect: str, **changed: str):
    page = person.browser.open(address(ws, redirect, **changed))
    return exchange(ws, led_back(person, page, "allow")["code"], redirect)


def test_somebody_is_asked_and_led_back_with_a_code_and_the_state(ws, world, redirect):
    page = world.carla.browser.open(address(ws, redirect))
    assert "access the Acme Slack workspace" in page.text
    back = led_back(world.carla, page, "allow")
    assert back["state"] == "a state"
    answer = exchange(ws, back["code"], redirect)
    assert answer["team"] == {"id": world.acme.id, "name": "Acme"}
    assert (answer["scope"], answer["token_type"]) == ("commands", "bot")
    assert answer["authed_user"] == {"id": world.carla.id}
    assert answer["bot_user_id"] != ws.bot.id


def test_somebody_who_cancels_is_led_back_without_a_code(ws, world, redirect):
    page = world.carla.browser.open(address(ws, redirect))
    back = led_back(world.carla, page, "cancel")
    assert back == {"error": "access_denied", "state": "a state"}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_id": "1.1"}, "invalid_client_id"),
        ({"redirect_uri": "https://evil.example/"}, "bad_redirect_uri"),
        ({"redirect_uri": ""}, "bad_redirect_uri"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_in_the_address_is_a_page_of_slacks(ws, world, redirect, changed, code):
    page = world.carla.browser.open(address(ws, redirect, **changed))
    assert (page.status, code in page.text) == (400, True)


def test_an_app_that_is_not_distributed_stays_at_home(ws, world, redirect):
    ws.distributed = False
    page = world.carla.browser.open(address(ws, redirect))
    assert "invalid_team_for_non_distributed_app" in page.text
    assert "requesting permission" in world.ana.browser.open(address(ws, redirect)).text


def test_a_code_works_once_for_ten_minutes_with_the_apps_secret(ws, world, redirect, clock):
    page = world.carla.browser.open(address(ws, redirect))
    code = led_back(world.carla, page, "allow")["code"]
    late = led_back(world.carla, page, "allow")["code"]
    assert refusal(exchange, ws, code, redirect, client_secret="x") == "bad_client_secret"
    assert refusal(exchange, ws, code, redirect, client_id="x") == "invalid_client_id"
    assert refusal(exchange, ws, "x", redirect) == "invalid_code"
    assert refusal(exchange, ws, code, "https://evil.example") == "bad_redirect_uri"
    assert exchange(ws, code, redirect)["ok"]
    assert refusal(exchange, ws, code, redirect) == "code_already_used"
    clock.advance(minutes=10)
    assert refusal(exchange, ws, late, redirect) == "invalid_code"


def test_scopes_only_ever_add_and_the_token_stays(ws, world, redirect):
    first = installed(ws, world.carla, redirect)
    second = installed(ws, world.carla, redirect, scope="chat:write")
    assert second["access_token"] == first["access_token"]
    assert second["scope"] == "chat:write,commands"
    third = installed(ws, world.carla, redirect)
    assert third["scope"] == "chat:write,commands"


def test_a_customers_token_opens_views_and_is_refused_the_rest(ws, world, bot, redirect):
    token = installed(ws, world.carla, redirect)["access_token"]
    theirs = WebClient(token, base_url=ws.api_url, retry_handlers=[])
    assert theirs.auth_test()["team_id"] == world.acme.id
    assert theirs.auth_test().headers["x-oauth-scopes"] == "commands"
    with pytest.raises(SlackApiError) as caught:
        theirs.chat_postMessage(channel=world.channel.id, text="hello")
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["provided"] == "commands"
    for call in (theirs.users_info, theirs.conversations_open):
        key = "user" if call == theirs.users_info else "users"
        assert refusal(call, **{key: world.ana.id}) == "missing_scope"


def test_a_trigger_and_a_view_belong_to_one_installation(ws, world, bot, slack, redirect):
    token = installed(ws, world.carla, redirect)["access_token"]
    theirs = WebClient(token, base_url=ws.api_url, retry_handlers=[])
    seen = []

    def listener(payload):
        seen.append(payload)
        wrong, right = (slack, theirs) if payload["team_id"] == world.acme.id else (theirs, slack)
        trigger = payload["trigger_id"]
        assert refusal(wrong.views_open, trigger_id=trigger, view=form()) == "invalid_trigger_id"
        view = right.views_open(trigger_id=trigger, view=form())["view"]
        assert view["app_installed_team_id"] == payload["team_id"]
        assert refusal(wrong.views_update, view_id=view["id"], view=form()) == "not_found"
        return Say()

    bot.listener = listener
    assert world.carla.command("/case", "", world.channel).ok
    assert world.ana.command("/case", "", world.channel).ok
    assert [payload["team_id"] for payload in seen] == [world.acme.id, ws.home.id]

    bot.listener = lambda _payload: None
    world.carla.modal.fill({"Summary": "It is down", "Kind": "Error"})
    world.carla.modal.submit()
    sent = bot.last.payload
    assert sent["team"]["id"] == world.acme.id
    assert sent["view"]["app_installed_team_id"] == world.acme.id


def test_removing_it_is_two_events_and_the_end_of_the_token(ws, world, bot, redirect):
    token = installed(ws, world.carla, redirect)["access_token"]
    copy_id = ws.installs[world.acme.id].bot.id
    world.carla.remove_app()
    ws.settle()
    told = [r.payload for r in bot.received if "event" in r.payload]
    assert [body["event"]["type"] for body in told] == ["tokens_revoked", "app_uninstalled"]
    assert told[0]["event"]["tokens"]["bot"] == [copy_id]
    assert {body["team_id"] for body in told} == {world.acme.id}
    assert all(body["authorizations"] == [] for body in told)
    assert refusal(WebClient(token, base_url=ws.api_url).auth_test) == "token_revoked"
    assert not world.carla.command("/case", "", world.channel).ok


def test_the_app_can_take_itself_out(ws, world, bot, redirect):
    token = installed(ws, world.carla, redirect)["access_token"]
    theirs = WebClient(token, base_url=ws.api_url, retry_handlers=[])
    known = {"client_id": ws.client_id, "client_secret": ws.client_secret}
    assert refusal(theirs.apps_uninstall, **(known | {"client_secret": "x"})) == (
        "bad_client_secret"
    )
    assert theirs.apps_uninstall(**known)["ok"]
    assert world.acme.id not in ws.installs


def test_a_workspace_that_is_merged_tells_nothing(ws, world, bot, redirect):
    token = installed(ws, world.carla, redirect)["access_token"]
    ws.lose_install(world.acme)
    ws.settle()
    assert bot.events == []
    assert refusal(WebClient(token, base_url=ws.api_url).auth_test) == "account_inactive"


def test_the_home_tab_of_a_customers_own_copy_is_drawn_by_its_token(
    ws, world, bot, slack, redirect
):
    token = installed(ws, world.carla, redirect)["access_token"]
    theirs = WebClient(token, base_url=ws.api_url, retry_handlers=[])
    world.carla.open_home()
    ws.settle()
    [told] = [r.payload for r in bot.received if "event" in r.payload]
    assert told["authorizations"][0]["team_id"] == world.acme.id
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    slack.views_publish(user_id=world.carla.id, view=home)
    assert world.carla.home is None, "ours is not the one that they look at"
    theirs.views_publish(user_id=world.carla.id, view=home)
    assert world.carla.home is not None
