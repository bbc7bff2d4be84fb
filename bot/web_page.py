"""The small web pages that Casebell shows: one look, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from http import HTTPStatus
from typing import TypeAlias

WebPage: TypeAlias = tuple[HTTPStatus, str]

CONTENT_TYPE = "text/html;charset=utf-8"

_STYLE = """
:root { color-scheme: light dark; --back: #fff; --text: #1d1c1d; --soft: #5c5b5d; --do: #007a5a }
@media (prefers-color-scheme: dark) {
  :root { --back: #1a1d21; --text: #e8e8e8; --soft: #a9abad; --do: #00805f }
}
body { margin: 0 auto; max-width: 34rem; padding: 1.5rem; background: var(--back);
  color: var(--text); font: 1.1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.4rem; line-height: 1.25 }
h2 { margin-bottom: 0; font-size: 1.1rem }
h2 + p { margin-top: .2rem }
.said { max-height: 40vh; overflow-y: auto; white-space: pre-line }
.soft { color: var(--soft); font-size: .95rem }
a { color: inherit }
button { width: 100%; min-height: 3.5rem; border: 0; border-radius: .5rem; background: var(--do);
  color: #fff; font: inherit; font-weight: 700 }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

#: For every answer below. No script, nothing from elsewhere, in no frame; the address is a secret,
#: so it goes to no other site, no cache and no search engine.
HEADERS: tuple[tuple[str, str], ...] = (
    (
        "Content-Security-Policy",
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'",
    ),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
    ("X-Robots-Tag", "noindex"),
    ("X-Content-Type-Options", "nosniff"),
)


def page(title: str, *parts: str, status: HTTPStatus = HTTPStatus.OK) -> WebPage:
    """A page; its title is escaped here, its parts are HTML."""
    name = escape(title)
    return status, (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{name}</h1>{''.join(parts)}</main></body></html>"
    )
