"""The state of the local workspace, in one place and under one lock."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.sandbox.exchange import Call, Code, ResponseUrl, Trigger, View
from bot.sandbox.manifest import Manifest
from bot.sandbox.model import Conversation, Install, Json, Kind, Message, Team, User

Clock = Callable[[], datetime]

RESPONSE_URL_LIFE = timedelta(minutes=30)


class State:
    """Everything the workspace knows. Read and change it while holding `changed`.

    Args:
        clock: gives an aware UTC instant; it dates messages and decides on do-not-disturb.
    """

    def __init__(self, manifest: Manifest, bot_token: str, app_token: str | None, clock: Clock):
        self.manifest = manifest
        self.bot_token = bot_token
        self.app_token = app_token
        self.now = clock
        self.changed = threading.Condition()
        self.trigger_ttl = 3.0
        """How many seconds a trigger id lives."""
        self.base_url = ""
        self.open_socket: Callable[[], str] | None = None
        """Gives the address of a new Socket Mode connection, while the workspace runs."""
        self.users: dict[str, User] = {}
        self.conversations: dict[str, Conversation] = {}
        self.ephemerals: list[Message] = []
        self.views: dict[str, View] = {}
        self.modals: dict[str, list[View]] = {}
        """The stack of open modals of each user id, the top one last."""
        self.homes: dict[tuple[str, str], View] = {}
        """The Home tab that somebody sees, by their id and the workspace that installed it."""
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.rung: list[tuple[User, Message]] = []
        """Who got a notification for which message."""
        self.silenced: list[tuple[User, Message]] = []
        """Whose do-not-disturb swallowed the notification of which message."""
        self.calls: list[Call] = []
        self.pending: deque[Json] = deque()
        """Event envelopes that wait for delivery."""
        self._ids = itertools.count(1)
        self._last_ts = 0
        self.app_id = self.new_id("A")
        self.home = Team(self.new_id("T"), "Home")
        self.bot = User(
            self.new_id("U"),
            manifest.bot_name,
            self.home,
            ZoneInfo("UTC"),
            bot_id=self.new_id("B"),
            app_id=self.app_id,
        )
        self.users[self.bot.id] = self.bot
        self.home_install = Install(self.home, self.bot, bot_token, manifest.scopes)
        self.installs = {self.home.id: self.home_install}
        """By the workspace's id; those of others come by OAuth."""
        self.client_id = "1234567890.1234567890"
        self.client_secret = "local-client-secret"
        self.distributed = True
        """Whether other workspaces may install the app: *activate public distribution*."""
        self.codes: dict[str, Code] = {}
        """What OAuth gave to browsers, to be exchanged for tokens."""
        self.dead_tokens: dict[str, str] = {}
        """Tokens that were good once, and the error code with which they are refused now."""

    def new_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids):010d}"

    def new_ts(self) -> str:
        """The id and time of a message: microseconds of the clock, and never the same twice."""
        micros = int(self.now().timestamp() * 1_000_000)
        self._last_ts = max(self._last_ts + 1, micros)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_hash(self) -> str:
        return f"{int(self.now().timestamp())}.{secrets.token_hex(4)}"

    def new_trigger(self, user: User, install: Install | None = None) -> str:
        """A leave to open a form, for the installation by which it was asked for."""
        trigger_id = f"{next(self._ids)}.{secrets.token_hex(8)}"
        asked = install or self.home_install
        self.triggers[trigger_id] = Trigger(user, asked, time.monotonic())
        return trigger_id

    def install_for(self, user: User) -> Install:
        """By which installation somebody meets the app: their own workspace's, or else ours."""
        return self.installs.get(user.team.id, self.home_install)

    def new_response_url(
        self, user: User, conversation: Conversation, source: Message | None = None
    ) -> str:
        key = secrets.token_urlsafe(12)
        expires = self.now() + RESPONSE_URL_LIFE
        self.response_urls[key] = ResponseUrl(user, conversation, source, expires)
        return f"{self.base_url}/response/{key}"

    def direct(self, *people: User) -> Conversation:
        """The direct message between the bot and these people, opened at need."""
        members = {self.bot, *people}
        kind = Kind.DM if len(people) == 1 else Kind.GROUP_DM
        for conversation in self.conversations.values():
            if conversation.kind is kind and set(conversation.members) == members:
                return conversation
        channel_id = self.new_id("D" if kind is Kind.DM else "G")
        opened = Conversation(self, channel_id, "", kind, [self.bot, *people])
        self.conversations[channel_id] = opened
        return opened

    def shares_a_channel(self, user: User) -> bool:
        """Whether the bot and this person sit in one channel: what lets strangers be reached."""
        return any(
            user in conversation.members and self.bot in conversation.members
            for conversation in self.conversations.values()
            if conversation.kind in (Kind.PUBLIC, Kind.PRIVATE) and not conversation.archived
        )

    def can_be_reached(self, user: User) -> bool:
        """Whether they and the bot can write to each other: strangers need a common channel."""
        return not user.deleted and (user.team is self.home or self.shares_a_channel(user))

    def name_of(self, key: str) -> str:
        """The name behind the id of a user or a channel; the id itself when nobody has it."""
        known = self.users.get(key) or self.conversations.get(key)
        return (known.name if known else "") or key
