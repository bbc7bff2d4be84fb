"""How Slack is called: by clients that repeat nothing by themselves, with one kind of error."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import SlackError


def make_client(token: str, api_url: str, *, timeout: int, tls: ssl.SSLContext | None) -> WebClient:
    """A client that never posts twice by itself: retries are the outbox's business.

    One TLS context is shared, since each call would otherwise build its own (35 ms).
    """
    return WebClient(token, base_url=api_url, timeout=timeout, ssl=tls, retry_handlers=[])


def call(method: str, function: Callable[..., Any], **options: Any) -> Any:
    """Call Slack; one kind of error for everything that can go wrong on the way.

    Raises:
        SlackError: with Slack's code, or `no_answer`.
    """
    try:
        return function(**{name: value for name, value in options.items() if value is not None})
    except SlackApiError as error:
        raise _from_answer(method, error) from error
    except URLError as error:
        never_left = isinstance(error.reason, (ConnectionRefusedError, socket.gaierror))
        raise SlackError(method, "no_answer", in_doubt=not never_left) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SlackError(method, "no_answer", in_doubt=True) from error


def _from_answer(method: str, error: SlackApiError) -> SlackError:
    response: Any = error.response
    status = getattr(response, "status_code", 200)
    if status == 429:
        headers = {name.lower(): value for name, value in response.headers.items()}
        return SlackError(method, "ratelimited", retry_after=float(headers.get("retry-after", 1)))
    if status >= 500:
        return SlackError(method, "no_answer", in_doubt=True)
    data = response.data if isinstance(getattr(response, "data", None), dict) else {}
    code = str(data.get("error", "no_answer"))
    in_doubt = code in ("internal_error", "fatal_error", "request_timeout", "no_answer")
    return SlackError(method, code, in_doubt=in_doubt)
