"""The page machine: every state meets every event, and nights are played to their end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product
from typing import Any, TypeAlias, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.escalation import is_put_off, open_page, step
from bot.domain.page import (
    Acknowledged,
    Answered,
    Due,
    Effect,
    EscalateNow,
    EscalationPolicy,
    Event,
    Office,
    Outcome,
    Page,
    PageState,
    RefreshPage,
    Ring,
    RingReason,
    Staff,
    Stale,
    StaleReason,
    Step,
    TeamNews,
    TellTeam,
    Undeliverable,
    WhyWithdrawn,
    Withdrawn,
)
from bot.domain.route import Route, RouteShape

CENTRAL = ZoneInfo("America/Chicago")
HOLIDAYS = {date(2026, 11, 26), date(2026, 12, 25), date(2027, 1, 1), date(2027, 1, 18)}
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
STAFF: Staff = {"primary": ("ana",), "secondary": ("ben",), "manager": ("cleo",)}
POLICY = EscalationPolicy(
    levels=("primary", "secondary", "manager"),
    steps=(
        Step(0 * MINUTE, ("primary",)),
        Step(5 * MINUTE, ("primary",)),
        Step(10 * MINUTE, ("secondary",)),
        Step(15 * MINUTE, ("manager",), tell_team=True),
    ),
    round_length=20 * MINUTE,
    rounds=3,
    last_resort_every=15 * MINUTE,
    answer_within=30 * MINUTE,
    answer_pause=5 * MINUTE,
    lookup_every=5 * MINUTE,
)


def central(text: str) -> datetime:
    """`2026-11-20 18:00` in Central time, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL).astimezone(UTC)


def working_days() -> Iterator[tuple[datetime, datetime]]:
    """Opening and closing of every working day of the months that the tests play in."""
    for day in (date(2026, 10, 1) + timedelta(days=n) for n in range(200)):
        if day.weekday() < 5 and day not in HOLIDAYS:
            opens, closes = (datetime.combine(day, time(hour), CENTRAL) for hour in (7, 18))
            yield opens.astimezone(UTC), closes.astimezone(UTC)


OPEN = tuple(working_days())


def office_at(now: datetime) -> Office:
    return Office(
        is_open=any(opens <= now < closes for opens, closes in OPEN),
        opens_at=next(opens for opens, _ in OPEN if opens > now),
        closes_at=next(closes for _, closes in OPEN if closes > now),
    )


@dataclass
class Night:
    """One page, played by events; keeps what was done, when."""

    now: datetime
    staff: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(STAFF))
    policy: EscalationPolicy = POLICY
    quiet: frozenset[str] = frozenset()
    log: list[tuple[datetime, Effect]] = field(default_factory=list)

    def __post_init__(self) -> None:
        office = office_at(self.now)
        self.page = self._keep(open_page(self.policy, self.now, office, self.staff, self.quiet))

    def _keep(self, outcome: Outcome) -> Page:
        self._effects = outcome.effects
        self.log += [(self.now, effect) for effect in outcome.effects]
        return outcome.page

    def send(self, event: Event, after: timedelta = timedelta(0)) -> Outcome | Stale:
        self.now += after
        office = office_at(self.now)
        result = step(self.page, self.policy, event, self.now, office, self.staff, self.quiet)
        if isinstance(result, Outcome):
            self.page = self._keep(result)
        return result

    def due(self, late: timedelta = timedelta(0)) -> Night:
        """Let the page's due time come."""
        assert self.page.due_at is not None
        self.now = self.page.due_at + late
        assert isinstance(self.send(Due()), Outcome)
        return self

    def play(self, until: datetime) -> Night:
        """Nobody touches the page up to and including the instant."""
        while self.page.due_at is not None and self.page.due_at <= until:
            self.due()
        return self

    def to(self, state: PageState) -> Night:
        while self.page.state is not state:
            self.due()
        return self

    def escalate(self, after: timedelta = timedelta(0)) -> Outcome | Stale:
        """Press a button drawn just now."""
        return self.send(EscalateNow("dan", drawn=self.page.version), after)

    def minutes(self, of: type[Effect] = Ring) -> list[int]:
        """Minutes from the first logged instant, of each effect of a kind."""
        return [
            (at - self.log[0][0]) // MINUTE for at, effect in self.log if isinstance(effect, of)
        ]

    def effects(self) -> tuple[Effect, ...]:
        """What the last accepted event did."""
        return self._effects

    @property
    def rung(self) -> list[str]:
        return [effect.user for effect in self._effects if isinstance(effect, Ring)]

    @property
    def rings(self) -> list[Ring]:
        return [effect for _, effect in self.log if isinstance(effect, Ring)]

    @property
    def news(self) -> list[TeamNews]:
        return [effect.news for _, effect in self.log if isinstance(effect, TellTeam)]


FRIDAY = central("2026-11-20 18:00")  # the closing instant, so already outside
MONDAY = central("2026-11-23 07:00")


def held() -> Night:
    return Night(central("2026-11-20 17:00"))


def ringing() -> Night:
    return Night(FRIDAY)


def acknowledged() -> Night:
    night = ringing()
    night.send(Acknowledged("ana"), after=MINUTE)
    return night


def exhausted() -> Night:
    return ringing().to(PageState.EXHAUSTED)


def closed() -> Night:
    night = ringing()
    night.send(Answered("ana"))
    return night


STATES: dict[PageState, Callable[[], Night]] = {
    PageState.HELD: held,
    PageState.RINGING: ringing,
    PageState.ACKNOWLEDGED: acknowledged,
    PageState.EXHAUSTED: exhausted,
    PageState.CLOSED: closed,
}


