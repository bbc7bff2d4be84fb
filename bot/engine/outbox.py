"""Delivers the outbox: in order, at Slack's pace, pages before all else."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from bot.clock import monotonic
from bot.domain.delivery import LEASE, SEND_TIMEOUT, TEMPORARY, after_error
from bot.domain.outbox import (
    PRIORITIES,
    Claim,
    Delivered,
    GiveUp,
    MessageKind,
    Posted,
    Priority,
    RetryAt,
    Sending,
    Settlement,
    Skip,
)
from bot.errors import (
    CasebellError,
    NotReadyError,
    RouteError,
    SlackError,
    StorageUnavailableError,
)
from bot.messages.kit import Message
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.outgoing import Outgoing
from bot.services.ports import SlackGateway
from bot.services.routing import Routing

_log = logging.getLogger(__name__)

NOT_READY = timedelta(seconds=2)
SENDERS = 8
FOR_PAGES = 2  # senders that only pages may use
MOST_LOOKS = 50  # in one tick, past what has to wait for its turn; timers are due as well
# A send is begun only while it can end within the lease.
LATEST_START = LEASE.total_seconds() - SEND_TIMEOUT


class Deliverer:
    """Claims due messages and sends them on threads of its own.

    Args:
        finished: called after each message, since another may have been waiting for it.
    """

    def __init__(
        self,
        desk: Desk,
        slack: SlackGateway,
        outgoing: Outgoing,
        directory: Directory,
        routing: Routing,
        finished: Callable[[], None],
    ) -> None:
        self.desk = desk
        self.slack = slack
        self.outgoing = outgoing
        self.directory = directory
        self.routing = routing
        self._finished = finished
        self._threads = ThreadPoolExecutor(SENDERS, "casebell-sender")
        self._lock = threading.Lock()
        self._under_way = 0

    def run(self) -> bool:
        """Start sending what is due, as far as senders are free; whether one is for any message.

        Raises:
            StorageUnavailableError: the database is away; everything stays due.
        """
        for _ in range(MOST_LOOKS):
            room, claim = self._send_some()
            is_free = len(claim.sendings) < room - FOR_PAGES
            # What waits for a busy channel hides what is due in others: only a few are looked at.
            if not (is_free and claim.put_off):
                break
        return is_free

    def _send_some(self) -> tuple[int, Claim]:
        """How many senders were free, and what was claimed for them."""
        # Until Slack says who this is nothing is tried there in vain; the other ways are open.
        kinds = None if self.slack.identity() else (MessageKind.ROUTE_CALL,)
        with self._lock:
            room = SENDERS - self._under_way
            self._under_way += room  # before the claim: what is claimed is under way
        claim = Claim()
        try:
            claim = self._claim(room, kinds) if room else claim
        finally:
            with self._lock:
                self._under_way -= room - len(claim.sendings)
        for sending in claim.sendings:
            self._threads.submit(self._deliver, sending)
        return room, claim

    @property
    def under_way(self) -> int:
        """How many messages are being sent."""
        with self._lock:
            return self._under_way

    def stop(self) -> None:
        """Finish what is being sent, and send no more."""
        self._threads.shutdown(wait=True)

    def _claim(self, limit: int, kinds: Collection[MessageKind] | None) -> Claim:
        now = self.desk.clock.now()
        gap = timedelta(seconds=self.desk.policy.seconds_between_posts)
        with self.desk.store.transaction() as tx:
            return tx.outbox.claim(now, now + LEASE, limit, gap, for_pages=FOR_PAGES, kinds=kinds)

    def _deliver(self, sending: Sending) -> None:
        try:
            settlement = self._send(sending)
            self.outgoing.settle(sending, settlement, self.desk.clock.now())
            _tell_log(sending, settlement)
        except (StorageUnavailableError, NotReadyError):
            # Not recorded: the lease ends, and the message is looked for before it is sent again.
            _log.exception("message %s (%s) could not be settled", sending.id, sending.kind)
        except Exception as error:
            _log.exception("message %s (%s) failed", sending.id, sending.kind)
            self._put_off(sending, error)
        finally:
            with self._lock:
                self._under_way -= 1
            self._finished()

    def _put_off(self, sending: Sending, error: Exception) -> None:
        """An error of ours: tried again later, like an error of Slack's that nobody knows."""
        try:
            # Whether it was before Slack had it, or after, nobody knows here.
            ours = SlackError("compose", type(error).__name__, in_doubt=True)
            later = self._after(sending, ours)
            self.outgoing.settle(sending, later, self.desk.clock.now())
        except CasebellError:
            _log.exception("message %s could not be put off", sending.id)

    def _send(self, sending: Sending) -> Settlement:
        started = monotonic()
        now = self.desk.clock.now()
        if sending.kind is MessageKind.ROUTE_CALL:
            return self._call(sending, now)
        message = self.outgoing.compose(sending, now)
        try:
            if isinstance(message, Skip):
                return self._left_out(sending, message)
            if reason := self.outgoing.refused(sending):
                return GiveUp(reason)
            if sending.original is not None:
                self.slack.update(sending.original, message)
                return Delivered(sending.original)
            if sending.thread_of is not None and sending.thread_ts is None:
                return GiveUp("the message that it answers was not sent")
            return self._post(sending, message, started)
        except NotReadyError as error:
            return RetryAt(now + NOT_READY, str(error), sending.in_doubt)
        except SlackError as error:
            return self._after(sending, error)

    def _call(self, sending: Sending, now: datetime) -> Settlement:
        try:
            if reason := self.outgoing.refused(sending):
                return GiveUp(reason)
            return self.routing.send(sending, now)
        except RouteError as error:
            _log.error("%s", error)
            if error.is_permanent:
                return GiveUp(error.code)
            return after_error(
                "no_answer",
                now=self.desk.clock.now(),
                attempts=sending.attempts,
                priority=Priority.PAGE,
                retry_after=error.retry_after,
                in_doubt=error.in_doubt,
            )

    def _left_out(self, sending: Sending, skip: Skip) -> Delivered | Skip:
        """It is not worth sending any more; but if Slack has it already, it is drawn anew later."""
        waits_for_thread = sending.thread_of is not None and sending.thread_ts is None
        if not sending.in_doubt or sending.edits is not None or waits_for_thread:
            return skip
        channel_id = sending.channel_id or self.directory.dm_channel(sending.user_id or "")
        found = self._find(sending, channel_id)
        return skip if found is None else Delivered(found)

    def _find(self, sending: Sending, channel_id: str) -> Posted | None:
        """Where Slack has a message whose answer was lost, if it has it."""
        return self.slack.find(
            channel_id,
            sending.metadata_key,
            since=sending.created_at,
            thread_ts=sending.thread_ts,
        )

    def _post(self, sending: Sending, message: Message, started: float) -> Settlement:
        channel_id = sending.channel_id or self.directory.dm_channel(sending.user_id or "")
        thread_ts, key = sending.thread_ts, sending.metadata_key
        if sending.in_doubt:
            try:
                found = self._find(sending, channel_id)
            except SlackError:
                # A page twice beats a page never; anything else can wait for an answer.
                if sending.kind is not MessageKind.PAGE:
                    raise
                found = None
            if found is not None:
                return self._posted(found, message)
        if monotonic() - started > LATEST_START:
            return self._too_late(sending)
        posted = self.slack.post(channel_id, message, thread_ts=thread_ts, metadata_key=key)
        return self._posted(posted, message)

    def _too_late(self, sending: Sending) -> Settlement:
        """Its lease might end, and another send it, before Slack has answered."""
        if sending.kind is MessageKind.PAGE:
            # The look-up had its time, and is not made again: a page twice beats a page never.
            return RetryAt(self.desk.clock.now(), "it took too long to prepare", in_doubt=False)
        return self._after(sending, SlackError("preparing", "request_timeout"))

    def _posted(self, posted: Posted, message: Message) -> Settlement:
        """It is in Slack. If pinning it has to wait, it is found by its key, and pinned then."""
        if message.is_pinned:
            try:
                self.slack.pin(posted)
            except SlackError as error:
                if error.code in TEMPORARY:
                    raise SlackError(
                        error.method, error.code, retry_after=error.retry_after, in_doubt=True
                    ) from error
                _log.warning("a message stays without its pin: %s", error)
        return Delivered(posted)

    def _after(self, sending: Sending, error: SlackError) -> RetryAt | GiveUp:
        return after_error(
            error.code,
            now=self.desk.clock.now(),
            attempts=sending.attempts,
            priority=PRIORITIES.get(sending.kind, Priority.CASE),
            retry_after=error.retry_after,
            # A doubt lasts until the message was found, or sent: looking once more costs little.
            in_doubt=sending.in_doubt or error.in_doubt,
        )


def _tell_log(sending: Sending, settlement: Settlement) -> None:
    match settlement:
        case Delivered():
            _log.debug("message %s (%s) sent", sending.id, sending.kind)
        case Skip(reason):
            _log.info("message %s (%s) left out: %s", sending.id, sending.kind, reason)
        case RetryAt(at, reason):
            _log.warning("message %s (%s): %s, again %s", sending.id, sending.kind, reason, at)
        case GiveUp(reason):
            _log.error("message %s (%s) given up: %s", sending.id, sending.kind, reason)
