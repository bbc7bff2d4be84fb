"""Casebell over the local workspace: real HTTP to it, real forms in it, and a journal of both."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from months_journal import Differs, Entry, Joined, Left, Recorded, Redrawn, Said, Stumbled
from slack_bolt import App, BoltRequest
from year_journal import SlackAway, SlackBack
from year_process import Process
from year_store import MortalStore

from bot.domain.outbox import Draft, MessageKind, Sending
from bot.domain.timers import TimerKind
from bot.errors import SlackError
from bot.manifest import manifest
from bot.policy import Policy
from bot.sandbox import Channel, Message
from bot.sandbox.delivery import Answer, Retry, Surface
from bot.sandbox.model import Json
from bot.sandbox.playground import BOT_TOKEN
from bot.sandbox.workspace import NOBODY_LISTENS, Workspace
from bot.slack_gateway import WebSlackGateway
from handlers.bolt import make_bolt
from handlers.installing import BODY
from storage.database import Database
from storage.tables import maintenance_posts

TRIES = 3  # of an event that was not taken; then Slack waits a while
OF_CHANNELS = ("channel_", "group_", "member_")
_KEPT = (MessageKind.MAINTENANCE, MessageKind.NOT_TOLD, MessageKind.POLICY_DIFFERS)


class MonthsWorkspace(Workspace):
    """A workspace whose bot is called in this process, so that a seed tells the same story."""

    def __init__(self, desk: MonthsDesk) -> None:
        super().__init__(manifest(), bot_token=BOT_TOKEN, clock=lambda: desk.time)
        self._desk = desk

    def send_to_bot(self, surface: Surface, payload: Json, retry: Retry | None) -> Answer:
        return self._desk.hear(payload) if self._desk.is_up else NOBODY_LISTENS


class MonthsDesk(Process):
    """A desk, the workspace around it, and the journal of both.

    Args:
        customers: the names of their channels, in which it is from the start.
    """

    unheeded = (TimerKind.CARD, TimerKind.REDRAW, TimerKind.HANDOFF_CHECK)
    journal: list[Entry]

    def __init__(self, url: str, policy: Policy, at: datetime, customers: tuple[str, ...]) -> None:
        super().__init__(url, policy, at)
        self.slack = MonthsWorkspace(self)
        self.slack.hold_events()
        self.slack.start()
        self.ana, self.carla = self.slack.add_person("Ana"), self.slack.add_person("Carla")
        self._team = self.slack.add_channel(
            "support-team", members=[self.slack.bot, self.ana], private=True
        )
        self.team_channel = self._team.id
        self.channels: dict[str, Channel] = {"support-team": self._team}
        for name in customers:
            self.new_channel(name, joined=True)
        self._gateway = WebSlackGateway(BOT_TOKEN, self.slack.api_url)
        self._gateway.introduce()
        self._bolt: App | None = None
        self._known: set[str] = set()
        self._is_learned = False
        self._seen = 0
        self._messages: dict[str, int] = {}
        self._edits: dict[tuple[str, str], int] = {}
        self.start()

    def gateway(self) -> WebSlackGateway:
        return self._gateway

    def new_store(self, database: Database) -> MortalStore:
        return MortalStore(database, _is_kept)

    def new_channel(self, name: str, *, joined: bool) -> Channel:
        """A customer's channel; Casebell may be in it."""
        members = [self.carla, self.slack.bot] if joined else [self.carla]
        found = self.channels[name] = self.slack.add_channel(name, members=members)
        return found

    # The process

    def start(self) -> None:
        """As the real start does, it plans, and learns first where it is."""
        super().start()
        self._bolt, self._is_learned = None, False
        self.services.housekeeping.start(self.now())
        self.learn()

    def close(self) -> None:
        super().close()
        self._bolt = None

    def end(self) -> None:
        """The story is over."""
        self.close()
        self.slack.stop()

    def rest(self) -> None:
        self.listen()
        if self.is_up and not self._is_learned and not self.slack.away:
            self.learn()
        super().rest()
        self.observe()

    def set_away(self, *, away: bool) -> None:
        """Slack goes away, or is back."""
        if away != self.slack.away:
            self.slack.away = away
            self.journal.append((SlackAway if away else SlackBack)(self.now()))

    def will_stumble(self) -> None:
        """Something is about to go wrong with a call or two."""
        self.journal.append(Stumbled(self.now()))

    # What Casebell hears

    def listen(self) -> None:
        """What Slack has told of channels; a bot that is down never hears of it."""
        while self.slack.pending and not self.slack.away:
            event = self.slack.pending.popleft()
            is_heard = event["event"]["type"].startswith(OF_CHANNELS) and self.is_up
            if is_heard and not any(self.hear(event).taken for _ in range(TRIES)):
                self.slack.pending.appendleft(event)
                break
        if self.is_up:
            self._note_channels()

    def learn(self) -> None:
        """Look in Slack where Casebell is, as it does at its start and each hour."""
        identity = self._gateway.identity()
        assert identity is not None
        try:
            self.services.membership.sync(identity)
        except SlackError:
            return
        self._is_learned = True
        self._note_channels()

    def hear(self, payload: Json) -> Answer:
        """Hand a payload to its listener."""
        if self._bolt is None:
            client = self._gateway._asking
            self._bolt = make_bolt(client, None, self._gateway.identity, self.services)
        request = BoltRequest(body=payload, mode="socket_mode", context={BODY: payload})
        response = self._bolt.dispatch(request)
        return Answer(HTTPStatus(response.status), response.body or "")

    # The journal

    def was_sent(self, sending: Sending) -> None:
        self.observe()

    def observe(self) -> None:
        """Note what is new in the channels, and what reads otherwise than before."""
        for channel in self.channels.values():
            known = self._messages.get(channel.id, 0)
            for message in channel.messages[known:]:
                self.journal.append(Said(self.now(), channel.id, message.ts, *words(message)))
            self._messages[channel.id] = len(channel.messages)
        calls = self.slack.calls
        for call in calls[self._seen :]:
            if call.method == "chat.update":
                self._was_updated(str(call.args["channel"]), str(call.args["ts"]))
        self._seen = len(calls)

    def _was_updated(self, channel_id: str, ts: str) -> None:
        message = self.slack.conversations[channel_id].message(ts)
        known = self._edits.get((channel_id, ts), 0)
        if message is not None and len(message.edits) > known:
            self._edits[channel_id, ts] = len(message.edits)
            self.journal.append(Redrawn(self.now(), channel_id, ts, *words(message)))

    def _note_channels(self) -> None:
        """Which channels Casebell knows that it is in."""
        assert self.store is not None
        with self.store.reading() as tx:
            member = {channel.channel_id for channel in tx.roster.member_channels()}
        names = {channel.id: name for name, channel in self.channels.items()}
        for channel_id in sorted(member - self._known):
            is_team = channel_id == self.team_channel
            self.journal.append(Joined(self.now(), channel_id, names[channel_id], is_team))
        for channel_id in sorted(self._known - member):
            self.journal.append(Left(self.now(), channel_id))
        self._known = member

    def note_differences(self) -> None:
        """What the team is asked to confirm."""
        assert self.store is not None
        with self.store.reading() as tx:
            found = self.services.maintenance.calendar(tx, self.now()).differences
        self.journal.append(Differs(self.now(), frozenset(one.window.key for one in found)))

    def note_ledger(self) -> None:
        """The ledger, line by line."""
        with self._database.reading() as connection:
            query = sa.select(maintenance_posts).order_by(maintenance_posts.c.id)
            for row in connection.execute(query):
                self.journal.append(
                    Recorded(
                        self.now(),
                        row.window_key,
                        row.notice,
                        row.channel_id,
                        row.state,
                        row.sent_ts,
                    )
                )


def words(message: Message) -> tuple[str, tuple[str, ...]]:
    """What a message says: its text, and the words of its blocks."""
    return message.text, tuple(_of_block(block) for block in message.blocks)


def _of_block(block: dict[str, Any]) -> str:
    return "".join(_texts(block.get("text") or block.get("elements") or {}))


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _texts(one)
    elif isinstance(part, dict):
        text = part.get("text", "")
        yield text if isinstance(text, str) else "".join(_texts(text))


def _is_kept(draft: Draft) -> bool:
    return draft.kind in _KEPT
