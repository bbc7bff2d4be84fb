"""The local workspace: a stand-in for Slack on a loopback port, as strict as Slack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from bot.sandbox import oauth
from bot.sandbox.delivery import Answer, EventPump, Retry, Surface, send_over_http
from bot.sandbox.faults import Faults
from bot.sandbox.manifest import Manifest
from bot.sandbox.model import Json, Team
from bot.sandbox.population import Population
from bot.sandbox.server import Server
from bot.sandbox.state import Clock

if TYPE_CHECKING:
    from bot.sandbox.sockets import Sockets

Found = TypeVar("Found")

NOBODY_LISTENS = Answer(None, failure="connection_failed", no_retry=True)


def _real_time() -> datetime:
    return datetime.now(UTC)


class Workspace(Population):
    """A Slack workspace with one app installed, spoken to over real HTTP and WebSockets.

    Give the bot `api_url` as its Slack API url, and tell the workspace where the bot listens by
    `request_url`; with `request_url` None everything goes through Socket Mode.

    Args:
        manifest: the parsed manifest.yml; it decides on scopes, commands and events.
        signing_secret: signs what is sent over HTTP, always with the real time of day.
        app_token: lets the bot open Socket Mode connections.
        clock: gives the aware UTC instant that dates messages; real time by default.
    """

    def __init__(
        self,
        manifest: Mapping[str, Any],
        *,
        signing_secret: str = "local-signing-secret",
        bot_token: str = "xoxb-local",
        app_token: str | None = None,
        clock: Clock = _real_time,
    ) -> None:
        super().__init__(Manifest.parse(manifest), bot_token, app_token, clock)
        self.signing_secret = signing_secret
        self.request_url: str | None = None
        self.ack_timeout = 3.0
        """How many seconds the bot has to answer a command, a click, a form or an event."""
        self.loses_answers = False
        """While true, Slack waits in vain for the bot, which does all the same what it is asked."""
        self.faults = Faults()
        self._server = Server(self, self.faults)
        self._sockets: Sockets | None = None
        self._pump = EventPump(self, self.send_to_bot)
        self.base_url = self._server.url

    @property
    def api_url(self) -> str:
        """What a WebClient takes as `base_url`."""
        return f"{self.base_url}/api/"

    @property
    def away(self) -> bool:
        """Whether Slack is out of reach: while true, what the bot opens is cut unanswered."""
        return self._server.away

    @away.setter
    def away(self, away: bool) -> None:
        self._server.away = away
        if away and self._sockets:
            self._sockets.cut()

    def lose_install(self, team: Team, code: str = "account_inactive") -> None:
        """Take the app from a workspace without a word, as when that is closed or merged.

        Args:
            code: how its token is refused from then on.
        """
        with self.changed:
            oauth.forget(self, self.installs[team.id], code)

    @property
    def sockets(self) -> tuple[object, ...]:
        """The Socket Mode connections that the bot holds."""
        return self._sockets.held if self._sockets else ()

    @property
    def socket_count(self) -> int:
        """How many Socket Mode connections the bot holds."""
        return len(self.sockets)

    def disconnect_sockets(self, reason: str = "refresh_requested") -> None:
        """End every Socket Mode connection as Slack does every few hours.

        Args:
            reason: `refresh_requested`, `link_disabled`, or `warning`, which only announces it.
        """
        if self._sockets:
            self._sockets.disconnect(reason)

    @property
    def event_retry_delays(self) -> tuple[float, ...]:
        """The seconds before each repetition of an event that was not taken."""
        return self._pump.delays

    @event_retry_delays.setter
    def event_retry_delays(self, delays: Sequence[float]) -> None:
        self._pump.delays = tuple(delays)

    @property
    def repeat_events(self) -> int:
        """How many times each event is sent, though the bot took it: once, by default."""
        return self._pump.times

    @repeat_events.setter
    def repeat_events(self, times: int) -> None:
        self._pump.times = times

    def hold_events(self) -> None:
        """Keep events back until they are released; `settle` does not wait for them."""
        self._pump.hold()

    def release_events(self, order: Literal["sent", "reversed"] = "sent") -> None:
        """Deliver the events that were held back, the last first if `reversed`."""
        self._pump.release(reverse=order == "reversed")

    def start(self) -> None:
        """Listen; with an app token for Socket Mode too, which needs `websockets`."""
        if self.app_token:
            from bot.sandbox.sockets import Sockets  # noqa: PLC0415 - a development dependency

            self._sockets = Sockets(self)
            self._sockets.start()
            self.open_socket = self._sockets.new_url
        self._server.start()
        self._pump.start()

    def stop(self) -> None:
        """Hang up: waits for the answers under way and drops the events that are left."""
        self._pump.stop()
        self._server.stop()
        if self._sockets:
            self._sockets.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.stop()

    def wait_for(self, found: Callable[[], Found], timeout: float = 20.0) -> Found:
        """Wait until something in the workspace is so, and give what was found.

        Looked at again after each change, not on a timer, so keep the question to the workspace.

        Raises:
            TimeoutError: it was not so within `timeout` seconds of real time.
        """
        with self.changed:
            result = self.changed.wait_for(found, timeout)
        if not result:
            raise TimeoutError(f"nothing of the kind within {timeout} s")
        return result

    def settle(self, timeout: float = 20.0) -> None:
        """Wait until every event was taken by the bot, or given up."""
        self.wait_for(lambda: self._pump.idle, timeout)

    def verify_request_url(self) -> bool:
        """Send the challenge that Slack sends when a Request URL is entered."""
        challenge: Json = {
            "type": "url_verification",
            "token": "verification-token",
            "challenge": self.new_id("challenge"),
        }
        answer = self.send_to_bot(Surface.EVENT, challenge, None)
        echoed = answer.payload.get("challenge", answer.body)
        return answer.taken and echoed == challenge["challenge"]

    def send_to_bot(self, surface: Surface, payload: Json, retry: Retry | None) -> Answer:
        """Send it by signed HTTP where a `request_url` is set, else by a socket."""
        answer = self._deliver(surface, payload, retry)
        return Answer(None, failure="http_timeout") if self.loses_answers else answer

    def _deliver(self, surface: Surface, payload: Json, retry: Retry | None) -> Answer:
        if self.request_url:
            return send_over_http(
                self.request_url, self.signing_secret, self.ack_timeout, surface, payload, retry
            )
        if self._sockets:
            return self._sockets.send(self.ack_timeout, surface, payload, retry)
        return NOBODY_LISTENS
