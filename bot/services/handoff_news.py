"""What a handoff has to say, and to whom: written to the outbox by whoever carries it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.handoff import Handoff, Told
from bot.domain.outbox import Draft, MessageKind, Sending
from bot.services.desk import Desk
from bot.services.ports import Transaction

# What shows whether somebody has tapped.
ABOUT_A_TAP = (MessageKind.HANDOFF, MessageKind.HANDOFF_MISSED)
# What somebody else has to hear where Slack refuses it for good.
NEVER_LOST = frozenset({*ABOUT_A_TAP, MessageKind.LEVEL_EMPTY})


def subject(handoff: Handoff) -> str:
    """How the outbox names what its messages about a handoff are about.

    What somebody takes over at one instant is one message, of however many levels.
    """
    return _subject(handoff.user, handoff.at.isoformat())


def vacant_subject(level: str, at: str) -> str:
    """How the outbox names what its messages about a level that lost its last person are about."""
    return f"vacant:{level}:{at}"


def asked(tx: Transaction, sending: Sending) -> list[tuple[int, Handoff]]:
    """The handoffs that a message asks somebody about, with their numbers."""
    facts = sending.facts
    return tx.handoffs.of(facts["user"], datetime.fromisoformat(facts["at"]))


def tell(
    tx: Transaction,
    asked: Mapping[tuple[str, datetime], Sequence[int]],
    went: Mapping[str, Sequence[Sequence[str]]],
    now: datetime,
) -> None:
    """Ask who has come on, and tell who has gone off: one message a person, where both are true.

    Args:
        asked: who came on, since when, and the numbers of the handoffs.
        went: who went off, at which levels, and since when each.
    """
    rest = dict(went)
    for (user, at), numbers in asked.items():
        facts = {"user": user, "at": at.isoformat(), "off": rest.pop(user, ())}
        about = _subject(user, at.isoformat())
        key = f"{about}:{','.join(map(str, numbers))}"
        tx.outbox.add(Draft(MessageKind.HANDOFF, about, key, now, facts, user_id=user), now)
    for user, off in rest.items():
        about = f"handed_off:{user}:{now.isoformat()}"
        facts = {"user": user, "off": off}
        tx.outbox.add(Draft(MessageKind.HANDED_OFF, about, about, now, facts, user_id=user), now)


def tell_missed(
    tx: Transaction,
    desk: Desk,
    number: int,
    handoff: Handoff,
    told: Told,
    reason: str | None,
    now: datetime,
) -> None:
    """Others hear that somebody has not said that they have the pager; why, where that is known."""
    facts = {"handoff": number, "reason": reason}
    # Somebody who cannot be told at all is more than a tap that is late.
    channel = [desk.team_channel] if told.team_channel or reason is not None else []
    places = [*told.users, *channel]
    _tell_all(tx, desk, MessageKind.HANDOFF_MISSED, subject(handoff), facts, places, now)


def tell_vacant(tx: Transaction, desk: Desk, levels: Mapping[str, str], now: datetime) -> None:
    """The team's channel hears which levels have nobody, and since when."""
    for level, at in levels.items():
        facts, about = {"level": level, "at": at}, vacant_subject(level, at)
        _tell_all(tx, desk, MessageKind.LEVEL_EMPTY, about, facts, [desk.team_channel], now)


def tell_elsewhere(
    tx: Transaction, desk: Desk, sending: Sending, on_call: Sequence[str], now: datetime
) -> None:
    """What one person could not be told goes to the team's channel; from there, to on-call."""
    places = [desk.team_channel] if sending.user_id else on_call
    _tell_all(tx, desk, sending.kind, sending.subject, sending.facts, places, now)


def _subject(user: str, at: str) -> str:
    return f"handoff:{user}:{at}"


def _tell_all(
    tx: Transaction,
    desk: Desk,
    kind: MessageKind,
    about: str,
    facts: Mapping[str, Any],
    places: Sequence[str],
    now: datetime,
) -> None:
    for place in places:
        # Of each handoff once to a place, whatever leads there.
        key = f"{kind}:{about}:{facts.get('handoff', '')}:{place}"
        is_channel = place == desk.team_channel
        channel, user = (place, None) if is_channel else (None, place)
        draft = Draft(kind, about, key, now, facts, channel_id=channel, user_id=user)
        tx.outbox.add(draft, now)
