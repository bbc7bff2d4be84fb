"""The pager goes from one person to the next, who says that they have it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Handoff:
    """Somebody has come on call at a level.

    Args:
        at: since when they are on call; aware, in UTC, as all instants here.
        user: who has come on.
        outgoing: who has gone off; nobody where the level was empty.
        told_at: when Slack had the message that asks for their tap.
        confirmed_at: when they tapped "I have it", or came on by a press of their own.
        missed_at: when others were told that they had not.
    """

    level: str
    at: datetime
    user: str
    outgoing: tuple[str, ...] = ()
    told_at: datetime | None = None
    confirmed_at: datetime | None = None
    missed_at: datetime | None = None

    @property
    def reached_in(self) -> timedelta | None:
        """How long a message of ours took to be answered; None where none was."""
        if self.told_at is None or self.confirmed_at is None:
            return None
        return max(self.confirmed_at - self.told_at, timedelta(0))
