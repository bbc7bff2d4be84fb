"""The acknowledgement link, which nobody else can make, and the pages behind it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import ack_page, web_page
from bot.ack_page import Ack, AckLink, WebPage
from bot.domain.page import Stale, StaleReason
from bot.routes import signature
from bot.services.routing import LINK_LIFE

NOW = datetime(2026, 11, 23, 8, 10, tzinfo=UTC)
LINK = AckLink("webhook-s3cret", "https://casebell.example.com")
EVIL = """<script>alert(1)</script>"'&<b onclick=x>"""


def token(page_id: int = 7, user_id: str = "U1", route: str = "phone") -> str:
    return LINK.url(page_id, user_id, route, NOW + LINK_LIFE).rpartition("/")[2]


def signed(payload: bytes, purpose: bytes = b"casebell-ack-v1.", secret: str = LINK.secret) -> str:
    """A token by an independent computation."""
    encoded = base64.urlsafe_b64encode(payload).rstrip(b"=")
    proof = hmac.new(secret.encode(), purpose + encoded, hashlib.sha256).digest()
    return f"{encoded.decode()}.{base64.urlsafe_b64encode(proof).rstrip(b'=').decode()}"


def test_a_link_stands_for_one_page_one_person_and_one_route() -> None:
    assert LINK.read(token(), NOW) == Ack(7, "U1", "phone")


@given(st.integers(0, 2**63), st.text(max_size=40), st.text(max_size=40))
def test_any_link_can_be_read_and_stands_in_an_address(
    page_id: int, user_id: str, route: str
) -> None:
    made = token(page_id, user_id, route)
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}", made)
    assert LINK.read(made, NOW) == Ack(page_id, user_id, route)


@pytest.mark.parametrize(
    "public_url", ["https://example.com/casebell", "https://example.com/casebell/"]
)
def test_a_link_begins_where_casebell_is_reached(public_url: str) -> None:
    url = AckLink("s", public_url).url(7, "U1", "phone", NOW)
    assert url.startswith("https://example.com/casebell/ack/")


def test_the_signature_is_one_that_can_be_computed_elsewhere() -> None:
    expires = int((NOW + LINK_LIFE).timestamp())
    assert token() == signed(f'[7,"U1","phone",{expires}]'.encode())


@pytest.mark.parametrize(
    ("after", "is_good"),
    [
        (timedelta(0), True),
        (LINK_LIFE - timedelta(seconds=1), True),
        (LINK_LIFE, False),
        (timedelta(days=9), False),
    ],
    ids=["now", "at last", "expired", "long expired"],
)
def test_a_link_is_good_for_a_day(after: timedelta, is_good: bool) -> None:
    assert (LINK.read(token(), NOW + after) is not None) is is_good


FACTS = json.dumps([7, "U1", "phone", int((NOW + LINK_LIFE).timestamp())]).encode()


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(signed(FACTS, secret="another"), id="another secret"),
        pytest.param(signed(FACTS, purpose=b""), id="no purpose"),
        pytest.param(signed(FACTS, purpose=b"casebell-other-v1."), id="another purpose"),
        pytest.param(signed(FACTS, purpose=b"v1:1795421400:"), id="the purpose of a webhook"),
        pytest.param(token().partition(".")[0], id="no signature"),
        pytest.param(token().partition(".")[0] + ".", id="an empty signature"),
        pytest.param("." + token().partition(".")[2], id="no facts"),
        pytest.param(token(8).partition(".")[0] + "." + token().partition(".")[2], id="swapped"),
        pytest.param(token() + "=", id="padding"),
        pytest.param(token() + "\n", id="a line break"),
        pytest.param(token() + ".x", id="more"),
        pytest.param("é" + token(), id="no ASCII"),
        pytest.param("\udce9.\udce9", id="no text"),
        pytest.param("", id="nothing"),
        pytest.param("." * 100_000, id="much"),
    ],
)
def test_what_we_did_not_make_is_nothing(made: str) -> None:
    assert LINK.read(made, NOW) is None


def test_the_independent_computation_is_taken_so_that_the_refusals_mean_something() -> None:
    assert LINK.read(signed(FACTS), NOW) == Ack(7, "U1", "phone")


def test_a_signature_for_a_webhook_never_fits() -> None:
    """Even for a body that somebody could have Casebell sign."""
    payload = token().partition(".")[0]
    for body in (payload, f"casebell-ack-v1.{payload}"):
        proof = signature(LINK.secret, "1795421400", body.encode()).removeprefix("v1=")
        encoded = base64.urlsafe_b64encode(bytes.fromhex(proof)).rstrip(b"=").decode()
        assert LINK.read(f"{payload}.{encoded}", NOW) is None


@given(st.text(st.characters()) | st.from_regex(r"[\w-]+\.[\w-]+"))
def test_junk_is_nothing(junk: str) -> None:
    assert LINK.read(junk, NOW) is None


