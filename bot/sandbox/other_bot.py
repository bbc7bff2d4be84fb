"""The other apps of a workspace: they speak, and nothing is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.sandbox import happenings
from bot.sandbox.arguments import with_ids
from bot.sandbox.model import Conversation, Json, Message, User
from bot.sandbox.state import State


@dataclass(eq=False)
class OtherBot(User):
    """A bot that is not ours.

    Its messages carry `bot_id` and `user`; those of a classic one, or of an incoming webhook,
    carry `username` and the subtype `bot_message` in place of `user`.
    """

    state: State = field(kw_only=True, repr=False)
    classic: bool = field(kw_only=True, default=False)

    def post(
        self,
        channel: Conversation,
        text: str,
        thread: Message | None = None,
        blocks: Sequence[Json] = (),
    ) -> Message:
        """Post, in mrkdwn as it stands; a classic bot needs no membership.

        Raises:
            ValueError: it cannot write there.
        """
        with self.state.changed:
            if channel.archived:
                raise ValueError(f"#{channel.name} is archived")
            if not self.classic and self not in channel.members:
                raise ValueError(f"{self.name} is not in #{channel.name}")
            return happenings.post(
                self.state,
                channel,
                self,
                text,
                with_ids(self.state, blocks),
                thread_ts=(thread.thread_ts or thread.ts) if thread else None,
                username=self.name if self.classic else None,
            )
