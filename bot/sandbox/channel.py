"""What can be done to a channel from the outside."""

from __future__ import annotations

from bot.sandbox import channel_life, happenings, reading
from bot.sandbox.model import Conversation, Message, Team, User


class Channel(Conversation):
    """A public or private channel, possibly shared with other organisations."""

    def invite(self, user: User, *, by: User | None = None) -> None:
        """Bring a person or the bot in.

        Raises:
            ValueError: they are in already, or the channel is not shared with their organisation.
        """
        with self.state.changed:
            self.check_may_join(user)
            channel_life.join(self.state, self, user, by)

    def kick(self, user: User) -> None:
        """Take a person or the bot out."""
        with self.state.changed:
            channel_life.leave(self.state, self, user)

    def archive(self, *, by: User | None = None) -> None:
        """Close the channel: it can be read, and nothing can be posted."""
        with self.state.changed:
            channel_life.archive(self.state, self, by or self._somebody())

    def unarchive(self, *, by: User | None = None) -> None:
        """Open it again."""
        with self.state.changed:
            channel_life.unarchive(self.state, self, by or self._somebody())

    def _somebody(self) -> User:
        """Somebody who does it, if nobody is named; not the bot, which hears of others alone."""
        people = (member for member in self.members if member is not self.state.bot)
        return next(people, self.state.bot)

    def rename(self, name: str) -> None:
        """Give it another name."""
        with self.state.changed:
            channel_life.rename(self.state, self, name)

    def change_id(self) -> str:
        """Give it another id, as Slack does when a channel is first shared.

        Returns:
            The new id; calls with the old one are answered `channel_not_found`.
        """
        with self.state.changed:
            channel_life.change_id(self.state, self)
            return self.id

    def share_with_team(self, team: Team) -> None:
        """Share it with another organisation (Slack Connect)."""
        with self.state.changed:
            channel_life.share(self.state, self, team)

    def unshare(self, team: Team) -> None:
        """Disconnect an organisation; its people are out.

        Raises:
            ValueError: the channel is not shared with it.
        """
        with self.state.changed:
            if team not in self.shared_with:
                raise ValueError(f"#{self.name} is not shared with {team.name}")
            channel_life.unshare(self.state, self, team)

    def unfurl(self, message: Message) -> None:
        """Let Slack show the page behind the first link of a message, some time after it.

        Raises:
            ValueError: the message has no link.
        """
        with self.state.changed:
            url = reading.first_link(message.text)
            if url is None:
                raise ValueError(f"no link to unfurl in {message.text[:80]!r}")
            happenings.unfurl(self.state, message, url)

    def check_may_join(self, user: User) -> None:
        """Refuse who is a member, or of an organisation this channel is not shared with.

        Raises:
            ValueError: they are in already, or the channel is not shared with their organisation.
        """
        if user in self.members:
            raise ValueError(f"{user.name} is in #{self.name} already")
        if user.team not in (self.state.home, *self.shared_with):
            raise ValueError(f"#{self.name} is not shared with {user.team.name}")
