"""Who comes and goes: Casebell in channels, and people in the team's."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from bot.services.channels import Channels
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.handling import Handling
from bot.services.ports import Identity

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Membership:
    """What follows from it for channels, for the team, and for the cases of who leaves it."""

    desk: Desk
    channels: Channels
    directory: Directory
    handling: Handling

    def sync(self, identity: Identity) -> None:
        """Learn from Slack where Casebell is, and who is in TEAM_CHANNEL.

        Raises:
            SlackError: Slack does not answer, or refuses; what was learned so far is kept.
        """
        channels = self.channels.sync()
        people = self.directory.sync()
        self.handling.release()
        _log.info("in %s channels; %s in the team's, %s", len(channels), people, identity.url)

    def joined(self, channel_id: str, user_id: str) -> None:
        """Somebody joined a channel: Casebell itself, or a person the team's channel.

        Raises:
            SlackError: Slack does not tell about the channel or the person.
        """
        if self.directory.is_me(user_id):
            self.channels.joined(channel_id)
        elif channel_id == self.desk.team_channel:
            self.directory.joined_team(user_id)

    def left(self, channel_id: str, user_id: str) -> None:
        """Somebody left a channel: Casebell itself, or a person the team's channel."""
        if self.directory.is_me(user_id):
            self.channels.was_removed(channel_id)
        elif channel_id == self.desk.team_channel:
            with self.desk.store.transaction() as tx:
                self.directory.left_team(tx, user_id)
            self.handling.release()

    def changed(self, user_id: str) -> None:
        """Something about a person changed; of the team's, it may be that they are gone.

        Raises:
            SlackError: Slack does not tell who they are now.
        """
        with self.desk.store.reading() as tx:
            member = tx.roster.member(user_id)
        if member is None or not member.in_team_channel:
            return
        self.directory.joined_team(user_id)
        self.handling.release()
