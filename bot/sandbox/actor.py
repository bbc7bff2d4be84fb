"""What a person can do in the local workspace, and what they then see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.sandbox import commands, events, happenings, inputs, keyboard, oauth, wire
from bot.sandbox.delivery import Sender
from bot.sandbox.files import File, mimetype_of
from bot.sandbox.interactions import (
    Address,
    Reply,
    envelope,
    ephemerals_of,
    find_element,
    interact,
    pressed,
)
from bot.sandbox.model import Conversation, Json, Kind, Message, User
from bot.sandbox.open_view import OpenView
from bot.sandbox.state import State
from bot.sandbox.web_browser import Browser


@dataclass(eq=False)
class Person(User):
    """Someone with a Slack client in their hands."""

    state: State = field(kw_only=True, repr=False)
    send: Sender = field(kw_only=True, repr=False)
    _browser: Browser | None = field(default=None, kw_only=True, repr=False)

    @property
    def dm(self) -> Conversation:
        """The direct message with the bot."""
        with self.state.changed:
            return self.state.direct(self)

    @property
    def dms(self) -> tuple[Message, ...]:
        """What stands in the direct message with the bot, oldest first."""
        return tuple(self.dm.messages)

    @property
    def ephemerals(self) -> tuple[Message, ...]:
        """The messages only they see, oldest first."""
        return ephemerals_of(self.state, self)

    @property
    def notifications(self) -> tuple[Message, ...]:
        """What rang: new direct messages and mentions, unless do-not-disturb silenced them."""
        with self.state.changed:
            return tuple(message for person, message in self.state.rung if person is self)

    @property
    def modal(self) -> OpenView | None:
        """The form on top of their screen."""
        with self.state.changed:
            stack = self.state.modals.get(self.id)
            return OpenView(self.state, self.send, stack[-1]) if stack else None

    @property
    def home(self) -> OpenView | None:
        """The Home tab that the bot published for them."""
        with self.state.changed:
            install = self.state.install_for(self)
            view = self.state.homes.get((self.id, install.team.id))
            return OpenView(self.state, self.send, view) if view else None

    @property
    def browser(self) -> Browser:
        """Their browser, in which they are signed in to their own workspace."""
        if self._browser is None:
            self._browser = Browser(self.state.base_url, self.id)
        return self._browser

    def remove_app(self) -> None:
        """Take the app out of their own workspace, as its admins can."""
        with self.state.changed:
            oauth.remove(self.state, self.state.installs[self.team.id])

    def open_home(self) -> None:
        """Look at the Home tab, which the bot hears of."""
        with self.state.changed:
            install = self.state.install_for(self)
            shown = self.state.homes.get((self.id, install.team.id))
            events.tell_of_home(self.state, self, shown, install)

    def command(self, command: str, text: str = "", channel: Conversation | None = None) -> Reply:
        """Run a slash command in a channel, or in the direct message with the bot.

        People of other organisations are refused by Slack itself, until their own workspace has
        installed the app: https://docs.slack.dev/apis/slack-connect.
        """
        room = channel or self.dm
        self._check_member(room)
        return commands.run_command(self.state, self.send, self, command, text, room)

    def shortcut(self, name: str) -> Reply:
        """Choose a global shortcut by name or callback_id; refused like a command."""
        self._check_active()
        return commands.run_shortcut(self.state, self.send, self, name)

    def message_shortcut(self, message: Message, name: str) -> Reply:
        """Choose a shortcut of a message by name or callback_id; refused like a command.

        Raises:
            LookupError: they do not see the message.
        """
        self._check_sees(message)
        return commands.run_message_shortcut(self.state, self.send, self, name, message)

    def click(self, message: Message, button: str | Address) -> Reply:
        """Press a button of a message by label, action_id or address; a confirm is accepted.

        Raises:
            LookupError: the message has no such button, or this person cannot see it.
        """
        self._check_sees(message)
        block, element = find_element(message.blocks, button)
        return self._act(message, pressed(block, element), {})

    def choose(self, message: Message, name: str | Address, answer: object) -> Reply:
        """Choose in a select, an overflow menu or the like of a message.

        Elements go by action_id, accessories by the block_id of their section too; options by
        label or value, people as objects or ids.

        Raises:
            LookupError: the message has no such element or option, or they cannot see it.
        """
        self._check_sees(message)
        block, element = find_element(message.blocks, name)
        key = block["block_id"], element["action_id"]
        entry = inputs.entry(element, answer)
        action = {"block_id": key[0], "action_id": key[1], **entry}
        return self._act(message, action, {key: entry} if inputs.keeps(element) else {})

    def post(self, channel: Conversation, text: str, thread: Message | None = None) -> Message:
        """Type a message. `user.mention` in the text is a mention; all else is as typed.

        Raises:
            ValueError: they cannot write there.
        """
        return self._write(channel, text, thread, ())

    def upload(
        self,
        channel: Conversation,
        *names: str,
        text: str = "",
        thread: Message | None = None,
        size: int | Mapping[str, int] = 1024,
        mimetype: str | None = None,
    ) -> Message:
        """Post files of these names in one message.

        Args:
            size: of each file, in bytes; by name where they differ.
            mimetype: of each file; by default what its name says.

        Raises:
            ValueError: they cannot write there, or there is no file.
        """
        if not names:
            raise ValueError("an upload wants a file")
        with self.state.changed:
            created = int(self.state.now().timestamp())
            uploaded = [
                File(
                    self.state.new_id("F"),
                    name,
                    mimetype or mimetype_of(name),
                    size if isinstance(size, int) else size[name],
                    self,
                    created,
                )
                for name in names
            ]
            return self._write(channel, text, thread, uploaded)

    def edit(self, message: Message, text: str) -> None:
        """Change a message of their own."""
        with self.state.changed:
            self._check_author(message)
            happenings.edit(self.state, message, keyboard.as_sent(self.state, text), ())

    def delete(self, message: Message) -> None:
        """Delete a message of their own."""
        with self.state.changed:
            self._check_author(message)
            happenings.delete(self.state, message)

    def deactivate(self) -> None:
        """Close their account: nobody reaches them, and no list of members names them."""
        with self.state.changed:
            self.deleted = True
            events.tell_of_user(self.state, self)

    def _write(
        self, channel: Conversation, text: str, thread: Message | None, files: Sequence[File]
    ) -> Message:
        state = self.state
        with state.changed:
            self._check_member(channel)
            tabs = state.manifest
            if channel.archived:
                raise ValueError(f"#{channel.name} is archived")
            if channel.kind is Kind.DM and (not tabs.messages_tab or tabs.messages_read_only):
                raise ValueError("this app takes no direct messages")
            if channel.is_direct and not state.can_be_reached(self):
                raise ValueError(f"{self.name} shares no channel with the bot any more")
            thread_ts = (thread.thread_ts or thread.ts) if thread else None
            sent = keyboard.as_sent(state, text)
            return happenings.post(state, channel, self, sent, thread_ts=thread_ts, files=files)

    def _act(self, message: Message, action: Json, chosen: inputs.Values) -> Reply:
        state, room = self.state, message.conversation
        with state.changed:
            container: Json = {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": room.id,
                "is_ephemeral": message.only_for is not None,
            }
            if message.thread_ts:
                container["thread_ts"] = message.thread_ts
            payload = envelope(state, self, "block_actions") | {
                "container": container,
                "trigger_id": state.new_trigger(self),
                "channel": {"id": room.id, "name": wire.channel_name(room)},
                "message": wire.message(message),
                "state": {"values": inputs.by_block(inputs.initial(message.blocks) | chosen)},
                "response_url": state.new_response_url(self, room, message),
                "actions": [action | {"action_ts": state.new_ts()}],
            }
            if message.only_for:
                del payload["message"]
        return interact(state, self.send, self, payload)

    def _check_member(self, room: Conversation) -> None:
        self._check_active()
        if self not in room.members:
            raise ValueError(f"{self.name} is not in {room.name or room.id}")

    def _check_active(self) -> None:
        if self.deleted:
            raise ValueError(f"the account of {self.name} is deactivated")

    def _check_sees(self, message: Message) -> None:
        if message not in message.conversation.messages_seen_by(self):
            raise LookupError(f"{self.name} does not see this message: {message.shown[:80]!r}")

    def _check_author(self, message: Message) -> None:
        if message.author is not self:
            raise ValueError(f"this message is {message.author.name}'s")
