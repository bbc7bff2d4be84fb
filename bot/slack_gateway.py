"""The only caller of Slack's chat methods, and of the look-ups that the services need."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bot import slack_shapes
from bot.domain.access import Member
from bot.domain.conversation import File, Said
from bot.domain.delivery import FIND_TIMEOUT, SEND_TIMEOUT
from bot.domain.outbox import Posted
from bot.domain.records import Channel
from bot.errors import SlackError
from bot.messages.kit import Message
from bot.services.ports import Identity, QuietHours
from bot.slack_calls import call as _call
from bot.slack_calls import make_client

ASK_TIMEOUT = 2  # seconds: listeners ask too, and have 3 in all
METADATA_EVENT = "casebell_message"
_CLOCK_SKEW = timedelta(minutes=5)  # between our clock and Slack's


class WebSlackGateway:
    """See `bot.services.ports.SlackGateway`."""

    def __init__(self, token: str, api_url: str) -> None:
        tls = ssl.create_default_context() if api_url.startswith("https:") else None
        self._client = make_client(token, api_url, timeout=SEND_TIMEOUT, tls=tls)
        self._asking = make_client(token, api_url, timeout=ASK_TIMEOUT, tls=tls)
        self._finder = make_client(token, api_url, timeout=FIND_TIMEOUT, tls=tls)
        self._identity: Identity | None = None

    def identity(self) -> Identity | None:
        """Who Casebell is; None until Slack has said so once."""
        return self._identity

    def introduce(self) -> tuple[Identity, frozenset[str]]:
        """Ask Slack who Casebell is, and which scopes its token has.

        Raises:
            SlackError: the token is not good, or Slack does not answer.
        """
        answer = _call("auth.test", self._client.auth_test)
        self._identity = Identity(
            team_id=answer["team_id"],
            bot_id=answer["bot_id"],
            bot_user_id=answer["user_id"],
            url=answer["url"],
        )
        headers = {name.lower(): value for name, value in answer.headers.items()}
        scopes = str(headers.get("x-oauth-scopes", ""))
        return self._identity, frozenset(filter(None, (s.strip() for s in scopes.split(","))))

    def try_socket_mode(self, app_token: str) -> None:
        """Have Slack give an address of Socket Mode, which nobody then connects to.

        Raises:
            SlackError: the token is not good for that, or Slack does not answer.
        """
        opened = self._client.apps_connections_open
        _call("apps.connections.open", opened, app_token=app_token)

    def post(
        self, channel_id: str, message: Message, *, thread_ts: str | None, metadata_key: str
    ) -> Posted:
        """Post a message; its opaque key makes it possible to find it again."""
        answer = _call(
            "chat.postMessage",
            self._client.chat_postMessage,
            channel=channel_id,
            text=message.text,
            blocks=message.blocks,
            thread_ts=thread_ts,
            # In a DM, what stands in a thread alone is easily missed.
            reply_broadcast=True if thread_ts and channel_id.startswith("D") else None,
            username=message.author,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": METADATA_EVENT, "event_payload": {"key": metadata_key}},
        )
        return Posted(answer["channel"], answer["ts"])

    def update(self, posted: Posted, message: Message) -> None:
        """Redraw a message in place; nobody is notified of that."""
        _call(
            "chat.update",
            self._client.chat_update,
            channel=posted.channel_id,
            ts=posted.ts,
            text=message.text,
            blocks=message.blocks,
        )

    def pin(self, posted: Posted) -> None:
        """Pin a message of ours; one that is pinned stays so."""
        pins_add = self._client.pins_add
        try:
            _call("pins.add", pins_add, channel=posted.channel_id, timestamp=posted.ts)
        except SlackError as error:
            if error.code != "already_pinned":
                raise

    def find(
        self, channel_id: str, metadata_key: str, *, since: datetime, thread_ts: str | None
    ) -> Posted | None:
        """Where a message with that key is, if Slack has it among the newest there."""
        options: dict[str, Any] = {
            "channel": channel_id,
            "oldest": str((since - _CLOCK_SKEW).timestamp()),
            "include_all_metadata": True,
            "limit": 999,
        }
        # One call, of as many as Slack gives, and not its further pages: the look-up has to end
        # within the lease.
        if thread_ts is None:
            history = self._finder.conversations_history
            answer = _call("conversations.history", history, **options)
        else:
            replies = self._finder.conversations_replies
            answer = _call("conversations.replies", replies, ts=thread_ts, **options)
        for found in answer["messages"]:
            payload = found.get("metadata", {}).get("event_payload", {})
            if payload.get("key") == metadata_key:
                return Posted(channel_id, found["ts"])
        return None

    def replies(self, thread: Posted, *, since: datetime) -> list[Said]:
        """What people wrote in a thread since then, oldest first; no bot, and not its head."""
        pages = _pages(
            "conversations.replies",
            self._client.conversations_replies,
            channel=thread.channel_id,
            ts=thread.ts,
            oldest=str(since.timestamp()),
            limit=200,
        )
        found = (
            slack_shapes.said(thread.channel_id, message, thread.ts)
            for page in pages
            for message in page["messages"]
        )
        return [reply for reply in found if reply is not None and reply.ts != thread.ts]

    def file(self, file_id: str) -> File:
        """What Slack tells of a file of which an event only gave the id."""
        answer = _call("files.info", self._asking.files_info, file=file_id)
        return slack_shapes.file(answer["file"])

    def open_dm(self, user_id: str) -> str:
        """The channel of DMs to somebody."""
        answer = _call("conversations.open", self._asking.conversations_open, users=user_id)
        return str(answer["channel"]["id"])

    def member(self, user_id: str) -> Member:
        """A person, as Slack knows them; whether they are in TEAM_CHANNEL is not said here."""
        user = _call("users.info", self._asking.users_info, user=user_id)["user"]
        profile = user.get("profile", {})
        names = (profile.get("display_name"), profile.get("real_name"), user.get("name"), user_id)
        return Member(
            user_id=user["id"],
            team_id=user.get("team_id", ""),
            name=next(name for name in names if name),
            tz=user.get("tz"),
            is_bot=bool(user.get("is_bot")),
            is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            is_deleted=bool(user.get("deleted")),
            is_stranger=bool(user.get("is_stranger")),
        )

    def channel(self, channel_id: str) -> Channel:
        """A channel, as Slack knows it."""
        answer = _call("conversations.info", self._asking.conversations_info, channel=channel_id)
        return self._channel(answer["channel"])

    def connected_teams(self, channel_id: str) -> frozenset[str]:
        """With whom a channel is shared: their workspaces, or organisations."""
        answer = _call("conversations.info", self._asking.conversations_info, channel=channel_id)
        found = answer["channel"]
        home = {self._identity.team_id} if self._identity else set()
        ids = (found.get("connected_team_ids") or (), found.get("shared_team_ids") or ())
        return frozenset(team_id for some in ids for team_id in some) - home

    def channel_members(self, channel_id: str) -> list[str]:
        """The ids of everybody in a channel."""
        pages = _pages(
            "conversations.members",
            self._asking.conversations_members,
            channel=channel_id,
            limit=1000,
        )
        return [user_id for page in pages for user_id in page["members"]]

    def my_channels(self) -> list[Channel]:
        """The channels that Casebell is in."""
        return [self._channel(found, is_member=True) for found in self._conversations(None)]

    def channels_of(self, user_id: str) -> frozenset[str]:
        """The channels that a person of the home workspace is in, as far as Casebell may know.

        Private ones only where both are (docs.slack.dev/reference/methods/users.conversations).
        """
        return frozenset(found["id"] for found in self._conversations(user_id))

    def _conversations(self, user_id: str | None) -> Iterator[dict[str, Any]]:
        pages = _pages(
            "users.conversations",
            self._asking.users_conversations,
            user=user_id,
            types="public_channel,private_channel",
            exclude_archived=user_id is None,
            limit=200,
        )
        return (found for page in pages for found in page["channels"])

    def quiet_hours(self, user_id: str) -> QuietHours | None:
        """Somebody's next do-not-disturb stretch; a snooze of theirs is not shown to bots."""
        answer = _call("dnd.info", self._client.dnd_info, user=user_id)
        if not answer.get("dnd_enabled"):
            return None
        start, end = (
            datetime.fromtimestamp(answer[key], UTC)
            for key in ("next_dnd_start_ts", "next_dnd_end_ts")
        )
        return QuietHours(start, end) if start < end else None

    def _channel(self, found: dict[str, Any], *, is_member: bool | None = None) -> Channel:
        home = self._identity.team_id if self._identity else ""
        return Channel(
            channel_id=found["id"],
            team_id=found.get("context_team_id") or home,
            name=found.get("name", ""),
            # Who is in an archived channel can do nothing there.
            is_member=is_member if is_member is not None else _takes_part(found),
            is_ext_shared=bool(found.get("is_ext_shared")),
        )


def _takes_part(channel: dict[str, Any]) -> bool:
    return bool(channel.get("is_member")) and not channel.get("is_archived")


def _pages(method: str, call: Callable[..., Any], **options: Any) -> Iterator[Any]:
    cursor: str | None = None
    while cursor != "":
        answer = _call(method, call, cursor=cursor, **options)
        yield answer
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
