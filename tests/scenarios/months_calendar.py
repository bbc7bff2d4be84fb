"""The calendar of maintenance, of what the policy says and of what the team did: the slow way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import year_calendar as calendar
from months_journal import Added, Asked
from months_rules import ANCHOR, CYCLE, Rules, Window
from year_calendar import DAY
from year_plan import HOUR

LONGEST = 8 * DAY
FURTHEST = 400 * DAY
NOT_OVER_AFTER_ALL = HOUR
Stretch = tuple[datetime, datetime]
# A window, when somebody changed it last, and what the policy says instead.
Difference = tuple[str, datetime | None, Stretch]


@dataclass
class Calendar:
    """Every window of the months, and what the policy says otherwise of those that stay."""

    rules: Rules = field(default_factory=Rules)
    windows: dict[str, Window] = field(default_factory=dict)
    differences: dict[str, Stretch] = field(default_factory=dict)
    differs_since: dict[Difference, datetime] = field(default_factory=dict)

    def begin(self, start: datetime, end: datetime) -> None:
        """The windows that the policy gives from one instant to the other."""
        cycle = ANCHOR
        while cycle < end.date():
            test = self.rules.test_of(cycle)
            prod = self.rules.prod_of(calendar.local(test[0]).date())
            for kind, sector, stretch in (("test", "Test", test), ("prod", "Prod", prod)):
                key = f"{kind}-{cycle}"
                self.windows[key] = Window(key, kind, sector, *stretch, cycle, stretch)
            cycle += CYCLE
        monday = start.date() - start.weekday() * DAY
        while monday < end.date():
            stretch = self.rules.routine_of(monday)
            if stretch[0] > start:
                key = f"routine-{monday}"
                self.windows[key] = Window(key, "routine", None, *stretch, monday, stretch)
            monday += 7 * DAY

    # The policy, and what follows from it

    def follow(self, now: datetime) -> None:
        """Whatever nobody was told of, and nobody has changed, is where the policy has it."""
        self.differences.clear()
        # Each Prod is counted from where its Test is.
        for window in sorted(self.windows.values(), key=lambda w: w.kind != "test"):
            says = self._says(window)
            if says is None or window.start <= now or says == window.by_rule:
                continue
            if not window.is_told and window.by_hand is None and says[0] > now:
                window.start, window.end = window.by_rule = says
            elif window.off is None and says == window.stands:
                window.by_rule = says
            elif window.off is None:
                self.differences[window.key] = says
                self.differs_since.setdefault((window.key, window.by_hand, says), now)

    def _says(self, window: Window) -> Stretch | None:
        if window.cycle is None:
            return None
        match window.kind:
            case "test":
                return self.rules.test_of(window.cycle)
            case "prod":
                test = self.windows[f"test-{window.cycle}"]
                return self.rules.prod_of(calendar.local(test.start).date())
        return self.rules.routine_of(window.cycle)

    # What the team does

    def add(self, entry: Added) -> Window:
        window = Window(entry.key, "extra", entry.sector, entry.start, entry.end)
        window.is_told, window.by_hand = False, entry.at
        self.windows[entry.key] = window
        return window

    def why_not(self, entry: Asked) -> str | None:
        """What speaks against a change, as the team would say it."""
        window, now, when = self.windows[entry.key], entry.at.replace(microsecond=0), entry.when
        can_be_over = entry.do == "late" and now < window.end + NOT_OVER_AFTER_ALL
        if window.off or (window.end <= now and not can_be_over):
            return "it is over, or called off"
        has_begun = window.start <= now
        wants_begun = entry.do in ("finish", "late")
        if entry.do in ("move", "skip", "cancel", "start", "follow") and has_begun:
            return "it has begun"
        if wants_begun and (not has_begun or (entry.do == "finish" and window.start == now)):
            return "it has not begun"
        if entry.do == "skip" and window.cycle is None:
            return "it is not one of a series"
        if entry.do in ("follow", "keep"):
            return self._unlike_the_policy(entry, now)
        return self._makes_no_sense(window, entry.do, when, now) if when else None

    def _unlike_the_policy(self, entry: Asked, now: datetime) -> str | None:
        if self.differences.get(entry.key) != (entry.when, entry.until):
            return "the policy does not say so"
        return "it is past" if entry.do == "follow" and entry.when and entry.when <= now else None

    def _makes_no_sense(self, window: Window, do: str, when: datetime, now: datetime) -> str | None:
        if do == "move":
            if when == window.start or not now < when <= now + FURTHEST:
                return "it is then, or that is past or too far"
            return "it is too long" if window.end - window.start > LONGEST else None
        if when <= max(window.start, now) or when == window.end or when - window.start > LONGEST:
            return "it cannot end then"
        return "it runs until then anyway" if do == "late" and when <= window.end else None

    def change(self, entry: Asked) -> Window:
        window, now = self.windows[entry.key], entry.at.replace(microsecond=0)
        before, length = (*window.stands, window.off), window.end - window.start
        match entry.do:
            case "move":
                assert entry.when
                window.start, window.end = entry.when, entry.when + length
            case "resize" | "late":
                assert entry.when
                window.end = entry.when
            case "skip":
                window.off = "skipped"
            case "cancel":
                window.off = "cancelled"
            case "start":
                window.start, window.end = now, now + length
            case "finish":
                window.end = now
            case "follow":
                window.start, window.end = window.by_rule = _asked(entry)
            case "keep":
                window.by_rule = _asked(entry)
        if entry.do != "keep":
            window.by_hand = entry.at
        if before != (*window.stands, window.off):
            window.changed = entry.at
        self.follow(entry.at)
        return window

    # Looking

    def standing(self) -> Iterable[Window]:
        return (window for window in self.windows.values() if window.off is None)

    def named(self, name: str, start: datetime, end: datetime) -> Window | None:
        """The window of that name that takes place exactly then."""
        found = (w for w in self.standing() if w.name == name and w.stands == (start, end))
        return next(found, None)

    def next_of(self, window: Window) -> Window | None:
        """The next one of its sector, or the next routine window; an extra may have none."""
        if window.kind == "extra" and window.sector is None:
            return None
        later = (
            other
            for other in self.standing()
            if other.start >= window.end and other is not window and other.is_like(window)
        )
        return min(later, key=lambda other: (other.start, other.key), default=None)

    def beside(self, window: Window, told: Stretch) -> list[Window]:
        """What takes place, and was told of together with a window when that was to be then."""
        start, end = told
        return [
            other
            for other in self.standing()
            if (other.kind == "routine") is not (window.kind == "routine")
            if (other.start <= start and end <= other.end)
            or (start <= other.start and other.end <= end)
        ]

    def around(self, window: Window) -> list[Window]:
        """The routine windows around a piece of work; of a routine one, the work inside it."""
        if window.kind == "routine":
            return [w for w in self.standing() if w.kind != "routine" and w.is_in(window)]
        return [w for w in self.standing() if w.kind == "routine" and window.is_in(w)]


def _asked(entry: Asked) -> Stretch:
    assert entry.when
    assert entry.until
    return entry.when, entry.until
