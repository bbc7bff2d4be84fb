"""What the local workspace is made of: people, conversations and messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.sandbox import reading

if TYPE_CHECKING:
    from bot.sandbox.files import File
    from bot.sandbox.state import State

Json = dict[str, Any]

SLACK_ID = "USLACK"
"""Who speaks in Slack's own notices."""


class Kind(StrEnum):
    """What a conversation is; the value is the `channel_type` of Slack's events."""

    PUBLIC = "channel"
    PRIVATE = "group"
    DM = "im"
    GROUP_DM = "mpim"

    @property
    def family(self) -> str:
        """The first half of the scopes and events of this kind: `channels` in `channels:read`."""
        return f"{self.value}s" if self in (Kind.PUBLIC, Kind.PRIVATE) else self.value


@dataclass(eq=False, frozen=True)
class Team:
    """One organisation's workspace."""

    id: str
    name: str

    @property
    def domain(self) -> str:
        return self.name.lower().replace(" ", "-")


@dataclass(eq=False)
class User:
    """A member of some workspace, the bot included."""

    id: str
    name: str
    team: Team
    tz: ZoneInfo
    guest: bool = False
    deleted: bool = False
    bot_id: str | None = None
    app_id: str | None = None
    display_name: str | None = None
    """What they entered as such; None for the same as `name`, which may be empty too."""
    dnd: tuple[time, time] | None = None
    """Do not disturb, every day, from the first wall time to the second in the person's zone."""

    @property
    def handle(self) -> str:
        return self.name.lower().replace(" ", ".") or self.id.lower()

    @property
    def types(self) -> bool:
        """Whether this is somebody at a keyboard: neither a bot nor Slack's own voice."""
        return self.bot_id is None and self.id != SLACK_ID

    @property
    def mention(self) -> str:
        """The live token that names this person in mrkdwn."""
        return f"<@{self.id}>"

    def dnd_window(self, now: datetime) -> tuple[datetime, datetime] | None:
        """The quiet stretch, in UTC, that holds `now` or comes next; None without any."""
        if self.dnd is None:
            return None
        start, end = self.dnd
        today = now.astimezone(self.tz).date()
        for day in (today + timedelta(days=n) for n in (-1, 0, 1)):
            last = day if end > start else day + timedelta(days=1)
            opens = datetime.combine(day, start, self.tz).astimezone(UTC)
            closes = datetime.combine(last, end, self.tz).astimezone(UTC)
            if closes > now:
                return opens, closes
        raise AssertionError("one of three days ends after now")

    def disturbed_at(self, now: datetime) -> bool:
        """Whether a message rings at that instant, as far as the daily schedule says."""
        window = self.dnd_window(now)
        return window is None or now < window[0]


@dataclass(eq=False)
class Install:
    """The app in a workspace: ours, or a customer's that installed it."""

    team: Team
    bot: User
    token: str
    scopes: frozenset[str]


@dataclass(eq=False)
class Conversation:
    """A channel, or a direct message between its members."""

    state: State = field(repr=False)
    id: str
    name: str
    kind: Kind
    members: list[User] = field(default_factory=list)
    shared_with: tuple[Team, ...] = ()
    archived: bool = False
    messages: list[Message] = field(default_factory=list, repr=False)
    """Every message in the order of posting, thread replies included; ephemerals are apart."""
    pins: list[Message] = field(default_factory=list, repr=False)
    created: int = field(init=False, repr=False)
    """Unix seconds."""

    def __post_init__(self) -> None:
        self.created = int(self.state.now().timestamp())

    @property
    def is_direct(self) -> bool:
        return self.kind in (Kind.DM, Kind.GROUP_DM)

    @property
    def is_ext_shared(self) -> bool:
        """Whether another organisation reads here: a shared channel, or a message to its people."""
        home = self.state.home
        foreign = any(member.team is not home for member in self.members)
        return bool(self.shared_with) or (self.is_direct and foreign)

    @property
    def active_members(self) -> tuple[User, ...]:
        """The members whose accounts are not deactivated: those that Slack lists."""
        return tuple(member for member in self.members if not member.deleted)

    def message(self, ts: str) -> Message | None:
        return next((message for message in self.messages if message.ts == ts), None)

    def messages_seen_by(self, person: User) -> tuple[Message, ...]:
        """What this person can read here, oldest first: nothing, unless they are a member."""
        if person not in self.active_members:
            return ()
        whispers = [
            whisper
            for whisper in self.state.ephemerals
            if whisper.conversation is self and whisper.only_for is person
        ]
        return tuple(sorted((*self.messages, *whispers), key=lambda message: message.ts))


@dataclass(frozen=True)
class Version:
    """What a message said before an edit."""

    text: str
    blocks: tuple[Json, ...]


@dataclass(eq=False)
class Message:
    """One message, as the bot sent it (`text`, `blocks`) and as people read it (`shown`)."""

    conversation: Conversation = field(repr=False)
    ts: str
    author: User
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Json | None = None
    only_for: User | None = None
    """The one person who sees an ephemeral message."""
    edits: list[Version] = field(default_factory=list, repr=False)
    edited_ts: str | None = None
    deleted: bool = False
    files: tuple[File, ...] = ()
    attachments: list[Json] = field(default_factory=list, repr=False)
    """What Slack unfurled of the links in it."""
    username: str | None = None
    """The name it is shown under where that is not its author's: messages of the classic shape."""
    icons: Json = field(default_factory=dict, repr=False)

    @property
    def thread(self) -> tuple[Message, ...]:
        """The replies under this message, oldest first."""
        return tuple(
            reply
            for reply in self.conversation.messages
            if reply.thread_ts == self.ts and reply is not self
        )

    @property
    def shown(self) -> str:
        """All words, as someone whose clock is set to UTC reads them."""
        return self._read_in(ZoneInfo("UTC"))

    def shown_to(self, reader: User) -> str:
        """All words, as this person reads them: dates stand in their zone."""
        return self._read_in(reader.tz)

    @property
    def buttons(self) -> tuple[str, ...]:
        """The labels of the buttons, in order."""
        return tuple(
            element["text"]["text"]
            for _, element in reading.interactive(self.blocks)
            if element["type"] == "button"
        )

    def pings(self, person: User) -> bool:
        """Whether live syntax in this message, typed or smuggled, calls on the person."""
        if person is self.author or person not in self.conversation.members:
            return False
        calls = reading.calls(self.blocks, self.text)
        return person.id in calls or not calls.isdisjoint(reading.EVERYONE)

    def _read_in(self, tz: ZoneInfo) -> str:
        state = self.conversation.state
        page = reading.Page(tz, state.now(), state.name_of)
        return page.blocks(self.blocks) if self.blocks else page.mrkdwn(self.text)
