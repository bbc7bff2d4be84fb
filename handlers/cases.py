"""What the team presses on a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App

from bot.errors import UserError
from bot.messages import ids
from bot.services.casework import Casework
from bot.services.directory import Directory
from handlers.middleware import NOT_TEAM
from handlers.whisper import Whisper


@dataclass(frozen=True)
class CaseListeners:
    """What people of the team say of a case."""

    casework: Casework
    directory: Directory
    whisper: Whisper

    def answered(self, ack: Ack, body: dict[str, Any]) -> None:
        """They have answered where there is no thread to see it in."""
        by = body["user"]["id"]
        if not self.directory.is_team(by):
            raise UserError(NOT_TEAM)
        case = self.casework.answered_elsewhere(int(body["actions"][0]["value"]), by)
        self.whisper(body, f"Noted: {case.name} is answered, and its response clock has stopped.")
        ack()


def register(app: App, casework: Casework, directory: Directory, whisper: Whisper) -> None:
    """Serve the buttons of a case."""
    listeners = CaseListeners(casework, directory, whisper)
    app.action(ids.ANSWERED)(listeners.answered)
