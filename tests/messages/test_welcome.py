"""How a case is opened, where that can be done, and what the team hears of channels."""

from __future__ import annotations

import pytest
from examples import POLICY, a_case, a_channel, buttons, drawn, nodes, shown, worst

from bot.domain.records import ChannelKind, ChannelNews, NotServed
from bot.messages import ids, welcome
from bot.sandbox import blocks as slack
from bot.sandbox import reading


def test_the_welcome_is_pinned_and_says_who_can_press_it() -> None:
    message = welcome.welcome(POLICY)
    assert message.is_pinned
    assert slack.problems_of_message(message.blocks) == []
    for words in ("Logik.io support", "whichever company they work for", "support@logik.io"):
        assert words in shown(message)
    (button,) = buttons(message.blocks).values()
    assert button["action_id"] == ids.OPEN_CASE
    assert "value" not in button  # Slack is not given an empty one


@pytest.mark.parametrize(("key", "is_filled"), [("said:C1:1.2", True), ("", False)])
def test_an_invitation_carries_the_words_that_were_written(key: str, is_filled: bool) -> None:
    message = welcome.invitation(POLICY, key, [])
    assert ("Your words are filled in." in shown(message)) is is_filled
    assert buttons(message.blocks)["Open a case"].get("value", "") == key
    assert slack.problems_of_message(message.blocks) == []


def test_in_a_dm_the_open_cases_there_are_named() -> None:
    one = welcome.invitation(POLICY, "", [a_case()])
    assert "If this is about CASE-1042 (Prices are gone), write in its thread." in shown(one)
    several = welcome.invitation(POLICY, "", [a_case(), a_case(number=7)])
    assert "• CASE-1042 (Prices are gone)\n• CASE-7 (Prices are gone)" in shown(several)
    many = welcome.invitation(POLICY, "", [a_case()] * 9)
    assert shown(many).count("CASE-1042") == welcome.MOST_CASES
    assert "and others" in shown(many)


def test_a_draft_can_be_resumed_for_as_long_as_it_is_kept() -> None:
    message = welcome.resume(POLICY, "submission:7")
    assert "Your words are kept for 7 days" in shown(message)
    button = buttons(message.blocks)["Resume my draft"]
    assert (button["action_id"], button["value"]) == (ids.OPEN_CASE, "submission:7")
    assert slack.problems_of_message(message.blocks) == []


@pytest.mark.parametrize("reason", NotServed)
def test_where_no_case_can_be_opened_there_is_another_way(reason: NotServed) -> None:
    said = welcome.not_served(POLICY, reason)
    assert said.endswith(".") or "we help you" in said
    assert POLICY.vendor.support_email in said


LOST = {ChannelNews.REMOVED, ChannelNews.ARCHIVED}


@pytest.mark.parametrize("news", ChannelNews)
@worst
def test_the_team_hears_of_every_channel_whatever_its_name(news: ChannelNews, text: str) -> None:
    channel = a_channel(text, account=text)
    message = welcome.channel_news(POLICY, channel, news, [a_case(text)], 1)
    assert slack.problems_of_message(message.blocks) == []
    assert reading.calls(message.blocks, message.text) == set()
    assert "<" not in message.text


@pytest.mark.parametrize("news", ChannelNews)
def test_a_channel_that_is_alive_can_be_set_up(news: ChannelNews) -> None:
    message = welcome.channel_news(POLICY, a_channel(), news, [])
    found = buttons(message.blocks)
    if news in LOST:
        assert found == {}
    else:
        assert found["Set up"]["action_id"] == ids.CHANNEL_SETUP
        assert found["Set up"]["value"] == "C0ACME"


@pytest.mark.parametrize("kind", ChannelKind)
def test_channel_news_say_whose_it_is_and_what_they_are(kind: ChannelKind) -> None:
    channel = a_channel(account="Acme Corp", kind=kind)
    message = welcome.channel_news(POLICY, channel, ChannelNews.JOINED, [])
    labels = {"customer": "A customer", "partner": "A partner", "internal": "Our own people",
              "blocked": "Blocked"}  # fmt: skip
    assert f"Whose it is\nAcme Corp\nThey are\n{labels[kind]}" in shown(message)


def test_the_open_cases_of_a_lost_channel_are_named_and_counted() -> None:
    cases = [a_case(number=n) for n in (1, 2)]
    message = welcome.channel_news(POLICY, a_channel(), ChannelNews.ARCHIVED, cases, 5)
    assert "Open there: CASE-1, CASE-2 and 3 more. They stay with us" in shown(message)
    joined = welcome.channel_news(POLICY, a_channel(), ChannelNews.JOINED, cases)
    assert "Open there: CASE-1 and CASE-2." in shown(joined)
    assert "They stay with us" not in shown(joined)


@worst
def test_a_channel_is_set_up_with_what_is_known_filled_in(text: str) -> None:
    view = welcome.setup_form(POLICY, a_channel(account=text, kind=ChannelKind.PARTNER))
    assert slack.problems_of_view(view) == []
    assert view["private_metadata"] == "C0ACME"
    (account,) = nodes(view["blocks"], "plain_text_input")
    assert account["initial_value"] == text[: welcome.MOST_ACCOUNT]
    kind, routine = nodes(view["blocks"], "radio_buttons")
    assert routine["initial_option"]["value"] == ids.EACH_WEEK
    (sectors,) = nodes(view["blocks"], "multi_static_select")
    assert [option["value"] for option in sectors["initial_options"]] == ["test", "prod"]
    assert kind["initial_option"]["value"] == ChannelKind.PARTNER
    assert [option["value"] for option in kind["options"]] == list(ChannelKind)
    assert all(option["description"]["text"].endswith(".") for option in kind["options"])


def test_a_channel_that_nobody_has_set_up_is_called_by_its_name() -> None:
    view = welcome.setup_form(POLICY, a_channel("acme-support"))
    (account,) = nodes(view["blocks"], "plain_text_input")
    assert account["initial_value"] == "acme-support"
    assert "A customer" in drawn(view["blocks"])


def test_a_form_that_made_no_case_is_told_with_whose_it_was() -> None:
    message = welcome.not_opened_team("U0CARLA")
    assert "A form of @U0CARLA could not be made a case." in shown(message)
    assert slack.problems_of_message(message.blocks) == []
