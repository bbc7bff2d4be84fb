"""Messages in a case's thread, and comings and goings in channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_bolt import App

from bot.domain.access import SYSTEM_USERS
from bot.services.conversation import Conversation
from bot.services.directory import Directory

# Subtypes under which a person writes in a thread; every other is about a message, not one.
_WRITTEN = (None, "file_share", "thread_broadcast")


@dataclass(frozen=True)
class ConversationListeners:
    """What people write, and where they and Casebell come and go."""

    conversation: Conversation
    directory: Directory

    def wrote(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        """A message in a thread may be the team's answer."""
        author = event.get("user")
        if author is None or author in SYSTEM_USERS or event.get("bot_id"):
            return
        if event.get("subtype") in _WRITTEN and "thread_ts" in event:
            self.conversation.wrote(body["event_id"], event["channel"], event["thread_ts"], author)

    def joined(self, event: dict[str, Any]) -> None:
        """Casebell, or a person, joined a channel."""
        self.directory.joined(event["channel"], event["user"])

    def left(self, event: dict[str, Any]) -> None:
        """Casebell, or a person, left a channel."""
        self.directory.left(event["channel"], event["user"])

    def was_removed(self, event: dict[str, Any]) -> None:
        """Casebell was taken out of a channel."""
        self.directory.was_removed(event["channel"])

    def sharing_changed(self, event: dict[str, Any]) -> None:
        """A channel is shared with another organisation, or no longer."""
        self.directory.look_again(event["channel"])


def register(app: App, conversation: Conversation, directory: Directory) -> None:
    """Serve messages and membership."""
    listeners = ConversationListeners(conversation, directory)
    app.event("message")(listeners.wrote)
    app.event("member_joined_channel")(listeners.joined)
    app.event("member_left_channel")(listeners.left)
    app.event("channel_left")(listeners.was_removed)
    app.event("group_left")(listeners.was_removed)
    app.event("channel_shared")(listeners.sharing_changed)
    app.event("channel_unshared")(listeners.sharing_changed)
