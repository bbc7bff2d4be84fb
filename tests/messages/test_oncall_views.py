"""`/oncall` in words, at its fullest: within what Slack takes, and nobody else is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from examples import NOW, POLICY, drawn, worst

from bot.domain.handoff import Handoff
from bot.domain.rotation import Shift
from bot.domain.schedule import HORIZON, Override, OverrideKind
from bot.domain.segments import Segment
from bot.domain.shift_request import RequestKind, ShiftRequest
from bot.messages import kit
from bot.messages.oncall_views import MOST_LEVELS, OnCallFacts, on_call_view
from bot.sandbox import reading

DAY = timedelta(days=1)
ANA, BEN, MIA = "U0ANA", "U0BEN", "U0MIA"
LATER = Segment(NOW + DAY, NOW + 2 * DAY)


def facts(level: str, count: int, **changed: object) -> OnCallFacts:
    """So many levels, requests and overrides as there can be, each as long as it gets."""
    shift = Shift(level, (ANA, BEN, MIA), Segment(NOW, NOW + DAY))
    then = replace(shift, segment=Segment(NOW + DAY, NOW + 2 * DAY))
    swap = ShiftRequest(level, RequestKind.SWAP, ANA, LATER, NOW, BEN, LATER)
    override = Override(7, level, OverrideKind.REPLACE, MIA, ANA, LATER, NOW, ANA)
    reached = Handoff(level, NOW, ANA, (), NOW - DAY, NOW - DAY + timedelta(seconds=38))
    made = OnCallFacts(
        reader=BEN,
        now=NOW,
        lines=[(shift, then)] * (count or 1),
        reached={ANA: reached, BEN: None},
        requests=[(n, swap) for n in range(count)],
        overrides=[override] * count,
        idle=frozenset({7}),
    )
    return replace(made, **changed)  # type: ignore[arg-type]


@worst
@pytest.mark.parametrize("count", [0, 1, 3, 20])
def test_slack_takes_it_however_much_there_is(text: str, count: int) -> None:
    built = on_call_view(POLICY, facts(text, count))
    assert len(built.blocks) <= kit.MOST_BLOCKS
    assert kit.size(built.blocks) <= kit.ROOM
    assert reading.calls(built.blocks, built.text) <= {ANA, BEN, MIA}
    assert len(built.text) <= kit.NOTIFICATION


def test_what_is_hidden_is_counted() -> None:
    shown = drawn(on_call_view(POLICY, facts("primary", 20)).blocks)
    assert shown.count("primary: ") >= MOST_LEVELS
    hidden = [line for line in shown.splitlines() if line.startswith("and ")]
    assert len(hidden) == 2
    swaps = shown.count("asks @U0BEN to swap as primary")
    assert hidden == [f"and {20 - swaps} more"] * 2
    assert swaps >= 1


def test_a_level_without_anybody_for_a_year_says_how_to_set_one() -> None:
    empty = Shift("primary", (), Segment(NOW, NOW + HORIZON))
    shown = drawn(on_call_view(POLICY, facts("x", 0, lines=[(empty, None)])).blocks)
    assert "primary: :warning: nobody: python -m bot oncall set primary U…" in shown
