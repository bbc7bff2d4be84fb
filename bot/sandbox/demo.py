"""`python -m bot demo`: a weekend at a support desk, the real bot on a local workspace."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory

from bot.errors import CasebellError
from bot.sandbox.actor import Person
from bot.sandbox.demo_audit import audit, report
from bot.sandbox.interactions import Reply
from bot.sandbox.model import Message
from bot.sandbox.playground import Playground
from bot.sandbox.transcript import LEFT_OUT, Transcript, labelled

# A channel gets a message a second: after so long, everything of an instant has been posted.
_A_MOMENT = timedelta(seconds=5)

_SEVERITY = "How badly is your business affected?"
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
    with TemporaryDirectory() as directory, _no_proxy(), _errors_logged() as errors:
        try:
            weekend = Weekend(f"sqlite:///{directory}/casebell.db")
            with weekend.desk:
                weekend.play()
                amiss = audit(weekend.desk, weekend.cases) + errors
                if not amiss:
                    weekend.conclude()
        except Exception as error:
            raise CasebellError(f"The demo broke off: {error!r}.") from error
    if amiss:
        raise CasebellError("The demo ended, but not well:\n" + "\n".join(amiss))


class Weekend:
    """The people, and what happens to them from Friday to Monday."""

    def __init__(self, database_url: str) -> None:
        self.desk = Playground(database_url, datetime.fromisoformat("2026-12-04T16:40-06:00"))
        self.cases: list[str] = []
        workspace = self.desk.workspace
        self._ana, self._ben, self._mia, self._dora = team = [
            workspace.add_person(name) for name in ("Ana", "Ben", "Mia", "Dora")
        ]
        self._carla = workspace.add_person("Carla", guest=True, tz="America/New_York")
        self._acme = workspace.add_channel("acme", members=[workspace.bot, self._carla, *team])
        self.desk.team_channel.members += team
        self._zone = self.desk.policy.hours.zone
        is_watched = sys.stdout.isatty()
        self._shown = Transcript(
            workspace,
            self._zone,
            bold=is_watched and not os.environ.get("NO_COLOR"),
            pause=0.4 if is_watched else 0.0,
        )

    def play(self) -> None:
        """From one due time to the next; every message is printed as it is posted."""
        self._introduction()
        self._friday()
        self._saturday()
        self._sunday()
        self._monday()

    def conclude(self) -> None:
        """What came of it, in a table, and where to go from here."""
        self._shown.title("What came of it")
        print(report(self.desk, self.cases))
        self._shown.title("And now")
        self._shown.tell(
            'To have it in a Slack of your own: README.md, "Install it into your Slack".'
        )
        self._shown.tell("To read all that it has promised here: python -m bot policy")

    def _introduction(self) -> None:
        shown = self._shown
        shown.title("Casebell: a weekend at a support desk")
        shown.tell(
            "This is the real bot with its real database, over real HTTP; only Slack and the clock"
            " are local. The clock jumps from one due time to the next."
        )
        shown.tell(
            "On call are Ana (primary), Ben (secondary) and Mia (manager); Dora has the early shift"
            " on Monday. Carla of Acme is their customer, in New York. #acme is the channel that"
            " they share with her, #support-team is the team's own. The office is open Monday to"
            " Friday, 07:00 to 18:00 Central."
        )
        shown.tell(
            "Times on the left are Central. In messages they are given twice: in the reader's zone,"
            " then in the office's. Casebell redraws its messages when what they say has changed."
            f" {LEFT_OUT} stands for lines that you have read before."
        )

    def _friday(self) -> None:
        shown = self._shown
        shown.title("Friday, 4 December 2026: an ordinary case, and an upgrade in the evening")
        shown.tell("Casebell has just been started. It says at once what is still worth saying.")
        self._put_on_call()
        self._pass()
        card = self._open_case("Business severely impacted", _WRONG_PRICES)
        self._until("2026-12-04 16:52")
        self._answer(self._ana, card, "Hello Carla, I see it too. I am importing them again.")
        shown.tell("A person of the team has answered, so the response clock has stopped.")
        self._until("2026-12-05 00:00:05")

    def _saturday(self) -> None:
        shown = self._shown
        shown.title("Saturday, 5 December, 02:00: nothing works, and the office is closed")
        self._until("2026-12-05 02:00")
        card = self._open_case("Business Stopped", _NO_QUOTES)
        self._until("2026-12-05 02:17")
        self._acknowledge(self._ben)
        self._until("2026-12-05 02:21")
        self._answer(self._ben, card, "Ben here. The upgrade left one server behind; it restarts.")
        shown.tell("The customer has her answer, so the page is over, for everybody it rang.")

    def _sunday(self) -> None:
        shown = self._shown
        shown.title("Sunday, 6 December, 21:30: the same again, but this time nobody answers")
        self._until("2026-12-06 21:30")
        self._open_case("Business Stopped", _NO_API)
        shown.tell("You know how a round of pages goes; from here on they are only counted.")
        with shown.counting_direct_messages():
            self._until("2026-12-07 06:59")

    def _monday(self) -> None:
        shown = self._shown
        shown.title("Monday, 7 December, 07:00: the office opens")
        self._until("2026-12-07 07:06")
        card = self._card(self.cases[-1])
        self._answer(self._dora, card, "Dora here, good morning. I am on it, and I am sorry.")
        self._until("2026-12-07 07:10")
        shown.tell("Late, and everybody can see it: the promise stands as it was given.")

    # --- what people do -------------------------------------------------------------------------

    def _put_on_call(self) -> None:
        levels = {"primary": self._ana, "secondary": self._ben, "manager": self._mia}
        for level, person in levels.items():
            self.desk.bot.services.on_call.set(level, [person.id])

    def _open_case(self, severity: str, answers: Mapping[str, str]) -> Message:
        carla, shown = self._carla, self._shown
        _check(carla.command("/case", "", self._acme))
        form = carla.modal
        assert form is not None
        for reply in form.fill({_SEVERITY: severity}):
            _check(reply)
        shown.act(f'Carla types /case in #acme. In the form she chooses "{severity}".')
        for warning in shown.words((b for b in form.blocks if b["type"] == "section"), carla):
            shown.act("The form warns her", warning)
        for reply in form.fill(answers):
            _check(reply)
        filled = [labelled(label, answer) for label, answer in answers.items()]
        if self.cases:
            filled = [labelled("Summary", answers["Summary"]), LEFT_OUT]
        shown.act("She fills in the rest", *filled)
        submission = form.submit()
        if not submission.ok:
            raise CasebellError(f"the form was refused: {submission}")
        receipt = carla.modal
        assert receipt is not None
        self.cases.append(receipt.title)
        shown.act(f"The form turns into the receipt of {receipt.title}")
        receipt.close()
        self._pass()
        return self._card(receipt.title)

    def _answer(self, person: Person, card: Message, text: str) -> None:
        person.post(self._acme, text, card)
        self._pass()

    def _acknowledge(self, person: Person) -> None:
        self._shown.act(f"{person.name} presses Acknowledge")
        _check(person.click(person.dms[-1], "Acknowledge"))
        self._pass()

    def _card(self, case: str) -> Message:
        return next(m for m in self._acme.messages if m.text.startswith(f"{case}: "))

    # --- how time passes ------------------------------------------------------------------------

    def _until(self, moment: str) -> None:
        self._advance_to(datetime.fromisoformat(moment).replace(tzinfo=self._zone))

    def _pass(self) -> None:
        self._advance_to(self.desk.clock.now() + _A_MOMENT)

    def _advance_to(self, at: datetime) -> None:
        """Stop at every due time on the way: what is printed is what stood there then."""
        self.desk.rest()
        while (due := self.desk.next_due()) is not None and due < at:
            self.desk.advance_to(min(due + _A_MOMENT, at))
            self._shown.catch_up()
        self.desk.advance_to(at)
        self._shown.catch_up()


def _check(reply: Reply) -> None:
    if not reply.ok:
        raise CasebellError(f"Slack says: {reply.problem}")


@contextmanager
def _no_proxy() -> Iterator[None]:
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
