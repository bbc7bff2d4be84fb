"""How a customer gets Casebell into their own workspace: the team's link, and Slack's OAuth."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from bot.domain.case import Person
from bot.domain.installation import (
    DEAD_TOKEN,
    Grant,
    Installation,
    InstallLink,
    InstallNews,
    InstallState,
    Verdict,
    is_same_account,
    is_to_undo,
    judge,
    may_install,
)
from bot.errors import NotReadyError, SlackError, UserError
from bot.messages import install
from bot.messages.kit import Message
from bot.services.channels import Channels
from bot.services.desk import Desk
from bot.services.install_ends import promise_check
from bot.services.install_reports import INSTALLATIONS, InstallReports
from bot.services.installed import Installed
from bot.services.ports import SlackGateway, SlackInstall, Transaction, Vault

_log = logging.getLogger(__name__)

INSTALL_PATH = "/slack/install"
LINK_LIFE = timedelta(days=7)  # somebody there may have to ask for leave first
STATE_LIFE = timedelta(minutes=10)  # as long as Slack's own code
_LINK = "install-link"  # what a link is sealed for
_FORGOTTEN_AT_ONCE = 100  # expired rows at most, each time that somebody begins
_BROWSER = re.compile("[A-Za-z0-9_-]{43}")

# Of these the team hears, for it can do something about them.
_TOLD = {
    Verdict.ACCOUNT_HAS_ONE: InstallNews.SECOND,
    Verdict.OF_ANOTHER_ACCOUNT: InstallNews.OF_ANOTHER_ACCOUNT,
    Verdict.NOT_CONNECTED: InstallNews.NOT_CONNECTED,
    Verdict.TOO_MUCH: InstallNews.TOO_MUCH,
}


@dataclass(frozen=True)
class Begun:
    """An installation under way: where the browser goes, and what it keeps until it is back."""

    url: str
    browser: str


@dataclass(frozen=True)
class Finished:
    """What came of it; `name` is what the workspace calls itself."""

    verdict: Verdict
    name: str


@dataclass(frozen=True)
class Installing:
    """The use cases of getting it. A link, and a state, are good once, and say nothing."""

    desk: Desk
    slack: SlackGateway
    channels: Channels
    installed: Installed
    reports: InstallReports
    oauth: SlackInstall
    vault: Vault
    public_url: str

    def invite(self, person: Person, channel_id: str) -> Message:
        """A link for whoever may install apps at the customer's, made by somebody of the team.

        It ends those that were made for that channel before, and were not used.

        Raises:
            UserError: that channel's people cannot have it, or have it already.
            SlackError: the channel is not known yet, and Slack does not tell.
        """
        channel = self.channels.known(channel_id, person)
        if not may_install(channel):
            raise UserError(install.NOT_FOR_THIS_CHANNEL)
        now = self.desk.clock.now()
        link = InstallLink(
            secrets.token_urlsafe(16), channel.channel_id, person.user_id, now + LINK_LIFE
        )
        with self.desk.store.transaction() as tx:
            tx.marks.lock(INSTALLATIONS)
            for installation, account in self.installed.accounts(tx):
                is_theirs = is_same_account(account, channel.account_name)
                if is_theirs and self.installed.serves(installation):
                    raise UserError(install.has_it(channel, installation))
            tx.installations.end_links(link.channel_id, now)
            tx.installations.add_link(link)
        sealed = urlencode({"account": self.vault.seal(_LINK, link.key)})
        url = f"{self.public_url.rstrip('/')}{INSTALL_PATH}?{sealed}"
        return install.link_to_install(self.desk.policy, channel, url, link.expires_at)

    def revoke(self, person: Person, channel_id: str) -> Message:
        """End a channel's link at once, also for whoever has begun by it.

        Raises:
            UserError, SlackError: as `invite`, where Casebell is not in that channel.
        """
        channel, now = self.channels.known(channel_id, person), self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            tx.marks.lock(INSTALLATIONS)
            ended = tx.installations.end_links(channel.channel_id, now)
        return Message(install.revoked(channel, ended), [])

    def begin(self, sealed: str, browser: str) -> Begun | None:
        """Somebody follows a link; None: it is none of ours, or good no more.

        Previews follow links too, so this uses nothing up.

        Args:
            browser: what this browser kept of an earlier time, if anything.
        """
        key, now = self.vault.open(_LINK, sealed), self.desk.clock.now()
        if key is None:
            return None
        state = secrets.token_urlsafe(32)
        kept = browser if _BROWSER.fullmatch(browser) else secrets.token_urlsafe(32)
        with self.desk.store.transaction() as tx:
            tx.installations.purge(now - STATE_LIFE, _FORGOTTEN_AT_ONCE)
            if self._link(tx, key, now) is None:
                return None
            begun = InstallState(key, _hash(kept), now + STATE_LIFE)
            tx.installations.add_state(_hash(state), begun)
        return Begun(self.oauth.url(state), kept)

    def cancelled(self, state: str, browser: str) -> bool:
        """Slack lets Casebell in no further; whether it was they who had begun."""
        return self._take(state, browser) is not None

    def finish(self, state: str, browser: str, code: str) -> Finished | None:
        """Somebody said yes at Slack. None: what they come with is none of ours, or used.

        Raises:
            SlackError: Slack does not take the code, or does not answer; or it does not say with
                whom the link's channel is shared. Then the link is good still.
            NotReadyError: Slack has not said yet which workspace is ours.
            StorageUnavailableError: nothing was kept of it; the link is good still.
        """
        identity = self.slack.identity()
        if identity is None:
            raise NotReadyError("Slack has not confirmed yet who Casebell is.")
        key = self._take(state, browser)
        if key is None:
            return None
        with self.desk.store.reading() as tx:
            link = self._link(tx, key, self.desk.clock.now(), is_under_way=True)
        if link is None:  # then nothing is to be taken out again
            return None
        channel_id = link.channel_id
        # A link may get into other hands, and their name into the customer's channel.
        connected = self.slack.connected_teams(channel_id)
        if not connected:  # the code is not used up: nothing is to be taken out again
            raise SlackError("conversations.info", "no_connected_teams")
        grant, now = self.oauth.exchange(code), self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            tx.marks.lock(INSTALLATIONS)
            link = self._link(tx, key, now, is_under_way=True)
            accounts = self.installed.accounts(tx)
            verdict = None
            if link is not None:
                account = self.installed.account(tx, link.channel_id)
                verdict = judge(
                    grant,
                    account,
                    home_team=identity.team_id,
                    installed=accounts,
                    connected=connected,
                )
                self._settle(tx, grant, link, verdict, now)
        active = {installation.team_id for installation, _ in accounts}
        if is_to_undo(verdict, grant, identity.team_id, active):
            self._undo(grant, channel_id)
        return Finished(verdict, grant.name) if verdict else None

    def _settle(
        self,
        tx: Transaction,
        grant: Grant,
        link: InstallLink,
        verdict: Verdict,
        now: datetime,
    ) -> None:
        sealed = self.installed.seal(grant.team_id, grant.token)
        match verdict:
            case Verdict.TAKEN:
                tx.installations.use_link(link.key, now)
                before = tx.installations.get(grant.team_id)
                tx.installations.save(_installation(grant, link.channel_id, sealed, now))
                promise_check(tx, now)
                if before is not None and before.channel_id != link.channel_id:
                    self.reports.redraw(tx, before.channel_id, now)
                news = InstallNews.INSTALLED
                self.reports.changed(tx, link.channel_id, grant.team_id, news, now)
            case Verdict.OF_ANOTHER_ACCOUNT:
                # Theirs all the same: the token may be another one now.
                known = tx.installations.get(grant.team_id)
                if known is not None:
                    renewed = replace(known, sealed_token=sealed, checked_at=None, doubted_at=None)
                    tx.installations.save(renewed)
                    promise_check(tx, now)
        if verdict in _TOLD:
            news = _TOLD[verdict]
            self.reports.refused(tx, link.channel_id, grant.team_id, news, now)
        _log.info("installation in %s: %s", grant.team_id, verdict)

    def _take(self, state: str, browser: str) -> str | None:
        """The link by which the installation under way was begun; its state is used up."""
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            begun = tx.installations.take_state(_hash(state))
        if begun is None or now >= begun.expires_at:
            return None
        return begun.link_key if hmac.compare_digest(begun.browser, _hash(browser)) else None

    def _link(
        self, tx: Transaction, key: str, now: datetime, *, is_under_way: bool = False
    ) -> InstallLink | None:
        """A link that is good; one by which somebody began in time may expire meanwhile."""
        link = tx.installations.link(key)
        at = now - STATE_LIFE if is_under_way else now
        if link is None or not link.is_good(at):
            return None
        channel = tx.roster.channel(link.channel_id)
        return link if channel is not None and may_install(channel) else None

    def _undo(self, grant: Grant, channel_id: str) -> None:
        with self.desk.store.transaction() as tx:
            tx.marks.lock(INSTALLATIONS)
            # Whoever installs it there from here on has a token that Slack then refuses, and that
            # it is asked about soon.
            if tx.installations.active([grant.team_id]):
                return  # somebody has installed it there rightfully since
        try:
            self.oauth.undo(grant.token)
        except SlackError as error:
            if error.code in DEAD_TOKEN:
                return  # somebody there was quicker
            _log.error("Casebell stays in %s, and holds no token of it: %s", grant.team_id, error)
            now, news = self.desk.clock.now(), InstallNews.LEFT_IN
            with self.desk.store.transaction() as tx:
                self.reports.refused(tx, channel_id, grant.team_id, news, now)


def _installation(grant: Grant, channel_id: str, sealed: str, now: datetime) -> Installation:
    return Installation(
        team_id=grant.team_id,
        name=grant.name,
        channel_id=channel_id,
        sealed_token=sealed,
        bot_user_id=grant.bot_user_id,
        installed_by=grant.installed_by,
        installed_at=now,
        enterprise_id=grant.enterprise_id,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
