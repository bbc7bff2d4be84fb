"""Casebell in a customer's own workspace: what is kept of it, and which installations are taken.

A workspace may install it by a link for one channel, and is then tied to that channel's account.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.records import Channel, ChannelKind
from bot.domain.timers import CLOCKS_DIFFER

SCOPE = "commands"
"""All that is asked of a customer's workspace."""

# By these codes Slack says that a token is worth nothing any more: the app was removed, or the
# workspace was closed or merged (docs.slack.dev/reference/methods/auth.test).
DEAD_TOKEN = frozenset({"account_inactive", "token_expired", "token_revoked"})

# By this one too; but also of a token that is good, where something is amiss with Slack, or with
# the address from which it is asked.
DOUBTED_TOKEN = "invalid_auth"  # noqa: S105

CHECKED_EVERY = timedelta(days=1)
DOUBTED_FOR = timedelta(minutes=10)


class Ending(StrEnum):
    """Why an installation is no more."""

    REMOVED = "removed"  # by somebody of that workspace
    REFUSED = "refused"  # Slack takes its token no more
    DISCONNECTED = "disconnected"  # their channel is shared with them no more


class Removal(StrEnum):
    """Of which installation somebody's word is that a workspace removed Casebell."""

    ITS_OWN = "its_own"
    EARLIER = "earlier"  # of one before it
    UNSURE = "unsure"  # it came at about the time of the removal


class InstallNews(StrEnum):
    """What the team is told of a customer's workspace."""

    INSTALLED = "installed"
    ENDED = "ended"
    PAUSED = "paused"  # it cannot be served, for want of a setting or of the key
    SECOND = "second"  # another workspace wanted to be an account's
    OF_ANOTHER_ACCOUNT = "of_another_account"  # one that has it wanted to be another account's too
    NOT_CONNECTED = "not_connected"  # one wanted it that the link's channel is not shared with
    TOO_MUCH = "too_much"  # one offered more than is asked for
    LEFT_IN = "left_in"  # it was not taken, and could not be taken out of theirs again


@dataclass(frozen=True)
class Grant:
    """What Slack gives for an installation.

    Args:
        team_id: the workspace's id; where it was installed for a whole organisation, that one's.
        name: what the workspace calls itself.
        scopes: what the token may be used for.
        enterprise_id: the organisation that the workspace is of; empty if it is of none.
    """

    team_id: str
    name: str
    token: str = field(repr=False)
    scopes: frozenset[str]
    bot_user_id: str
    installed_by: str
    enterprise_id: str = ""

    @property
    def ids(self) -> frozenset[str]:
        """By what Slack may call those whose workspace it is."""
        return _ids(self.team_id, self.enterprise_id)


@dataclass(frozen=True)
class Installation:
    """Casebell in a customer's workspace.

    Args:
        team_id: as of a grant.
        channel_id: the channel for which it was installed; whose that is, the team says there.
        sealed_token: encrypted; empty once it is over.
        checked_at: when Slack took the token the last time that it was asked; None: it is to be
            asked, for it was not since the token came, or since somebody there may have removed it.
        enterprise_id: as of a grant.
        doubted_at: since when Slack says that it does not know the token; None: it does not.
    """

    team_id: str
    name: str
    channel_id: str
    sealed_token: str = field(repr=False)
    bot_user_id: str
    installed_by: str
    installed_at: datetime
    checked_at: datetime | None = None
    ended_at: datetime | None = None
    ended_why: Ending | None = None
    enterprise_id: str = ""
    doubted_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Whether its commands are served."""
        return self.ended_at is None

    @property
    def ids(self) -> frozenset[str]:
        """By what Slack may call those whose workspace it is."""
        return _ids(self.team_id, self.enterprise_id)

    def is_to_check(self, now: datetime) -> bool:
        """Whether Slack is to be asked if it takes the token still."""
        return self.checked_at is None or self.checked_at <= now - CHECKED_EVERY

    def is_over_by(self, code: str, now: datetime, *, is_check: bool) -> bool:
        """Whether it is over when Slack refuses its token so.

        Args:
            is_check: whether it was asked about the token, and for nothing else.
        """
        if not is_check or code != DOUBTED_TOKEN:
            return code in DEAD_TOKEN
        return self.doubted_at is not None and self.doubted_at <= now - DOUBTED_FOR

    def doubted(self, at: datetime) -> Installation:
        """As it is kept while it is not sure that its token is worth anything."""
        return replace(self, checked_at=None, doubted_at=at)

    def removal(self, at: datetime) -> Removal:
        """Whether what Slack says was removed then, by its clock, is this one."""
        since = at - self.installed_at
        if abs(since) <= CLOCKS_DIFFER:
            return Removal.UNSURE
        return Removal.ITS_OWN if since > timedelta(0) else Removal.EARLIER

    def ended(self, at: datetime, why: Ending) -> Installation:
        """As it is kept when it is over: without its token."""
        return replace(self, sealed_token="", ended_at=at, ended_why=why)


@dataclass(frozen=True)
class InstallLink:
    """A link for a channel, which the team made: it is good for one installation."""

    key: str
    channel_id: str
    made_by: str
    expires_at: datetime
    used_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return self.used_at is None and now < self.expires_at


@dataclass(frozen=True)
class InstallState:
    """An installation under way in somebody's browser: begun by a link, good for one answer."""

    link_key: str
    browser: str
    expires_at: datetime


