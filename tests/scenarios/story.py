"""A support desk to tell stories about: a team, a customer, their channel, and a clock."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.case import Person as CasePerson
from bot.domain.case import Place
from bot.domain.records import NewCase
from bot.domain.response_clock import due_at
from bot.messages import ids
from bot.policy import Policy, load_policy
from bot.sandbox import Channel, Message, OpenView, Person, Reply, Submission
from bot.sandbox.playground import Playground

CENTRAL = ZoneInfo("America/Chicago")

# Before the story begins, Casebell says in its channels what it is for.
SETTLING = timedelta(seconds=5)

HAVE_IT = "I have it"

shipped_policy = functools.cache(load_policy)  # its calendar is laid out once for all stories

SEVERITY = "How badly is your business affected?"
ISSUE_TYPE = "Is it an error or a question?"
AREA = "Application area"
ERROR_ANSWERS: Mapping[str, str] = {
    ISSUE_TYPE: "Error",
    AREA: "Rule",
    "Summary": "Prices are gone",
    "Logik.io URL": "https://acme.logik.io/quotes/7",
    "Click-path": "Quotes > 7 > Prices",
    "Steps to reproduce": "Open the quote.",
    "What did you expect to happen?": "Prices to show.",
}
QUESTION_ANSWERS: Mapping[str, str] = {
    ISSUE_TYPE: "Question",
    AREA: "API",
    "Summary": "How do I export a blueprint?",
}


def central(text: str) -> datetime:
    """An instant by the wall clock of the office: "2026-11-20 19:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL)


