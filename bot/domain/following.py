"""Which places maintenance concerns."""

from __future__ import annotations

from bot.domain.records import Channel
from bot.domain.window import Window


def follows(_channel: Channel | None, _window: Window) -> bool:
    """Whether a channel follows what is worked on; None: a direct message.

    Every channel follows every sector.
    """
    return True
