"""Slack's text as the page draws it: the page's own modules, asked in the browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from bot.sandbox.browser.desk import Desk
from bot.sandbox.browser.server import Server
from bot.sandbox.reading import Page as Reading

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MESSAGES = Path(__file__).parents[2] / "bot" / "messages"
NOW = 1795536000  # Tue 24 Nov 2026, 10:00 Central

HTML = """async ([text, zone, now]) => {
  const { mrkdwn } = await import("/text.js");
  const names = { U1: { name: "Ana" }, U2: { name: "Ben" }, C1: { name: "acme" } };
  const holder = document.createElement("div");
  holder.append(...mrkdwn(text, { me: "U1", names, zone, now, goTo() {} }));
  for (const node of holder.querySelectorAll("*")) {
    for (const name of ["class", "title", "datetime", "target", "rel"]) node.removeAttribute(name);
  }
  for (const picture of holder.querySelectorAll("svg")) picture.remove();
  return holder.innerHTML;
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page, to ask its modules."""
    with Desk(f"sqlite:///{tmp_path_factory.mktemp('text')}/casebell.db") as desk:
        server = Server(desk, 0)
        server.start()
        opened = browser.new_page()
        opened.set_default_timeout(15_000)
        opened.goto(server.url)
        yield opened
        opened.close()
        server.stop()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Plain", "Plain"),
        ("*bold*, _slant_, ~gone~", "<strong>bold</strong>, <em>slant</em>, <s>gone</s>"),
        ("*bold _and slanted_*", "<strong>bold <em>and slanted</em></strong>"),
        ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
        ("* no * and _ no _", "* no * and _ no _"),
        ("`*code*` here", "<code>*code*</code> here"),
        ("```\n<a> & *b*\n```", "<pre>&lt;a&gt; &amp; *b*</pre>"),
        ("&gt; quoted\n&gt; twice\nnot", "<blockquote>quoted\ntwice</blockquote>not"),
        ("a\nb", "a\nb"),
        ("<@U1> <@U2> <@U9>", "<span>@Ana</span> <span>@Ben</span> <span>@U9</span>"),
        ("<#C1> <#C9|shop>", '<a href="#">#acme</a> <span>shop</span>'),
        ("<#C9>", "<span>a private channel</span>"),
        ("<!here> <!channel|@channel>", "<span>@here</span> <span>@channel</span>"),
        ("<https://a.b/?q&amp;r>", '<a href="https://a.b/?q&amp;r">https://a.b/?q&amp;r</a>'),
        ("<https://a.example|the *page*>", '<a href="https://a.example">the *page*</a>'),
        ("<mailto:a@b.example|a@b.example>", '<a href="mailto:a@b.example">a@b.example</a>'),
        ("<javascript:alert(1)|press me>", "press me"),
        ("<data:text/html,x>", "data:text/html,x"),
        ("<JaVaScRiPt:alert(1)>", "JaVaScRiPt:alert(1)"),
        ("&lt;img src=x onerror=alert(1)&gt;", "&lt;img src=x onerror=alert(1)&gt;"),
        ("<img src=x onerror=alert(1)>", "img src=x onerror=alert(1)"),
        ("&amp;lt;b&amp;gt;", "&amp;lt;b&amp;gt;"),
        ("&quot;&#60;", "&amp;quot;&amp;#60;"),
        (":rotating_light: :no_such: 10:30:45", "🚨 :no_such: 10:30:45"),
        ("<!date^1795543200^{time}|later>", "<time>1:00 PM</time>"),
        ("*<!date^1795543200^{date_pretty}|later>*", "<strong><time>today</time></strong>"),
        ("<!date^1795543200^{no_such}|later>", "<time>{no_such}</time>"),
        ("<", "&lt;"),
        ("<>", "&lt;&gt;"),
        ("", ""),
    ],
)
def test_text_becomes_these_elements_and_no_others(page: Page, text: str, html: str) -> None:
    assert page.evaluate(HTML, [text, "America/New_York", NOW]) == html


def test_dates_read_as_the_scenarios_read_them(page: Page) -> None:
    """The page's dates against those of `reading.py`, which the other tests rely on."""
    names = ("date", "date_num", "date_short", "date_long", "time", "time_secs", "ago")
    pretty = ("date_pretty", "date_short_pretty", "date_long_pretty")
    template = " ".join(f"{{{name}}}" for name in (*names, *pretty))
    away = (0, 59, -61, 3600, 86399, -86400, 3 * 86400, 183 * 86400, 190 * 86400, -400 * 86400)
    cases = [
        (NOW + seconds, zone)
        for seconds in away
        for zone in ("America/Chicago", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland")
    ]
    ask = """async ([template, cases, now]) => {
      const { date } = await import("/time.js");
      return cases.map(([at, zone]) => date(template, at, zone, now));
    }"""
    drawn = page.evaluate(ask, [template, [list(case) for case in cases], NOW])
    now = datetime.fromtimestamp(NOW, UTC)
    for (at, zone), shown in zip(cases, drawn, strict=True):
        reading = Reading(ZoneInfo(zone), now, str)
        assert shown == reading.mrkdwn(f"<!date^{at}^{template}|later>"), (at, zone)


def test_every_block_and_element_that_casebell_sends_is_drawn(page: Page) -> None:
    source = "".join(path.read_text("utf-8") for path in MESSAGES.glob("*.py"))
    sent = set(re.findall(r'"type": "(\w+)"', source)) - {"mrkdwn", "plain_text", "modal", "home"}
    drawn = page.evaluate("""async () => {
      const [{ BLOCKS }, { ELEMENTS }] = [await import("/blocks.js"), await import("/elements.js")];
      return [...Object.keys(BLOCKS), ...Object.keys(ELEMENTS)];
    }""")
    assert "radio_buttons" in sent
    assert sent <= set(drawn)


def test_every_emoji_that_casebell_sends_is_drawn(page: Page) -> None:
    source = "".join(path.read_text("utf-8") for path in MESSAGES.glob("*.py"))
    sent = set(re.findall(r":([a-z]+_?[a-z_]*):", source))
    drawn = page.evaluate("async () => [...(await import('/emoji.js')).EMOJI.keys()]")
    assert "rotating_light" in sent
    assert sent <= set(drawn)


@pytest.mark.parametrize("kind", ["video", "rich_text_of_tomorrow"])
def test_what_is_not_known_is_shown_as_such(page: Page, kind: str) -> None:
    ask = """async (kind) => {
      const { blocks } = await import("/blocks.js");
      const holder = document.createElement("div");
      const list = [{ type: kind, text: "<b>secret</b>" },
        { type: "actions", block_id: "b", elements: [{ type: kind, action_id: "a" }] }];
      holder.append(...blocks(list, {}, {}));
      const count = holder.querySelectorAll(".unknown").length;
      return [count, holder.textContent, holder.querySelector("b")];
    }"""
    count, text, bold = page.evaluate(ask, kind)
    assert count == 2
    assert f"Not drawn here: {kind}" in text
    assert "<b>secret</b>" in text
    assert bold is None
