"""What a person can do in the local workspace, and what they then see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.sandbox import happenings, inputs, reading, responses, wire
from bot.sandbox.arguments import Refusal
from bot.sandbox.delivery import Sender, Surface
from bot.sandbox.interactions import Reply, envelope, ephemerals_of, find_element, interact, pressed
from bot.sandbox.model import Conversation, Json, Kind, Message, User
from bot.sandbox.open_view import OpenView
from bot.sandbox.state import State

_MENTION = re.compile(r"&lt;@(\w+)&gt;")
_BROADCAST = re.compile(r"(?<![\w@])@(channel|here|everyone)\b")
_URL = re.compile(r"https?://\S+")


@dataclass(eq=False)
class Person(User):
    """Someone with a Slack client in their hands."""

    state: State = field(kw_only=True, repr=False)
    send: Sender = field(kw_only=True, repr=False)

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
            view = self.state.homes.get(self.id)
            return OpenView(self.state, self.send, view) if view else None

    def open_home(self) -> None:
        """Look at the Home tab, which the bot hears of."""
        with self.state.changed:
            happenings.open_home(self.state, self, self.state.homes.get(self.id))

    def command(self, command: str, text: str = "", channel: Conversation | None = None) -> Reply:
        """Run a slash command in a channel, or in the direct message with the bot.

        People of other organisations are refused by Slack itself:
        https://docs.slack.dev/apis/slack-connect.
        """
        state, room = self.state, channel or self.dm
        self._check_member(room)
        installed = command in state.manifest.commands and "commands" in state.manifest.scopes
        if self.team is not state.home or not installed:
            return Reply(None, f"{command} is not a valid command.")
        with state.changed:
            response_url = state.new_response_url(self, room)
            leave = state.response_urls[response_url.rpartition("/")[2]]
            payload: Json = {
                "token": "verification-token",
                "team_id": state.home.id,
                "team_domain": state.home.domain,
                "channel_id": room.id,
                "channel_name": wire.channel_name(room),
                "user_id": self.id,
                "user_name": self.handle,
                "command": command,
                "text": self._command_text(command, text),
                "api_app_id": state.app_id,
                "is_enterprise_install": "false",
                "response_url": response_url,
                "trigger_id": state.new_trigger(self),
            }
        before = len(self.ephemerals)
        answer = self.send(Surface.COMMAND, payload, None)
        code = None
        if answer.status != 200:
            timed_out = answer.failure == "http_timeout"
            code = "operation_timeout" if timed_out else "dispatch_failed"
        elif answer.payload:
            with state.changed:
                try:
                    responses.answer(state, leave, answer.payload)
                except Refusal as refusal:
                    code = refusal.code
                state.changed.notify_all()
        problem = f'{command} failed with the error "{code}"' if code else None
        return Reply(answer.status, problem, self.ephemerals[before:])

    def click(self, message: Message, button: str) -> Reply:
        """Press a button of a message by label or action_id; a confirm dialog is accepted.

        Raises:
            LookupError: the message has no such button, or this person cannot see it.
        """
        self._check_sees(message)
        block, element = find_element(message.blocks, button)
        return self._act(message, pressed(block, element), {})

    def choose(self, message: Message, name: str, answer: object) -> Reply:
        """Choose in a select, a date picker or the like of a message, by action_id.

        Raises:
            LookupError: the message has no such element or option, or they cannot see it.
        """
        self._check_sees(message)
        block, element = find_element(message.blocks, name)
        key = block["block_id"], element["action_id"]
        entry = inputs.entry(element, answer)
        action = {"block_id": key[0], "action_id": key[1], **entry}
        return self._act(message, action, {key: entry})

    def post(self, channel: Conversation, text: str, thread: Message | None = None) -> Message:
        """Type a message. `user.mention` in the text is a mention; all else is as typed.

        Raises:
            ValueError: they cannot write there.
        """
        with self.state.changed:
            self._check_member(channel)
            tabs = self.state.manifest
            if channel.archived:
                raise ValueError(f"#{channel.name} is archived")
            if channel.kind is Kind.DM and (not tabs.messages_tab or tabs.messages_read_only):
                raise ValueError("this app takes no direct messages")
            thread_ts = (thread.thread_ts or thread.ts) if thread else None
            return happenings.post(
                self.state, channel, self, self._as_typed(text), thread_ts=thread_ts
            )

    def edit(self, message: Message, text: str) -> None:
        """Change a message of their own."""
        with self.state.changed:
            self._check_author(message)
            happenings.edit(self.state, message, self._as_typed(text), ())

    def delete(self, message: Message) -> None:
        """Delete a message of their own."""
        with self.state.changed:
            self._check_author(message)
            happenings.delete(self.state, message)

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

    def _as_typed(self, text: str) -> str:
        """What Slack makes of typed text: entities escaped, mentions and links turned live."""
        sent = _URL.sub(lambda url: f"<{url[0]}>", reading.escape(text))
        sent = _BROADCAST.sub(r"<!\1>", sent)
        return _MENTION.sub(
            lambda match: f"<@{match[1]}>" if match[1] in self.state.users else match[0], sent
        )

    def _command_text(self, command: str, text: str) -> str:
        if self.state.manifest.commands[command]:
            return self._as_typed(text)
        return re.sub(r"<@(\w+)>", lambda match: f"@{self.state.name_of(match[1])}", text)

    def _check_member(self, room: Conversation) -> None:
        if self.deleted or self not in room.members:
            raise ValueError(f"{self.name} is not in {room.name or room.id}")

    def _check_sees(self, message: Message) -> None:
        if message not in message.conversation.messages_seen_by(self):
            raise LookupError(f"{self.name} does not see this message: {message.shown[:80]!r}")

    def _check_author(self, message: Message) -> None:
        if message.author is not self:
            raise ValueError(f"this message is {message.author.name}'s")
