"""On-call: who is on call now, and setting who will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.domain.access import Reach, is_team
from bot.domain.rotation import HandoffTime, Rotation, last_handoff, starts_on
from bot.domain.schedule import Override, OverrideKind, wall_segment
from bot.domain.segments import Segment
from bot.errors import SlackError, UserError
from bot.messages.oncall_views import OnCallLine
from bot.services.desk import Desk
from bot.services.oncall_queries import OnCallQueries
from bot.services.ports import Identity, QuietHours, SlackGateway
from bot.services.shifts import Shifts


@dataclass(frozen=True)
class Unheard:
    """Somebody whom Slack would not wake at night, and when it keeps quiet for them.

    Args:
        quiet: None: Slack did not say, so that it is not known.
    """

    user_id: str
    name: str
    quiet: QuietHours | None


@dataclass(frozen=True)
class OnCall:
    """The use cases of the rotation."""

    desk: Desk
    slack: SlackGateway
    shifts: Shifts
    queries: OnCallQueries

    def show(self, now: datetime) -> list[OnCallLine]:
        """Every level: who is on call now, and who next; no next where nothing changes."""
        with self.desk.store.reading() as tx:
            return self.queries.lines(tx, now)

    def staff(self, at: datetime) -> Mapping[str, tuple[str, ...]]:
        """Who was on call at an instant, or will be, at every level; `()` is nobody."""
        return self.queries.staff(at)

    def names(self, user_ids: Sequence[str]) -> dict[str, str]:
        """Names for ids, as far as they are known."""
        with self.desk.store.reading() as tx:
            members = [tx.roster.member(user_id) for user_id in user_ids]
        return {member.user_id: member.name for member in members if member is not None}

    def set(
        self,
        level: str,
        user_ids: Sequence[str],
        handoff: HandoffTime | None = None,
        first_day: date | None = None,
        every_days: int = 7,
    ) -> tuple[Rotation, list[Unheard]]:
        """Set a level's rotation; who in it would not hear a DM at night, or may not.

        The first person is on call from the handoff's time on `first_day`, or from the last
        handoff. What was true before that stays.

        Raises:
            UserError: the level is unknown, somebody is not of the team or gets no DM, or shifts
                of that length do not fit the handoff.
            SlackError: Slack does not say who they are, or whether it opens a DM to them.
        """
        policy, identity = self.desk.policy, self._identity()
        self._check_level(level)
        now, zone = self.desk.clock.now(), policy.hours.zone
        handoff = handoff or policy.handoff
        starts_at = (
            starts_on(first_day, handoff, zone) if first_day else last_handoff(handoff, zone, now)
        )
        try:
            rotation = Rotation(level, tuple(user_ids), handoff, zone, starts_at, every_days)
        except ValueError as error:
            raise UserError(str(error)) from None
        for user_id in dict.fromkeys(user_ids):
            self._admit(user_id, identity)
        unheard = [found for user in dict.fromkeys(user_ids) if (found := self._unheard(user))]
        with self.shifts.changing(None) as change:
            change.tx.schedule.add_rotation(rotation, change.now)
        return rotation, unheard

    def override(
        self, level: str, kind: OverrideKind, user_id: str, start: datetime, end: datetime
    ) -> Override:
        """Put somebody on call besides who is, or take them off, between two wall times.

        Args:
            start, end: naive, by the office's clock; of a time that autumn repeats, the first
                start and the last end.

        Raises:
            UserError: the level is unknown, the time is no stretch ahead, or who is to come is not
                of the team or gets no DM.
            SlackError: Slack does not answer.
        """
        self._check_level(level)
        try:
            segment = wall_segment(start, end, self.desk.policy.hours.zone)
        except ValueError:
            raise UserError("It has to end after it begins.") from None
        if segment.end <= self.desk.clock.now():
            raise UserError("That is over already, and the past stays as it was.")
        comes = user_id if kind is OverrideKind.ADD else None
        if comes is not None:
            self._admit(comes, self._identity())
        with self.shifts.changing(None) as change:
            laid = Override(
                id=0,
                level=level,
                kind=kind,
                user=comes,
                instead_of=None if comes else user_id,
                segment=segment,
                set_at=change.now,
                set_by="",
            )
            return change.tx.schedule.add_override(laid)

    def _check_level(self, level: str) -> None:
        levels = self.desk.policy.paging.levels
        if level not in levels:
            known = ", ".join(levels)
            raise UserError(f'"{level}" is no level of on-call. The policy has: {known}.')

    def _identity(self) -> Identity:
        identity = self.slack.identity()
        if identity is None:
            raise SlackError("auth.test", "no_answer")
        return identity

    def _admit(self, user_id: str, identity: Identity) -> None:
        """Learn a person and their DM channel, so that a page needs no look-up."""
        try:
            member = self.slack.member(user_id)
        except SlackError as error:
            if error.code != "user_not_found":
                raise
            raise UserError(
                f"{user_id} is nobody in this workspace. Give ids like U0123ABC."
            ) from None
        inside = user_id in self.slack.channel_members(self.desk.team_channel)
        member = replace(member, in_team_channel=inside)
        if not is_team(member, identity.team_id):
            raise UserError(
                f"{member.name} ({user_id}) is not of the team: on call are full members of the"
                " workspace who are in TEAM_CHANNEL. Invite them there first."
            )
        try:
            dm_channel = self.slack.open_dm(user_id)
        except SlackError as error:
            raise UserError(
                f"Slack opens no DM to {member.name} ({user_id}): {error.code}. A page could not"
                " reach them, so they are not put on call."
            ) from None
        with self.desk.store.transaction() as tx:
            known = replace(member, dm_channel=dm_channel)
            tx.roster.learn_member(known, self.desk.clock.now())

    def _unheard(self, user_id: str) -> Unheard | None:
        """It only warns: nobody is kept from being on call by what Slack does not say of nights."""
        name = self.names([user_id]).get(user_id, user_id)
        try:
            quiet = self.slack.quiet_hours(user_id)
        except SlackError:
            return Unheard(user_id, name, None)
        stretch = Segment(quiet.start, quiet.end) if quiet else None
        with self.desk.store.transaction() as tx:
            tx.roster.learn_reach(user_id, Reach(quiet=stretch))
        return Unheard(user_id, name, quiet) if quiet else None
