"""What is said of customers' workspaces, whatever they and their channels are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import pytest
from examples import NOW, POLICY, a_channel, buttons, shown, worst

from bot.domain.installation import Ending, Installation, InstallNews
from bot.messages import ids, install, kit, welcome
from bot.messages.kit import Message
from bot.sandbox import blocks as slack
from bot.sandbox import reading

Build: TypeAlias = Callable[[str], Message]

NOT_TAKEN = (
    InstallNews.SECOND,
    InstallNews.NOT_CONNECTED,
    InstallNews.TOO_MUCH,
    InstallNews.LEFT_IN,
)


def installed(text: str) -> Installation:
    return Installation("T0ACME", text, "C0ACME", "sealed", "U0BOT", "U0ADMIN", NOW)


BUILDERS: Mapping[str, Build] = {
    "the link": lambda text: install.link_to_install(POLICY, a_channel(text), "https://x", NOW),
    "installed": lambda text: install.installed(a_channel(text), installed(text)),
    "paused": lambda text: install.paused(a_channel(text), installed(text), is_on=False),
    "the key lost": lambda text: install.paused(a_channel(text), installed(text), is_on=True),
    **{
        f"ended, {why}": lambda text, why=why: install.ended(a_channel(text), installed(text), why)
        for why in Ending
    },
    **{
        f"not taken, {news}": lambda text, news=news: install.not_taken(
            a_channel(text), "T0OTHER", news
        )
        for news in NOT_TAKEN
    },
    "of another account": lambda text: install.of_another_account(
        a_channel(text), installed(text), text
    ),
    "has it": lambda text: kit.message(
        "-", kit.section(install.has_it(a_channel(text), installed(text)))
    ),
    "revoked": lambda text: kit.message("-", kit.section(install.revoked(a_channel(text), 1))),
}
built = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)


@worst
@built
def test_names_are_words_that_call_nobody_and_link_nowhere(build: Build, text: str) -> None:
    message = build(text)
    assert slack.problems_of_message(message.blocks) == []
    assert reading.calls(message.blocks, message.text) == set()
    assert "<" not in message.text
    assert 1 <= len(message.text) <= 4000


@pytest.mark.parametrize("news", NOT_TAKEN)
def test_what_was_not_taken_says_whose_link_it_was_and_what_to_do(news: InstallNews) -> None:
    said = shown(install.not_taken(a_channel("acme"), "T0OTHER", news))
    assert "the link that was made for #acme" in said
    assert "T0OTHER" in said
    assert "ave them " in said


def test_every_news_has_its_words() -> None:
    of_kept = {InstallNews.INSTALLED, InstallNews.ENDED, InstallNews.PAUSED}
    assert set(InstallNews) == {*NOT_TAKEN, InstallNews.OF_ANOTHER_ACCOUNT, *of_kept}


@pytest.mark.parametrize("said", [install.not_installed(POLICY), install.paused_for_now(POLICY)])
def test_who_is_not_served_hears_how_to_go_on(said: str) -> None:
    assert "*Open a case*" in said
    assert POLICY.vendor.support_email in said
    assert "token" not in said


def test_what_was_typed_in_a_form_that_stopped_is_offered() -> None:
    message = welcome.set_aside(POLICY, "form:V1")
    assert "kept for 7 days" in shown(message)
    button = buttons(message.blocks)["Resume my draft"]
    assert (button["action_id"], button["value"]) == (ids.OPEN_CASE, "form:V1")
    assert slack.problems_of_message(message.blocks) == []