def silent(state: PageState) -> Night:
    """Nobody is on call any more, and so nobody is rung."""
    night = STATES[state]()
    night.staff = {}
    return night.due()


def handed_over() -> Night:
    return ringing().play(until=MONDAY)


def taken_by_somebody_else() -> Night:
    night = ringing()
    night.send(Acknowledged("dan"), after=MINUTE)
    return night


def not_answered() -> Night:
    return acknowledged().due()


def with_everybody() -> Night:
    """Escalated until nobody is left who was not rung."""
    night = ringing()
    for _ in STAFF:
        night.escalate(after=MINUTE)
    return night


def after_the_last_round() -> Night:
    return ringing().play(until=FRIDAY + 55 * MINUTE)


# Other ways to be in a state than the plain one.
CORNERS: dict[str, tuple[PageState, Callable[[], Night]]] = {
    "handed over": (PageState.HELD, handed_over),
    "silent": (PageState.RINGING, lambda: silent(PageState.RINGING)),
    "not answered": (PageState.RINGING, not_answered),
    "with everybody": (PageState.RINGING, with_everybody),
    "after the last round": (PageState.RINGING, after_the_last_round),
    "silent at last": (PageState.EXHAUSTED, lambda: silent(PageState.EXHAUSTED)),
    "taken by somebody else": (PageState.ACKNOWLEDGED, taken_by_somebody_else),
}
EVENTS: dict[type[Event], Callable[[Page], Event]] = {
    Due: lambda _: Due(),
    Acknowledged: lambda _: Acknowledged("ben"),
    EscalateNow: lambda page: EscalateNow("ben", page.version),
    Undeliverable: lambda _: Undeliverable("ana"),
    Answered: lambda _: Answered("ben"),
    Withdrawn: lambda _: Withdrawn("UANA", WhyWithdrawn.RESOLVED),
}
S: TypeAlias = PageState
W: TypeAlias = StaleReason
# (state, event): what it comes to while the office is closed, and while it is open.
TRANSITIONS: dict[tuple[PageState, type[Event]], tuple[S | W, S | W]] = {
    (S.HELD, Due): (S.RINGING, S.HELD),
    (S.HELD, Acknowledged): (W.WITH_TEAM, W.WITH_TEAM),
    (S.HELD, EscalateNow): (W.WITH_TEAM, W.WITH_TEAM),
    (S.HELD, Undeliverable): (S.HELD, S.HELD),
    (S.HELD, Answered): (S.CLOSED, S.CLOSED),
    (S.HELD, Withdrawn): (S.CLOSED, S.CLOSED),
    (S.RINGING, Due): (S.RINGING, S.HELD),
    (S.RINGING, Acknowledged): (S.ACKNOWLEDGED, W.WITH_TEAM),
    (S.RINGING, EscalateNow): (S.RINGING, W.WITH_TEAM),
    (S.RINGING, Undeliverable): (S.RINGING, S.RINGING),
    (S.RINGING, Answered): (S.CLOSED, S.CLOSED),
    (S.RINGING, Withdrawn): (S.CLOSED, S.CLOSED),
    (S.ACKNOWLEDGED, Due): (S.RINGING, S.HELD),
    (S.ACKNOWLEDGED, Acknowledged): (W.ALREADY_ACKNOWLEDGED, W.WITH_TEAM),
    (S.ACKNOWLEDGED, EscalateNow): (S.RINGING, W.WITH_TEAM),
    (S.ACKNOWLEDGED, Undeliverable): (S.ACKNOWLEDGED, S.ACKNOWLEDGED),
    (S.ACKNOWLEDGED, Answered): (S.CLOSED, S.CLOSED),
    (S.ACKNOWLEDGED, Withdrawn): (S.CLOSED, S.CLOSED),
    (S.EXHAUSTED, Due): (S.EXHAUSTED, S.HELD),
    (S.EXHAUSTED, Acknowledged): (S.ACKNOWLEDGED, W.WITH_TEAM),
    (S.EXHAUSTED, EscalateNow): (S.EXHAUSTED, W.WITH_TEAM),
    (S.EXHAUSTED, Undeliverable): (S.EXHAUSTED, S.EXHAUSTED),
    (S.EXHAUSTED, Answered): (S.CLOSED, S.CLOSED),
    (S.EXHAUSTED, Withdrawn): (S.CLOSED, S.CLOSED),
    **{(S.CLOSED, event): (W.CLOSED, W.CLOSED) for event in EVENTS},
}
# What comes of a corner where that differs from the plain state, while the office is closed.
DIFFERENCES: dict[tuple[str, type[Event]], S] = {("after the last round", Due): S.EXHAUSTED}
SITUATIONS = {**{str(state): (state, make) for state, make in STATES.items()}, **CORNERS}
NEXT_SATURDAY, NEXT_TUESDAY = central("2026-11-28 09:00"), central("2026-11-24 09:00")


@pytest.mark.parametrize("office", ["closed", "open"])
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_state_meets_every_event(situation: str, event: type[Event], office: str) -> None:
    state, make = SITUATIONS[situation]
    night = make()
    assert night.page.state is state
    before = night.page
    # All are due by then, as after an outage, so that a Due is never too early.
    night.now = NEXT_SATURDAY if office == "closed" else NEXT_TUESDAY
    expected = TRANSITIONS[state, event][office == "open"]
    if office == "closed":
        expected = DIFFERENCES.get((situation, event), expected)
    result = night.send(EVENTS[event](before))
    if isinstance(result, Stale):
        assert result.why is expected
        return
    page, effects = result.page, result.effects
    assert page.state is expected
    assert page.version == before.version + 1
    assert (page.due_at is None) == (page.state is S.CLOSED)
    assert office == "closed" or not night.rung
    if page.state in (S.CLOSED, S.ACKNOWLEDGED) and page.state is not before.state:
        assert effects == (RefreshPage(),), "everybody reads why it is quiet"
    if (event, office) == (Due, "open"):
        assert TellTeam(TeamNews.HANDED_OVER) in effects
    if (event, office) == (Due, "closed"):
        assert bool(night.rung) != (night.page.silence_said is not None)


