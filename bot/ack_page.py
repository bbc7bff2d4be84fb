"""The link that acknowledges a page from outside Slack, and the small web pages behind it.

Previews and scanners open links, so opening it changes nothing: a button on the page does.
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from http import HTTPStatus

from bot.domain.page import Stale, StaleReason
from bot.messages.words import ago
from bot.web_page import WebPage, page

# Goes into every signature, so that one made for anything else with the same secret never fits.
_PURPOSE = b"casebell-ack-v1"


@dataclass(frozen=True)
class Ack:
    """What a link acknowledges, and in whose name."""

    page_id: int
    user_id: str
    route: str


@dataclass(frozen=True)
class AckLink:
    """Makes the links and reads them.

    Whoever has a link can acknowledge that page until it expires, and do nothing else.

    Args:
        secret: WEBHOOK_SECRET.
        public_url: where Casebell is reached from outside; it may have a path.

    Raises:
        ValueError: the secret is empty, so that anybody could make a link.
    """

    secret: str = field(repr=False)
    public_url: str

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("an acknowledgement link needs WEBHOOK_SECRET")

    def url(self, page_id: int, user_id: str, route: str, expires_at: datetime) -> str:
        """The link that lets a person acknowledge a page, until it expires."""
        facts = [page_id, user_id, route, int(expires_at.timestamp())]
        payload = _base64(json.dumps(facts, separators=(",", ":")).encode("ascii"))
        token = payload + b"." + self._signature(payload)
        return f"{self.public_url.rstrip('/')}/ack/{token.decode('ascii')}"

    def read(self, token: str, now: datetime) -> Ack | None:
        """What a token of ours stands for; None for one that expired or is not ours."""
        payload, _, signed = token.encode("ascii", "replace").partition(b".")
        if not hmac.compare_digest(signed, self._signature(payload)):
            return None
        page_id, user_id, route, expires = json.loads(base64.urlsafe_b64decode(_padded(payload)))
        return Ack(page_id, user_id, route) if now.timestamp() < expires else None

    def _signature(self, payload: bytes) -> bytes:
        signed = _PURPOSE + b"." + payload
        return _base64(hmac.digest(self.secret.encode(), signed, "sha256"))


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _padded(encoded: bytes) -> bytes:
    return encoded + b"=" * (-len(encoded) % 4)


def ask(case_name: str, severity: str, summary: str, customer: str, token: str) -> WebPage:
    """The case, and the button, which posts to the page's own address."""
    return page(
        f"{case_name} · {severity}",
        f"<p>{escape(customer)} waits for an answer:</p>",
        f'<p class="said">{escape(summary)}</p>',
        f'<form method="post" action="{escape(token)}"><button>Acknowledge</button></form>',
        '<p class="soft">Acknowledge tells everybody that you have it, and the ringing stops.'
        " Then answer the customer.</p>",
    )


def done(case_name: str, who: str, customer: str, answer_by: str, case_url: str | None) -> WebPage:
    """It is acknowledged; what is left to do, and by when, as people of the office say it."""
    return page(
        f"You have it, {who}.",
        f"<p>The ringing for {escape(case_name)} stops. Now answer the customer in "
        f"{_link(case_url, f'the thread of {customer}')}, by {escape(answer_by)}.</p>",
        '<p class="soft">Without an answer, you and the next level are rung again.</p>',
    )


def over(case_name: str, stale: Stale, who: str | None, now: datetime) -> WebPage:
    """There was nothing left to acknowledge; `who` is the name of whom `stale` is about."""
    waits = "The customer still waits for an answer."
    match stale.why:
        case StaleReason.ALREADY_ACKNOWLEDGED if who and stale.at:
            title, words = f"{who} has it.", f"acknowledged {ago(stale.at, now)}. {waits}"
        case StaleReason.WITH_TEAM:
            title, words = "The team has it.", f"the office is open, so nobody is rung. {waits}"
        case _:
            title, words = "The page is over.", "answered, resolved or made less severe."
    return page(title, f"<p>{escape(case_name)}: {escape(words)}</p>")


def bad_link() -> WebPage:
    """The link is not ours, or too old; which of them is nobody's business."""
    return page(
        "This link does not work.",
        "<p>It is incomplete, or older than a day. The newest message about the page has one that"
        " works; in Slack, the button Acknowledge always does.</p>",
        status=HTTPStatus.NOT_FOUND,
    )


def sorry(sentence: str, status: HTTPStatus) -> WebPage:
    """It did not work, and why, in a sentence of ours."""
    return page("It did not work.", f"<p>{escape(sentence)}</p>", status=status)


def _link(url: str | None, text: str) -> str:
    if url is None:
        return escape(text)
    return f'<a href="{escape(url)}" rel="noreferrer">{escape(text)}</a>'
