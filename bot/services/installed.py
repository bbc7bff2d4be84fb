"""Casebell in customers' own workspaces: whose token a request gets, and how an installation ends.

Such a token opens and redraws what its workspace's people asked for. Everything that is posted
goes by our own.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.installation import DEAD_TOKEN, Ending, Installation, InstallNews
from bot.domain.outbox import Draft, MessageKind, Sending, Skip
from bot.errors import SlackError, UserError
from bot.messages import install
from bot.messages.kit import Message
from bot.services.desk import Desk, channel_subject, redraw
from bot.services.ports import SlackInstall, Transaction, Vault

_log = logging.getLogger(__name__)

INSTALLATIONS = "installations"  # the mark that is locked by whoever changes them
CHECKED_EVERY = timedelta(days=1)
_CALLS = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")


@dataclass(frozen=True)
class Installed:
    """The use cases of what is installed.

    Without Slack's OAuth and a vault there is nothing of the kind, and everybody is served by our
    own token, as in a single workspace.
    """

    desk: Desk
    oauth: SlackInstall | None = None
    vault: Vault | None = None

    @property
    def is_on(self) -> bool:
        """Whether customers can have Casebell in their own workspace."""
        return self.oauth is not None and self.vault is not None

    def token_of(self, team_ids: Sequence[str]) -> str | None:
        """The token of the first of these workspaces, or organisations, that has one."""
        with self.desk.store.reading() as tx:
            found = {one.team_id: one for one in tx.installations.active(team_ids)}
        for installation in (found[team_id] for team_id in team_ids if team_id in found):
            if token := self._token(installation):
                return token
            _log.error("the token of %s opens by no ENCRYPTION_KEY", installation.team_id)
        return None

    def not_installed(self) -> UserError:
        """What is said to people whose workspace has it no more: how they go on."""
        return UserError(install.not_installed(self.desk.policy))

    def refused(self, team_ids: Sequence[str], token: str, code: str) -> bool:
        """Slack refused what was asked by a customer's token: whether that one is worth nothing.

        It ends the installation that has it; it may have been installed anew since Slack was asked.
        """
        if code not in DEAD_TOKEN or not self.is_on:
            return False
        self._end(team_ids, Ending.REFUSED, token=token)
        return True

    def removed(self, team_ids: Sequence[str], at: datetime) -> None:
        """Somebody of that workspace removed Casebell, or took its token back, at that time.

        Slack repeats events for hours: what came before it was installed anew is of no account.
        """
        self._end(team_ids, Ending.REMOVED, at=at)

    def disconnected(self, channel_id: str, team_id: str) -> None:
        """A channel is no longer shared with that workspace."""
        self._end([team_id], Ending.DISCONNECTED, channel_id=channel_id)

    def check(self, may_go_on: Callable[[float], bool]) -> None:
        """Ask Slack once a day whether it takes each token still; a merged workspace tells nothing.

        Args:
            may_go_on: waits so many seconds; False when this process is about to stop.
        """
        if self.oauth is None or self.vault is None:
            return
        now = self.desk.clock.now()
        with self.desk.store.reading() as tx:
            known = tx.installations.active()
        for installation in known:
            token = self._token(installation)
            if token is None or installation.checked_at > now - CHECKED_EVERY:
                continue
            try:
                self.oauth.check(token)
            except SlackError as error:
                if not self.refused([installation.team_id], token, error.code):
                    _log.warning("whether %s has it still: %s", installation.team_id, error)
            else:
                self._confirm(installation, token, now)
            if not may_go_on(0.0):
                return

    def calls_a_copy(self, text: str) -> bool:
        """Whether a message calls a customer's copy of Casebell by name: Slack offers them both.

        Only our own is told of that, as of any message where it is.
        """
        return self.without_copies(text) != text

    def without_copies(self, text: str) -> str:
        """The text without such names."""
        if not self.is_on or not _CALLS.search(text):
            return text
        with self.desk.store.reading() as tx:
            copies = {one.bot_user_id for one in tx.installations.active()}
        return _CALLS.sub(lambda found: "" if found[1] in copies else found[0], text)

    def opens(self, installation: Installation) -> bool:
        """Whether its token opens by a key of ours."""
        return self._token(installation) is not None

    def unreadable(self) -> Sequence[Installation]:
        """The installations whose token opens by no key."""
        with self.desk.store.reading() as tx:
            return [one for one in tx.installations.active() if not self.opens(one)]

    def seal(self, team_id: str, token: str) -> str:
        """A token as it is stored: it opens as that workspace's alone."""
        return self.vault.seal(_purpose(team_id), token) if self.vault else ""

    def of_channel(self, tx: Transaction, channel_id: str) -> Installation | None:
        """The workspace that installed it by a link for that channel."""
        if not self.is_on:
            return None
        return next((i for i in tx.installations.active() if i.channel_id == channel_id), None)

    def tell_team(
        self, tx: Transaction, channel_id: str, team_id: str, news: InstallNews, now: datetime
    ) -> None:
        """The team hears of it; what the channel shows of `/case` is drawn anew."""
        told = Draft(
            kind=MessageKind.INSTALL_NEWS,
            subject=channel_subject(channel_id),
            dedupe_key=f"install:{news}:{channel_id}:{team_id}:{now.isoformat()}",
            due_at=now,
            facts={"news": news, "team": team_id},
            channel_id=self.desk.team_channel,
        )
        tx.outbox.add(told, now)
        redraw(tx, now, channel_subject(channel_id), MessageKind.WELCOME)

    def words(self, tx: Transaction, sending: Sending) -> Message | Skip:
        """What the team is told, if it is still true."""
        # By the subject: it follows when Slack calls the channel by another id.
        channel = tx.roster.channel(sending.subject.removeprefix(channel_subject("")))
        team_id, news = str(sending.facts["team"]), InstallNews(sending.facts["news"])
        if channel is None:
            return Skip("the channel is not known")
        if news is InstallNews.SECOND:
            return install.second_workspace(channel, team_id)
        installation = tx.installations.get(team_id)
        if installation is None or installation.is_active is (news is InstallNews.ENDED):
            return Skip("it is otherwise by now")
        if installation.ended_why is not None:
            return install.ended(channel, installation, installation.ended_why)
        return install.installed(channel, installation)

    def accounts(self, tx: Transaction) -> list[tuple[Installation, str]]:
        """The active installations, each with its account."""
        return [(one, self.account(tx, one.channel_id)) for one in tx.installations.active()]

    def account(self, tx: Transaction, channel_id: str) -> str:
        """Whose a channel is; empty where it is not known."""
        channel = tx.roster.channel(channel_id)
        return channel.account_name if channel else ""

    def _end(
        self,
        team_ids: Sequence[str],
        why: Ending,
        *,
        at: datetime | None = None,
        channel_id: str | None = None,
        token: str | None = None,
    ) -> None:
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            tx.marks.lock(INSTALLATIONS)
            found = {one.team_id: one for one in tx.installations.active(team_ids)}
            for installation in (found[team_id] for team_id in team_ids if team_id in found):
                # Slack dates events to the second.
                is_older = at is not None and at < installation.installed_at.replace(microsecond=0)
                is_elsewhere = channel_id is not None and channel_id != installation.channel_id
                is_another = token is not None and token != self._token(installation)
                if is_older or is_elsewhere or is_another:
                    continue
                tx.installations.save(installation.ended(now, why))
                news = InstallNews.ENDED
                self.tell_team(tx, installation.channel_id, installation.team_id, news, now)
                _log.warning("%s has Casebell no more: %s", installation.team_id, why)
                return

    def _confirm(self, installation: Installation, token: str, now: datetime) -> None:
        """It is good still; sealed anew, so that an old key can be given up a day later."""
        team_id = installation.team_id
        with self.desk.store.transaction() as tx:
            tx.marks.lock(INSTALLATIONS)
            if tx.installations.get(team_id) == installation:  # and not installed anew since
                sealed = self.seal(team_id, token)
                tx.installations.save(replace(installation, sealed_token=sealed, checked_at=now))

    def _token(self, installation: Installation) -> str | None:
        if self.vault is None:
            return None
        return self.vault.open(_purpose(installation.team_id), installation.sealed_token)


def _purpose(team_id: str) -> str:
    return f"token:{team_id}"