def is_connected(ids: Collection[str], connected: Collection[str]) -> bool:
    """Whether a channel is shared with a workspace.

    Args:
        connected: with whom it is shared, workspaces or organisations.
    """
    return not set(ids).isdisjoint(connected)


def other_places(
    installation: Installation, account: str, channels: Iterable[Channel]
) -> list[Channel]:
    """Where it may live on when its own channel is lost: the account's other channels.

    Whether they are shared with that workspace, Slack says.

    Args:
        account: whose the lost one was; empty where that is not known.
    """
    return [
        channel
        for channel in channels
        if channel.channel_id != installation.channel_id
        and may_install(channel)
        and account
        and is_same_account(channel.account_name, account)
    ]


def is_same_account(one: str, other: str) -> bool:
    """Whether two channels' accounts are one: the team types their names by hand."""
    return one.casefold() == other.casefold()


def may_install(channel: Channel) -> bool:
    """Whether those on the other side of a channel may have Casebell in their own workspace."""
    is_outside = channel.kind in (ChannelKind.CUSTOMER, ChannelKind.PARTNER)
    return channel.is_member and channel.is_ext_shared and is_outside


class Verdict(StrEnum):
    """What becomes of what Slack gives."""

    TAKEN = "taken"
    HOME = "home"  # it is our own workspace
    TOO_MUCH = "too_much"  # it allows more than is asked for
    TOO_LITTLE = "too_little"  # it does not allow commands
    OF_ANOTHER_ACCOUNT = "of_another_account"  # that workspace has it already, for another account
    ACCOUNT_HAS_ONE = "account_has_one"  # the account has it in another workspace
    NOT_CONNECTED = "not_connected"  # the link's channel is not shared with that workspace


def judge(
    grant: Grant,
    account: str,
    *,
    home_team: str,
    installed: Iterable[tuple[Installation, str]],
    connected: Collection[str],
) -> Verdict:
    """Whether to take what Slack gives for an account.

    What is said of the account is for those alone with whom its channel is shared.

    Args:
        installed: the active installations, each with its account.
        connected: with whom the link's channel is shared, workspaces or organisations.
    """
    if grant.team_id == home_team:
        return Verdict.HOME
    if SCOPE not in grant.scopes:
        return Verdict.TOO_LITTLE
    if grant.scopes != {SCOPE}:
        return Verdict.TOO_MUCH
    # Whether each is of the same workspace, and of the same account.
    known = {
        (installation.team_id == grant.team_id, is_same_account(other, account))
        for installation, other in installed
    }
    if (True, False) in known:
        return Verdict.OF_ANOTHER_ACCOUNT
    if not is_connected(grant.ids, connected):
        return Verdict.NOT_CONNECTED
    if (False, True) in known:
        return Verdict.ACCOUNT_HAS_ONE
    return Verdict.TAKEN


def is_to_undo(
    verdict: Verdict | None, grant: Grant, home_team: str, active_teams: Collection[str]
) -> bool:
    """Whether Casebell is to be taken out of that workspace again.

    Never out of ours, and not where it is installed rightfully: all share one installation.

    Args:
        verdict: None where the link was good no more.
        active_teams: the workspaces that had it before.
    """
    if verdict is Verdict.TAKEN:
        return False
    return grant.team_id != home_team and grant.team_id not in active_teams


def _ids(team_id: str, enterprise_id: str) -> frozenset[str]:
    return frozenset({team_id, enterprise_id}) - {""}
