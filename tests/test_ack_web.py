"""The link that acknowledges, as its web page is reached: who gets what, by which method."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from door import Answer, Door, ask
from processes import free_port
from story import ERROR_ANSWERS

from bot.ack_page import AckLink
from bot.domain.page import PageState
from bot.domain.records import PageRow
from bot.web_page import HEADERS

STOPPED = "Business Stopped"
NIGHT = "2026-11-21 02:00"
SECRET = "a-webhook-secret-of-ours"
HTML = "text/html;charset=utf-8"


class Desk(Door):
    """A desk at night with a page that rings Ana, and the links to it."""

    def __init__(self, database_url: str, **options: object) -> None:
        port = free_port()
        settings = {
            "port": port,
            "public_url": f"http://127.0.0.1:{port}",
            "webhook_secret": SECRET,
            **options,
        }
        super().__init__(database_url, NIGHT, settings=settings)
        self.web_port = port

    def link(
        self,
        user_id: str | None = None,
        *,
        page_id: int = 1,
        secret: str = SECRET,
        life: timedelta = timedelta(hours=24),
    ) -> str:
        """The path of a link: Ana's to the first page, unless told otherwise."""
        links = AckLink(secret, "https://casebell.example")
        expires_at = self.desk.clock.now() + life
        url = links.url(page_id, user_id or self.ana.id, "phone", expires_at)
        return url.removeprefix("https://casebell.example")

    def get(self, path: str) -> Answer:
        return ask(self.web_port, "GET", path)

    def post(self, path: str) -> Answer:
        answer = ask(self.web_port, "POST", path)
        self.desk.rest()
        return answer

    def page(self) -> PageRow:
        with self.desk.bot.store.reading() as tx:
            row = tx.pages.get(1)
        assert row is not None
        return row


@contextmanager
def opened(database_url: str, **options: object) -> Iterator[Desk]:
    """A desk with a page that rings, as long as the block."""
    made = Desk(database_url, **options)
    made.start()
    try:
        made.open_case(STOPPED)
        yield made
    finally:
        made.stop()


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    with opened(sqlite_url) as made:
        yield made


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all that changes nothing."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('ack')}/casebell.db") as made:
        yield made


# --- looking -------------------------------------------------------------------------------------


def test_opening_the_link_shows_the_case_and_a_button(still: Desk) -> None:
    answer = still.get(still.link())
    assert (answer.status, answer.headers["Content-Type"]) == (200, HTML)
    for words in (f"CASE-1001 · {STOPPED}", "acme waits", "Prices are gone", "Acknowledge"):
        assert words in answer.body
    assert answer.body.count("<button") == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_link_changes_nothing_however_often(desk: Desk, method: str) -> None:
    """Previews and scanners open every link."""
    before, rows, shown = desk.page(), desk.rows(), desk.pages(desk.ana)[0].shown
    for _ in range(2):
        assert ask(desk.web_port, method, desk.link()).status == 200
    desk.desk.rest()
    assert desk.page() == before
    assert desk.rows() == rows
    assert desk.pages(desk.ana)[0].shown == shown
    desk.now_is("2026-11-21 02:10:02")
    assert desk.rung() == ["Ana", "Ana", "Ben"]


