"""Casebell in customers' own workspaces: whose token a request gets.

Such a token opens and redraws what its workspace's people asked for. Everything that is posted
goes by our own.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.installation import Installation
from bot.errors import UserError
from bot.messages import install
from bot.services.desk import Desk
from bot.services.ports import SlackInstall, Transaction, Vault

_log = logging.getLogger(__name__)

_CALLS = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")


@dataclass(frozen=True)
class Installed:
    """The use cases of what is installed.

    Without Slack's OAuth and a vault, everybody is served by our own token, as in a single
    workspace; what was installed before is paused.
    """

    desk: Desk
    oauth: SlackInstall | None = None
    vault: Vault | None = None

    @property
    def is_on(self) -> bool:
        """Whether customers can have Casebell in their own workspace."""
        return self.oauth is not None and self.vault is not None

    def serves(self, installation: Installation) -> bool:
        """Whether its commands are answered: it is on, and the token opens by a key of ours."""
        return self.is_on and self.token(installation) is not None

    def token(self, installation: Installation) -> str | None:
        """Its token; None where no key of ours opens it."""
        if self.vault is None:
            return None
        return self.vault.open(_purpose(installation.team_id), installation.sealed_token)

    def seal(self, team_id: str, token: str) -> str:
        """A token as it is stored: it opens as that workspace's alone."""
        return self.vault.seal(_purpose(team_id), token) if self.vault else ""

    def token_of(self, team_ids: Sequence[str]) -> str | None:
        """The token of the first of these workspaces, or organisations, that has one."""
        if not self.is_on:
            return None
        with self.desk.store.reading() as tx:
            found = {one.team_id: one for one in tx.installations.active(team_ids)}
        for installation in (found[team_id] for team_id in team_ids if team_id in found):
            if token := self.token(installation):
                return token
            _log.error("the token of %s opens by no ENCRYPTION_KEY", installation.team_id)
        return None

    def knows(self, team_ids: Sequence[str]) -> bool:
        """Whether one of these workspaces, or organisations, has it or had it."""
        with self.desk.store.reading() as tx:
            return any(tx.installations.get(team_id) is not None for team_id in team_ids)

    def not_served(self, team_ids: Sequence[str]) -> UserError:
        """What is said to people of a workspace whose commands are not served: how they go on."""
        with self.desk.store.reading() as tx:
            found = tx.installations.active(team_ids)
        if any(not self.serves(installation) for installation in found):
            return UserError(install.paused_for_now(self.desk.policy))
        return UserError(install.not_installed(self.desk.policy))

    def calls_a_copy(self, text: str) -> bool:
        """Whether a message calls a customer's copy of Casebell by name: Slack offers them both.

        Only our own is told of that, as of any message where it is.
        """
        return self.without_copies(text) != text

    def without_copies(self, text: str) -> str:
        """The text without such names."""
        if not _CALLS.search(text):
            return text
        with self.desk.store.reading() as tx:
            copies = {one.bot_user_id for one in tx.installations.active()}
        return _CALLS.sub(lambda found: "" if found[1] in copies else found[0], text)

    def paused(self, tx: Transaction) -> list[Installation]:
        """The installations that are not over, and whose commands are not answered."""
        return [one for one in tx.installations.active() if not self.serves(one)]

    def of_channel(self, tx: Transaction, channel_id: str) -> Installation | None:
        """The workspace that installed it by a link for that channel, if it is served."""
        found = (one for one in tx.installations.active() if one.channel_id == channel_id)
        return next((one for one in found if self.serves(one)), None)

    def accounts(self, tx: Transaction) -> list[tuple[Installation, str]]:
        """The active installations, each with its account."""
        return [(one, self.account(tx, one.channel_id)) for one in tx.installations.active()]

    def account(self, tx: Transaction, channel_id: str) -> str:
        """Whose a channel is; empty where it is not known."""
        channel = tx.roster.channel(channel_id)
        return channel.account_name if channel else ""


def _purpose(team_id: str) -> str:
    return f"token:{team_id}"