def test_the_table_of_transitions_is_complete() -> None:
    assert set(TRANSITIONS) == set(product(PageState, get_args(Event)))
    assert set(EVENTS) == set(get_args(Event))
    assert set(STATES) == set(PageState)


@pytest.mark.parametrize(
    ("filed", "state", "due"),
    [
        ("2026-11-18 17:59:59", S.HELD, "2026-11-18 18:00:00"),
        ("2026-11-18 18:00:00", S.RINGING, "2026-11-18 18:05:00"),
        ("2026-11-19 06:59:59", S.RINGING, "2026-11-19 07:00:00"),
        ("2026-11-19 07:00:00", S.HELD, "2026-11-19 18:00:00"),
        ("2026-11-21 12:00:00", S.RINGING, "2026-11-21 12:05:00"),
    ],
    ids=["before_closing", "at_closing", "before_opening", "at_opening", "on_saturday"],
)
def test_a_page_rings_at_once_unless_the_office_is_open(
    filed: str, state: PageState, due: str
) -> None:
    night = Night(central(filed))
    assert (night.page.state, night.page.due_at) == (state, central(due))
    assert night.rung == ([] if state is S.HELD else ["ana"])


def test_a_held_page_rings_at_closing_if_nobody_has_answered() -> None:
    night = held().due()
    assert (night.now, night.page.state) == (FRIDAY, S.RINGING)
    assert night.effects() == (Ring("primary", "ana", RingReason.FIRST),)


def test_a_round_rings_each_step_and_the_next_begins_where_it_ends() -> None:
    night = ringing().play(until=FRIDAY + 40 * MINUTE)
    assert [ring.user for ring in night.rings] == ["ana", "ana", "ben", "cleo"] * 2 + ["ana"]
    assert night.minutes() == [0, 5, 10, 15, 20, 25, 30, 35, 40]
    assert night.minutes(of=TellTeam) == [15, 35]
    again, escalated = RingReason.AGAIN, RingReason.ESCALATED
    one_round = [again, again, escalated, escalated]
    assert [ring.reason for ring in night.rings] == [
        RingReason.FIRST,
        *one_round[1:],
        *one_round,
        again,
    ]


@pytest.mark.parametrize(
    ("filed", "opens", "hours"),
    [
        ("2026-11-20 18:00", "2026-11-23 07:00", 61),
        ("2026-11-25 19:00", "2026-11-27 07:00", 36),
        ("2027-01-15 18:00", "2027-01-19 07:00", 85),
        ("2026-10-30 18:00", "2026-11-02 07:00", 62),
        ("2027-03-12 18:00", "2027-03-15 07:00", 60),
    ],
    ids=["weekend", "thanksgiving", "holiday_monday", "autumn_weekend", "spring_weekend"],
)
def test_a_page_that_nobody_touches_rings_until_the_office_opens(
    filed: str, opens: str, hours: int
) -> None:
    """Three rounds in the first hour, then everybody each quarter of an hour, then the team."""
    night = Night(central(filed)).play(until=central(opens))
    last_resorts = (hours - 1) * 4
    assert Counter(ring.level for ring in night.rings) == {
        "primary": 6 + last_resorts,
        "secondary": 3 + last_resorts,
        "manager": 3 + last_resorts,
    }
    assert night.minutes()[12:] == [
        minute for minute in range(60, hours * 60, 15) for _ in POLICY.levels
    ]
    assert night.news == [*[TeamNews.NO_ANSWER_YET] * 3, TeamNews.EXHAUSTED, TeamNews.HANDED_OVER]
    assert (night.now, night.page.state) == (central(opens), S.HELD)
    assert night.effects() == (TellTeam(TeamNews.HANDED_OVER), RefreshPage())
    assert night.page.due_at == office_at(night.now).closes_at


def test_a_page_handed_over_rings_afresh_at_the_next_closing() -> None:
    night = ringing().play(until=MONDAY).due()
    assert night.now == central("2026-11-23 18:00")
    assert night.effects() == (Ring("primary", "ana", RingReason.FIRST),)
    assert (night.page.round, night.page.level_version) == (1, night.page.version)


@pytest.mark.parametrize("make", [ringing, acknowledged, exhausted])
def test_opening_hands_over_whatever_is_under_way(make: Callable[[], Night]) -> None:
    night = make()
    night.now = MONDAY
    assert night.send(Due()) == Outcome(
        Page(S.HELD, central("2026-11-23 18:00"), night.page.version),
        (TellTeam(TeamNews.HANDED_OVER), RefreshPage()),
    )


def test_an_outage_over_closing_and_opening_leaves_a_held_page_with_the_team() -> None:
    night = held().due(late=timedelta(days=2, hours=14))
    assert night.page.state is S.HELD
    assert night.effects() == (TellTeam(TeamNews.HANDED_OVER),)


@pytest.mark.parametrize(
    ("late", "next_ring"),
    [(0 * MINUTE, 10 * MINUTE), (MINUTE, 10 * MINUTE), (MINUTE + SECOND, 11 * MINUTE + SECOND)],
    ids=["punctual", "by_a_tick", "by_an_outage"],
)
def test_a_round_keeps_its_time_until_an_outage_shifts_it(
    late: timedelta, next_ring: timedelta
) -> None:
    assert ringing().due(late).page.due_at == FRIDAY + next_ring


