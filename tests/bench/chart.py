"""Draws the growth curves as one SVG, with nothing but the standard library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from tests.bench.table import Curve, Picture

WIDTH, HEIGHT = 340, 250
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 34, 66
COLOURS = ("#1264a3", "#c4314b", "#8a6d00", "#2b7a4b", "#6b3fa0", "#444444")


def svg(pictures: Sequence[Picture]) -> str:
    """The pictures side by side."""
    drawn = "".join(
        f'<g transform="translate({number * WIDTH},0)">{_picture(picture)}</g>'
        for number, picture in enumerate(pictures)
    )
    width = WIDTH * len(pictures)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}"'
        f' font-family="sans-serif" font-size="10">'
        f'<rect width="{width}" height="{HEIGHT}" fill="white"/>{drawn}</svg>\n'
    )


class _Scale:
    """Where a value lies between two ends of the paper."""

    def __init__(
        self, values: Sequence[float], start: float, end: float, *, is_log: bool, rounds: bool
    ) -> None:
        self._is_log = is_log
        low, high = min(values), max(values)
        if is_log and rounds:
            low, high = 10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high))
        elif rounds:
            low, high = 0.0, high * 1.15
        self._low, self._high = low, high if high > low else low * 10 or 1.0
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        turn = math.log10 if self._is_log else float
        share = (turn(value) - turn(self._low)) / (turn(self._high) - turn(self._low))
        return self._start + share * (self._end - self._start)

    def ticks(self) -> list[float]:
        if not self._is_log:
            return [self._high / 1.15 * part / 4 for part in range(5)]
        first, last = round(math.log10(self._low)), round(math.log10(self._high))
        return [10.0**power for power in range(first, last + 1)]


def _picture(picture: Picture) -> str:
    points = [point for curve in picture.curves for point in curve.points]
    across = _Scale(
        [x for x, _ in points], LEFT, WIDTH - RIGHT, is_log=picture.log_across, rounds=False
    )
    up = _Scale([y for _, y in points], HEIGHT - BOTTOM, TOP, is_log=picture.log_up, rounds=True)
    parts = [_text(WIDTH / 2, 16, picture.title, "middle", bold=True)]
    for value in up.ticks():
        parts.append(_line(LEFT, up(value), WIDTH - RIGHT, up(value)))
        parts.append(_text(LEFT - 5, up(value) + 3, _short(value), "end"))
    parts += [
        _text(across(value), HEIGHT - BOTTOM + 14, _short(value), "middle")
        for value in sorted({x for x, _ in points})
    ]
    parts.append(_text((LEFT + WIDTH) / 2, HEIGHT - BOTTOM + 27, picture.across, "middle"))
    parts.append(_text(LEFT - 5, TOP - 8, picture.up, "end"))
    for number, curve in enumerate(picture.curves):
        parts.append(_curve(curve, across, up, COLOURS[number]))
        x = LEFT - 30 + (number % 2) * 150
        y = HEIGHT - BOTTOM + 42 + number // 2 * 12
        parts.append(f'<rect x="{x}" y="{y - 7}" width="8" height="8" fill="{COLOURS[number]}"/>')
        parts.append(_text(x + 12, y, curve.name, "start"))
    return "".join(parts)


def _curve(curve: Curve, across: _Scale, up: _Scale, colour: str) -> str:
    places = [(across(x), up(y)) for x, y in curve.points]
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in places)
    line = f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
    return f'{line}<g fill="{colour}">{dots}</g>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#ddd"/>'


def _text(x: float, y: float, words: str, anchor: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'


def _short(value: float) -> str:
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:.3g}"
