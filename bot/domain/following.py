"""Which maintenance a channel hears of."""

from __future__ import annotations

from bot.domain.records import Channel
from bot.domain.window import Window


def follows(_channel: Channel, _window: Window) -> bool:
    """Whether a channel follows what is worked on: every channel follows every sector."""
    return True
