"""How Casebell calls an address that it was given: no redirects, the environment's proxies."""

from __future__ import annotations

import ssl
from urllib import request
from urllib.error import URLError


def make_opener() -> request.OpenerDirector:
    """What opens an address, whatever it answers. Made when it is needed: TLS takes a while."""
    # Not build_opener: it follows redirects, and answers of 400 and more raise with the URL.
    opener = request.OpenerDirector()
    opener.addheaders = [("User-Agent", "Casebell")]
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(context=ssl.create_default_context()),
    ):
        opener.add_handler(handler)
    return opener


def reason(error: Exception) -> object:
    """What went wrong, out of what it is wrapped in. Its text may hold anything, the URL too."""
    return error.reason if isinstance(error, URLError) else error
