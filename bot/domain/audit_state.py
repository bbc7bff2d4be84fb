"""What became of findings: since when they stand, when the team hears of them, when all is well.

Every instant is aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.domain.audit import Check, Finding

# Audits come once a minute from each engine: the next of the same one, and not another engine's
# look at the same moment.
CONFIRMED = timedelta(seconds=45)
AGAIN = timedelta(hours=6)  # what lasts is said again, so that the next shift reads it too
COMES_AND_GOES = timedelta(hours=1)  # what is gone and comes again is not said more often
# What one process alone can see is over when that process has said nothing for three audits.
PROCESS_GONE = timedelta(minutes=3)


@dataclass(frozen=True)
class Standing:
    """A finding that is there, since when, and when it was seen last."""

    finding: Finding
    since: datetime
    seen_at: datetime


@dataclass(frozen=True)
class AuditState:
    """What all engines know together: what stands, and what the team was told when."""

    standing: Mapping[str, Standing] = field(default_factory=dict)
    told: Mapping[str, datetime] = field(default_factory=dict)
    is_sick: bool = False  # the team was told that something is wrong, and not yet that it is over

    def to_dict(self) -> dict[str, Any]:
        """The state as JSON takes it."""
        return {
            "standing": [
                {
                    "finding": one.finding.to_dict(),
                    "since": one.since.isoformat(),
                    "seen_at": one.seen_at.isoformat(),
                }
                for one in self.standing.values()
            ],
            "told": {key: at.isoformat() for key, at in self.told.items()},
            "is_sick": self.is_sick,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> AuditState:
        """The state that `to_dict` wrote; empty from nothing."""
        known = set(Check)
        standing = [
            Standing(
                Finding.from_dict(one["finding"]),
                datetime.fromisoformat(one["since"]),
                datetime.fromisoformat(one["seen_at"]),
            )
            for one in stored.get("standing", ())
            if one["finding"]["check"] in known  # another is a newer version's to follow
        ]
        told = {key: datetime.fromisoformat(at) for key, at in stored.get("told", {}).items()}
        return cls({one.finding.key: one for one in standing}, told, stored.get("is_sick", False))


@dataclass(frozen=True)
class Verdict:
    """The state to keep, and what the team is told: what is wrong or mended, that it is over."""

    state: AuditState
    wrong: tuple[Finding, ...] = ()
    mended: tuple[Finding, ...] = ()
    is_well_again: bool = False


def follow(
    state: AuditState,
    found: Iterable[Finding],
    mended: Iterable[Finding],
    looked: Collection[Check],
    process: str,
    now: datetime,
) -> Verdict:
    """What an audit makes of what was known.

    A finding is told once it has stood from one audit to the next, for one may be a moment; again
    after AGAIN. What was mended was wrong beyond doubt, and is told at once. What comes and goes
    is told once in COMES_AND_GOES.

    Args:
        looked: the checks that were made: what they did not find again is over.
        process: whose audit it is.
    """
    standing = {
        key: one for key, one in state.standing.items() if not _is_over(one, looked, process, now)
    }
    for finding in found:
        before = state.standing.get(finding.key)
        since = min(before.since, now) if before else now
        standing[finding.key] = Standing(finding, since, now)
    told = {key: min(at, now) for key, at in state.told.items()}  # the clock may have gone back
    wrong = tuple(
        one.finding for one in standing.values() if _is_to_tell(one, told.get(one.finding.key), now)
    )
    healed = tuple(
        finding for finding in mended if now - told.get(finding.key, now - AGAIN) >= COMES_AND_GOES
    )
    told |= {finding.key: now for finding in (*wrong, *healed)}
    told = {key: at for key, at in told.items() if key in standing or now - at < AGAIN}
    is_sick = state.is_sick or bool(wrong)
    is_well_again = is_sick and not standing
    kept = AuditState(standing, told, is_sick and not is_well_again)
    return Verdict(kept, wrong, healed, is_well_again)


def _is_over(one: Standing, looked: Collection[Check], process: str, now: datetime) -> bool:
    finding = one.finding
    if finding.process not in ("", process):
        return now - one.seen_at >= PROCESS_GONE
    return finding.check in looked


def _is_to_tell(one: Standing, told_at: datetime | None, now: datetime) -> bool:
    if now - one.since < CONFIRMED:
        return False
    if told_at is None:
        return True
    return now - told_at >= (AGAIN if told_at >= one.since else COMES_AND_GOES)
