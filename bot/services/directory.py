"""People, as far as Casebell has to know them: learned from Slack, kept in rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.domain.access import Member, is_team
from bot.domain.case import Case, Person
from bot.domain.delivery import PERMANENT
from bot.errors import SlackError, UserError
from bot.messages.slack_text import readable
from bot.services.desk import Desk
from bot.services.ports import SlackGateway, Transaction

LOOKED_UP_AGAIN = timedelta(days=1)  # to see whether somebody was deactivated


@dataclass(frozen=True)
class Directory:
    """Who is the team, and who everybody else is."""

    desk: Desk
    slack: SlackGateway

    def is_team(self, user_id: str) -> bool:
        """Whether somebody is of the team; a person never seen before is looked up in Slack.

        Raises:
            SlackError: the person is not known yet, and Slack does not answer.
        """
        identity = self.slack.identity()
        if identity is None:
            return False
        try:
            member = self._member(user_id)
        except SlackError as error:
            if error.code not in PERMANENT:
                raise
            return False  # of whom Slack tells nothing, they are not of the team
        return is_team(member, identity.team_id)

    def is_known_as_team(self, tx: Transaction, user_id: str) -> bool:
        """Whether somebody is of the team, as far as it is known here."""
        identity, member = self.slack.identity(), tx.roster.member(user_id)
        if member is None:
            return False
        # Until Slack says which workspace is ours, who was learned as of the team is.
        return is_team(member, identity.team_id if identity else member.team_id)

    def knows_of_team(self, user_id: str) -> bool:
        """The same, for whoever is in no transaction."""
        with self.desk.store.reading() as tx:
            return self.is_known_as_team(tx, user_id)

    def of_team(self, tx: Transaction, user_id: str | None) -> str | None:
        """That person, if they are of the team still."""
        return user_id if user_id and self.is_known_as_team(tx, user_id) else None

    def is_home(self, team_id: str) -> bool:
        """Whether somebody of that workspace is of ours: no other organisation's."""
        identity = self.slack.identity()
        return identity is not None and team_id == identity.team_id

    def is_stranger(self, person: Person) -> bool:
        """Whether somebody of another organisation shares no channel with Casebell.

        Raises:
            SlackError: Slack does not tell.
        """
        if self.is_home(person.team_id):
            return False
        try:
            return self.slack.member(person.user_id).is_stranger
        except SlackError as error:
            if error.code not in PERMANENT:
                raise
            return True  # not even that there is such a person

    def is_inside(self, case: Case, user_id: str, *, if_unknown: bool) -> bool:
        """Whether somebody is in a case's channel; asked of Slack, which knows it best.

        Args:
            if_unknown: the answer where Slack gives none.
        """
        if case.place.is_direct:
            return False
        try:
            return user_id in self.slack.channel_members(case.place.channel_id)
        except SlackError:
            return if_unknown

    def is_me(self, user_id: str) -> bool:
        """Whether that is Casebell itself."""
        identity = self.slack.identity()
        return identity is not None and user_id == identity.bot_user_id

    def names(self, tx: Transaction, user_ids: Iterable[str]) -> Mapping[str, str]:
        """Names for ids, as far as they are known."""
        members = (tx.roster.member(user_id) for user_id in user_ids)
        return {member.user_id: member.name for member in members if member is not None}

    def readable(self, text: str) -> str:
        """Slack's text as a person reads it, with names where they are known.

        Casebell's own name is left out: who calls it by name means the words after that.
        """
        identity = self.slack.identity()
        if identity is not None:
            text = text.replace(f"<@{identity.bot_user_id}>", "")
        with self.desk.store.reading() as tx:
            return self.read(tx, text).strip()

    def read(self, tx: Transaction, text: str) -> str:
        """Slack's text as a person reads it, with names where they are known."""

        def name_of(user_id: str) -> str | None:
            member = tx.roster.member(user_id)
            return member.name if member else None

        return readable(text, name_of)

    def sync(self) -> int:
        """Learn from Slack who is in TEAM_CHANNEL; how many.

        Raises:
            SlackError: Slack does not answer, or refuses; what was learned so far is kept.
        """
        now = self.desk.clock.now()  # what is learned while Slack answers is newer than that
        inside = self.slack.channel_members(self.desk.team_channel)
        with self.desk.store.transaction() as tx:
            tx.roster.set_team(inside, now)
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
        return len(inside)

    def joined_team(self, user_id: str) -> None:
        """Somebody came into TEAM_CHANNEL.

        Raises:
            SlackError: Slack does not tell who they are.
        """
        member = replace(self.slack.member(user_id), in_team_channel=True)
        with self.desk.store.transaction() as tx:
            tx.roster.learn_member(member, self.desk.clock.now())

    def left_team(self, tx: Transaction, user_id: str) -> None:
        """Somebody left TEAM_CHANNEL."""
        if member := tx.roster.member(user_id):
            now = self.desk.clock.now()
            tx.roster.learn_member(replace(member, in_team_channel=False), now)

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

    def check_reachable(self, user_id: str) -> None:
        """Learn the DM channel of somebody who is about to be on call.

        Where Slack does not answer now, a page opens it when it is sent.

        Raises:
            UserError: Slack opens none to them, so no page could reach them.
        """
        try:
            self.dm_channel(user_id)
        except SlackError as error:
            if error.code in PERMANENT:
                raise UserError(
                    f"Slack opens no direct message to you ({error.code}), so a page could not"
                    " reach you, and you cannot be on call."
                ) from None

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
