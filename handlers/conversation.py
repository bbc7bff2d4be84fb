"""Messages: in a case's thread, to Casebell alone, and those that call it by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from slack_bolt import App

from bot.domain.conversation import Said
from bot.services.conversation import Conversation
from bot.services.invitations import Invitations
from bot.slack_shapes import said

Event: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class ConversationListeners:
    """What people write, change and take back. Bots and Slack's own voice are nobody's customer."""

    conversation: Conversation
    invitations: Invitations

    def message(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        """Something happened to a message."""
        tell, message, thread_ts = self._about(event)
        if found := said(event["channel"], message, thread_ts):
            tell(body["event_id"], found)

    def mentioned(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        """Somebody called Casebell by name."""
        if found := said(event["channel"], event, event.get("thread_ts") or event["ts"]):
            self.invitations.mentioned(body["event_id"], found)

    def _about(self, event: Event) -> tuple[Callable[[str, Said], object], Event, str | None]:
        """Whom to tell of an event about a message, the message, and its thread if it is known."""
        match event.get("subtype"):
            case "message_changed":
                return self.conversation.wrote, event["message"], None
            case "message_deleted":
                return self.conversation.deleted, event.get("previous_message", {}), None
            case _ if event.get("channel_type") == "im":
                return self._wrote_directly, event, event.get("thread_ts") or event["ts"]
            case _ if self.invitations.installed.calls_a_copy(str(event.get("text", ""))):
                return self._called_a_copy, event, event.get("thread_ts") or event["ts"]
            case _:
                return self.conversation.wrote, event, None

    def _called_a_copy(self, event_id: str, found: Said) -> None:
        """Somebody called the Casebell of their own workspace by name, and meant ours."""
        if not self.conversation.wrote(event_id, found):
            self.invitations.mentioned(event_id, found)

    def _wrote_directly(self, event_id: str, found: Said) -> None:
        """Somebody wrote to Casebell alone: about a case, or to be told how to open one."""
        if not self.conversation.wrote(event_id, found):
            self.invitations.wrote_directly(event_id, found)


def register(app: App, conversation: Conversation, invitations: Invitations) -> None:
    """Serve messages and mentions."""
    listeners = ConversationListeners(conversation, invitations)
    app.event("message")(listeners.message)
    app.event("app_mention")(listeners.mentioned)
