"""Slack as the services see it, in memory: it can be away, refuse people, and lose its answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from bot.domain.access import Member
from bot.domain.conversation import File, Said
from bot.domain.outbox import Posted
from bot.domain.records import Channel
from bot.errors import SlackError
from bot.messages.kit import Message
from bot.services.ports import Identity, QuietHours

HOME = "T0HOME"


@dataclass
class Shown:
    """A message as Slack has it."""

    key: str
    place: str  # a channel, or the person whose DM it is
    message: Message


@dataclass
class YearSlack:
    """A SlackGateway. Its messages are dated by the world's clock, not by the bot's machine.

    Args:
        posted: told of each message that Slack has, with its key and its place.
    """

    now: Callable[[], datetime]
    posted: Callable[[str, str, Posted], None]
    chance: Random
    members: dict[str, Member] = field(default_factory=dict)
    is_away: bool = False
    refusing: set[str] = field(default_factory=set)
    messages: dict[Posted, Shown] = field(default_factory=dict)
    said: dict[tuple[str, str], list[Said]] = field(default_factory=dict)
    _by_key: dict[str, Posted] = field(default_factory=dict)
    _count: int = 0

    def ts(self) -> str:
        self._count += 1
        return f"{int(self.now().timestamp())}.{self._count % 1_000_000:06d}"

    def identity(self) -> Identity:
        return Identity(HOME, "B0BOT", "U0BOT", "https://year.slack.com/")

    def post(
        self, channel_id: str, message: Message, *, thread_ts: str | None, metadata_key: str
    ) -> Posted:
        self._answer("chat.postMessage")
        place = self._place(channel_id)
        if place in self.refusing:
            raise SlackError("chat.postMessage", "channel_not_found")
        if self.chance.random() < 0.01:
            raise SlackError("chat.postMessage", "ratelimited", retry_after=3.0)
        posted = Posted(channel_id, self.ts())
        self.messages[posted] = Shown(metadata_key, place, message)
        self._by_key[metadata_key] = posted
        self.posted(metadata_key, place, posted)
        if self.chance.random() < 0.03:
            raise SlackError("chat.postMessage", "no_answer", in_doubt=True)
        return posted

    def update(self, posted: Posted, message: Message) -> None:
        self._answer("chat.update")
        self.messages[posted].message = message

    def find(
        self, channel_id: str, metadata_key: str, *, since: datetime, thread_ts: str | None
    ) -> Posted | None:
        self._answer("conversations.history")
        return self._by_key.get(metadata_key)

    def where(self, key: str) -> Posted | None:
        return self._by_key.get(key)

    def pin(self, posted: Posted) -> None:
        self._answer("pins.add")

    def replies(self, thread: Posted, *, since: datetime) -> list[Said]:
        self._answer("conversations.replies")
        return self.said.get((thread.channel_id, thread.ts), [])

    def file(self, file_id: str) -> File:
        raise SlackError("files.info", "file_not_found")

    def channels_of(self, user_id: str) -> frozenset[str]:
        return frozenset()

    def open_dm(self, user_id: str) -> str:
        self._answer("conversations.open")
        return f"D{user_id}"

    def member(self, user_id: str) -> Member:
        self._answer("users.info")
        if user_id not in self.members:
            raise SlackError("users.info", "user_not_found")
        return self.members[user_id]

    def channel(self, channel_id: str) -> Channel:
        self._answer("conversations.info")
        return Channel(channel_id, HOME, channel_id.lower(), True, False)

    def channel_members(self, channel_id: str) -> list[str]:
        self._answer("conversations.members")
        return [user for user, member in self.members.items() if member.in_team_channel]

    def my_channels(self) -> list[Channel]:
        return []

    def quiet_hours(self, user_id: str) -> QuietHours | None:
        return None

    def _answer(self, method: str) -> None:
        if self.is_away:
            raise SlackError(method, "no_answer")

    def _place(self, channel_id: str) -> str:
        return channel_id.removeprefix("D") if channel_id.startswith("DU") else channel_id
