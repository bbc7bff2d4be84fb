"""What the demo's weekend came to, by the bot's rows and by what stands in the workspace."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.case import Case
from bot.domain.events import EventKind
from bot.domain.page import PageState
from bot.messages.words import duration
from bot.sandbox import reading
from bot.sandbox.model import Conversation, Json, Message
from bot.sandbox.playground import Playground
from bot.services.ports import Transaction

# What somebody of the team does before the customer's eyes. To be rung, or to acknowledge, is not.
_BEFORE_THE_CUSTOMER = frozenset(
    {
        EventKind.ASSIGNED,
        EventKind.WROTE,
        EventKind.REPLIED,
        EventKind.RAISED,
        EventKind.LOWERED,
        EventKind.RESOLVED,
        EventKind.REOPENED,
    }
)
_CASE = re.compile(r"CASE-\d+")


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


def leaks(desk: Playground, names: Sequence[str]) -> list[str]:
    """What of the team's own the customer can read now, or could before; a sentence each.

    That is: who of the team it is, before they come forward themselves; what people write in the
    team's channel; and links to it.
    """
    bot, team_channel = desk.workspace.bot, desk.team_channel
    internal = [m.shown for m in team_channel.messages if m.author is not bot]
    with desk.bot.store.reading() as tx:
        known = {name: _before_the_customer(tx, _case(tx, name)) for name in names}
    found = []
    for message in _customers_messages(desk):
        if team_channel.id in repr((message.text, message.blocks, message.edits)):
            found.append(f"The customer was shown the way to the team's channel: {message.text!r}")
        case = _CASE.search(message.text)
        strangers = [
            person.name
            for person in team_channel.members
            if person is not bot and person.id not in known.get(case[0] if case else "", ())
        ]
        for words in _wordings(desk, message):
            if any(re.search(rf"\b{name}\b", words) for name in strangers):
                found.append(
                    "The customer could read who of the team it is before they came forward:"
                    f" {words!r}"
                )
            if any(text in words for text in internal):
                found.append(f"The customer could read what the team keeps to itself: {words!r}")
    return found


def _customers_messages(desk: Playground) -> Iterator[Message]:
    """What the bot posted where somebody reads who is not of the team."""
    workspace = desk.workspace
    for room in workspace.conversations.values():
        if not set(room.members) <= set(desk.team_channel.members):
            yield from (m for m in room.messages if m.author is workspace.bot)
    yield from (m for m in workspace.ephemerals if m.only_for not in desk.team_channel.members)


def _before_the_customer(tx: Transaction, case: Case) -> Collection[str]:
    """The ids of those whom the customer of a case has met."""
    met = tx.cases.timeline(case.number, _BEFORE_THE_CUSTOMER)
    return {user for entry in met for user in (entry.actor, entry.facts.get("to")) if user}


def _wordings(desk: Playground, message: Message) -> Iterator[str]:
    """All words of a message, with its notification: as it stands, and as it stood before."""
    screen = _screen(desk)
    versions: list[tuple[str, Sequence[Json]]] = [(v.text, v.blocks) for v in message.edits]
    for text, blocks in (*versions, (message.text, message.blocks)):
        parts = (message.username, screen.mrkdwn(text), screen.blocks(list(blocks)))
        yield "\n".join(part for part in parts if part)


def _amiss(desk: Playground, tx: Transaction, case: Case) -> Iterator[str]:
    room, team_channel = desk.workspace.conversations[case.place.channel_id], desk.team_channel
    cards = _cards(room, f"{case.name}: ")
    if [card.ts for card in cards] != [case.thread_ts]:
        yield f"{case.name} has {len(cards)} cards in #{room.name}."
    team_cards = _cards(team_channel, f"{case.name} · ")
    if len(team_cards) != 1:
        yield f"{case.name} has {len(team_cards)} cards in #{team_channel.name}."
    if case.answered_at is None:
        yield f"{case.name} was never answered."
    page = tx.pages.latest_of(case.number)
    if page is not None and page.page.state is not PageState.CLOSED:
        yield f"The page of {case.name} is still {page.page.state}."
    rung, received = _rung(tx, case), _received(desk, case)
    if rung != received:
        yield f"{case.name} was to ring {dict(rung)}, and there came {dict(received)}."
    screen = _screen(desk)
    said = []
    for message in (m for card in cards for m in card.thread if _is_of_a_person(desk, m)):
        record = tx.messages.find(room.id, message.ts)
        words = screen.mrkdwn(record.text) if record else None
        if words is None or words not in message.shown:
            yield f"{message.shown!r} is not on the record of {case.name}."
            continue
        said.append(words)
    mirrored = Counter(_mirrored(case, team_cards))
    if mirrored != Counter(said):
        yield f"Of what people said about {case.name}, the team has read {dict(mirrored)}."


def _screen(desk: Playground) -> reading.Page:
    return reading.Page(ZoneInfo("UTC"), desk.clock.now(), desk.workspace.name_of)


def _cards(room: Conversation, beginning: str) -> list[Message]:
    return [m for m in room.messages if m.thread_ts is None and m.text.startswith(beginning)]


def _is_of_a_person(desk: Playground, message: Message) -> bool:
    """Whether a person wrote it, or had the bot post it in their name."""
    return message.author is not desk.workspace.bot or message.username is not None


def _mirrored(case: Case, team_cards: Sequence[Message]) -> Iterator[str]:
    """The words of the customer's thread as they stand under the team's card, below the author."""
    for message in (m for card in team_cards for m in card.thread):
        if message.text.startswith(f"{case.name}, from "):
            yield message.shown.partition("\n")[2]


def report(desk: Playground, names: Sequence[str], width: int) -> str:
    """A row for each response, and the counts that `audit` and `leaks` have verified."""
    with desk.bot.store.reading() as tx:
        cases = [_case(tx, name) for name in names]
        rung = sum((_rung(tx, case) for case in cases), Counter[str]())
        responses = [row for case in cases for row in _responses(desk, tx, case)]
    head = ("Case", "Severity", "Asked", "Due", "Answered", "By", "In time?")
    rows = [head, *responses]
    table = _table(rows)
    if max(map(len, table)) > width:
        table = _table([(case, *rest) for case, _, *rest in rows])  # the severities were told
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
            *_filled(
                width,
                f"Pages sent: {rung.total()} ({by_person}). Messages posted: {len(posts)}; redrawn:"
                f" {sum(len(message.edits) for message in posts)} times.",
                "Nothing was lost: no message waits, nothing is overdue, each case has both its"
                " cards, each page is in its reader's DM exactly once, what people wrote in a"
                " case's thread is on record and under the team's card exactly once, and no error"
                " was logged.",
                "Nothing leaked: no customer read who is on call before they came forward, nor what"
                " the team keeps to itself.",
            ),
        )
    )


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _filled(width: int, *paragraphs: str) -> Iterator[str]:
    return (textwrap.fill(text, width) for text in paragraphs)


def _responses(desk: Playground, tx: Transaction, case: Case) -> Iterator[tuple[str, ...]]:
    """A row for each response that was due: the first, and one for each time it was down again."""
    again = tx.cases.timeline(case.number, {EventKind.WORSENED})
    asked = [case.opened_at, *(entry.at for entry in again)]
    dues = [*(datetime.fromisoformat(entry.facts["was_due_at"]) for entry in again), case.due_at]
    answers = tx.cases.timeline(case.number, {EventKind.ANSWERED})
    zone = desk.policy.hours.zone
    for since, due, answer in zip(asked, dues, answers, strict=True):
        yield (
            case.name,
            desk.policy.label(case.severity),
            *(f"{at.astimezone(zone):%a %H:%M}" for at in (since, due, answer.at)),
            desk.workspace.name_of(answer.actor or ""),
            f"{duration(answer.at - due)} late" if answer.at > due else "in time",
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
