"""Comings and goings in channels, what becomes of them, and whose the team says they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.domain.records import ChannelKind, ChannelNews
from bot.messages import ids
from bot.messages.welcome import setup_form
from bot.services.channels import Channels
from bot.services.install_ends import InstallEnds
from bot.services.membership import Membership
from handlers import payloads
from handlers.guard import TeamOnly


@dataclass(frozen=True)
class ChannelListeners:
    """What happens to the places that cases come from."""

    channels: Channels
    membership: Membership
    install_ends: InstallEnds
    team_only: TeamOnly

    def joined(self, event: dict[str, Any]) -> None:
        """Casebell, or a person, joined a channel."""
        self.membership.joined(event["channel"], event["user"])

    def left(self, event: dict[str, Any]) -> None:
        """Casebell, or a person, left a channel."""
        self.membership.left(event["channel"], event["user"])

    def person_changed(self, event: dict[str, Any]) -> None:
        """Somebody's account changed; it may be closed now."""
        self.membership.changed(event["user"]["id"])

    def was_removed(self, event: dict[str, Any]) -> None:
        """Casebell was taken out of a channel."""
        self.channels.was_removed(event["channel"])

    def archived(self, event: dict[str, Any]) -> None:
        """A channel takes no messages any more."""
        self.channels.archived(event["channel"])

    def unarchived(self, event: dict[str, Any]) -> None:
        """A channel takes messages again."""
        self.channels.look_again(event["channel"], ChannelNews.UNARCHIVED, event["event_ts"])

    def shared(self, event: dict[str, Any]) -> None:
        """A channel is shared with another organisation."""
        self.channels.look_again(event["channel"])

    def unshared(self, event: dict[str, Any]) -> None:
        """A channel is no longer shared with an organisation."""
        gone = event.get("previously_connected_team_id", "")
        self.install_ends.disconnected(event["channel"], gone)
        self.channels.look_again(event["channel"], ChannelNews.UNSHARED, event["event_ts"])

    def renamed(self, event: dict[str, Any]) -> None:
        """A channel has another name."""
        self.channels.look_again(event["channel"]["id"])

    def id_changed(self, event: dict[str, Any]) -> None:
        """Slack calls a channel by another id, as when it is first shared."""
        self.channels.renamed(event["old_channel_id"], event["new_channel_id"])

    def asked_to_describe(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Show the form that says whose a channel is."""
        self.team_only(body)
        channel = self.channels.described(body["actions"][0]["value"])
        view = setup_form(self.channels.desk.policy, channel)
        client.views_open(trigger_id=body["trigger_id"], view=view)
        ack()

    def described(self, ack: Ack, body: dict[str, Any]) -> None:
        """Whose a channel is, and of which maintenance it is told."""
        self.team_only(body)
        account, kind = (payloads.typed(body, key) for key in (ids.ACCOUNT, ids.KIND))
        channel_id = body["view"]["private_metadata"]
        told_of = payloads.told_of(body)
        self.channels.describe(channel_id, account, ChannelKind(kind), told_of)
        ack()


def register(app: App, listeners: ChannelListeners) -> None:
    """Serve what happens to channels, in public ones and in private ones."""
    app.event("member_joined_channel")(listeners.joined)
    app.event("member_left_channel")(listeners.left)
    app.event("user_change")(listeners.person_changed)
    app.event("channel_left")(listeners.was_removed)
    app.event("group_left")(listeners.was_removed)
    app.event("channel_archive")(listeners.archived)
    app.event("group_archive")(listeners.archived)
    app.event("channel_unarchive")(listeners.unarchived)
    app.event("group_unarchive")(listeners.unarchived)
    app.event("channel_rename")(listeners.renamed)
    app.event("group_rename")(listeners.renamed)
    app.event("channel_shared")(listeners.shared)
    app.event("channel_unshared")(listeners.unshared)
    app.event("channel_id_changed")(listeners.id_changed)
    app.action(ids.CHANNEL_SETUP)(listeners.asked_to_describe)
    app.view(ids.CHANNEL_FORM)(listeners.described)
