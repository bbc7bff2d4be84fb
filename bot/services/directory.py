"""People and channels, as far as Casebell has to know them: learned from Slack, kept in rows."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.domain.access import Member, is_team
from bot.domain.delivery import PERMANENT
from bot.errors import SlackError
from bot.services.casework import Casework
from bot.services.desk import Desk
from bot.services.ports import Identity, SlackGateway

_log = logging.getLogger(__name__)

LOOKED_UP_AGAIN = timedelta(days=1)  # people, to see whether they were deactivated


@dataclass(frozen=True)
class Directory:
    """Who is the team, and where Casebell is."""

    desk: Desk
    slack: SlackGateway
    casework: Casework

    def is_team(self, user_id: str) -> bool:
        """Whether somebody is of the team; a person never seen before is looked up in Slack.

        Raises:
            SlackError: the person is not known yet, and Slack does not answer.
        """
        identity = self.slack.identity()
        if identity is None:
            return False
        return is_team(self._member(user_id), identity.team_id)

    def sync(self, identity: Identity) -> None:
        """Learn from Slack which channels Casebell is in and who is in TEAM_CHANNEL.

        Raises:
            SlackError: Slack does not answer, or refuses; what was learned so far is kept.
        """
        channels = self.slack.my_channels()
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            known = {channel.channel_id for channel in tx.roster.member_channels()}
            tx.roster.set_member_channels(channels, now)
            for channel in channels:
                if channel.channel_id not in known:
                    self.casework.joined_channel(tx, channel.channel_id, now)
        inside = self.slack.channel_members(self.desk.team_channel)
        with self.desk.store.transaction() as tx:
            tx.roster.set_team(inside)
            fresh = tx.roster.learned_since(inside, now - LOOKED_UP_AGAIN)
        # One by one, so that what Slack has told is kept when it does not tell the rest.
        for user_id in (user_id for user_id in inside if user_id not in fresh):
            try:
                member = replace(self.slack.member(user_id), in_team_channel=True)
            except SlackError as error:
                if error.code in PERMANENT:
                    continue  # of this one person, Slack tells nothing
                raise
            with self.desk.store.transaction() as tx:
                tx.roster.learn_member(member, now)
        _log.info("in %s channels; %s in the team's, %s", len(channels), len(inside), identity.url)

    def joined(self, channel_id: str, user_id: str) -> None:
        """Somebody joined a channel: Casebell itself, or a person the team's channel.

        Raises:
            SlackError: Slack does not tell about the channel or the person.
        """
        now = self.desk.clock.now()
        if self._is_me(user_id):
            channel = self.slack.channel(channel_id)
            with self.desk.store.transaction() as tx:
                tx.roster.learn_channel(replace(channel, is_member=True), now)
                self.casework.joined_channel(tx, channel_id, now)
        elif channel_id == self.desk.team_channel:
            member = self.slack.member(user_id)
            with self.desk.store.transaction() as tx:
                tx.roster.learn_member(replace(member, in_team_channel=True), now)

    def left(self, channel_id: str, user_id: str) -> None:
        """Somebody left a channel: Casebell itself, or a person the team's channel."""
        with self.desk.store.transaction() as tx:
            if self._is_me(user_id):
                tx.roster.leave_channel(channel_id)
            elif channel_id == self.desk.team_channel and (member := tx.roster.member(user_id)):
                now = self.desk.clock.now()
                tx.roster.learn_member(replace(member, in_team_channel=False), now)

    def was_removed(self, channel_id: str) -> None:
        """Casebell is no longer in a channel."""
        with self.desk.store.transaction() as tx:
            tx.roster.leave_channel(channel_id)

    def look_again(self, channel_id: str) -> None:
        """Learn a channel anew: whom it is shared with has changed.

        Raises:
            SlackError: Slack does not tell.
        """
        channel = self.slack.channel(channel_id)
        with self.desk.store.transaction() as tx:
            tx.roster.learn_channel(channel, self.desk.clock.now())

    def dm_channel(self, user_id: str) -> str:
        """The channel of DMs to somebody, opened if need be and remembered.

        Raises:
            SlackError: Slack does not open it.
        """
        with self.desk.store.reading() as tx:
            member = tx.roster.member(user_id)
        if member is not None and member.dm_channel is not None:
            return member.dm_channel
        channel_id = self.slack.open_dm(user_id)
        if member is None:
            try:
                member = self.slack.member(user_id)
            except SlackError:
                return channel_id  # without the person, there is nowhere to remember it
        with self.desk.store.transaction() as tx:
            tx.roster.learn_member(replace(member, dm_channel=channel_id), self.desk.clock.now())
        return channel_id

    def _member(self, user_id: str) -> Member:
        with self.desk.store.reading() as tx:
            member = tx.roster.member(user_id)
        if member is not None:
            return member
        member = self.slack.member(user_id)
        inside = user_id in self.slack.channel_members(self.desk.team_channel)
        member = replace(member, in_team_channel=inside)
        with self.desk.store.transaction() as tx:
            tx.roster.learn_member(member, self.desk.clock.now())
        return member

    def _is_me(self, user_id: str) -> bool:
        identity = self.slack.identity()
        return identity is not None and user_id == identity.bot_user_id
