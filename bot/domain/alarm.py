"""What a customer can say on their card: it got worse, or it is still down."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

# On-call is called once per case in this time, whoever presses and however often.
ONCE_PER = timedelta(minutes=30)


class Alarm(StrEnum):
    """The two things that a customer can say."""

    WORSE = "worse"  # the case is of the worst severity now
    STILL_DOWN = "still_down"  # it is of that severity, and we have not helped


def possible_alarm(severity: str, worst: str | None) -> Alarm | None:
    """What can be said of a case; nothing, where no severity wakes anybody."""
    if worst is None:
        return None
    return Alarm.STILL_DOWN if severity == worst else Alarm.WORSE


def heard_lately(heard_at: datetime | None, now: datetime) -> bool:
    """Whether the same was said of the case so lately that saying it again changes nothing."""
    return heard_at is not None and now < heard_at + ONCE_PER