def test_head_is_answered_without_a_body(still: Desk) -> None:
    """As bytes: an HTTP client would not show what follows."""
    with socket.create_connection(("127.0.0.1", still.web_port), timeout=5) as line:
        line.sendall(
            f"HEAD {still.link()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        received = b"".join(iter(lambda: line.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b""


def test_every_page_has_its_headers(desk: Desk) -> None:
    for answer in (desk.get(desk.link()), desk.get("/ack/nothing"), desk.post(desk.link())):
        assert dict(HEADERS).items() <= dict(answer.headers).items()


def test_what_the_customer_wrote_is_text_and_no_html(desk: Desk) -> None:
    evil = "<script>alert(1)</script>"
    desk.open_case(STOPPED, answers={**ERROR_ANSWERS, "Summary": evil})
    body = desk.get(desk.link(page_id=2)).body
    assert evil not in body
    assert evil in unescape(body)


# --- pressing ------------------------------------------------------------------------------------


def test_pressing_acknowledges_in_the_name_of_whose_link_it_is(desk: Desk) -> None:
    answer = desk.post(desk.link(desk.ben.id))
    assert answer.status == 200
    for words in ("You have it, Ben.", "CASE-1001", "by Sat 21 Nov, 2:30 AM Central"):
        assert words in answer.body
    assert desk.page().page.acknowledged_by == desk.ben.id
    assert "Ben acknowledged it" in desk.pages(desk.ana)[0].shown
    assert desk.pages(desk.ana)[0].buttons == ("Reply",)
    desk.now_is("2026-11-21 02:29")
    assert desk.rung() == ["Ana"]


def test_the_page_after_pressing_leads_to_the_customers_thread(desk: Desk) -> None:
    ts = desk.card("CASE-1001").ts.replace(".", "")
    assert (
        f'href="https://home.slack.com/archives/{desk.acme.id}/p{ts}"'
        in desk.post(desk.link()).body
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_once_somebody_has_it_the_page_says_who(desk: Desk, method: str) -> None:
    desk.post(desk.link())
    desk.desk.advance(minutes=2)
    before = desk.page()
    answer = ask(desk.web_port, method, desk.link(desk.ben.id))
    assert "Ana has it." in answer.body
    assert "acknowledged 2 min ago" in answer.body
    assert "<button" not in answer.body
    assert desk.page() == before


def test_who_presses_twice_reads_that_they_have_it(desk: Desk) -> None:
    link = desk.link()
    desk.post(link)
    assert "Ana has it." in desk.post(link).body


def test_who_acknowledged_in_slack_is_named_too(desk: Desk) -> None:
    assert desk.ana.click(desk.pages(desk.ana)[0], "Acknowledge").ok
    assert "Ana has it." in desk.post(desk.link(desk.mia.id)).body


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_after_the_answer_the_page_is_over(desk: Desk, method: str) -> None:
    link = desk.link()
    desk.answer(desk.dora, "CASE-1001")
    answer = ask(desk.web_port, method, link)
    assert answer.status == 200
    assert "The page is over." in answer.body
    assert "<button" not in answer.body


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_when_the_office_is_open_the_team_has_it(desk: Desk, method: str) -> None:
    desk.post(desk.link())
    desk.desk.stop_bot()
    desk.desk.clock.turn_to(datetime.fromisoformat("2026-11-23T13:01:00+00:00"))  # Monday, 7:01
    desk.desk.start_bot()
    desk.desk.rest()
    assert desk.page().page.state is PageState.HELD
    answer = ask(desk.web_port, method, desk.link())
    assert "The team has it." in answer.body
    assert desk.page().page.state is PageState.HELD


def test_the_link_works_again_when_the_page_rings_again(desk: Desk) -> None:
    link = desk.link()
    desk.post(link)
    desk.now_is("2026-11-21 02:30:05")
    assert desk.page().page.state is PageState.RINGING
    assert "<button" in desk.get(link).body
    assert "You have it, Ana." in desk.post(link).body


def test_a_link_survives_a_restart(desk: Desk) -> None:
    link = desk.link()
    desk.desk.stop_bot()
    desk.desk.start_bot()
    assert "You have it, Ana." in desk.post(link).body


def test_while_slack_is_away_the_link_acknowledges(desk: Desk) -> None:
    desk.workspace.away = True
    assert "You have it, Ana." in ask(desk.web_port, "POST", desk.link()).body
    assert desk.page().page.state is PageState.ACKNOWLEDGED
    desk.workspace.away = False
    desk.desk.advance(seconds=10)
    assert "Ana acknowledged it" in desk.pages(desk.ana)[0].shown


# --- links that are no good ----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda d: d.link(life=timedelta(0)), id="expired"),
        pytest.param(lambda d: d.link(secret="another secret of ours"), id="another secret"),
        pytest.param(lambda d: d.link() + "x", id="one more letter"),
        pytest.param(lambda d: d.link()[:-1], id="one letter less"),
        pytest.param(lambda d: d.link() + "/", id="one more slash"),
        pytest.param(lambda d: d.link().partition(".")[0], id="no signature"),
        pytest.param(lambda d: "/ack/", id="nothing"),
        pytest.param(lambda d: "/ack/.", id="a dot"),
        pytest.param(lambda d: "/ack/%C3%A9.%C3%A9", id="no ASCII"),
        pytest.param(lambda d: "/ack/%FF%FE.%00", id="no text"),
        pytest.param(lambda d: "/ack/" + "x" * 20_000, id="long"),
    ],
)
def test_a_link_that_is_no_good_is_not_found_and_changes_nothing(
    still: Desk, made: Callable[[Desk], str], method: str
) -> None:
    before = still.page()
    answer = ask(still.web_port, method, made(still))
    assert answer.status == 404
    assert "This link does not work." in answer.body
    assert "CASE-" not in answer.body
    assert "Prices are gone" not in answer.body
    assert still.page() == before


