"""What somebody is told whose button came too late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from examples import NOW, POLICY, an_entry, severity_change

from bot.domain.events import EventKind, TimelineEntry
from bot.messages.changed import changed_since


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (an_entry(EventKind.ASSIGNED, to="U0ANA"), "<@U0ANA> took this"),
        (an_entry(EventKind.ASSIGNED, to="U0BEN"), "<@U0ANA> assigned this to <@U0BEN>"),
        (an_entry(EventKind.ASSIGNED, None, to=None), "Somebody left the team"),
        (
            severity_change(EventKind.RAISED),
            "<@U0ANA> changed the severity to Business Stopped",
        ),
        (an_entry(EventKind.WAITING), "<@U0ANA> set this to wait for the customer"),
        (an_entry(EventKind.RESOLVED), "<@U0ANA> resolved this"),
        (an_entry(EventKind.REOPENED), "<@U0ANA> reopened this"),
        (an_entry(EventKind.REOPENED, None), "Somebody reopened this"),
    ],
)
def test_the_later_one_hears_who_was_faster_and_when(entry: TimelineEntry, said: str) -> None:
    told = changed_since(POLICY, entry, NOW + timedelta(minutes=2))
    assert told == f"{said} 2 min ago. The card shows how it stands now."