@given(st.lists(st.integers(0, 60), min_size=14, max_size=14))
def test_ticks_that_come_late_never_add_up(seconds: list[int]) -> None:
    night = ringing()
    for late in seconds:
        night.due(late=timedelta(seconds=late))
    assert night.page.due_at == FRIDAY + 105 * MINUTE


@pytest.mark.parametrize("make", [ringing, acknowledged, exhausted], ids=lambda make: make.__name__)
def test_a_page_goes_on_at_once_when_its_clock_was_set_back(make: Callable[[], Night]) -> None:
    """It was to wait for minutes, and would wait for an hour and those."""
    night = make()
    now = night.now
    assert night.page.due_at is not None
    put_off = replace(night.page, due_at=night.page.due_at + timedelta(hours=1))
    assert not is_put_off(night.page.state, night.page.due_at, POLICY, now)
    assert is_put_off(put_off.state, put_off.due_at, POLICY, now)
    outcome = step(put_off, POLICY, Due(), now, office_at(now), STAFF)
    assert isinstance(outcome, Outcome)
    rings = [effect for effect in outcome.effects if isinstance(effect, Ring)]
    assert bool(rings) is (put_off.acknowledged_by is None), "who has it, has their time from now"
    assert outcome.page.due_at is not None
    assert outcome.page.due_at - now <= POLICY.longest_wait(outcome.page.state), "and then in time"


def test_a_held_page_waits_for_closing_whatever_the_clock_did() -> None:
    night = held()
    assert not is_put_off(night.page.state, night.page.due_at, POLICY, night.now - 24 * 60 * MINUTE)


def test_a_due_that_comes_early_is_stale() -> None:
    assert ringing().send(Due(), after=5 * MINUTE - SECOND) == Stale(W.NOT_DUE)


@pytest.mark.parametrize(
    ("staff", "rung", "minutes"),
    [
        ({"secondary": ("ben",)}, ["ben"] * 4, [0, 5, 10, 15]),
        ({"primary": ("ana",)}, ["ana"] * 4, [0, 5, 10, 15]),
        ({"manager": ("cleo",)}, ["cleo"] * 4, [0, 5, 10, 15]),
        (
            {"primary": ("ana",), "manager": ("cleo",)},
            ["ana", "ana", "cleo", "ana"],
            [0, 5, 10, 15],
        ),
        ({"secondary": ("ben", "dan")}, ["ben", "dan"] * 2, [0, 0, 5, 5]),
    ],
    ids=["only_secondary", "only_primary", "only_manager", "no_secondary", "two_at_one_level"],
)
def test_a_level_with_nobody_on_it_takes_no_time(
    staff: dict[str, tuple[str, ...]], rung: list[str], minutes: list[int]
) -> None:
    night = Night(FRIDAY, staff).play(until=FRIDAY + 15 * MINUTE)
    assert [ring.user for ring in night.rings][:4] == rung
    assert night.minutes()[:4] == minutes


def test_the_team_hears_of_a_step_even_if_its_level_is_passed() -> None:
    night = Night(FRIDAY, {"primary": ("ana",)}).due().due()
    assert night.effects() == (
        TellTeam(TeamNews.NO_ANSWER_YET),
        Ring("primary", "ana", RingReason.AGAIN),
    )


def test_nobody_on_call_is_said_once_and_looked_up_until_somebody_is() -> None:
    night = Night(FRIDAY, {})
    assert night.effects() == (TellTeam(TeamNews.NOBODY_ON_CALL),)
    night.play(until=FRIDAY + 20 * MINUTE)
    assert night.news == [TeamNews.NOBODY_ON_CALL]
    night.staff = STAFF
    night.due()
    assert night.now == FRIDAY + 25 * MINUTE
    assert night.effects() == (Ring("primary", "ana", RingReason.FIRST),)
    night.due().staff = {}
    assert night.due().effects() == (TellTeam(TeamNews.NOBODY_ON_CALL),), "a new silence is news"


def test_a_silence_within_a_round_starts_the_round_again() -> None:
    night = ringing().due()
    night.staff = {}
    assert night.due().rung == []
    night.staff = STAFF
    assert night.due().rung == ["ana"]
    assert (night.now, night.page.round) == (FRIDAY + 15 * MINUTE, 1)


def test_a_silence_after_an_acknowledgement_is_said_again() -> None:
    night = Night(FRIDAY, {})
    night.send(Acknowledged("dan"), after=MINUTE)
    night.due().send(Undeliverable("dan"))
    assert night.news.count(TeamNews.NOBODY_ON_CALL) == 2


def test_a_refused_ring_goes_on_at_once_and_later_steps_keep_their_distance() -> None:
    night = ringing()
    night.send(Undeliverable("ana"), after=2 * SECOND)
    assert night.effects() == (
        TellTeam(TeamNews.UNDELIVERABLE, "ana"),
        Ring("secondary", "ben", RingReason.ESCALATED),
    )
    assert night.due().rung == ["cleo"]
    assert night.now == FRIDAY + 5 * MINUTE + 2 * SECOND
    assert night.due().rung == ["ana"], "a new round tries everybody again"
    night.send(Undeliverable("ana"), after=2 * SECOND)
    assert night.effects() == (Ring("secondary", "ben", RingReason.ESCALATED),), "told once"


def test_one_refused_of_two_rung_together_is_only_told() -> None:
    night = Night(FRIDAY, {"primary": ("ana", "dan"), "secondary": ("ben",)})
    night.send(Undeliverable("dan"))
    assert night.effects() == (TellTeam(TeamNews.UNDELIVERABLE, "dan"),)
    assert night.due().rung == ["ana"]
    night.send(Undeliverable("ana"))
    assert night.rung == ["ben"]