def test_a_link_expires_while_its_page_lies_open(desk: Desk) -> None:
    link = desk.link(life=timedelta(minutes=1))
    assert "<button" in desk.get(link).body
    desk.desk.advance(minutes=1)
    assert desk.post(link).status == 404
    assert desk.page().page.state is PageState.RINGING


@pytest.mark.parametrize("who", ["left TEAM_CHANNEL", "a customer", "nobody"])
def test_only_the_team_acknowledges_by_a_link(desk: Desk, who: str) -> None:
    match who:
        case "left TEAM_CHANNEL":
            user = desk.ana.id
            desk.team.kick(desk.ana)
            desk.workspace.settle()
        case "a customer":
            user = desk.carla.id
        case _:
            user = "U0NOBODY"
    assert "You have it" not in desk.post(desk.link(user)).body
    assert desk.page().page.state is PageState.RINGING


def test_somebody_who_left_the_team_reads_no_case_by_an_old_link(desk: Desk) -> None:
    link = desk.link()
    desk.team.kick(desk.ana)
    desk.workspace.settle()
    assert "Prices are gone" not in desk.get(link).body


def test_somebody_who_left_the_team_reads_why_their_link_does_not_work(desk: Desk) -> None:
    link = desk.link()
    desk.team.kick(desk.ana)
    desk.workspace.settle()
    assert "older than a day" not in desk.post(link).body


# --- methods and addresses -----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_change_nothing(still: Desk, method: str) -> None:
    before = still.page()
    assert ask(still.web_port, method, still.link()).status in (404, 405)
    assert still.page() == before


def test_a_refused_method_names_those_that_are_served(still: Desk) -> None:
    answer = ask(still.web_port, "PUT", still.link())
    assert (answer.status, answer.headers.get("Allow")) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    "options",
    [{"public_url": None}, {"webhook_secret": None}],
    ids=["no PUBLIC_URL", "no WEBHOOK_SECRET"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_an_address_or_a_secret_there_is_no_such_page(
    sqlite_url: str, options: dict[str, object], method: str
) -> None:
    with opened(sqlite_url, **options) as desk:
        answer = ask(desk.web_port, method, desk.link())
        assert (answer.status, answer.body) == (404, "")
        assert desk.page().page.state is PageState.RINGING


def test_a_page_that_fails_says_nothing_and_logs_no_token(
    desk: Desk, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    link = desk.link()
    with caplog.at_level("DEBUG"):
        file = Path(sqlite_url.removeprefix("sqlite:///"))
        file.rename(file.with_name("gone"))
        desk.desk.bot.database.engine.dispose()
        answer = ask(desk.web_port, "POST", link)
        file.with_name("gone").rename(file)
    assert answer.status == 503
    assert "sqlite" not in answer.body
    token = link.removeprefix("/ack/")
    assert token not in caplog.text
    assert token.partition(".")[0] not in caplog.text


def test_while_the_database_is_away_the_page_says_what_to_do(desk: Desk, sqlite_url: str) -> None:
    """Whoever presses at 3 AM must not wonder whether it worked."""
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    file.rename(file.with_name("gone"))
    desk.desk.bot.database.engine.dispose()
    answer = ask(desk.web_port, "POST", desk.link())
    file.with_name("gone").rename(file)
    assert "try again" in answer.body.lower()


def test_pressing_at_once_acknowledges_once(desk: Desk) -> None:
    people = (desk.ana, desk.ben, desk.mia, desk.dora)
    with ThreadPoolExecutor(4) as threads:
        links = [desk.link(person.id) for person in people]
        bodies = list(threads.map(lambda link: ask(desk.web_port, "POST", link).body, links))
    assert sum("You have it" in body for body in bodies) == 1
    assert sum(" has it." in body for body in bodies) == 3
