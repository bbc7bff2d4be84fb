"""Who and what is in a workspace: teams, people, other bots and channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from zoneinfo import ZoneInfo

from bot.sandbox import happenings
from bot.sandbox.actor import Person
from bot.sandbox.channel import Channel
from bot.sandbox.delivery import Answer, Retry, Surface
from bot.sandbox.model import SLACK_ID, Conversation, Json, Kind, Message, Team, User
from bot.sandbox.other_bot import OtherBot
from bot.sandbox.state import State


class Population(State):
    """The state with the means to fill it."""

    def add_team(self, name: str) -> Team:
        """Another organisation, with whom channels can be shared."""
        with self.changed:
            return Team(self.new_id("T"), name)

    def add_person(
        self,
        name: str,
        *,
        team: Team | None = None,
        tz: str = "America/Chicago",
        guest: bool = False,
        deleted: bool = False,
        display_name: str | None = None,
        dnd: tuple[time, time] | None = None,
    ) -> Person:
        """A person of the home workspace, or of another team.

        Args:
            name: their real name; empty for someone who gave none.
            display_name: the one they are shown by, which many leave empty; `name` by default.
            dnd: the wall times in their zone between which nothing rings.
        """
        with self.changed:
            person = Person(
                self.new_id("U"),
                name,
                team or self.home,
                ZoneInfo(tz),
                guest,
                deleted,
                display_name=display_name,
                dnd=dnd,
                state=self,
                send=self.send_to_bot,
            )
            self.users[person.id] = person
            return person

    def add_bot(self, name: str, *, team: Team | None = None, classic: bool = False) -> OtherBot:
        """A bot that is not ours.

        Args:
            classic: its messages have the old shape, `bot_message`, which webhooks still have.
        """
        with self.changed:
            bot = OtherBot(
                self.new_id("U"),
                name,
                team or self.home,
                ZoneInfo("UTC"),
                bot_id=self.new_id("B"),
                app_id=self.new_id("A"),
                state=self,
                classic=classic,
            )
            self.users[bot.id] = bot
            return bot

    def add_channel(
        self,
        name: str,
        *,
        members: Sequence[User] = (),
        private: bool = False,
        shared_with: Sequence[Team] = (),
    ) -> Channel:
        """A channel whose members are there from the start: no event tells of them.

        Raises:
            ValueError: a member's organisation is not one of those it is shared with.
        """
        with self.changed:
            kind = Kind.PRIVATE if private else Kind.PUBLIC
            channel = Channel(self, self.new_id("C"), name, kind, shared_with=tuple(shared_with))
            for member in members:
                channel.check_may_join(member)
                channel.members.append(member)
            self.conversations[channel.id] = channel
            return channel

    def system_message(self, channel: Conversation, text: str) -> Message:
        """A notice of Slack itself, from USLACK.

        https://docs.slack.dev/changelog/2026/06/17/system-notifications
        """
        with self.changed:
            if SLACK_ID not in self.users:
                self.users[SLACK_ID] = User(SLACK_ID, "Slack", self.home, ZoneInfo("UTC"))
            return happenings.post(self, channel, self.users[SLACK_ID], text)

    def send_to_bot(self, surface: Surface, payload: Json, retry: Retry | None) -> Answer:
        """Send one command, interaction or event to where the bot listens, and wait for it."""
        raise NotImplementedError