def test_a_refusal_of_an_earlier_ring_does_not_hurry_the_present_one() -> None:
    night = ringing().due().due()
    assert night.rung == ["ben"]
    due_at = night.page.due_at
    night.send(Undeliverable("ana"), after=MINUTE)
    assert night.effects() == (TellTeam(TeamNews.UNDELIVERABLE, "ana"),)
    assert night.page.due_at == due_at


def test_a_refusal_that_comes_late_does_not_end_the_wait_of_a_silence() -> None:
    night = Night(FRIDAY, {})
    night.staff = STAFF
    night.send(Undeliverable("dan"), after=MINUTE)
    assert night.effects() == (TellTeam(TeamNews.UNDELIVERABLE, "dan"),)
    assert night.page.due_at == FRIDAY + 5 * MINUTE


def test_a_round_cut_short_by_a_refusal_is_followed_by_one_that_tries_everybody() -> None:
    night = Night(FRIDAY, {"primary": ("ana",), "secondary": ("ben",)}).due().due()
    night.send(Undeliverable("ben"))
    assert (night.rung, night.page.round) == (["ana"], 2)
    assert night.due().due().rung == ["ben"]


@pytest.mark.parametrize("make", [ringing, exhausted])
def test_everybody_refused_is_said_once_and_tried_again(make: Callable[[], Night]) -> None:
    night = make()
    start = night.now
    night.log.clear()
    for _ in range(4):
        for user in ("ana", "ben", "cleo"):
            night.send(Undeliverable(user), after=SECOND)
        assert (night.rung, night.page.rung) == ([], frozenset())
        assert night.due().rung[0] == "ana"
    assert night.now == start + 4 * (5 * MINUTE + 3 * SECOND)
    assert Counter(night.news) == {
        TeamNews.UNDELIVERABLE: 3,
        TeamNews.NOBODY_REACHABLE: 1,
        **({TeamNews.NO_ANSWER_YET: 1} if make is ringing else {}),
    }


def test_a_person_on_two_levels_gets_one_ring_as_a_last_resort() -> None:
    night = Night(FRIDAY, {**STAFF, "manager": ("ana",)}).to(S.EXHAUSTED)
    assert night.effects()[0] == TellTeam(TeamNews.EXHAUSTED)
    assert night.rung == ["ana", "ben"]


def test_acknowledging_stops_the_rings_and_redraws_the_page() -> None:
    night = acknowledged()
    assert night.effects() == (RefreshPage(),)
    assert night.page.due_at == FRIDAY + 31 * MINUTE
    assert (night.page.acknowledged_by, night.page.acknowledged_level) == ("ana", "primary")
    assert night.send(Acknowledged("ben"), after=MINUTE) == Stale(
        W.ALREADY_ACKNOWLEDGED, "ana", FRIDAY + MINUTE
    )


def test_an_acknowledgement_is_due_no_later_than_the_opening() -> None:
    night = Night(MONDAY - 10 * MINUTE)
    night.send(Acknowledged("ana"))
    assert night.page.due_at == MONDAY


@pytest.mark.parametrize(
    ("by", "staff", "rung"),
    [
        ("ana", STAFF, [("ana", "primary"), ("ben", "secondary")]),
        (
            "ana",
            {"primary": ("ana",), "manager": ("cleo",)},
            [("ana", "primary"), ("cleo", "manager")],
        ),
        ("ana", {**STAFF, "secondary": ("ana",)}, [("ana", "primary"), ("cleo", "manager")]),
        ("cleo", STAFF, [("cleo", "manager")]),
        ("dan", STAFF, [("dan", None), ("ana", "primary")]),
        ("dan", {}, [("dan", None)]),
    ],
    ids=["next", "next_unstaffed", "next_is_the_same", "last_level", "off_call", "alone"],
)
def test_an_unanswered_customer_rings_the_acknowledger_and_the_next_level(
    by: str, staff: Staff, rung: list[tuple[str, str | None]]
) -> None:
    night = Night(FRIDAY, staff)
    night.send(Acknowledged(by))
    night.due()
    assert night.effects() == (
        *(Ring(level, user, RingReason.NOT_ANSWERED) for user, level in rung),
        TellTeam(TeamNews.NOT_ANSWERED, by),
        RefreshPage(),
    )
    assert night.page.state is S.RINGING
    assert (night.page.acknowledged_by, night.page.acknowledged_level) == (None, None)


def test_an_unanswered_customer_gives_the_unreachable_another_try() -> None:
    night = ringing()
    night.send(Undeliverable("ben"))
    night.send(Acknowledged("ana"))
    assert night.due().rung == ["ana", "ben"]


def test_after_an_unanswered_customer_the_rounds_start_over() -> None:
    night = exhausted()
    night.send(Acknowledged("ana"))
    start = night.due().now
    night.log.clear()
    night.play(until=start + 65 * MINUTE)
    assert night.log[0][0] == start + 5 * MINUTE
    assert [ring.user for ring in night.rings[:12]] == ["ana", "ana", "ben", "cleo"] * 3
    assert (night.now, night.page.state) == (start + 65 * MINUTE, S.EXHAUSTED)


def test_an_acknowledger_out_of_reach_does_not_cost_the_pause() -> None:
    night = ringing()
    night.send(Acknowledged("cleo"))
    night.due().send(Undeliverable("cleo"))
    assert night.rung == ["ana"]


def test_escalate_now_skips_the_rest_of_a_level_and_finally_rings_everybody() -> None:
    night = ringing()
    ana, ben, cleo = (Ring(level, STAFF[level][0], RingReason.ESCALATED) for level in STAFF)
    night.escalate(after=MINUTE)
    assert night.effects() == (ben,)
    night.escalate(after=MINUTE)
    assert night.effects() == (cleo, TellTeam(TeamNews.NO_ANSWER_YET))
    night.escalate(after=MINUTE)
    assert night.effects() == (ana, ben, cleo)
    assert night.due().rung == ["ana"], "the next round"
    assert night.now == FRIDAY + 8 * MINUTE


