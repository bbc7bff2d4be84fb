"""Which handoffs there are between two looks, and who hears of a tap that has not come."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.handoff import HANDOFF_PATIENCE, Exchange, Handoff, Told, exchanges, who_is_told
from bot.domain.page import Staff
from bot.domain.rotation import HandoffTime, Rotation
from bot.domain.schedule import Override, OverrideKind, Schedule
from bot.domain.segments import Segment

CENTRAL = ZoneInfo("America/Chicago")
LEVELS = ("primary", "secondary", "manager")


def central(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL).astimezone(UTC)


NINE = central("2026-11-23 09:00")
NEXT = central("2026-11-30 09:00")
SECOND = timedelta(seconds=1)
BEGAN = central("2026-11-16 09:00")


def weekly(*members: str, level: str = "primary") -> Rotation:
    return Rotation(level, members, HandoffTime(0, time(9)), CENTRAL, BEGAN)


def override(kind: OverrideKind, start: datetime, end: datetime, **who: str) -> Override:
    return Override(
        1,
        "primary",
        kind,
        who.get("user"),
        who.get("instead_of"),
        Segment(start, end),
        set_at=start,
        set_by="X",
    )


ALONE = Schedule((weekly("A", "B"),))
OF_THREE = Schedule((weekly("A", "B", "C"),))
BOTH = Schedule((weekly("A", "B"), weekly("B", "A", level="secondary")))
HELPED = Schedule((weekly("A"),), (override(OverrideKind.ADD, NINE, NEXT, user="B"),))
OFF = Schedule((weekly("A"),), (override(OverrideKind.REMOVE, NINE, NEXT, instead_of="A"),))


@pytest.mark.parametrize(
    ("schedule", "known", "since", "now", "expected"),
    [
        pytest.param(
            ALONE, {"primary": ("A",)}, BEGAN, NINE - timedelta.resolution, (), id="just before it"
        ),
        pytest.param(
            ALONE,
            {"primary": ("A",)},
            BEGAN,
            NINE,
            (Exchange("primary", NINE, {"B": NINE}, ("A",), ("B",)),),
            id="at the instant",
        ),
        pytest.param(
            ALONE,
            {"primary": ("A",)},
            BEGAN,
            NINE + timedelta(hours=5),
            (Exchange("primary", NINE, {"B": NINE}, ("A",), ("B",)),),
            id="hours late: since when is the schedule's",
        ),
        pytest.param(
            ALONE, {"primary": ("B",)}, NINE, NINE + SECOND, (), id="once it was carried out"
        ),
        pytest.param(
            OF_THREE,
            {"primary": ("A",)},
            BEGAN,
            NEXT + SECOND,
            (Exchange("primary", NEXT, {"C": NEXT}, ("A",), ("C",)),),
            id="two were missed: who came and went hears nothing",
        ),
        pytest.param(
            OF_THREE,
            {"primary": ("A",)},
            BEGAN,
            NEXT + timedelta(days=8),
            (),
            id="three were missed: it is who it was",
        ),
        pytest.param(
            BOTH,
            {"primary": ("A",), "secondary": ("B",)},
            BEGAN,
            NINE,
            (
                Exchange("primary", NINE, {"B": NINE}, ("A",), ("B",)),
                Exchange("secondary", NINE, {"A": NINE}, ("B",), ("A",)),
            ),
            id="two levels at once",
        ),
        pytest.param(
            HELPED,
            {"primary": ("A",)},
            BEGAN,
            NINE + SECOND,
            (Exchange("primary", NINE, {"B": NINE}, (), ("A", "B")),),
            id="somebody besides",
        ),
        pytest.param(
            OFF,
            {"primary": ("A",)},
            BEGAN,
            NINE + SECOND,
            (Exchange("primary", NINE, {}, ("A",), ()),),
            id="nobody is left",
        ),
        pytest.param(
            ALONE,
            {},
            NINE,
            NINE,
            (Exchange("primary", NINE, {"B": NINE}, (), ("B",)),),
            id="set at the instant of the last look",
        ),
        pytest.param(
            Schedule((weekly("A", "B", level="old"),)),
            {"old": ("A",)},
            BEGAN,
            NINE,
            (),
            id="a level that the policy has no more",
        ),
    ],
)
def test_what_changed_hands(
    schedule: Schedule,
    known: Staff,
    since: datetime,
    now: datetime,
    expected: tuple[Exchange, ...],
) -> None:
    assert exchanges(schedule, LEVELS, known, since, now) == expected


def test_each_came_on_when_they_did() -> None:
    """Ben at nine, and Cid besides him an hour later; nobody looked until noon."""
    later = NINE + timedelta(hours=1)
    schedule = Schedule((weekly("A", "B"),), (override(OverrideKind.ADD, later, NEXT, user="C"),))
    (found,) = exchanges(schedule, LEVELS, {"primary": ("A",)}, BEGAN, NINE + timedelta(hours=3))
    assert (found.came, found.at) == ({"B": NINE, "C": later}, later)


HOURS = st.integers(0, 28 * 24).map(lambda n: BEGAN + timedelta(hours=n))


@st.composite
def overrides(draw: st.DrawFn) -> Override:
    comes, goes = draw(st.permutations(["A", "B", "C"]))[:2]
    kind, start = draw(st.sampled_from(OverrideKind)), draw(HOURS)
    return Override(
        draw(st.integers(1, 99)),
        "primary",
        kind,
        None if kind is OverrideKind.REMOVE else comes,
        None if kind is OverrideKind.ADD else goes,
        Segment(start, start + timedelta(hours=draw(st.integers(1, 200)))),
        set_at=BEGAN,
        set_by="X",
    )


@given(
    rows=st.lists(overrides(), max_size=5, unique_by=lambda override: override.id),
    looks=st.lists(HOURS, min_size=1, max_size=8).map(sorted),
)
def test_whenever_somebody_looks_everybody_who_is_on_has_been_handed_the_pager(
    rows: list[Override], looks: list[datetime]
) -> None:
    """Look by look, who came and who went makes of those who were on those who are."""
    schedule = Schedule((weekly("A", "B"), weekly("C", level="secondary")), tuple(rows))
    known: dict[str, tuple[str, ...]] = {}
    since = BEGAN
    for now in looks:
        found = {
            exchange.level: exchange for exchange in exchanges(schedule, LEVELS, known, since, now)
        }
        for level, exchange in found.items():
            stayed = set(known.get(level, ())) - set(exchange.went)
            assert set(exchange.on) == stayed | exchange.came.keys()
            assert set(exchange.went) <= set(known.get(level, ()))
            for user, at in exchange.came.items():
                assert since <= at <= now
                shifts = schedule.shifts(level, at, now + timedelta.resolution)
                assert all(user in shift.users for shift in shifts), "since then without a break"
        known |= {level: exchange.on for level, exchange in found.items()}
        since = now
        assert {level: users for level, users in known.items() if users} == schedule.staff(now)


@pytest.mark.parametrize(
    ("level", "outgoing", "staff", "expected"),
    [
        ("primary", ("A",), {"secondary": ("S",), "manager": ("M",)}, Told(("A", "S"), False)),
        ("primary", ("A",), {"manager": ("M", "N")}, Told(("A", "M", "N"), False)),
        ("primary", ("A",), {}, Told(("A",), False)),
        ("primary", (), {"secondary": ("S",)}, Told(("S",), False)),
        ("primary", (), {}, Told((), True)),
        ("primary", ("S",), {"secondary": ("S",)}, Told(("S",), False)),
        ("primary", (), {"secondary": ("B",)}, Told((), True)),
        ("manager", ("A",), {"primary": ("P",)}, Told(("A",), True)),
        ("manager", (), {}, Told((), True)),
        ("gone", ("A",), {"primary": ("P",)}, Told(("A",), True)),
    ],
)
def test_who_hears_that_nobody_has_tapped(
    level: str, outgoing: tuple[str, ...], staff: Staff, expected: Told
) -> None:
    """Ben came on: those before him, the next level up that has anybody, else the channel."""
    assert who_is_told(Handoff(level, NINE, "B", outgoing), LEVELS, staff) == expected


def test_the_measurement_needs_a_message_of_ours_and_is_never_negative() -> None:
    told, tapped = NINE + SECOND, NINE + 39 * SECOND
    assert Handoff("primary", NINE, "B").reached_in is None
    assert Handoff("primary", NINE, "B", told_at=told).reached_in is None
    assert Handoff("primary", NINE, "B", confirmed_at=NINE).reached_in is None
    reached = Handoff("primary", NINE, "B", told_at=told, confirmed_at=tapped).reached_in
    assert reached == timedelta(seconds=38)
    turned_back = Handoff("primary", NINE, "B", told_at=told, confirmed_at=NINE).reached_in
    assert turned_back == timedelta(0)


def test_patience_counts_from_when_slack_had_the_message() -> None:
    later = NINE + timedelta(minutes=40)
    asked = Handoff("primary", NINE, "B", told_at=later)
    assert asked.patience_ends(NEXT) == later + HANDOFF_PATIENCE
    assert Handoff("primary", NINE, "B").patience_ends(NEXT) == NEXT + HANDOFF_PATIENCE
