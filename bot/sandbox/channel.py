"""What can be done to a channel from the outside."""

from __future__ import annotations

from bot.sandbox import happenings
from bot.sandbox.model import Conversation, Team, User


class Channel(Conversation):
    """A public or private channel, possibly shared with other organisations."""

    def invite(self, user: User, *, by: User | None = None) -> None:
        """Bring a person or the bot in.

        Raises:
            ValueError: they are in already, or the channel is not shared with their organisation.
        """
        with self.state.changed:
            self.check_may_join(user)
            happenings.join(self.state, self, user, by)

    def kick(self, user: User) -> None:
        """Take a person or the bot out."""
        with self.state.changed:
            happenings.leave(self.state, self, user)

    def archive(self, *, by: User | None = None) -> None:
        """Close the channel: it can be read, and nothing can be posted."""
        with self.state.changed:
            happenings.archive(self.state, self, by or self.state.bot)

    def share_with_team(self, team: Team) -> None:
        """Share it with another organisation (Slack Connect)."""
        with self.state.changed:
            happenings.share(self.state, self, team)

    def check_may_join(self, user: User) -> None:
        """Refuse who is a member, or of an organisation this channel is not shared with.

        Raises:
            ValueError: they are in already, or the channel is not shared with their organisation.
        """
        if user in self.members:
            raise ValueError(f"{user.name} is in #{self.name} already")
        if user.team not in (self.state.home, *self.shared_with):
            raise ValueError(f"#{self.name} is not shared with {user.team.name}")
