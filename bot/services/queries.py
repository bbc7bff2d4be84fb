"""What people ask to see: a case, the sum behind its due time, lists, and the Home tab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.access import may_read
from bot.domain.case import Case, Person
from bot.domain.delivery import PERMANENT
from bot.domain.events import SEVERITY_CHANGES
from bot.errors import SlackError, UserError
from bot.messages.case_list import PER_PAGE, Line, case_list, case_view, not_found, pages
from bot.messages.home import MOST_MINE, HomeFacts
from bot.messages.kit import Message
from bot.messages.oncall_views import OnCallLine
from bot.messages.why import why
from bot.services.channels import Channels
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.links import thread_url
from bot.services.oncall_queries import OnCallQueries
from bot.services.ports import SlackGateway, Transaction
from bot.services.window_queries import WindowQueries


@dataclass(frozen=True)
class Queries:
    """The use cases of reading. What somebody may not see is not found, as if it were not."""

    desk: Desk
    slack: SlackGateway
    directory: Directory
    channels: Channels
    on_call: OnCallQueries
    windows: WindowQueries

    def case(self, number: int, reader: Person, channel_id: str) -> Message:
        """One case, as its customer sees it.

        Raises:
            UserError: they can see no such case.
            SlackError: Slack does not tell who they are, or where.
        """
        case = self._readable(number, reader, channel_id)
        return case_view(self.desk.policy, case, thread_url(self.slack.identity(), case))

    def why(self, number: int, reader: Person, channel_id: str) -> Message:
        """The sum behind a case's due time.

        Raises:
            UserError, SlackError: as `case`.
        """
        case = self._readable(number, reader, channel_id)
        with self.desk.store.reading() as tx:
            changes = tx.cases.timeline(number, SEVERITY_CHANGES)
        return why(self.desk.policy, case, changes)

    def cases(self, reader: Person, channel_id: str, page: int) -> Message:
        """The cases of a channel that are not resolved; in TEAM_CHANNEL, and for the team in a
        DM, all of them; for others in a DM, those that they can see.

        Raises:
            UserError: Casebell is not in that channel.
            SlackError: Slack does not tell who they are, or where.
        """
        in_dm = channel_id.startswith("D")
        of_team = (in_dm or channel_id == self.desk.team_channel) and self.directory.is_team(
            reader.user_id
        )
        channels: Sequence[str] | None = None
        reporter: str | None = None
        if in_dm and not of_team:
            channels, reporter = self._channels_of(reader), reader.user_id
        elif not of_team:
            channels = [self.channels.known(channel_id, reader).channel_id]
        with self.desk.store.reading() as tx:
            found, total = self._page(tx, channels, reporter, page)
        return case_list(self.desk.policy, self._lines(found), total=total, page=page)

    def home(self, reader: Person, page: int) -> HomeFacts:
        """What the Home tab shows to somebody: the team's queue, or a customer's cases.

        Raises:
            SlackError: Slack does not tell who they are, or where.
        """
        is_team, now = self.directory.is_team(reader.user_id), self.desk.clock.now()
        channels = None if is_team else self._channels_of(reader)
        reporter = None if is_team else reader.user_id
        with self.desk.store.reading() as tx:
            found, total = self._page(tx, channels, reporter, page)
            if total and not found:  # cases were resolved since the button was drawn
                page = pages(total)
                found, total = self._page(tx, channels, reporter, page)
            mine: list[Case] = []
            mine_total, on_call = 0, list[OnCallLine]()
            next_window = self.windows.next(tx, now) if is_team else None
            if is_team:
                mine, mine_total = tx.cases.queue(assignee_id=reader.user_id, most=MOST_MINE)
                on_call = self.on_call.lines(tx, now)
        return HomeFacts(
            is_team=is_team,
            now=now,
            lines=self._lines(found),
            mine=self._lines(mine),
            mine_total=mine_total,
            total=total,
            page=page,
            on_call=on_call,
            next_window=next_window,
        )

    def _page(
        self,
        tx: Transaction,
        channels: Sequence[str] | None,
        reporter: str | None,
        page: int,
    ) -> tuple[list[Case], int]:
        return tx.cases.queue(
            channel_ids=channels, reporter_id=reporter, first=(page - 1) * PER_PAGE, most=PER_PAGE
        )

    def _readable(self, number: int, reader: Person, channel_id: str) -> Case:
        is_team = self.directory.is_team(reader.user_id)
        with self.desk.store.reading() as tx:
            case = tx.cases.find(number)
        if case is not None:
            user_id = reader.user_id
            if may_read(case, user_id, is_team=is_team, channel_ids=[channel_id]):
                return case
            # Where Slack does not tell, the answer must not give away that there is a case.
            if self.directory.is_inside(case, user_id, if_unknown=False):
                return case
        raise UserError(not_found(number))

    def _channels_of(self, reader: Person) -> Sequence[str]:
        """The channels that somebody is in; of other organisations' people Slack does not say."""
        if not self.directory.is_home(reader.team_id):
            return ()
        try:
            return sorted(self.slack.channels_of(reader.user_id) - {self.desk.team_channel})
        except SlackError as error:
            if error.code not in PERMANENT:
                raise
            return ()

    def _lines(self, cases: Sequence[Case]) -> list[Line]:
        return [Line(case, thread_url(self.slack.identity(), case)) for case in cases]