class Story:
    """Ana, Ben and Mia of the team are on call as primary, secondary and manager; Dora is of the
    team too. Carla of Acme is a guest in #acme, Emil belongs to Acme's own workspace.
    """

    def __init__(
        self,
        database_url: str,
        at: str = "2026-11-23 10:00",
        *,
        policy: Policy | None = None,
        socket_mode: bool = False,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._at, self._at_start = central(at), 0
        self._whispered: dict[str, int] = {}
        opened = self._at - SETTLING
        self.desk = Playground(
            database_url,
            opened,
            policy=policy or shipped_policy(),
            socket_mode=socket_mode,
            settings=settings,
        )
        ws = self.workspace = self.desk.workspace
        ws.event_retry_delays = (0.0, 0.0, 0.0)
        ws.ack_timeout = 20.0  # how fast this machine is just now is no part of the story
        acme = ws.add_team("Acme")
        self.ana, self.ben, self.mia, self.dora = (
            ws.add_person(name) for name in ("Ana", "Ben", "Mia", "Dora")
        )
        self.team = self.desk.team_channel
        self.team.members += [self.ana, self.ben, self.mia, self.dora]
        self.carla = ws.add_person("Carla", guest=True, tz="Europe/Berlin")
        self.emil = ws.add_person("Emil", team=acme, tz="Asia/Kolkata")
        self.acme = ws.add_channel(
            "acme",
            members=[ws.bot, self.carla, self.emil, self.ana, self.dora],
            shared_with=[acme],
        )

    def start(self, *, on_call: bool = True) -> Story:
        if on_call:
            self.desk.have_on_call(self.levels)
        self.desk.start()
        self.desk.advance_to(self._at)
        self._at_start = len(self.team.messages)
        self._whispered = {p.id: len(p.ephemerals) for p in self.levels.values()}
        return self

    def stop(self) -> None:
        self.desk.stop()

    def says_so(self, person: Person) -> Reply:
        """Somebody taps "I have it" in the newest message that asks for it."""
        asked = [message for message in person.dms if HAVE_IT in message.buttons]
        reply = person.click(asked[-1], HAVE_IT)
        assert reply.ok, reply.problem
        self.desk.rest()
        return reply

    @property
    def levels(self) -> dict[str, Person]:
        return {"primary": self.ana, "secondary": self.ben, "manager": self.mia}

    def open_form(self, person: Person | None = None, channel: Channel | None = None) -> OpenView:
        reporter = person or self.carla
        reply = reporter.command("/case", "", channel or self.acme)
        assert reply.ok, reply.problem
        assert reporter.modal is not None
        return reporter.modal

    def fill(self, form: OpenView, severity: str, answers: Mapping[str, Any] | None = None) -> None:
        form.fill({SEVERITY: severity, **(answers or ERROR_ANSWERS)})

    def submit(
        self,
        severity: str,
        answers: Mapping[str, Any] | None = None,
        *,
        person: Person | None = None,
        channel: Channel | None = None,
    ) -> Submission:
        form = self.open_form(person, channel)
        self.fill(form, severity, answers)
        return form.submit()

    def open_case(self, severity: str = "Business severely impacted", **where: Any) -> str:
        """Open a case, let everything settle, and give its name."""
        submission = self.submit(severity, **where)
        assert submission.ok, submission
        reporter: Person = where.get("person") or self.carla
        assert reporter.modal is not None
        name = reporter.modal.title
        reporter.modal.close()
        self.desk.advance(seconds=3)
        return name

    def have_cases(
        self,
        count: int,
        severity: str = "severe_impact",
        *,
        reporter: Person | None = None,
        channel: Channel | None = None,
        text: str = "Prices are gone",
        assignee: Person | None = None,
    ) -> list[str]:
        """Cases that are open already, due one minute after the other; they have no cards."""
        person, place = reporter or self.carla, channel or self.acme
        policy, now = self.desk.policy, self.desk.clock.now()
        names: list[str] = []
        with self.desk.bot.store.transaction() as tx:
            for n in range(count):
                opened = now + timedelta(minutes=n)
                target = policy.severity(severity).target
                new = NewCase(
                    view_id=f"V{place.id}{now.isoformat()}{severity}{n}",
                    reporter=CasePerson(person.team.id, person.id),
                    place=Place(self.workspace.home.id, place.id),
                    account=place.name,
                    on_behalf_of=None,
                    severity=severity,
                    summary=text,
                    answers={},
                    opened_at=opened,
                    target=target,
                    due_at=due_at(target, opened, policy.hours),
                )
                case, _ = tx.cases.open(new)
                if assignee is not None:
                    tx.cases.save(replace(case, assignee=assignee.id))
                names.append(case.name)
        return names

    def now_is(self, at: str) -> None:
        """Let time pass until the office's wall clock says so."""
        self.desk.advance_to(central(at))

    def card(self, name: str, channel: Channel | None = None) -> Message:
        """The case's card in its channel."""
        return one(
            m
            for m in (channel or self.acme).messages
            if m.text.startswith(f"{name}: ") and m.thread_ts is None
        )

    def team_card(self, name: str) -> Message:
        return one(m for m in self.team.messages if m.text.startswith(f"{name} · "))

    def team_form(self, person: Person, name: str, button: str) -> OpenView:
        """The form behind a button of the team's card, or behind its three dots."""
        card = self.team_card(name)
        if button in card.buttons:
            reply = person.click(card, button)
        else:
            reply = person.choose(card, ids.MORE, button)
        assert person.modal is not None, reply.text
        return person.modal

    def pages(self, person: Person) -> list[Message]:
        """The pages in somebody's DM, oldest first."""
        return [m for m in person.dms if _is_page(m)]

    def rung(self) -> list[str]:
        """Who was paged, in order, by name."""
        people = {person.dm.id: person.name for person in (*self.levels.values(), self.dora)}
        found = [m for person in (*self.levels.values(), self.dora) for m in self.pages(person)]
        found.sort(key=lambda message: float(message.ts))
        return [people[message.conversation.id] for message in found]

    def news(self) -> list[str]:
        """What the team's channel was told since the start, cards left out."""
        told = self.team.messages[self._at_start :]
        return [m.shown for m in told if " · " not in m.text.partition(":")[0] and not m.thread_ts]

    def whispers(self, person: Person) -> list[str]:
        """What somebody alone was told since the start."""
        return [m.shown for m in person.ephemerals[self._whispered.get(person.id, 0) :]]

    def answer(self, person: Person, name: str, text: str = "We are looking into it.") -> None:
        """Somebody writes in the case's thread."""
        person.post(self.acme, text, self.card(name))
        self.desk.rest()


def _is_page(message: Message) -> bool:
    """Whether it was a page when it was sent; since then it may have been redrawn."""
    first = message.edits[0].text if message.edits else message.text
    return first.startswith("Page: ")


def one(found: Iterable[Message]) -> Message:
    """The only one there is."""
    messages = list(found)
    assert len(messages) == 1, [message.shown for message in messages]
    return messages[0]
