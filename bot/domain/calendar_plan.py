"""Windows as they stand, reconciled with the rules as they are now.

Windows that nobody was told of and nobody has changed follow the rules. The others stay: where
the rules say something new of them, somebody confirms it or keeps the window. What has begun
never changes. So an edited policy file moves no promise, and planning twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.domain.maintenance import (
    MaintenanceRules,
    Occurrence,
    WindowKind,
    occurrence,
    occurrences,
)
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window, planned

# Twelve months and a bit: windows are rows that far ahead.
HORIZON = timedelta(days=400)


@dataclass(frozen=True)
class Difference:
    """The policy now says something else of a window than when it was planned or confirmed.

    `says` is when it would be by the rules; None: they no longer plan it.
    """

    window: Window
    says: Segment | None


def difference_key(difference: Difference) -> str:
    """What a difference is called for good: asked about once for what the policy says."""
    says = difference.says
    by_policy = f"{says.start.isoformat()}/{says.end.isoformat()}" if says else "nothing"
    return f"{difference.window.key}@{difference.window.sequence}:{by_policy}"


@dataclass(frozen=True)
class Reconciled:
    """What to store, and what to ask. `changed` has each window before and after."""

    added: tuple[Window, ...]
    changed: tuple[tuple[Window, Window], ...]
    differences: tuple[Difference, ...]

    def applied_to(self, stored: Sequence[Window]) -> list[Window]:
        """The windows as they are once it is stored."""
        after = {window.key: changed for window, changed in self.changed}
        return [*(after.get(window.key, window) for window in stored), *self.added]


@dataclass(frozen=True)
class Changed:
    """What a change makes of the calendar: its window, and those that follow it.

    `before` is None where the window was added. `followers` are windows before and after that
    nobody was told of; of the others, `differences` have to be confirmed.
    """

    before: Window | None
    after: Window
    followers: tuple[tuple[Window, Window], ...]
    differences: tuple[Difference, ...]

    @property
    def pairs(self) -> tuple[tuple[Window | None, Window], ...]:
        """Every window of it, before and after."""
        return ((self.before, self.after), *self.followers)


def reconcile(
    rules: MaintenanceRules,
    stored: Sequence[Window],
    now: datetime,
    *,
    add_from: datetime | None = None,
) -> Reconciled:
    """What follows from the rules for the windows that are stored.

    Args:
        stored: all that are not over, and before them the leads of the cycles that go on.
        add_from: new windows that start before are not added; None: before now.
    """
    leads = _leads(rules, stored, now)
    changed: list[tuple[Window, Window]] = []
    differences: list[Difference] = []
    for window in stored:
        settled = _settled(window, _by_rule(rules, window, leads), now)
        if isinstance(settled, Difference):
            differences.append(settled)
        elif settled != window:
            changed.append((window, settled))
    known = {window.key for window in stored}
    held = [window for window in stored if _stays_without_rule(rules, window)]
    coming = occurrences(rules, add_from or now, now + HORIZON, leads)
    added = tuple(
        planned(one)
        for one in coming
        if one.key not in known and not any(_takes_place_of(one, window) for window in held)
    )
    return Reconciled(added, tuple(changed), tuple(differences))


def looks_back(rules: MaintenanceRules) -> timedelta:
    """How long after its cycle has begun an upgrade can still be ahead, by the rules alone."""
    longest = max((rule.after_days for rule in rules.upgrades), default=0)
    return timedelta(days=longest + 14)


def _stays_without_rule(rules: MaintenanceRules, window: Window) -> bool:
    """Whether an upgrade stands that people know of, and whose sector the rules no longer have."""
    is_upgrade = window.kind is WindowKind.UPGRADE and window.takes_place
    return is_upgrade and not window.follows_rules and rules.upgrade(window.sector) is None


def _takes_place_of(occurrence: Occurrence, window: Window) -> bool:
    """Whether it could be the same work, its sector called otherwise: then it is not told twice.

    It is planned once the other is over, or called off.
    """
    is_same_cycle = (occurrence.kind, occurrence.cycle) == (window.kind, window.cycle)
    return is_same_cycle and occurrence.segment.overlaps(window.segment)


def _leads(rules: MaintenanceRules, stored: Sequence[Window], now: datetime) -> Mapping[date, date]:
    """The local date of every cycle's lead, as it will be once it has followed the rules."""
    if rules.lead is None:
        return {}
    leads: dict[date, date] = {}
    for window in stored:
        if window.cycle is not None and rules.upgrade(window.sector) == rules.lead:
            settled = _settled(window, _by_rule(rules, window, leads), now)
            stands = window if isinstance(settled, Difference) else settled
            leads[window.cycle] = stands.segment.start.astimezone(rules.zone).date()
    return leads


def _by_rule(
    rules: MaintenanceRules, window: Window, leads: Mapping[date, date]
) -> Occurrence | None:
    if window.cycle is None:
        return None
    return occurrence(rules, window.kind, window.sector, window.cycle, leads)


def _settled(window: Window, says: Occurrence | None, now: datetime) -> Window | Difference:
    """What becomes of a window by itself, or what has to be confirmed."""
    segment = says.segment if says is not None else None
    is_dropped = window.called_off is CalledOff.DROPPED
    if window.kind is WindowKind.EXTRA or (window.segment.start <= now and not is_dropped):
        return window
    if window.follows_rules and (segment is None or segment.start > now):
        return _followed(window, says)
    if not window.takes_place or segment == window.by_rule:
        return window
    if segment == window.segment:  # the policy has come to where the window is
        return replace(window, by_rule=segment)
    return Difference(window, segment)


def _followed(window: Window, says: Occurrence | None) -> Window:
    if says is None:
        followed = replace(window, called_off=CalledOff.DROPPED)
    else:
        followed = replace(
            window,
            sector=says.sector,
            segment=says.segment,
            by_rule=says.segment,
            called_off=None,
        )
    return window if followed == window else replace(followed, sequence=window.sequence + 1)