def test_escalate_now_passes_a_level_without_anybody_new() -> None:
    night = Night(FRIDAY, {**STAFF, "secondary": ("ana",)})
    night.escalate()
    assert night.rung == ["cleo"]


def test_escalate_now_with_nobody_further_rings_everybody_until_the_next_round() -> None:
    night = Night(FRIDAY, {"primary": ("ana",)})
    night.escalate(after=MINUTE)
    assert night.effects() == (Ring("primary", "ana", RingReason.ESCALATED),)
    assert (night.due().now, night.page.round) == (FRIDAY + 6 * MINUTE, 2)


def test_escalate_now_in_the_last_resort_rings_everybody_again() -> None:
    night = Night(FRIDAY, {"primary": ("ana",)}).to(S.EXHAUSTED)
    night.staff = STAFF
    night.escalate(after=MINUTE)
    assert night.rung == ["ana", "ben", "cleo"]
    assert night.page.due_at == night.now + 15 * MINUTE


def test_escalate_now_takes_the_page_back_from_the_acknowledger() -> None:
    night = ringing().due().due().due()
    night.send(Acknowledged("ana"))
    night.escalate(after=MINUTE)
    assert night.effects() == (Ring("secondary", "ben", RingReason.ESCALATED), RefreshPage())
    assert (night.page.state, night.page.acknowledged_by) == (S.RINGING, None)


def test_escalate_now_tries_the_unreachable_again() -> None:
    night = Night(FRIDAY, {"primary": ("ana",)})
    night.send(Undeliverable("ana"))
    night.escalate(after=MINUTE)
    assert night.rung == ["ana"]


def test_a_double_press_escalates_once() -> None:
    night = ringing()
    press = EscalateNow("ana", drawn=night.page.version)
    night.send(press)
    assert night.send(press) == Stale(W.MOVED_ON)


@pytest.mark.parametrize("dues", [4, 12], ids=["next_round", "last_resort"])
def test_a_button_of_the_manager_is_too_old_once_others_have_rung(dues: int) -> None:
    night = ringing()
    for _ in range(dues - 1):
        night.due()
    assert night.rung == ["cleo"]
    drawn = night.page.version
    assert night.due().send(EscalateNow("cleo", drawn)) == Stale(W.MOVED_ON)


def test_a_button_stays_good_while_its_level_rings_again() -> None:
    night = ringing()
    drawn = night.page.version
    night.due().send(EscalateNow("ana", drawn))
    assert night.rung == ["ben"]


def test_a_press_that_crosses_with_an_acknowledgement_does_not_undo_it() -> None:
    night = ringing()
    press = EscalateNow("ben", drawn=night.page.version)
    night.send(Acknowledged("ana"), after=MINUTE)
    assert night.send(press) == Stale(W.ALREADY_ACKNOWLEDGED, "ana", FRIDAY + MINUTE)


@pytest.mark.parametrize("make", [held, ringing, acknowledged, exhausted])
def test_an_answer_closes_and_redraws_the_page(make: Callable[[], Night]) -> None:
    night = make()
    night.send(Answered("ben"))
    assert night.effects() == (RefreshPage(),)
    assert night.page.due_at is None


def quiet_for(*users: str, staff: Staff = STAFF) -> Night:
    """A page that rings while Slack keeps quiet for these."""
    return Night(FRIDAY, staff, quiet=frozenset(users))


@pytest.mark.parametrize(
    ("quiet", "together"),
    [
        ("", []),
        ("ben", []),
        ("ben cleo", []),
        ("ana", ["ben"]),
        ("ana cleo", ["ben"]),
        ("ana ben", ["ben", "cleo"]),
        ("ana ben cleo", ["ben", "cleo"]),
    ],
)
def test_the_next_steps_ring_together_with_those_for_whom_slack_keeps_quiet(
    quiet: str, together: list[str]
) -> None:
    night = quiet_for(*quiet.split())
    levels = {user: level for level, (user,) in STAFF.items()}
    assert night.effects() == (
        Ring("primary", "ana", RingReason.FIRST),
        *(Ring(levels[user], user, RingReason.TOGETHER) for user in together),
    )
    assert night.page.rung == {"ana", *together}
    assert night.page.quiet == night.quiet & night.page.rung


def test_a_step_that_rings_somebody_whom_slack_lets_hear_it_rings_alone() -> None:
    night = quiet_for("ana", staff={**STAFF, "primary": ("ana", "dan")})
    assert night.rung == ["ana", "dan"]
    assert night.page.quiet == {"ana"}


def test_a_step_that_brings_nobody_new_is_looked_past() -> None:
    night = quiet_for("ana", staff={**STAFF, "secondary": ("ana",)})
    assert night.rung == ["ana", "cleo"]


def test_a_step_rung_early_still_comes_at_its_time_and_says_so() -> None:
    night = quiet_for("ana").play(until=FRIDAY + 20 * MINUTE)
    first, again, escalated, together = (
        RingReason.FIRST,
        RingReason.AGAIN,
        RingReason.ESCALATED,
        RingReason.TOGETHER,
    )
    rings = [
        (at - FRIDAY, ring.user, ring.reason) for at, ring in night.log if isinstance(ring, Ring)
    ]
    assert rings == [
        (0 * MINUTE, "ana", first),
        (0 * MINUTE, "ben", together),
        (5 * MINUTE, "ana", again),
        (5 * MINUTE, "ben", together),
        (10 * MINUTE, "ben", escalated),
        (15 * MINUTE, "cleo", escalated),
        (20 * MINUTE, "ana", again),
        (20 * MINUTE, "ben", together),
    ]
    assert night.minutes(of=TellTeam) == [15], "a step that is rung early tells the team nothing"


