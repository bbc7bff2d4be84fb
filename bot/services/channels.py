"""Channels: Casebell comes and goes, they are renamed, archived, shared; whose they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.domain.case import Case, Person, Place
from bot.domain.delivery import PERMANENT
from bot.domain.following import ToldOf, unfollowed
from bot.domain.outbox import Draft, MessageKind
from bot.domain.records import Channel, ChannelKind, ChannelNews, NotServed
from bot.errors import NotReadyError, SlackError, UserError
from bot.messages.welcome import not_served
from bot.services.announcements import Announcements
from bot.services.cards import Cards
from bot.services.desk import Desk, channel_subject, redraw
from bot.services.ports import SlackGateway, Transaction

_FORGOTTEN = "I do not know that channel any more: it has another id, or I was never in it."
_SHOWN = 10  # of the cases that the team is told of with a channel


@dataclass(frozen=True)
class Channels:
    """The use cases of the places that cases come from."""

    desk: Desk
    slack: SlackGateway
    cards: Cards

    def served(self, channel_id: str, by: Person) -> Channel:
        """The channel, if cases are taken from there.

        Raises:
            UserError: Casebell is not in it, or the team has blocked it.
        """
        channel = self.known(channel_id, by)
        if channel.is_blocked:
            raise UserError(not_served(self.desk.policy, NotServed.BLOCKED))
        return channel

    def known(self, channel_id: str, by: Person) -> Channel:
        """The channel, if Casebell is in it.

        Raises:
            UserError: it is not; what whoever asked can do differs, for only our people can invite
                it.
            SlackError: it is not known yet, and Slack does not tell.
        """
        with self.desk.store.reading() as tx:
            channel = tx.roster.channel(channel_id)
        if channel is None or not channel.is_member:
            channel = self._look(channel_id)
        if channel is None:
            identity = self.slack.identity()
            is_ours = identity is None or by.team_id == identity.team_id
            why = NotServed.UNKNOWN if is_ours else NotServed.NOT_SHARED
            raise UserError(not_served(self.desk.policy, why))
        return channel

    def sync(self) -> Collection[Channel]:
        """Learn from Slack which channels Casebell is in.

        Raises:
            SlackError: Slack does not answer, or refuses.
        """
        asked_at = self.desk.clock.now()  # what is learned while Slack answers is newer than that
        found = self.slack.my_channels()
        with self.desk.store.transaction() as tx:
            were_in = {channel.channel_id for channel in tx.roster.member_channels()}
            for channel in tx.roster.set_member_channels(found, asked_at):
                self._tell_team(tx, channel, ChannelNews.REMOVED, asked_at)
            for channel in tx.roster.member_channels():
                self._is_in(tx, channel, asked_at, was_in=channel.channel_id in were_in)
        return found

    def joined(self, channel_id: str) -> None:
        """Casebell was brought into a channel: it says what it is for, and so hears the team.

        Raises:
            SlackError: Slack does not tell about the channel.
            NotReadyError: it says otherwise; after either, Slack repeats the event.
        """
        found = self.slack.channel(channel_id)
        if not found.is_member:
            raise NotReadyError(f"Slack does not say yet that I am in {channel_id}.")
        self._learn(found)

    def was_removed(self, channel_id: str) -> None:
        """Casebell is no longer in a channel; its cases stay, and the team is told."""
        self._lost(channel_id, ChannelNews.REMOVED)

    def archived(self, channel_id: str) -> None:
        """A channel takes no messages any more; its cases stay, and the team is told."""
        self._lost(channel_id, ChannelNews.ARCHIVED, for_now=True)

    def look_again(
        self, channel_id: str, news: ChannelNews | None = None, event_ts: str = ""
    ) -> None:
        """Learn a channel anew: its name changed, or whom it is shared with, or it is back.

        Args:
            event_ts: when that was, by Slack: it may tell of it more than once.

        Raises:
            SlackError: Slack does not tell.
        """
        found, now = self.slack.channel(channel_id), self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            if not found.is_member and channel_id != self.desk.team_channel:
                tx.roster.leave_channel(channel_id, for_now=True)
                return
            was_in = self._was_in(tx, channel_id)
            channel = tx.roster.learn_channel(found, now)
            self._is_in(tx, channel, now, was_in=was_in)
            if news is not None and channel.is_member:
                self._tell_team(tx, channel, news, now, event_ts)
            redraw(tx, now, channel_subject(channel_id), MessageKind.CHANNEL_NEWS)

    def renamed(self, old_id: str, new_id: str) -> None:
        """Slack calls a channel by a new id, as when it is first shared: all of it follows."""
        with self.desk.store.transaction() as tx:
            tx.rename_channel(old_id, new_id)
            redraw(tx, self.desk.clock.now(), channel_subject(new_id), MessageKind.CHANNEL_NEWS)

    def described(self, channel_id: str) -> Channel:
        """What is known of a channel, for the form in which the team says whose it is.

        Raises:
            UserError: nothing is.
        """
        with self.desk.store.reading() as tx:
            channel = tx.roster.channel(channel_id)
        if channel is None:
            raise UserError(_FORGOTTEN)
        return channel

    def describe(
        self, channel_id: str, account: str, kind: ChannelKind, told_of: ToldOf | None = None
    ) -> None:
        """Say whose a channel is, and what they are to us; new cases go by that.

        And of which maintenance they are told: what is not sent yet goes by that.
        """
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            channel = tx.roster.channel(channel_id)
            if channel is None:
                raise UserError(_FORGOTTEN)
            tx.roster.describe_channel(channel.channel_id, account, kind)
            self._follow(tx, channel, told_of or ToldOf())
            redraw(tx, now, channel_subject(channel.channel_id), MessageKind.CHANNEL_NEWS)

    def _follow(self, tx: Transaction, channel: Channel, told_of: ToldOf) -> None:
        asked = [rule.sector for rule in self.desk.policy.maintenance.upgrades]
        always = told_of.routine_always
        tx.roster.follow(
            channel.channel_id,
            unfollowed(channel, told_of, asked),
            routine_always=channel.routine_always if always is None else always,
        )

    def _look(self, channel_id: str) -> Channel | None:
        """The channel, if Slack says that Casebell is in it: it may have come in just now."""
        try:
            found = self.slack.channel(channel_id)
        except SlackError as error:
            if error.code in PERMANENT or error.code == "missing_scope":  # a group DM's
                return None
            raise
        # As it is known then: Slack knows nothing of what the team says of it.
        return self._learn(found) if found.is_member else None

    def _learn(self, found: Channel) -> Channel:
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            was_in = self._was_in(tx, found.channel_id)
            channel = tx.roster.learn_channel(found, now)
            self._is_in(tx, channel, now, was_in=was_in)
        return channel

    def _was_in(self, tx: Transaction, channel_id: str) -> bool:
        channel = tx.roster.channel(channel_id)
        return channel is not None and channel.is_member

    def _is_in(self, tx: Transaction, channel: Channel, now: datetime, *, was_in: bool) -> None:
        """Casebell is in a channel: it says what it is for, once each time that it comes in."""
        if channel.joined_at is None or channel.channel_id == self.desk.team_channel:
            return
        if not was_in:
            self.cards.joined_channel(tx, channel.channel_id, now)
            Announcements(self.desk).catch_up(tx, channel, now)
        if channel.joined_at == now:
            self._tell_team(tx, channel, ChannelNews.JOINED, now)
        told = Draft(
            kind=MessageKind.WELCOME,
            subject=channel_subject(channel.channel_id),
            dedupe_key=f"welcome:{channel.channel_id}:{channel.joined_at.isoformat()}",
            due_at=now,
            channel_id=channel.channel_id,
        )
        tx.outbox.add(told, now)

    def _lost(self, channel_id: str, news: ChannelNews, *, for_now: bool = False) -> None:
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            channel = tx.roster.channel(channel_id)
            tx.roster.leave_channel(channel_id, for_now=for_now)
            if channel is not None and channel.is_member:
                self._tell_team(tx, channel, news, now)

    def _tell_team(
        self,
        tx: Transaction,
        channel: Channel,
        news: ChannelNews,
        now: datetime,
        event_ts: str = "",
    ) -> None:
        if channel.channel_id == self.desk.team_channel:
            return
        told = Draft(
            kind=MessageKind.CHANNEL_NEWS,
            subject=channel_subject(channel.channel_id),
            dedupe_key=f"{news}:{channel.channel_id}:{event_ts or now.isoformat()}",
            due_at=now,
            facts={"news": news},
            channel_id=self.desk.team_channel,
        )
        tx.outbox.add(told, now)

    def open_cases(self, tx: Transaction, channel_id: str) -> tuple[list[Case], int]:
        """The first cases of a channel that are not resolved, and how many there are."""
        return tx.cases.queue(channel_ids=[channel_id], most=_SHOWN)


def place(team_id: str, channel_id: str, user_id: str) -> Place:
    """Where a case asked for there is to live: typed in any DM, in the person's with Casebell."""
    return Place(team_id, user_id if Place(team_id, channel_id).is_direct else channel_id)
