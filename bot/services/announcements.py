"""What is posted about changes of the calendar of maintenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.messages import kit
from bot.services.desk import Desk
from bot.services.maintenance import Changed
from bot.services.ports import Transaction


@dataclass(frozen=True)
class Announcement:
    """What is posted where about a change, and how many earlier posts it changes in place."""

    kind: str
    channel_ids: tuple[str, ...]
    message: kit.Message | None
    redraws: int


@dataclass(frozen=True)
class Announcements:
    """The telling of changes."""

    desk: Desk

    def of_change(
        self, _tx: Transaction, _changed: Changed, _now: datetime
    ) -> Sequence[Announcement]:
        """Exactly what is posted where: nothing, until changes are told."""
        return ()
