"""Slack's raw text, read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import kit
from bot.messages.slack_text import readable
from bot.sandbox import reading

NAMES = {"U1": "Ana", "W1": "Ben"}


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("", ""),
        ("plain *bold* `code`", "plain *bold* `code`"),
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&amp;lt;", "&lt;"),
        ("&lt;!channel&gt;", "<!channel>"),
        ("&nbsp; & alone", "&nbsp; & alone"),
        ("<@U1>", "@Ana"),
        ("<@W1|ben>", "@Ben"),
        ("<@U9|carla>", "@carla"),
        ("<@U9>", "@somebody"),
        ("<#C1|general>", "#general"),
        ("<#C1|>", "#channel"),
        ("<#C1>", "#channel"),
        ("<!here>", "@here"),
        ("<!channel|channel>", "channel"),
        ("<!everyone>", "@everyone"),
        ("<!subteam^S1|@support>", "@support"),
        ("<!subteam^S1>", "@group"),
        ("<!date^1700000000^{date} at {time}|14 Nov, 10 PM>", "14 Nov, 10 PM"),
        ("<!date^1700000000^{date}^https://a.example|14 Nov>", "14 Nov"),
        ("<!date^1700000000^{date}>", "(a date)"),
        ("<https://a.example/x?a=1&amp;b=2>", "https://a.example/x?a=1&b=2"),
        ("<https://a.example|here>", "here (https://a.example)"),
        ("<http://a.example|a.example>", "a.example"),
        ("<https://a.example/|https://a.example/>", "https://a.example/"),
        ("<https://evil.example|https://acme.example>",
         "https://acme.example (https://evil.example)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<mailto:a@b.example|write to us>", "write to us (a@b.example)"),
        ("<mailto:a@b.example>", "a@b.example"),
        ("<tel:+1555|+1555>", "+1555"),
        ("<@U1> asked <@U9> in <#C1|a&amp;b>", "@Ana asked @somebody in #a&b"),
        ("<>", "<>"),
        ("<", "<"),
        ("two\nlines <@U1>\n", "two\nlines @Ana\n"),
    ],
)  # fmt: skip
def test_raw_text_is_read_as_a_person_reads_it(raw: str, read: str) -> None:
    assert readable(raw, NAMES.get) == read


_PIECES = st.sampled_from(
    ["<", ">", "|", "^", "!", "@", "#", "&", "&lt;", "&amp;", "<!date^1", "<@U1>", "mailto:", "x"]
)


@given(st.one_of(st.text(), st.lists(_PIECES).map("".join)))
def test_nothing_that_is_sent_stops_the_reading_or_comes_alive_again(raw: str) -> None:
    read = readable(raw, {"U1": "<!channel>"}.get)
    assert reading.calls([], kit.escape(read)) == set()


@given(st.text())
def test_what_was_typed_without_tokens_is_read_as_typed(typed: str) -> None:
    assert readable(kit.escape(typed), NAMES.get) == typed
