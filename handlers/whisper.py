"""A private answer to a click."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient

_log = logging.getLogger(__name__)

TIMEOUT = 2  # seconds: the click itself has to be answered within 3


class Whisper:
    """Answers the person who clicked, and nobody else, through the click's own address.

    Bolt's `respond` would wait 30 s, and post anew over the message that was clicked.
    """

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls

    def __call__(self, body: Mapping[str, Any], text: str) -> None:
        """Say it; a click without an address, or an answer that Slack does not take, is logged."""
        url = body.get("response_url")
        if not url:
            _log.info("nowhere to answer a click: %s", text)
            return
        client = WebhookClient(url, timeout=TIMEOUT, ssl=self._tls, retry_handlers=[])
        try:
            client.send(text=text, response_type="ephemeral", replace_original=False)
        except (OSError, SlackClientError) as error:
            _log.warning("a click could not be answered: %s", error)
