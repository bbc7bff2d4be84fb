"""Judges what came out of a storm: by what people saw, what was accepted, and what is stored.

It shares no code with what it judges, and knows of the policy only what `under_fire` made of it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from crowd import STOPPED, case_in
from journal import Form, Press
from under_fire import EVERY_STEP, ROUND_MINUTES, UnderFire

from bot.sandbox import Call, Channel, Message, Person
from storage import tables
from storage.database import Database

PROMPT = timedelta(seconds=10)
A_MOMENT = timedelta(seconds=1)  # what was under way when somebody pressed
LATE = timedelta(minutes=1)  # from then on, a round counts from when it went on
ROUNDS = 3
LEASE = timedelta(seconds=8)  # for which nobody else sends what a process was sending as it died
UNLUCKY = 5  # sends of one page, at most, that are broken off one after the other
GIVES_UP = timedelta(seconds=4)  # after which a send that is not answered is given up
TRIES_AGAIN = timedelta(seconds=5)  # at most, after a page was not taken
NO_CARD = ("channel_not_found", "is_archived", "not_in_channel")
POST = "chat.postMessage"
TAKEN = ("Acknowledged: ", "Answered: ")  # what a page says once somebody has it
LOOK_UPS = ("conversations.history", "conversations.replies")
INTERNAL = re.compile(r"Page:|Acknowledge|as (primary|secondary|manager)|on call|support-team")
WORD = re.compile(r"word\d+x")


Stretch = tuple[datetime, datetime]


@dataclass(frozen=True)
class Ring:
    """A page that arrived."""

    at: datetime
    person: Person
    key: str


@dataclass(frozen=True)
class Step:
    """Somebody who is to be rung, unless somebody has it by then.

    `earliest` is its time if all goes well, `due` if the step before came late.
    """

    number: int
    earliest: datetime
    due: datetime
    next_due: datetime
    person: Person


@dataclass
class Verdict:
    """What is wrong, in sentences, and how much of what there was."""

    objections: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    """The boundaries at which it was to be killed, and was not."""

    def __str__(self) -> str:
        counts = ", ".join(f"{number:,} {what}" for what, number in self.counts.items() if number)
        missed = [f"died at none of: {', '.join(self.missed)}"] if self.missed else []
        return "\n".join([*self.objections, counts, *missed])


def judge(site: UnderFire) -> Verdict:
    """Look at everything, once it has come to rest."""
    oracle = _Oracle(site)
    oracle.stored_once()
    oracle.announced_once()
    if not site.clock_moves:
        oracle.rung_in_time()
    oracle.had_something_to_judge()
    oracle.doubled_nothing()
    oracle.kept_to_themselves()
    return oracle.verdict


class _Oracle:
    def __init__(self, site: UnderFire) -> None:
        self.site = site
        # Judging takes a while, in which rings go on: what falls due after this is not judged.
        self.now = datetime.now(UTC)
        self.verdict = Verdict(missed=site.missed)
        self.cases = _cases(site.database_url)
        self.forms = {(form.view_id, form.reporter.id): form for form in site.journal.forms}
        self.count("kills", site.killed.total())
        self.count("boundaries it died at", len(site.killed))
        self.count("gusts", site.weather.total())
        self.count("forms", len(self.forms))
        self.count("cases", len(self.cases))

    def object(self, sentence: str) -> None:
        self.verdict.objections.append(sentence)

    def count(self, what: str, number: int = 1) -> None:
        self.verdict.counts[what] += number

    def stored_once(self) -> None:
        """Every accepted case is there, once; no other form became two."""
        by_form = Counter((case["view_id"], case["reporter_id"]) for case in self.cases)
        for form in self.site.journal.accepted:
            self.count("accepted")
            found = [
                case
                for case in self.cases
                if case["summary"] == form.word
                and not (self._form(case) is None and case["name"] in self.site.by_hand)
            ]
            if [case["name"] for case in found] != [form.name]:
                self.object(f"{form.word} was accepted as {form.name}, and stored: {found}")
        by_hand = {
            (case["view_id"], case["reporter_id"])
            for case in self.cases
            if case["name"] in self.site.by_hand
        }
        for key, times in by_form.items():
            if key not in self.forms and key not in by_hand:
                self.object(f"a case of a form that nobody filled: {key}")
            elif times > 1 and key in self.forms:
                self.object(f"{self.forms[key].word} is {times} cases")

    def announced_once(self) -> None:
        """Each case has its card where it was opened, and one before the team."""
        for case in self.cases:
            form = self._form(case)
            if form is None:
                continue
            cards = [
                m
                for m in form.channel.messages
                if m.text.startswith(f"{case['name']}: ") and m.thread_ts is None
            ]
            team = [m for m in self.site.team.messages if m.text.startswith(f"{case['name']} · ")]
            if not cards and self._was_refused(case["name"], form):
                self._told_otherwise(case["name"], form)
            elif len(cards) != 1:
                self.object(f"{case['name']}: {len(cards)} cards")
            if len(team) != 1:
                self.object(f"{case['name']}: {len(team)} cards of the team's")

    def _was_refused(self, name: str, form: Form) -> bool:
        """Whether Slack refused that very card for good, as its calls say."""
        return any(
            call.method == POST
            and call.args.get("channel") == form.channel.id
            and str(call.args.get("text", "")).startswith(f"{name}: ")
            and (call.response or {}).get("error") in NO_CARD
            for call in self.site.workspace.calls
        )

    def _told_otherwise(self, name: str, form: Form) -> None:
        self.count("cases without a card")
        if not any(name in message.text for message in form.reporter.dms):
            self.object(f"{form.reporter.name} does not hear of {name}")
        if not any("could not" in m.text and name in m.text for m in self.site.team.messages):
            self.object(f"the team does not hear that {name} has no card")

    def rung_in_time(self) -> None:
        """Each ring within 10 s of its due time, none without need, none once somebody has it."""
        rings = self._rings()
        for case in self.cases:
            form = self._form(case)
            rung = rings.pop(case["name"], [])
            if form is None or case["name"] in self.site.by_hand:
                continue
            if form.severity != STOPPED:
                if rung:
                    self.object(f"{case['name']} rang, and is not that severe")
                continue
            self._rung(case, rung)
        for name in rings:
            self.object(f"{name} rang, and is no case")

    def _rung(self, case: dict[str, Any], rung: list[Ring]) -> None:
        press = self.site.journal.press(case["name"])
        may_count = press.begun if press and self._counts(press) else self.now
        counts = press.done if press and press.done else None
        for ring in rung:
            self.count("rings")
            if counts is not None and ring.at > counts + A_MOMENT:
                self.object(f"{case['name']} rang {ring.person.name} after it was acknowledged")
        owed = self._steps(case["opened_at"])
        for ring in rung:
            step = next(owed, None)
            while step is not None and step.person is not ring.person:
                self._was_overtaken(case, step, ring.at)
                step = next(owed, None)
            if step is None or ring.at < step.earliest:
                self.object(f"{case['name']} rang {ring.person.name} at {ring.at}, without need")
                continue
            late = self._calm(step.due, ring.at, self._tries(ring.person, ring.key))
            self.count("rings late by more than a second", late > A_MOMENT)
            if late > self._patience(step.due, ring.at):
                self.object(f"{case['name']} rang {ring.person.name} {late} late")
            if ring.at - step.due > LATE:  # then the rest counts from it
                owed = self._steps(case["opened_at"], step, ring.at)
        for step in owed:
            if step.due < may_count:
                self._was_overtaken(case, step, may_count)

    def _was_overtaken(self, case: dict[str, Any], step: Step, until: datetime) -> None:
        """A ring that could not be sent before the next step came is left out: that one rings."""
        until = min(until, step.next_due)
        if self._calm(step.due, until, self._tries(step.person)) > self._patience(step.due, until):
            self.object(f"{case['name']} never rang {step.person.name}, due at {step.due}")

    def _counts(self, press: Press) -> bool:
        """Whether it was acknowledged: they saw that it worked, or Slack shows it on the page."""
        pages = (page for person in self.site.levels.values() for page in self.site.pages(person))
        return press.done is not None or any(
            case_in(page) == press.name and page.text.startswith(TAKEN) for page in pages
        )

    def _steps(
        self, opened_at: datetime, late: Step | None = None, rung_at: datetime | None = None
    ) -> Iterator[Step]:
        """Whom the page is to ring; after a step that came late, those that follow it."""
        shift, last = timedelta(0), late.number if late else -1
        if late is not None and rung_at is not None:
            shift = rung_at - late.earliest
        afters = [
            (timedelta(minutes=number * ROUND_MINUTES + minutes), level)
            for number in range(ROUNDS)
            for minutes, level in EVERY_STEP
        ]
        for number, ((after, level), (following, _)) in enumerate(pairwise(afters)):
            if number > last:
                at = opened_at + after
                person = self.site.levels[level]
                yield Step(number, at, at + shift, opened_at + following + shift, person)

    def _calm(self, due: datetime, until: datetime, tries: list[Stretch]) -> timedelta:
        """All the time between the two in which nothing was away, and nothing was waited for."""
        outages = [(outage.gone, outage.back) for outage in self.site.journal.outages]
        calm, since = timedelta(0), due
        for gone, back in sorted([*outages, *tries]):
            calm += max(min(gone, until) - since, timedelta(0))
            since = max(since, min(back, until))
        return calm + max(until - since, timedelta(0))

    def _patience(self, due: datetime, until: datetime) -> timedelta:
        """How much calm a ring may take: a send that was broken off waits out its lease first.

        One and the same can be broken off again and again; so often in a row is bad luck.
        """
        broken_off = sum(
            outage.broke_off and outage.back > due and outage.gone < until
            for outage in self.site.journal.outages
        )
        return PROMPT + min(broken_off, UNLUCKY) * LEASE

    def _tries(self, person: Person, key: str | None = None) -> list[Stretch]:
        """What Slack did not take at the first try, or left unanswered, is tried again later."""
        return [
            (call.at, call.at + min(timedelta(seconds=call.delay), GIVES_UP) + TRIES_AGAIN)
            for call in self.site.workspace.calls
            if not _is_good(call)
            and call.args.get("channel") == person.dm.id
            and (call.method in LOOK_UPS or (call.method == POST and key in (None, _key_of(call))))
        ]

    def _rings(self) -> dict[str, list[Ring]]:
        found: dict[str, list[Ring]] = {}
        seen: set[str] = set()
        for person in self.site.levels.values():
            for message in person.dms:
                if not _first(message).startswith("Page: "):
                    continue
                if (key := _key(message)) not in seen:  # doubles are judged apart
                    seen.add(key)
                    found.setdefault(case_in(message), []).append(Ring(_at(message), person, key))
        return {name: sorted(rung, key=lambda ring: ring.at) for name, rung in found.items()}

    def doubled_nothing(self) -> None:
        """No message twice: a lost answer is looked up. A page that cannot be is sent again."""
        calls = self.site.workspace.calls
        failed = Counter(
            call.args.get("channel")
            for call in calls
            if call.method in LOOK_UPS and not _is_good(call)
        )
        for room in self.site.workspace.conversations.values():
            keys = Counter(_key(message) for message in room.messages if _key(message))
            self.count("messages", keys.total())
            doubled_pages = 0
            for key, times in keys.items():
                if times == 1:
                    continue
                self.count("doubles")
                first = next(message for message in room.messages if _key(message) == key)
                if not _first(first).startswith("Page: "):
                    self.object(f"{times} times: {_first(first)}")
                else:
                    doubled_pages += times - 1
            if doubled_pages > failed[room.id]:
                self.object(
                    f"{doubled_pages} pages too many for {room.members[-1].name},"
                    f" where {failed[room.id]} look-ups failed"
                )

    def kept_to_themselves(self) -> None:
        """No customer reads what is internal, or another's words."""
        for person, channel in self.site.customers:
            own = {form.word for form in self.site.journal.forms if form.channel is channel}
            for text in self._read_by(person, channel):
                self.count("texts that customers read")
                if found := INTERNAL.search(text):
                    self.object(f"{person.name} reads {found[0]!r} in: {text[:200]}")
                if strange := set(WORD.findall(text)) - own:
                    self.object(f"{person.name} reads another customer's {strange}")

    def _read_by(self, person: Person, channel: Channel) -> Iterator[str]:
        for message in (*channel.messages, *person.dms, *person.ephemerals):
            yield message.text + json.dumps(message.blocks)
            for version in message.edits:
                yield version.text + json.dumps(version.blocks)
        for view in (person.home, person.modal):
            if view is not None:
                yield view.text + json.dumps(view.blocks)
        for form in self.site.journal.forms:
            if form.reporter is person:
                yield from form.shown
        yield from (text for reader, text in self.site.journal.over_forms if reader is person)

    def had_something_to_judge(self) -> None:
        """A storm in which nobody gets anything done shows nothing."""
        if not self.verdict.counts["accepted"]:
            self.object("no case was accepted")
        paged = [
            case
            for case in self.cases
            if case["name"] not in self.site.by_hand
            and (form := self._form(case))
            and form.severity == STOPPED
        ]
        if paged and not self.site.clock_moves and not self.verdict.counts["rings"]:
            self.object(f"nobody was rung for {len(paged)} cases")

    def _form(self, case: dict[str, Any]) -> Form | None:
        """Empty for a case that was opened by hand; any other such is objected to."""
        return self.forms.get((case["view_id"], case["reporter_id"]))


def _cases(database_url: str) -> list[dict[str, Any]]:
    database = Database(database_url)
    try:
        with database.reading() as connection:
            rows = connection.execute(sa.select(tables.cases)).mappings().all()
    finally:
        database.dispose()
    return [{**row, "name": f"CASE-{row['number']}"} for row in rows]


def _is_good(call: Call) -> bool:
    """Whether the bot had an answer; one that comes late is no answer."""
    return call.delay == 0 and bool(call.response and call.response.get("ok"))


def _key_of(call: Call) -> str:
    """The key of the message that was to be posted."""
    metadata = call.args.get("metadata") or {}
    found = json.loads(metadata) if isinstance(metadata, str) else metadata
    return str(found.get("event_payload", {}).get("key", ""))


def _first(message: Message) -> str:
    """What it said when it was posted."""
    return message.edits[0].text if message.edits else message.text


def _key(message: Message) -> str:
    return str((message.metadata or {}).get("event_payload", {}).get("key", ""))


def _at(message: Message) -> datetime:
    return datetime.fromtimestamp(float(message.ts), UTC)
