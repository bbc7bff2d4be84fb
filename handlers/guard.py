"""Who may do what only the team may."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.case import Person
from bot.errors import UserError
from bot.services.directory import Directory
from handlers import payloads
from handlers.payloads import Body

NOT_TEAM = "Only people of the support team can do this."


@dataclass(frozen=True)
class TeamOnly:
    """Lets people of the team through."""

    directory: Directory

    def __call__(self, body: Body) -> Person:
        """Who did it.

        Raises:
            UserError: they are not of the team.
            SlackError: they are not known yet, and Slack does not tell.
        """
        if not self.lets_in(body):
            raise UserError(NOT_TEAM)
        return payloads.person(body)

    def lets_in(self, body: Body) -> bool:
        """Whether who did it is of the team.

        Raises:
            SlackError: they are not known yet, and Slack does not tell.
        """
        return self.directory.is_team(payloads.person(body).user_id)

    def knows(self, body: Body) -> bool:
        """Whether who did it is of the team, as far as that is known without asking Slack."""
        return self.directory.knows_of_team(payloads.person(body).user_id)
