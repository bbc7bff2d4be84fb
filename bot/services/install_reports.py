"""What the team is told of customers' own workspaces, and what their channels show of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.installation import InstallNews
from bot.domain.outbox import Draft, MessageKind, Sending, Skip
from bot.messages import install
from bot.messages.kit import Message
from bot.services.desk import Desk, channel_subject, redraw
from bot.services.installed import Installed
from bot.services.ports import Transaction

INSTALLATIONS = "installations"  # the mark that is locked by whoever changes them

# Of an installation that is kept; the others are of workspaces whose is not.
_OF_ONE_THAT_IS_KEPT = frozenset({InstallNews.INSTALLED, InstallNews.ENDED, InstallNews.PAUSED})


@dataclass(frozen=True)
class InstallReports:
    """Each is written with the fact that it tells, and worded when it is sent."""

    desk: Desk
    installed: Installed

    def changed(
        self, tx: Transaction, channel_id: str, team_id: str, news: InstallNews, now: datetime
    ) -> None:
        """An account's commands come or go: the team hears of it, and its channel shows it."""
        self._tell(tx, channel_id, team_id, news, now, now.isoformat())
        self.redraw(tx, channel_id, now)

    def refused(
        self, tx: Transaction, channel_id: str, team_id: str, news: InstallNews, now: datetime
    ) -> None:
        """A workspace was not taken. Told once a day: whoever has the link can try all day."""
        self._tell(tx, channel_id, team_id, news, now, f"{now:%Y-%m-%d}")

    def redraw(self, tx: Transaction, channel_id: str, now: datetime) -> None:
        """What is pinned in a channel says who there can type `/case`."""
        redraw(tx, now, channel_subject(channel_id), MessageKind.WELCOME)

    def start(self, now: datetime) -> None:
        """Settings and keys may have changed: tell of those whose commands are not served now.

        What is pinned in a channel promises none that are not, and those that are again.
        """
        with self.desk.store.transaction() as tx:
            mark = tx.marks.lock(INSTALLATIONS)
            paused = self.installed.paused(tx)
            before = mark.facts.get("paused", {})
            after = {one.team_id: one.installed_at.isoformat() for one in paused}
            for one in paused:
                if before.get(one.team_id) != after[one.team_id]:
                    self.changed(tx, one.channel_id, one.team_id, InstallNews.PAUSED, now)
            for one in tx.installations.active(before.keys() - after.keys()):
                self.redraw(tx, one.channel_id, now)
            if before != after:
                tx.marks.set(INSTALLATIONS, now, {"paused": after})

    def words(self, tx: Transaction, sending: Sending) -> Message | Skip:
        """What the team is told, if it is still true."""
        # By the subject: it follows when Slack calls the channel by another id.
        channel = tx.roster.channel(sending.subject.removeprefix(channel_subject("")))
        team_id, news = str(sending.facts["team"]), InstallNews(sending.facts["news"])
        if channel is None:
            return Skip("the channel is not known")
        installation = tx.installations.get(team_id)
        is_active = installation is not None and installation.is_active
        if news is InstallNews.OF_ANOTHER_ACCOUNT:
            if installation is None or not is_active:
                return Skip("it is otherwise by now")
            account = self.installed.account(tx, installation.channel_id)
            return install.of_another_account(channel, installation, account)
        if news not in _OF_ONE_THAT_IS_KEPT:
            if installation and is_active and installation.installed_at >= sending.created_at:
                return Skip("it was installed there since")
            return install.not_taken(channel, team_id, news)
        if installation is None or is_active is (news is InstallNews.ENDED):
            return Skip("it is otherwise by now")
        if installation.ended_why is not None:
            return install.ended(channel, installation, installation.ended_why)
        if self.installed.serves(installation) is (news is InstallNews.PAUSED):
            return Skip("it is otherwise by now")
        if news is InstallNews.PAUSED:
            return install.paused(channel, installation, is_on=self.installed.is_on)
        return install.installed(channel, installation)

    def _tell(
        self,
        tx: Transaction,
        channel_id: str,
        team_id: str,
        news: InstallNews,
        now: datetime,
        key: str,
    ) -> None:
        told = Draft(
            kind=MessageKind.INSTALL_NEWS,
            subject=channel_subject(channel_id),
            dedupe_key=f"install:{news}:{channel_id}:{team_id}:{key}",
            due_at=now,
            facts={"news": news, "team": team_id},
            channel_id=self.desk.team_channel,
        )
        tx.outbox.add(told, now)
