"""`python -m bot demo`: a weekend at a support desk, the real bot on a local workspace."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from tempfile import TemporaryDirectory

from bot.errors import CasebellError
from bot.sandbox.demo_audit import audit, report
from bot.sandbox.demo_stage import Stage
from bot.sandbox.transcript import LEFT_OUT

_WRONG_PRICES = {
    "Is it an error or a question?": "Error",
    "Application area": "Managed Table",
    "Summary": "Quotes show last month's prices",
    "Logik.io URL": "https://acme.logik.io/quotes/7",
    "Click-path": "Quotes > 7 > Prices",
    "Steps to reproduce": "Open any quote of today.",
    "What did you expect to happen?": "The prices that we imported this morning.",
}
_NO_QUOTES = _WRONG_PRICES | {
    "Application area": "Runtime UI",
    "Summary": "No quote opens, for anybody",
    "What did you expect to happen?": "The quote.",
}
_NO_API = _WRONG_PRICES | {
    "Application area": "API",
    "Summary": "Our shop is down: the API does not answer",
    "What did you expect to happen?": "An answer within a second.",
}


def play() -> None:
    """Play it on standard output: in about a minute on a terminal, in seconds elsewhere.

    Raises:
        CasebellError: it broke off, or the audit at the end found something amiss.
    """
    with TemporaryDirectory() as directory, without_proxy(), _errors_logged() as errors:
        try:
            weekend = Weekend(f"sqlite:///{directory}/casebell.db")
            with weekend.desk:
                weekend.play()
                amiss = [*weekend.leaks, *audit(weekend.desk, weekend.cases), *errors]
                if not amiss:
                    weekend.conclude()
        except Exception as error:
            raise CasebellError(f"The demo broke off: {error!r}.") from error
    if amiss:
        raise CasebellError("The demo ended, but not well:\n" + "\n".join(amiss))


class Weekend(Stage):
    """What happens to the people from Friday to Monday."""

    def __init__(self, database_url: str) -> None:
        super().__init__(database_url, datetime.fromisoformat("2026-12-04T16:39:55-06:00"))

    def play(self) -> None:
        """From one due time to the next; every message is printed as it is posted."""
        self._introduction()
        self._friday()
        self._saturday()
        self._sunday()
        self._monday()

    def conclude(self) -> None:
        """What came of it, in a table, and where to go from here."""
        self.shown.title("What came of it")
        print(report(self.desk, self.cases, self.shown.width))
        self.shown.title("And now")
        self.shown.tell(
            'To have it in a Slack of your own: README.md, "Install it into your Slack".'
        )
        self.shown.tell("To read all that it has promised here: python -m bot policy")

    def _introduction(self) -> None:
        tell = self.shown.tell
        self.shown.title("Casebell: a weekend at a support desk")
        tell(
            "This is the real bot with its real database, over real HTTP; only Slack and the clock"
            " are local. The clock jumps from one due time to the next."
        )
        tell(
            "On call are Ana (primary), Ben (secondary) and Mia (manager); Dora has the early shift"
            " on Monday. Carla of Acme is their customer, in New York. #acme is the channel that"
            " they share with her, #support-team is the team's own. The office is open Monday to"
            " Friday, 07:00 to 18:00 Central."
        )
        tell(
            "Times on the left are Central. In messages they are given twice: in the reader's zone,"
            " then in the office's. Casebell redraws its messages when what they say has changed."
            f" [Brackets] are buttons; {LEFT_OUT} stands for what you have read before."
        )

    def _friday(self) -> None:
        shown = self.shown
        shown.title("Friday, 4 December 2026: an ordinary case, and an upgrade in the evening")
        shown.tell("Casebell has just been started. It says at once what is still worth saying.")
        self.put_on_call()
        self.pass_moment()
        shown.tell("Whoever comes on call is asked for a tap: it tests the way to them.")
        self.take_over()
        self.open_case("Business severely impacted", _WRONG_PRICES)
        case = self.cases[-1]
        self.until("2026-12-04 16:50")
        self.press(self.ana, self.team_card(case), "Take", of=case)
        self.until("2026-12-04 16:52")
        self.write(self.ana, case, "Hello Carla, I see it too. I am importing them again.")
        shown.tell("A person of the team has answered, so the response clock has stopped.")
        self.until("2026-12-05 00:00:05")

    def _saturday(self) -> None:
        shown = self.shown
        shown.title("Saturday, 5 December, 02:00: nothing works, and the office is closed")
        self.until("2026-12-05 02:00")
        self.open_case("Business Stopped", _NO_QUOTES)
        case = self.cases[-1]
        self.until("2026-12-05 02:17")
        self.press(self.ben, self.ben.dms[-1], "Acknowledge")
        self.until("2026-12-05 02:21")
        self.write(self.ben, case, "Ben here. The upgrade left one server behind; it restarts.")
        shown.tell("The customer has her answer, so the page is over, for everybody it rang.")
        self.until("2026-12-05 02:24")
        self.write_internally(self.ben, case, "It was our upgrade script: it skips a server.")
        shown.tell("That was written under the team's card: it stays there.")
        self.until("2026-12-05 02:40")
        alarm = "Still down: page on-call"
        words = {"What has changed?": "It came back for a minute, then went down again."}
        self.press(self.carla, self.card(case), alarm, words, of=case)
        self.until("2026-12-05 02:42")
        page = self.ana.dms[-1]
        self.press(self.ana, page, "Acknowledge")
        self.until("2026-12-05 02:46")
        self.press(
            self.ana, page, "Reply", {"Your reply": "Ana here. I have moved you to other servers."}
        )

    def _sunday(self) -> None:
        shown = self.shown
        shown.title("Sunday, 6 December, 21:30: the same again, but this time nobody answers")
        self.until("2026-12-06 21:30")
        self.open_case("Business Stopped", _NO_API)
        shown.tell("You know how a round of pages goes; from here on they are only counted.")
        with shown.counting_direct_messages():
            self.until("2026-12-07 06:59")

    def _monday(self) -> None:
        shown, case = self.shown, self.cases[-1]
        shown.title("Monday, 7 December, 07:00: the office opens")
        self.until("2026-12-07 07:06")
        words = {"Your reply": "Good morning, Dora here. I am on it, and I am sorry."}
        self.press(self.dora, self.team_card(case), "Reply", words, of=case)
        shown.tell("Late, and everybody can see it: the promise stands as it was given.")
        self.until("2026-12-07 07:40")
        note = "What was it, and what has been done?"
        words = {note: "A certificate had run out. It is renewed."}
        self.press(self.dora, self.team_card(case), "Resolve", words, of=case)
        self.until("2026-12-07 09:05")
        self.write(self.carla, case, "It happened again, just now.")
        self.ask(self.carla, "list")
        self.until("2026-12-07 09:30")
        words = {note: "Its twin had run out too. All of them are renewed."}
        self.press(self.dora, self.team_card(case), "Resolve", words, of=case)


@contextmanager
def without_proxy() -> Iterator[None]:
    """slack_sdk sends everything through a proxy that is set, this machine's own address too."""
    names = [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy")]
    removed = {name: os.environ.pop(name) for name in names}
    try:
        yield
    finally:
        os.environ |= removed


@contextmanager
def _errors_logged() -> Iterator[list[str]]:
    """Nothing is logged to the terminal; what is logged as an error is collected."""
    collector = _Collector(logging.ERROR)
    root = logging.getLogger()
    root.addHandler(collector)
    try:
        yield collector.errors
    finally:
        root.removeHandler(collector)


class _Collector(logging.Handler):
    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.errors.append(f"Casebell logged: {record.getMessage()}")
