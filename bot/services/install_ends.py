"""How an installation in a customer's own workspace ends, and how that is found out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.delivery import PERMANENT, TEMPORARY
from bot.domain.installation import (
    DEAD_TOKEN,
    DOUBTED_FOR,
    DOUBTED_TOKEN,
    Ending,
    Installation,
    InstallNews,
    Removal,
    is_connected,
    other_places,
)
from bot.domain.timers import Timer, TimerKind
from bot.errors import NotReadyError, SlackError
from bot.services.desk import Desk
from bot.services.install_reports import INSTALLATIONS, InstallReports
from bot.services.installed import Installed
from bot.services.ports import SlackGateway, Transaction

_log = logging.getLogger(__name__)

CHECKED_AFTER = timedelta(seconds=20)


@dataclass(frozen=True)
class InstallEnds:
    """The use cases of its end: Slack says so, or takes the token no more."""

    desk: Desk
    slack: SlackGateway
    installed: Installed
    reports: InstallReports

    def refused(
        self, team_ids: Sequence[str], token: str, code: str, *, is_check: bool = False
    ) -> bool:
        """Slack refused what was asked by a customer's token: whether that one is worth nothing.

        It ends the installation that has it; it may have been installed anew since Slack was asked.
        Where Slack may say so of a good one, it is asked about the token once more, and later.

        Args:
            is_check: whether it was asked about the token, and for nothing else.
        """
        if code not in {*DEAD_TOKEN, DOUBTED_TOKEN} or not self.installed.is_on:
            return False
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            tx.marks.lock(INSTALLATIONS)
            for installation in tx.installations.active(team_ids):
                if self.installed.token(installation) != token:
                    continue
                if installation.is_over_by(code, now, is_check=is_check):
                    self._end(tx, installation, Ending.REFUSED, now)
                elif installation.doubted_at is None:
                    tx.installations.save(installation.doubted(now))
                    promise_check(tx, now, DOUBTED_FOR)
        return code in DEAD_TOKEN

    def removed(self, named: str, at: datetime) -> None:
        """Somebody removed Casebell from what the event names, or took its token back, then.

        Slack repeats events for hours: what came before it was installed anew is of no account.
        Where that is not sure, Slack is asked whether the token is worth anything still; also where
        an organisation is named, of which each workspace has a token of its own.
        """
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            tx.marks.lock(INSTALLATIONS)
            for installation in tx.installations.active():
                removal = installation.removal(at)
                if named not in installation.ids or removal is Removal.EARLIER:
                    continue
                if installation.team_id == named and removal is Removal.ITS_OWN:
                    self._end(tx, installation, Ending.REMOVED, now)
                else:
                    tx.installations.save(replace(installation, checked_at=None))
                    promise_check(tx, now)

    def disconnected(self, channel_id: str, named: str) -> None:
        """A channel is no longer shared with that workspace, or organisation.

        Theirs lives on by another channel of the account that is shared with them, if there is one.

        Raises:
            SlackError: Slack does not say whether one is.
            NotReadyError: that one has changed since; after either, Slack repeats the event.
        """
        with self.desk.store.reading() as tx:
            channel = tx.roster.channel(channel_id)  # Slack may call it by an id of before
            known_as = channel.channel_id if channel else channel_id
            lost = [
                installation
                for installation in tx.installations.active()
                if named in installation.ids and installation.channel_id == known_as
            ]
        self._live_on_or_end(lost)

    def check(self, may_go_on: Callable[[float], bool]) -> None:
        """Ask Slack whether it takes each token still: of a new one soon, and of each once a day.

        It may have been removed before it was stored here, and a merged workspace tells nothing;
        nor is it sure that Slack's word of a channel came. Where Slack does not answer, it is asked
        again in a minute.

        Args:
            may_go_on: waits so many seconds; False when this process is about to stop.
        """
        with self.desk.store.reading() as tx:
            lost = [one for one in tx.installations.active() if self._is_unshared(tx, one)]
        try:
            self._live_on_or_end(lost)
        except (SlackError, NotReadyError) as error:
            _log.warning("where else customers have Casebell is not known: %s", error)
        oauth, now = self.installed.oauth, self.desk.clock.now()
        if oauth is None:
            return
        with self.desk.store.reading() as tx:
            known = [one for one in tx.installations.active() if one.is_to_check(now)]
        for installation in known:
            token = self.installed.token(installation)
            if token is None:
                continue
            try:
                oauth.check(token)
            except SlackError as error:
                if not self.refused([installation.team_id], token, error.code, is_check=True):
                    _log.warning("whether %s has it still: %s", installation.team_id, error)
                    if error.code in TEMPORARY - {DOUBTED_TOKEN}:
                        return  # to wait for each of the others in vain helps nobody
            else:
                self._confirm(installation, token, now)
            if not may_go_on(0.0):
                return

    def _end(self, tx: Transaction, installation: Installation, why: Ending, now: datetime) -> None:
        tx.installations.save(installation.ended(now, why))
        news = InstallNews.ENDED
        self.reports.changed(tx, installation.channel_id, installation.team_id, news, now)
        _log.warning("%s has Casebell no more: %s", installation.team_id, why)

    def _is_unshared(self, tx: Transaction, installation: Installation) -> bool:
        """Whether Slack says of its channel that it is shared with nobody any more."""
        channel = tx.roster.channel(installation.channel_id)
        return channel is not None and not channel.is_ext_shared

    def _live_on_or_end(self, lost: Sequence[Installation]) -> None:
        for installation in lost:
            with self.desk.store.reading() as tx:
                places = self._other_places(tx, installation)
            connected = (place for place in places if self._is_connected(installation, place))
            self._move_or_end(installation, next(connected, None))

    def _other_places(self, tx: Transaction, installation: Installation) -> list[str]:
        account = self.installed.account(tx, installation.channel_id)
        places = other_places(installation, account, tx.roster.member_channels())
        return [place.channel_id for place in places]

    def _is_connected(self, installation: Installation, channel_id: str) -> bool:
        try:
            return is_connected(installation.ids, self.slack.connected_teams(channel_id))
        except SlackError as error:
            if error.code not in PERMANENT:
                raise
            return False

    def _move_or_end(self, known: Installation, place: str | None) -> None:
        """Let it live on in that place, or nowhere; unless it has changed since."""
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            tx.marks.lock(INSTALLATIONS)
            installation = tx.installations.get(known.team_id)
            if installation is None or not installation.is_active:
                return
            if installation.channel_id != known.channel_id:
                return
            if place is None:
                self._end(tx, installation, Ending.DISCONNECTED, now)
                return
            if place not in self._other_places(tx, installation):
                raise NotReadyError(f"{place} has changed since Slack was asked about it.")
            tx.installations.save(replace(installation, channel_id=place))
            for channel_id in (installation.channel_id, place):
                self.reports.redraw(tx, channel_id, now)
            _log.info("%s has Casebell by %s now", installation.team_id, place)

    def _confirm(self, installation: Installation, token: str, now: datetime) -> None:
        """It is good still; sealed anew, so that an old key can be given up a day later."""
        team_id = installation.team_id
        with self.desk.store.transaction() as tx:
            tx.marks.lock(INSTALLATIONS)
            if tx.installations.get(team_id) == installation:  # and not installed anew since
                sealed = self.installed.seal(team_id, token)
                confirmed = replace(
                    installation, sealed_token=sealed, checked_at=now, doubted_at=None
                )
                tx.installations.save(confirmed)


def promise_check(tx: Transaction, now: datetime, after: timedelta = CHECKED_AFTER) -> None:
    """Have Slack asked soon about the tokens that nobody has asked it about."""
    due_at = now + after
    key = f"{TimerKind.INSTALLS}:{due_at.isoformat()}"
    tx.timers.add(Timer(TimerKind.INSTALLS, due_at, key, {}))
