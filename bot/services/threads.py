"""Which case a thread is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.conversation import Said, instant
from bot.domain.outbox import MessageKind, Posted
from bot.errors import NotReadyError
from bot.services.desk import Desk

# A card that was posted is known of by then, or looked for as long as it takes.
SOON_KNOWN = timedelta(minutes=10)
BEFORE_THE_CARD = timedelta(minutes=5)  # how far our clock and Slack's may be apart

# What a reporter is told by DM; what they write under it is about that case.
_BY_DM = (
    MessageKind.RECEIPT,
    MessageKind.NOT_POSTED,
    MessageKind.REPLY,
    MessageKind.STATUS_NEWS,
)


@dataclass(frozen=True)
class Threads:
    """Finds the case that somebody writes about."""

    desk: Desk

    def case_of(self, said: Said) -> int | None:
        """The case in whose thread somebody writes, or about which they write in a DM.

        Raises:
            NotReadyError: the thread may be a case's whose card is on its way.
        """
        now = self.desk.clock.now()
        with self.desk.store.reading() as tx:
            # In this order: what is posted between the two is found by the second.
            is_coming = tx.outbox.is_being_posted(
                said.channel_id,
                MessageKind.CASE_CARD,
                user_id=said.author.user_id,
                after=now - SOON_KNOWN,
                before=instant(said.thread_ts) + BEFORE_THE_CARD,
            )
            number = tx.cases.in_thread(said.channel_id, said.thread_ts)
            if number is None and said.channel_id.startswith("D"):
                number = tx.outbox.case_of(Posted(said.channel_id, said.thread_ts), _BY_DM)
        if number is None and is_coming:
            raise NotReadyError("A card was posted there whose thread is not known yet.")
        return number
