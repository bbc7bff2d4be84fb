"""What can be broken between the bot and Slack, and mended again."""

from __future__ import annotations

from enum import StrEnum

from bot.sandbox.faults import Fault, HttpError, RateLimited
from bot.sandbox.workspace import Workspace

_POSTING = ("chat.postMessage", "chat.update", "chat.postEphemeral")
_RETRY_AFTER = 5  # seconds


class SlackIs(StrEnum):
    """How Slack treats the bot."""

    WELL = "well"
    RATE_LIMITING = "rate_limiting"  # 429 to whatever posts
    FAILING = "failing"  # 500 to whatever posts
    AWAY = "away"  # not reached at all


class Breakages:
    """Breaks Slack for the bot, one way at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.slack = SlackIs.WELL

    def make(self, slack: SlackIs) -> None:
        """Have Slack be so from now on."""
        workspace = self._workspace
        workspace.faults.clear()
        workspace.away = slack is SlackIs.AWAY
        faults: dict[SlackIs, Fault] = {
            SlackIs.RATE_LIMITING: RateLimited(_RETRY_AFTER),
            SlackIs.FAILING: HttpError(500),
        }
        if slack in faults:
            for method in _POSTING:
                workspace.faults.add(method, faults[slack], times=None)
        with workspace.changed:
            self.slack = slack
            workspace.changed.notify_all()