def test_who_is_rung_together_escalates_to_somebody_new() -> None:
    night = quiet_for("ana")
    night.escalate(after=MINUTE)
    assert night.effects()[0] == Ring("manager", "cleo", RingReason.ESCALATED)


def test_escalating_to_somebody_who_cannot_hear_it_rings_the_next_too() -> None:
    night = quiet_for("ben")
    night.escalate(after=MINUTE)
    assert night.rung == ["ben", "cleo"]


def test_a_refusal_of_the_only_one_who_could_hear_it_rings_the_next() -> None:
    night = quiet_for("ana")
    due_at = night.page.due_at
    night.send(Undeliverable("ben"), after=2 * SECOND)
    assert night.effects() == (
        TellTeam(TeamNews.UNDELIVERABLE, "ben"),
        Ring("manager", "cleo", RingReason.TOGETHER),
    )
    assert (night.page.rung, night.page.quiet) == ({"ana", "cleo"}, {"ana"})
    assert night.page.due_at == due_at, "the steps keep their time"
    night.send(Undeliverable("cleo"), after=2 * SECOND)
    assert night.rung == [], "nobody is left"
    assert night.due().rung == ["ana"]


def test_an_unanswered_customer_rings_on_until_somebody_can_hear_it() -> None:
    night = quiet_for("ana", "ben")
    night.send(Acknowledged("ana"))
    night.due()
    assert night.effects()[:3] == (
        Ring("primary", "ana", RingReason.NOT_ANSWERED),
        Ring("secondary", "ben", RingReason.NOT_ANSWERED),
        Ring("manager", "cleo", RingReason.TOGETHER),
    )


def test_the_last_resort_rings_everybody_as_ever() -> None:
    night = quiet_for("ana").to(S.EXHAUSTED)
    assert night.rings[-3:] == [
        Ring(level, user, RingReason.LAST_RESORT) for level, (user,) in STAFF.items()
    ]
    assert night.page.quiet == {"ana"}


def phone(after: timedelta) -> EscalationPolicy:
    """A route that rings the primary's phone so long after Slack."""
    route = Route("phone", RouteShape.JSON, "https://ring.example", ("primary",), after, "")
    return replace(POLICY, routes=(route,))


@pytest.mark.parametrize(
    ("after", "rung"),
    [(2 * MINUTE, {"ana"}), (5 * MINUTE, {"ana", "ben"})],
    ids=["before the next step", "with the next step"],
)
def test_whom_a_route_rings_in_time_is_no_reason_to_ring_others(
    after: timedelta, rung: set[str]
) -> None:
    night = Night(FRIDAY, quiet=frozenset({"ana"}), policy=phone(after))
    assert night.page.rung == rung


def test_who_became_quiet_while_rung_is_no_help_when_the_others_are_refused() -> None:
    night = Night(FRIDAY, {**STAFF, "primary": ("ana", "dan")})
    night.quiet = frozenset({"dan"})
    night.send(Undeliverable("ana"))
    assert (night.page.rung, night.page.quiet) == ({"dan", "ben"}, {"dan"})


def test_a_page_that_nobody_can_be_rung_for_keeps_nobody_as_quiet() -> None:
    night = quiet_for("ana", staff={"primary": ("ana",)})
    night.staff = {}
    assert night.due().page.quiet == frozenset()