@given(st.data())
def test_a_link_with_one_character_changed_is_nothing(data: st.DataObject) -> None:
    made = token()
    at = data.draw(st.integers(0, len(made) - 1))
    other = data.draw(st.characters().filter(lambda letter: letter != made[at]))
    assert LINK.read(made[:at] + other + made[at + 1 :], NOW) is None


def test_without_a_secret_there_are_no_links() -> None:
    with pytest.raises(ValueError, match="WEBHOOK_SECRET"):
        AckLink("", "https://casebell.example.com")


def test_no_repr_shows_the_secret() -> None:
    assert LINK.secret not in repr(LINK)


# The pages

ACKNOWLEDGED = Stale(StaleReason.ALREADY_ACKNOWLEDGED, "U2", NOW - timedelta(minutes=2))


def pages(words: str) -> dict[str, WebPage]:
    """Every page, with these words wherever somebody else's go."""
    return {
        "ask": ack_page.ask(words, words, words, words, token()),
        "done": ack_page.done(words, words, words, words, words),
        "done, with no link": ack_page.done(words, words, words, words, None),
        "acknowledged": ack_page.over(words, ACKNOWLEDGED, words, NOW),
        "over": ack_page.over(words, Stale(StaleReason.CLOSED), None, NOW),
        "with the team": ack_page.over(words, Stale(StaleReason.WITH_TEAM), None, NOW),
        "bad link": ack_page.bad_link(),
    }


class Reader(HTMLParser):
    """What a browser would make of a page: its tags, and the text that is seen."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.text += f"{data} "


@pytest.mark.parametrize("name", pages(""))
def test_somebody_elses_words_are_words(name: str) -> None:
    plain, evil = Reader(pages("words")[name][1]), Reader(pages(EVIL)[name][1])
    assert [tag for tag, _ in evil.tags] == [tag for tag, _ in plain.tags]
    assert [list(attrs) for _, attrs in evil.tags] == [list(attrs) for _, attrs in plain.tags]
    assert evil.text == plain.text.replace("words", EVIL)
    assert evil.open == []


@pytest.mark.parametrize("name", pages(""))
def test_a_page_needs_nothing_but_itself(name: str) -> None:
    page = Reader(pages("words")[name][1])
    used = {tag for tag, _ in page.tags}
    assert used <= {"html", "head", "meta", "title", "style", "body", "main", "h1", "p"} | {
        "form",
        "button",
        "a",
    }
    attributes = {attribute for _, attrs in page.tags for attribute in attrs}
    assert not attributes & {"src", "style", "background"}
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in (
        page.tags
    )


def test_the_button_posts_to_the_address_of_the_page() -> None:
    """The link is a GET, and changes nothing: the form is the only way on."""
    status, html = ack_page.ask("CASE-1042", "Business Stopped", "It is down", "Acme", token())
    page = Reader(html)
    [form] = [attrs for tag, attrs in page.tags if tag == "form"]
    assert (status, form) == (200, {"method": "post", "action": token()})
    assert [tag for tag, _ in page.tags if tag in ("button", "a", "input")] == ["button"]
    for words in ("CASE-1042 · Business Stopped", "Acme waits", "It is down", "Acknowledge"):
        assert words in page.text


def test_who_has_it_is_told_what_is_left_to_do() -> None:
    url = "https://acme.slack.com/archives/C1/p1?x=1&y=2"
    status, html = ack_page.done("CASE-1042", "Ana", "Acme", "Mon 23 Nov, 3:40 AM CT", url)
    page = Reader(html)
    assert status == 200
    assert [attrs["href"] for tag, attrs in page.tags if tag == "a"] == [url]
    for words in ("You have it, Ana.", "CASE-1042", "thread of Acme", "by Mon 23 Nov, 3:40 AM CT"):
        assert words in page.text


@pytest.mark.parametrize(
    ("stale", "who", "words"),
    [
        (ACKNOWLEDGED, "Ben", "Ben has it. CASE-1042: acknowledged 2 min ago."),
        (Stale(StaleReason.CLOSED), None, "The page is over. CASE-1042: answered, resolved"),
        (Stale(StaleReason.WITH_TEAM), None, "The team has it. CASE-1042: the office is open"),
    ],
    ids=["acknowledged", "closed", "office open"],
)
def test_whoever_comes_late_reads_why(stale: Stale, who: str | None, words: str) -> None:
    status, html = ack_page.over("CASE-1042", stale, who, NOW)
    assert status == 200
    assert words in Reader(html).text


def test_a_bad_link_is_not_found() -> None:
    status, html = ack_page.bad_link()
    assert status == 404
    assert "form" not in html


def test_the_headers_let_the_page_do_what_it_does_and_no_more() -> None:
    headers = dict(web_page.HEADERS)
    policy = dict(
        directive.split(" ", 1) for directive in headers["Content-Security-Policy"].split("; ")
    )
    style = re.search("<style>(.*)</style>", ack_page.bad_link()[1], re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex"


def test_the_page_is_dark_where_the_phone_is() -> None:
    html = ack_page.bad_link()[1]
    assert "color-scheme: light dark" in html
    assert "@media (prefers-color-scheme: dark)" in html
