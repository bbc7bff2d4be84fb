"""What Slack sends back to us about maintenance windows, and what these values say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

# Buttons. The value of MANAGE and TOLD is a window's key, of those about the months ahead a
# `YearPage`, of FOLLOW and KEEP an `Asked`; ADD and BACK have none.
MANAGE = "window_manage"
TOLD = "window_told"
ADD = "window_add"
FOLLOW = "window_follow"
KEEP = "window_keep"
BACK = "window_back"
YEAR = "window_year"
PREVIOUS = "window_previous"
NEXT = "window_next"

# Views. The first carries a window's key, the forms and the preview an `Asked`.
MANAGE_FORM = "window_manage_form"
WINDOW_FORM = "window_form"
PREVIEW = "window_preview"
RECEIPT = "window_receipt"
YEAR_VIEW = "window_year_view"
TOLD_VIEW = "window_told_view"

# Their inputs, block and action id in one.
WHAT_TO_DO = "window_do"
START = "window_start"
END = "window_end"
HOURS = "window_hours"
SECTOR = "window_sector"
OTHER_SECTOR = "window_other_sector"
WHAT = "window_what"
AFFECTED = "window_affected"

# Sectors to choose from besides those of the policy, which begin with a letter.
EVERYTHING = "*"
ANOTHER = "+"

_LATEST = 9_999_999_999  # Slack's pickers go no further
_VERSION = 1


class Do(StrEnum):
    """What can be done with a window."""

    MOVE = "move"
    RESIZE = "resize"
    SKIP = "skip"
    CANCEL = "cancel"
    START = "start"
    FINISH = "finish"
    LATE = "late"
    FOLLOW = "follow"
    KEEP = "keep"
    ADD = "add"


# Those that have to be told when it begins, or when it ends.
NEED_START = frozenset({Do.MOVE})
NEED_END = frozenset({Do.RESIZE, Do.LATE})
AT_ONCE = frozenset({Do.START, Do.FINISH})  # of these, a preview carries when it was shown
WITH_FORM = NEED_START | NEED_END | {Do.ADD}


@dataclass(frozen=True)
class Asked:
    """What somebody is about to do with a window: forms name no window, so they carry this.

    Args:
        key: the window's; empty for one to be added.
        seen: its sequence when it was shown.
        start, end: in UTC, as far as they are chosen yet; of FOLLOW and KEEP, what the policy
            says of the window, or neither: it no longer plans it; of what is done at once, `start`
            is when it was shown.
        sector: of a window to be added; None: everything.
        posts: what the preview said would be posted, as a fingerprint.
    """

    do: Do
    key: str = ""
    seen: int = 0
    start: datetime | None = None
    end: datetime | None = None
    sector: str | None = None
    what: str = ""
    affected: str = ""
    posts: str = ""

    def __str__(self) -> str:
        said = {
            "v": _VERSION,
            "do": self.do,
            "key": self.key,
            "seen": self.seen,
            "start": _seconds(self.start),
            "end": _seconds(self.end),
            "sector": self.sector,
            "what": self.what,
            "affected": self.affected,
            "posts": self.posts,
        }
        shown = {name: value for name, value in said.items() if value not in (None, "")}
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def parse(cls, value: str) -> Asked | None:
        """Read it back; None when it is none of ours, or of another version."""
        try:
            found = json.loads(value)
        except ValueError:
            return None
        if not isinstance(found, Mapping) or found.get("v") != _VERSION:
            return None
        try:
            return cls(
                do=Do(found["do"]),
                key=_text(found, "key"),
                seen=_number(found.get("seen", 0)),
                start=_instant(found.get("start")),
                end=_instant(found.get("end")),
                sector=_text(found, "sector") or None,
                what=_text(found, "what"),
                affected=_text(found, "affected"),
                posts=_text(found, "posts"),
            )
        except (ValueError, TypeError, KeyError):
            return None


@dataclass(frozen=True)
class YearPage:
    """A page of the months ahead."""

    months: int
    page: int

    def __str__(self) -> str:
        return f"{self.months}:{self.page}"

    @classmethod
    def parse(cls, value: str) -> YearPage | None:
        """Read a value back; None when it is none of ours."""
        months, _, page = value.partition(":")
        if not all(
            part.isascii() and part.isdecimal() and len(part) <= 4 for part in (months, page)
        ):
            return None
        return cls(max(1, int(months)), max(1, int(page)))


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _LATEST:
        raise ValueError(f"no number of ours: {value!r}")
    return value


def _instant(value: Any) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(_number(value), UTC)


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name, "")
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value
