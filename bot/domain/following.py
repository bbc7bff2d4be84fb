"""Which maintenance a channel hears of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.maintenance import WindowKind
from bot.domain.records import Channel
from bot.domain.window import Window


@dataclass(frozen=True)
class ToldOf:
    """What the team says of it: the sectors that a channel follows, in small letters, and whether
    it is told of the routine window each week; None where nobody was asked.
    """

    sectors: frozenset[str] | None = None
    routine_always: bool | None = None


def unfollowed(channel: Channel, told_of: ToldOf, asked: Iterable[str]) -> frozenset[str]:
    """The sectors that a channel leaves out from now on.

    Args:
        asked: the sectors that could be chosen; of others, it stays as it was.
    """
    if told_of.sectors is None:
        return channel.unfollowed
    could_be = {sector.lower() for sector in asked}
    return (channel.unfollowed - could_be) | (could_be - told_of.sectors)


def follows(channel: Channel, window: Window) -> bool:
    """Whether a channel follows what is worked on.

    Sectors are left out by name: what concerns everything, and a sector that nobody could be
    asked about, is for every channel.
    """
    return window.sector is None or window.sector.lower() not in channel.unfollowed


def heard_of(channel: Channel, windows: Iterable[Window]) -> list[Window]:
    """Those of some windows that a channel hears of, in their order.

    The routine window, where a channel asked for it only then, while work that it follows is
    planned inside: so those inside have to be given with it.
    """
    followed = [window for window in windows if follows(channel, window)]
    if channel.routine_always:
        return followed
    work = [w for w in followed if w.takes_place and w.kind is not WindowKind.ROUTINE]
    return [
        window
        for window in followed
        if window.kind is not WindowKind.ROUTINE or any(map(window.surrounds, work))
    ]