def test_the_policy_survives_being_stamped_on_a_page() -> None:
    assert EscalationPolicy.from_dict(json.loads(json.dumps(POLICY.to_dict()))) == POLICY


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"steps": ()}, "first step rings at 0"),
        ({"steps": POLICY.steps[1:]}, "first step rings at 0"),
        ({"steps": (*POLICY.steps, POLICY.steps[1])}, "comes later than"),
        ({"round_length": 15 * MINUTE}, "longer than its steps"),
        ({"steps": (*POLICY.steps, Step(18 * MINUTE, ()))}, "every step rings"),
        ({"levels": ("primary", "secondary")}, "those that the steps ring"),
        ({"levels": ("primary", *POLICY.levels)}, "listed once"),
        ({"rounds": 0}, "at least one round"),
        ({"lookup_every": 0 * MINUTE}, "every wait"),
    ],
)
def test_a_policy_that_cannot_be_carried_out_is_refused(change: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        replace(POLICY, **change)


users = st.sampled_from(["ana", "ben", "cleo", "dan"])
rosters = st.dictionaries(
    st.sampled_from(POLICY.levels), st.lists(users, max_size=2, unique=True).map(tuple)
)
events = st.one_of(
    *[st.just(Due())] * 5,
    *[st.builds(Undeliverable, users)] * 3,
    st.builds(Acknowledged, users),
    st.builds(EscalateNow, users, st.integers(1, 30)),
)
# How long after the last event; None is the due time itself.
waits = st.one_of(
    st.none(),
    st.none(),
    st.timedeltas(timedelta(0), 2 * MINUTE),
    st.timedeltas(timedelta(0), timedelta(hours=72)),
)
hushed = st.frozensets(users)
moves = st.lists(
    st.tuples(waits, events, st.none() | rosters, st.none() | hushed), min_size=20, max_size=20
)


@settings(max_examples=200, deadline=None)
@given(
    start=st.timedeltas(timedelta(0), timedelta(days=3)),
    rounds=st.integers(1, 3),
    roster=rosters,
    moves=moves,
)
def test_no_sequence_of_events_breaks_a_page(
    start: timedelta,
    rounds: int,
    roster: Staff,
    moves: list[tuple[timedelta | None, Event, Staff | None, frozenset[str] | None]],
) -> None:
    night = Night(FRIDAY - 2 * MINUTE + start, roster, replace(POLICY, rounds=rounds))
    for wait, event, new_roster, new_quiet in moves:
        night.staff = night.staff if new_roster is None else new_roster
        night.quiet = night.quiet if new_quiet is None else new_quiet
        before = night.page
        if wait is None and before.due_at is not None:
            night.now = max(night.now, before.due_at)
        result = night.send(event, after=wait or timedelta(0))
        if isinstance(result, Outcome):
            check(before, event, night)
    assert isinstance(night.send(Answered("ana")), Outcome)
    for _, event, *_ in moves:
        assert night.send(event) == Stale(W.CLOSED)


def check(before: Page, event: Event, night: Night) -> None:
    """What holds after every accepted event."""
    page, office = night.page, office_at(night.now)
    assert page.version == before.version + 1
    assert page.due_at is not None
    if page.due_at != before.due_at:
        assert night.now <= page.due_at
        assert office.is_open or page.due_at <= office.opens_at
    assert page.acknowledged_by is not None or page.state is not S.ACKNOWLEDGED
    if page.state is not S.ACKNOWLEDGED:
        assert (page.acknowledged_by, page.acknowledged_level) == (None, None)
        assert page.acknowledged_at is None
    assert len(night.rung) == len(set(night.rung))
    rings = [effect for effect in night.effects() if isinstance(effect, Ring)]
    if night.rung:
        assert not office.is_open
        joined = all(ring.reason is RingReason.TOGETHER for ring in rings)
        assert page.rung - set(night.rung) <= (before.rung if joined else frozenset())
        assert set(night.rung) <= page.rung
        assert not page.rung & page.unreachable
        assert page.quiet <= page.rung
        if not joined:
            assert page.quiet == night.quiet & page.rung
            check_quiet(night, rings)
    anew = (
        (page.round, page.state) != (before.round, before.state)
        or (isinstance(event, Due) and before.next_step in (0, len(POLICY.steps)))
        or (isinstance(event, EscalateNow) and not before.rung)
    )
    assert anew or before.unreachable <= page.unreachable
    if page.state in (S.RINGING, S.EXHAUSTED) and not page.rung:
        assert page.silence_said in (TeamNews.NOBODY_ON_CALL, TeamNews.NOBODY_REACHABLE)


def check_quiet(night: Night, rings: list[Ring]) -> None:
    """Nobody is rung early while somebody hears it; if nobody does, nobody is left to be rung."""
    early = [ring.user for ring in rings if ring.reason is RingReason.TOGETHER]
    due = [ring.user for ring in rings if ring.reason is not RingReason.TOGETHER]
    if early:
        assert night.quiet >= set(due)
    if night.quiet >= set(night.rung):
        steps = () if night.page.state is S.EXHAUSTED else POLICY.steps[night.page.next_step :]
        levels = {level for coming in steps for level in coming.levels}
        left = {user for level in levels for user in night.staff.get(level, ())}
        assert left <= set(night.rung) | night.page.unreachable


def alone(night: Night) -> list[tuple[datetime, Effect]]:
    """What a night did, but for those who were rung together with others."""
    return [
        (at, effect)
        for at, effect in night.log
        if not (isinstance(effect, Ring) and effect.reason is RingReason.TOGETHER)
    ]


@given(roster=rosters, quiet=hushed, minutes=st.integers(0, 240))
def test_those_who_cannot_hear_it_take_nothing_from_anybody(
    roster: Staff, quiet: frozenset[str], minutes: int
) -> None:
    """Every ring there would be otherwise comes at its time, and more come, never fewer."""
    until = FRIDAY + minutes * MINUTE
    plain = Night(FRIDAY, roster).play(until)
    night = Night(FRIDAY, roster, quiet=quiet).play(until)
    assert alone(night) == plain.log
    assert night.page == replace(plain.page, rung=night.page.rung, quiet=night.page.quiet)
    if not quiet:
        assert night.log == plain.log


@given(roster=rosters, quiet=hushed)
def test_a_quiet_primary_delays_nobody(roster: Staff, quiet: frozenset[str]) -> None:
    """Whoever could hear it is rung at once, unless there is nobody such."""
    night = Night(FRIDAY, roster, quiet=quiet)
    could = {user for people in roster.values() for user in people} - quiet
    assert bool(could) is bool(set(night.rung) - quiet)


@given(roster=rosters.filter(lambda roster: any(roster.values())))
def test_people_are_left_at_least_five_minutes_between_unprompted_rings(roster: Staff) -> None:
    night = Night(FRIDAY, roster).play(until=FRIDAY + 120 * MINUTE)
    instants = sorted({at for at, effect in night.log if isinstance(effect, Ring)})
    assert all(later - earlier >= 5 * MINUTE for earlier, later in pairwise(instants))
    assert max(later - earlier for earlier, later in pairwise(instants)) <= 15 * MINUTE
    assert night.page.state is S.EXHAUSTED


@given(roster=rosters, dues=st.integers(0, 14), quiet=hushed)
def test_refusals_at_one_instant_come_to_an_end(
    roster: Staff, dues: int, quiet: frozenset[str]
) -> None:
    """Rounds that nobody can hear are not used up in a second."""
    night = Night(FRIDAY, roster, quiet=quiet)
    for _ in range(dues):
        night.due()
    refusals = 0
    while night.page.rung:
        night.send(Undeliverable(min(night.page.rung - night.page.unreachable)))
        refusals += 1
    assert refusals <= 2 * len({user for users in roster.values() for user in users})
    assert night.page.due_at == night.now + POLICY.lookup_every
