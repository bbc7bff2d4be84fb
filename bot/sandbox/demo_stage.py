"""The demo's stage: a desk and its people, what they do before the reader, and how time passes."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.errors import CasebellError
from bot.sandbox.actor import Person
from bot.sandbox.demo_audit import leaks
from bot.sandbox.interactions import Reply
from bot.sandbox.model import Json, Message
from bot.sandbox.open_view import OpenView
from bot.sandbox.playground import Playground
from bot.sandbox.transcript import LEFT_OUT, NARROWEST, WIDTH, Transcript, labelled

# A channel gets a message a second: after so long, everything of an instant has been posted.
_A_MOMENT = timedelta(seconds=5)

_HAVE_IT = "I have it"
_SEVERITY = "How badly is your business affected?"


class Stage:
    """Ana, Ben, Mia and Dora of the team, and Carla of Acme; what they do is printed.

    Args:
        database_url: where the bot keeps its rows.
        at: when the story begins.
    """

    def __init__(self, database_url: str, at: datetime) -> None:
        self.desk = Playground(database_url, at)
        self.cases: list[str] = []
        self.leaks: dict[str, None] = {}
        """What of the team's own the customer could read at some time, a sentence each."""
        workspace = self.desk.workspace
        self.ana, self.ben, self.mia, self.dora = team = [
            workspace.add_person(name) for name in ("Ana", "Ben", "Mia", "Dora")
        ]
        self.carla = workspace.add_person("Carla", guest=True, tz="America/New_York")
        self.acme = workspace.add_channel("acme", members=[workspace.bot, self.carla, *team])
        self.desk.team_channel.members += team
        self._zone = self.desk.policy.hours.zone
        is_watched = sys.stdout.isatty()
        self.shown = Transcript(
            workspace,
            self._zone,
            bold=is_watched and not os.environ.get("NO_COLOR"),
            pause=0.4 if is_watched else 0.0,
            width=max(NARROWEST, min(WIDTH, shutil.get_terminal_size((WIDTH, 0)).columns)),
        )

    def put_on_call(self) -> None:
        """Ana first, then Ben, then Mia."""
        levels = {"primary": self.ana, "secondary": self.ben, "manager": self.mia}
        for level, person in levels.items():
            self.desk.bot.services.on_call.set(level, [person.id])

    def take_over(self) -> None:
        """Those who have come on call say that they have the pager."""
        for person in (self.ana, self.ben, self.mia):
            asked = next(message for message in person.dms if _HAVE_IT in message.buttons)
            reply = person.click(asked, _HAVE_IT)
            _check(reply)
            head = f"{person.name} presses [{_HAVE_IT}], and is answered privately"
            self.shown.act(head, reply.text)
        self.pass_moment()

    def open_case(self, severity: str, answers: Mapping[str, str]) -> None:
        """Carla types /case and fills in the form; of a second case, only what is new is told."""
        carla, shown = self.carla, self.shown
        _check(carla.command("/case", "", self.acme))
        form = _form_of(carla)
        _fill(form, {_SEVERITY: severity})
        shown.act(f'Carla types /case in #acme. In the form she chooses "{severity}".')
        warnings: list[Json] = [block for block in form.blocks if block["type"] == "section"]
        filled = [labelled(label, answer) for label, answer in answers.items()]
        if self.cases:
            filled = [f"{labelled('Summary', answers['Summary'])} {LEFT_OUT}"]
        for warning in shown.words(warnings, carla):
            shown.act("The form warns her", warning)
        _fill(form, answers)
        shown.act("She fills in the rest", *filled)
        _submit(form)
        receipt = _form_of(carla)
        self.cases.append(receipt.title)
        shown.act(f"The form turns into the receipt of {receipt.title}")
        receipt.close()
        self.pass_moment()

    def write(self, person: Person, case: str, text: str) -> None:
        """Somebody writes in a case's thread, in the customer's channel."""
        person.post(self.acme, text, self.card(case))
        self.pass_moment()

    def write_internally(self, person: Person, case: str, text: str) -> None:
        """Somebody of the team writes in the thread of the team's card."""
        person.post(self.desk.team_channel, text, self.team_card(case))
        self.pass_moment()

    def press(
        self,
        person: Person,
        message: Message,
        button: str,
        typed: Mapping[str, str] | None = None,
        of: str = "",
    ) -> None:
        """Somebody presses a button, and fills in the form that it may open."""
        _check(person.click(message, button))
        head = f"{person.name} presses [{button}]{of and f' on {of}'}"
        if person.modal is None:
            self.shown.act(head)
        else:
            form = _form_of(person)
            self.shown.act(f"{head}, and fills in", *self.shown.form(form, typed or {}))
            _fill(form, typed or {})
            _submit(form)
        self.pass_moment()

    def ask(self, person: Person, text: str) -> None:
        """Somebody types a command in #acme that is answered to them alone."""
        reply = person.command("/case", text, self.acme)
        _check(reply)
        rows = [row for m in reply.messages for row in self.shown.words(m.blocks, person)]
        self.shown.act(
            f"{person.name} types /case {text} in #acme, and is answered privately", *rows
        )

    def card(self, case: str) -> Message:
        """The customer's card, which starts the case's thread."""
        return _starting(self.acme.messages, f"{case}: ")

    def team_card(self, case: str) -> Message:
        """The card in the team's channel."""
        return _starting(self.desk.team_channel.messages, f"{case} · ")

    # --- how time passes ------------------------------------------------------------------------

    def until(self, moment: str) -> None:
        """Let time pass until a wall time of the office: "2026-12-04 16:52"."""
        self._advance_to(datetime.fromisoformat(moment).replace(tzinfo=self._zone))

    def pass_moment(self) -> None:
        """Let everything be posted that an instant brings."""
        self._advance_to(self.desk.clock.now() + _A_MOMENT)

    def _advance_to(self, at: datetime) -> None:
        """Stop at every due time on the way: what is printed is what stood there then."""
        self.desk.rest()
        while (due := self.desk.next_due()) is not None and due < at:
            self.desk.advance_to(min(due + _A_MOMENT, at))
            self._look()
        self.desk.advance_to(at)
        self._look()

    def _look(self) -> None:
        self.shown.catch_up()
        self.leaks |= dict.fromkeys(leaks(self.desk, self.cases))


def _starting(messages: Sequence[Message], words: str) -> Message:
    return next(m for m in messages if m.thread_ts is None and m.text.startswith(words))


def _form_of(person: Person) -> OpenView:
    form = person.modal
    if form is None:
        raise CasebellError(f"{person.name} sees no form.")
    return form


def _fill(form: OpenView, answers: Mapping[str, str]) -> None:
    for reply in form.fill(answers):
        _check(reply)


def _submit(form: OpenView) -> None:
    submission = form.submit()
    if not submission.ok:
        raise CasebellError(f"the form was refused: {submission}")


def _check(reply: Reply) -> None:
    if not reply.ok:
        raise CasebellError(f"Slack says: {reply.problem}")
