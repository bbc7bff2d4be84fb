"""What the demo's weekend came to, by the bot's rows and by what stands in the workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.domain.case import Case
from bot.domain.events import EventKind
from bot.domain.page import PageState
from bot.messages.words import duration
from bot.sandbox.model import Message
from bot.sandbox.playground import Playground
from bot.services.ports import Transaction


def audit(desk: Playground, names: Sequence[str]) -> list[str]:
    """What was lost or forgotten, a sentence each; nothing when all is well."""
    amiss = []
    with desk.bot.store.reading() as tx:
        if tx.outbox.next_due() is not None:
            amiss.append("A message was not sent.")
        due = tx.timers.next_due()
        if due is not None and due <= desk.clock.now():
            amiss.append("Something fell due and was not done.")
        for name in names:
            amiss += _amiss(desk, tx, _case(tx, name))
    return amiss


def _amiss(desk: Playground, tx: Transaction, case: Case) -> Iterator[str]:
    room = desk.workspace.conversations[case.place.channel_id]
    cards = [m.ts for m in room.messages if m.text.startswith(f"{case.name}: ")]
    if cards != [case.thread_ts]:
        yield f"{case.name} has {len(cards)} cards in #{room.name}."
    team_cards = sum(m.text.startswith(f"{case.name} · ") for m in desk.team_channel.messages)
    if team_cards != 1:
        yield f"{case.name} has {team_cards} cards in #{desk.team_channel.name}."
    if case.answered_at is None:
        yield f"{case.name} was never answered."
    page = tx.pages.latest_of(case.number)
    if page is not None and page.page.state is not PageState.CLOSED:
        yield f"The page of {case.name} is still {page.page.state}."
    rung, received = _rung(tx, case), _received(desk, case)
    if rung != received:
        yield f"{case.name} was to ring {dict(rung)}, and there came {dict(received)}."


def report(desk: Playground, names: Sequence[str]) -> str:
    """A row for each case, and the counts that `audit` has verified."""
    with desk.bot.store.reading() as tx:
        cases = [_case(tx, name) for name in names]
        rung = sum((_rung(tx, case) for case in cases), Counter[str]())
    head = ("Case", "Severity", "Opened", "Due", "Answered", "By", "In time?")
    rows = [head, *(_row(desk, case) for case in cases)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    table = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    by_person = ", ".join(f"{desk.workspace.name_of(user)} {n}" for user, n in rung.items())
    posts = [
        message
        for room in desk.workspace.conversations.values()
        for message in room.messages
        if message.author is desk.workspace.bot
    ]
    return "\n".join(
        (
            *table,
            "",
            f"Pages sent: {rung.total()} ({by_person}). Messages posted: {len(posts)}; redrawn:"
            f" {sum(len(message.edits) for message in posts)} times.",
            "Nothing was lost: no message waits, nothing is overdue, each case has both its cards,",
            "each page is in its reader's DM exactly once, and no error was logged.",
        )
    )


def _row(desk: Playground, case: Case) -> tuple[str, ...]:
    assert case.answered_at is not None
    assert case.answered_by is not None
    late = case.answered_at - case.due_at
    moments = (case.opened_at, case.due_at, case.answered_at)
    return (
        case.name,
        desk.policy.severity(case.severity).label,
        *(f"{at.astimezone(desk.policy.hours.zone):%a %H:%M}" for at in moments),
        desk.workspace.name_of(case.answered_by),
        f"{duration(late)} late" if case.answered_at > case.due_at else "in time",
    )


def _case(tx: Transaction, name: str) -> Case:
    return tx.cases.get(int(name.removeprefix("CASE-")))


def _rung(tx: Transaction, case: Case) -> Counter[str]:
    """How often the bot decided to ring each user id."""
    timeline = tx.cases.timeline(case.number)
    return Counter(e.facts["user"] for e in timeline if e.kind is EventKind.PAGE_RANG)


def _received(desk: Playground, case: Case) -> Counter[str]:
    """How many pages of the case stand in the DM of each user id."""
    return Counter(
        person.id
        for person in desk.workspace.users.values()
        if person is not desk.workspace.bot
        for message in desk.workspace.direct(person).messages
        if _first_words(message).startswith(f"Page: {case.name} ")
    )


def _first_words(message: Message) -> str:
    """As it was posted: a page is redrawn under another title."""
    return message.edits[0].text if message.edits else message.text
