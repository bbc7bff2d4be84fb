"""People who use Casebell whatever happens to it: customers with forms, and the team."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random

from journal import Form, Journal
from story import ERROR_ANSWERS, SEVERITY

from bot.sandbox import Channel, Message, OpenView, Person

STOPPED = "Business Stopped"
SEVERITIES = (STOPPED, STOPPED, "Business severely impacted", "No business impact")
ACKNOWLEDGE = "Acknowledge"
PAUSE = 0.05  # seconds, in which nobody presses anything
_words = itertools.count(1)


class Customer(threading.Thread):
    """Opens one case after the other, until it is time to go; a form that fails is tried again."""

    def __init__(
        self,
        person: Person,
        channel: Channel,
        journal: Journal,
        random: Random,
        over: threading.Event,
        pause: tuple[float, float] = (0.2, 2.0),
    ) -> None:
        super().__init__(name=f"customer {person.name}", daemon=True)
        self.person = person
        self.channel = channel
        self.journal = journal
        self.random = random
        self.over = over
        self.pause = pause

    def run(self) -> None:
        while not self.over.wait(self.random.uniform(*self.pause)):
            self.open_case()

    def open_case(self, severity: str = "") -> Form | None:
        """Have a case opened, or give up; whoever gives up may have one all the same."""
        begun = self.begin(severity or self.random.choice(SEVERITIES))
        return self.submit(*begun) if begun else None

    def begin(self, severity: str) -> tuple[OpenView, Form] | None:
        """A form that is filled, unless it is time to go."""
        word = f"word{next(_words)}x"
        view = self._filled(severity, word)
        if view is None:
            return None
        form = Form(word, view.view.id, self.person, self.channel, severity)
        self.journal.add(form)
        return view, form

    def submit(self, view: OpenView, form: Form) -> Form:
        """Press Submit until it works, or patience ends."""
        patience = self.random.randint(1, 12)
        while not form.name and form.tried < patience:
            self._submit(view, form)
        while (open_view := self.person.modal) is not None:
            open_view.close()
        return form

    def _submit(self, view: OpenView, form: Form) -> None:
        form.tried += 1
        form.shown += self._uncover(view)
        submission = view.submit()
        shown = self.person.modal
        form.shown.append(str(submission.errors))
        if submission.ok and shown is not None:
            form.shown.append(shown.text)
            form.name = shown.title
        else:
            self.over.wait(self.random.uniform(0, 4 * PAUSE))

    def _uncover(self, view: OpenView) -> list[str]:
        """Close what Casebell laid over a form when it could not redraw it; what it said."""
        said: list[str] = []
        while (top := self.person.modal) is not None and top.view is not view.view:
            said.append(top.text)
            top.close()
        return said

    def _filled(self, severity: str, word: str) -> OpenView | None:
        """A form with everything in it; Casebell has to be there to unfold it."""
        answers = {SEVERITY: severity, **ERROR_ANSWERS, "Summary": word}
        while not self.over.is_set():
            self.person.command("/case", "", self.channel)
            view = self.person.modal
            if view is not None:
                if self._fill(view, answers):
                    return view
                view.close()
            self.over.wait(2 * PAUSE)
        return None

    def _fill(self, view: OpenView, answers: Mapping[str, str]) -> bool:
        """Whether it took every answer; it ends where something is laid over the form."""
        for name, answer in answers.items():
            try:
                replies = view.fill({name: answer})
            except LookupError:  # it was not unfolded
                return False
            if said := self._uncover(view):
                self.journal.said_over_a_form(self.person, said)
                return False
            if not all(reply.ok for reply in replies):
                return False
        return True


class Responder(threading.Thread):
    """Somebody of the team: takes cases they are paged for, and answers them; not all."""

    def __init__(
        self,
        person: Person,
        card_of: Callable[[str], Message | None],
        journal: Journal,
        random: Random,
        over: threading.Event,
    ) -> None:
        super().__init__(name=f"responder {person.name}", daemon=True)
        self.person = person
        self.card_of = card_of
        self.journal = journal
        self.random = random
        self.over = over
        self._left_ringing: set[str] = set()

    def run(self) -> None:
        while not self.over.wait(PAUSE):
            for page in self.person.dms:
                if not self.over.is_set() and ACKNOWLEDGE in page.buttons:
                    self._look_at(page)

    def _look_at(self, page: Message) -> None:
        name = case_in(page)
        if name in self._left_ringing:
            return
        if self.journal.press(name) is None and self.random.random() < 0.1:
            self._left_ringing.add(name)
            return
        press = self.journal.pressed(name)
        if press.done is not None:  # whoever has it need not press again while it is drawn anew
            return
        try:
            reply = self.person.click(page, ACKNOWLEDGE)
        except LookupError:  # a redraw was faster
            return
        done = reply.ok and not reply.messages  # which would say that it could not be done
        if done:
            press.done = datetime.now(UTC)
        card = self.card_of(name)
        if done and card is not None and self.random.random() < 0.3:
            self.person.post(card.conversation, "We are looking into it.", card)  # type: ignore[arg-type]


def case_in(page: Message) -> str:
    """Which case a page is about, also after it was redrawn."""
    found = re.search(r"CASE-\d+", page.edits[0].text if page.edits else page.text)
    assert found is not None
    return found[0]
