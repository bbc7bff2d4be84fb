"""Months of maintenance at random: each notice once to each channel that follows, none too late.

`CASEBELL_SEED=7 python -m pytest -s tests/scenarios/test_months.py` lives through other ones.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import year_calendar as calendar
from months_changes import CUSTOMERS
from months_desk import MonthsDesk
from months_directed import SOME_SEED, DirectedMonth
from months_journal import Entry, PolicySet, Said
from months_oracle import judge
from months_reading import Post, read
from months_rules import Rules
from months_story import MonthsStory
from year_plan import DAY, HOUR

from bot.domain import following, notices
from bot.domain.maintenance import MaintenanceRules
from bot.domain.window import Window
from bot.domain.window_news import NewsKind
from bot.messages import maintenance as words
from bot.policy import load_policy
from bot.services import maintenance_wording, reached
from bot.services.announcements import Announcements
from bot.services.channels import Channels
from bot.services.housekeeping import Housekeeping
from bot.services.maintenance_wording import MaintenanceWording
from bot.services.tellings import Tellings
from bot.slack_gateway import WebSlackGateway
from storage.ledger import LedgerRepository
from storage.tables import outbox

# Over both changes of the clocks; the rules begin, and begin again after New Year.
YEAR = (datetime(2026, 11, 9, 12, tzinfo=UTC), datetime(2027, 11, 15, 12, tzinfo=UTC))
SHORT = (datetime(2026, 12, 22, 12, tzinfo=UTC), datetime(2027, 1, 9, 12, tzinfo=UTC))
SEEDS = [int(os.environ["CASEBELL_SEED"])] if "CASEBELL_SEED" in os.environ else [1]

# What twelve months have to have in them, or they prove nothing.
EVERYTHING = {
    *(f"does, {what}" for what in (
        "move", "resize", "skip", "cancel", "start", "finish", "late", "follow", "keep")),
    *(f"notice, {tag}" for tag in ("3d", "1d", "60m", "started", "over")),
    *(f"post, {kind}" for kind in (
        "days", "soon", "started", "over", "added", "moved", "resized", "late", "off",
        "not told", "differs")),
    "redrawn", "follows its Test", "PolicySet", "Joined", "Left", "Follows", "Added", "Refusing",
    "Stumbled", "Differs", "BotStopped", "BotStarted", "SlackAway", "SlackBack",
}  # fmt: skip


def objections(journal: list[Entry], seed: int) -> tuple[str, Counter[str]]:
    found, counts = judge(journal)
    shown = "\n".join([f"CASEBELL_SEED={seed}: {len(found)} objections", *found[:20]])
    return (shown if found else ""), counts


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
def test_in_twelve_months_each_notice_is_posted_once_and_none_that_is_not_so(
    sqlite_url: str, tmp_path: Path, seed: int
) -> None:
    story = MonthsStory(sqlite_url, seed, *YEAR, tmp_path)
    wrong, counts = objections(story.tell(), seed)
    print(
        f"CASEBELL_SEED={seed}", *(f"{n:6} {what}" for what, n in sorted(counts.items())), sep="\n"
    )
    assert not wrong, wrong
    if "CASEBELL_SEED" not in os.environ:
        assert set(counts) >= EVERYTHING, EVERYTHING - set(counts)


@pytest.mark.timeout(300)
def test_both_databases_live_through_new_year(database_url: str, tmp_path: Path) -> None:
    seed = SEEDS[0]
    wrong, counts = objections(MonthsStory(database_url, seed, *SHORT, tmp_path).tell(), seed)
    assert not wrong, wrong
    assert counts["Said"] > 50


# The named dates: what is posted of them, by Chicago's clocks, when nobody touches anything.


@pytest.fixture
def days_around(sqlite_url: str) -> Iterator[Callable[[date], MonthsDesk]]:
    """A desk that lives from five days before a date until four days after it."""
    desks: list[MonthsDesk] = []

    def live(day: date) -> MonthsDesk:
        start = calendar.instant(day - 5 * DAY, time(9))
        desk = MonthsDesk(sqlite_url, load_policy(), start, CUSTOMERS)
        desks.append(desk)
        desk.journal.insert(0, PolicySet(start, Rules()))
        desk.rest()
        while (due := desk.next_due()) is not None and due < start + 9 * DAY:
            desk.turn_to(due)
            desk.rest()
        desk.note_ledger()
        wrong, _ = objections(desk.journal, 0)
        assert not wrong, wrong
        return desk

    yield live
    for desk in desks:
        desk.end()


def told(desk: MonthsDesk, channel: str, name: str) -> list[tuple[str, str]]:
    """What a channel reads of a window, and when, by Chicago's clocks."""
    here = desk.channels[channel].id
    return [
        (f"{calendar.local(said.at):%a %d %H:%M}", said.text.removeprefix("Logik.io "))
        for said in desk.journal
        if isinstance(said, Said) and said.channel == here and name in said.text
    ]


def lengths(desk: MonthsDesk, channel: str) -> dict[str, set[str]]:
    """How long each window lasts, by the posts of a channel."""
    found: dict[str, set[str]] = {}
    for said in desk.journal:
        if isinstance(said, Said) and said.channel == desk.channels[channel].id:
            post = read(said.text, said.blocks)
            assert isinstance(post, Post)
            for line in post.lines:
                found.setdefault(line.name, set()).add(line.length)
    return found


def test_2026_12_31_is_a_test_on_new_years_eve(days_around: Callable[[date], MonthsDesk]) -> None:
    desk = days_around(date(2026, 12, 31))
    for channel in ("acme", "support-team"):
        assert told(desk, channel, "Test upgrade") == [
            ("Mon 28 10:00", "Test upgrade on Thu 31 Dec, 8:00 PM Central"),
            ("Wed 30 10:00", "Test upgrade on Thu 31 Dec, 8:00 PM Central"),
            ("Thu 31 19:00", "Test upgrade begins in an hour"),
            ("Thu 31 20:00", "Test upgrade is under way"),
            ("Fri 01 00:00", "Test upgrade is over"),
        ]
    assert lengths(desk, "acme")["Logik.io Test upgrade"] == {"4 h"}


def test_2027_01_01_is_a_prod_on_a_holiday_which_the_team_alone_is_told(
    days_around: Callable[[date], MonthsDesk],
) -> None:
    desk = days_around(date(2027, 1, 1))
    assert told(desk, "acme", "Prod upgrade") == [
        ("Tue 29 10:00", "Prod upgrade on Fri 1 Jan, 8:00 PM Central"),
        ("Thu 31 10:00", "Prod upgrade on Fri 1 Jan, 8:00 PM Central"),
        ("Fri 01 19:00", "Prod upgrade begins in an hour"),
        ("Fri 01 20:00", "Prod upgrade is under way"),
        ("Sat 02 00:00", "Prod upgrade is over"),
    ]
    assert told(desk, "acme", "routine") == [], "the posts about Prod tell of it"
    assert lengths(desk, "acme") == {
        "Logik.io Test upgrade": {"4 h"},
        "Logik.io Prod upgrade": {"4 h"},
        "Logik.io routine maintenance": {"33 h"},
    }
    posts = " ".join(str(said) for said in desk.journal if isinstance(said, Said))
    assert "falls on" not in posts
    assert "New Year" not in posts


def test_the_team_sees_months_ahead_that_2027_01_01_is_a_holiday(sqlite_url: str) -> None:
    desk = MonthsDesk(sqlite_url, load_policy(), datetime(2026, 11, 10, 12, tzinfo=UTC), CUSTOMERS)
    shown = []
    for person, channel in ((desk.ana, "support-team"), (desk.carla, "acme")):
        assert person.command("/maintenance", "12", desk.channels[channel]).ok
        assert person.modal is not None
        person.modal.click("Next")
        shown.append(person.modal.text)
    desk.end()
    of_team, of_customer = shown
    assert "falls on New Year's Day" in of_team
    assert "Fri 1 Jan, 8:00 PM Central" in of_customer
    assert "falls on" not in of_customer


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2027, 3, 12), "32 h", id="2027-03-12: spring skips an hour"),
        pytest.param(date(2027, 11, 5), "34 h", id="2027-11-05: autumn repeats one"),
    ],
)
def test_the_routine_window_over_a_change_of_the_clocks(
    days_around: Callable[[date], MonthsDesk], day: date, hours: str
) -> None:
    desk = days_around(day)
    assert lengths(desk, "acme")["Logik.io routine maintenance"] == {hours}
    before = f"{day - DAY:%a %d} 10:00"
    on = f"Prod upgrade on Fri {day:%-d %b}, 8:00 PM Central"
    assert (before, on) in told(desk, "acme", "Prod upgrade")
    night = [
        said for said in desk.journal if isinstance(said, Said) and "Prod upgrade" in said.text
    ]
    assert any("Sun" in block and "5:00 AM Central" in block for s in night for block in s.blocks)


# The oracle itself: what is broken on purpose, it objects to.


def forget_redraws(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Announcements, "_redraw", lambda *_args: None)


def post_twice_after_a_restart(patch: pytest.MonkeyPatch) -> None:
    """It has forgotten what it sent."""
    start = Housekeeping.start

    def forgetful(self: Housekeeping, now: datetime) -> None:
        start(self, now)
        with self.desk.store.transaction() as tx:
            posts = sa.and_(outbox.c.state == "sent", outbox.c.edits.is_(None))
            tx.outbox._connection.execute(  # type: ignore[attr-defined]
                sa.update(outbox).where(posts).values(state="pending", due_at=now)
            )

    patch.setattr(Housekeeping, "start", forgetful)


def tell_who_does_not_follow(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MaintenanceWording, "heard", lambda _self, _channel, windows: list(windows))


def tell_of_the_routine_each_week(patch: pytest.MonkeyPatch) -> None:
    """Also where it was asked for only when work is planned."""

    def heard(channel: Any, windows: Any) -> list[Window]:
        return following.heard_of(replace(channel, routine_always=True), windows)

    patch.setattr(maintenance_wording, "heard_of", heard)


def ignore_moves(patch: pytest.MonkeyPatch) -> None:
    """What has changed is told to nobody."""
    patch.setattr(Announcements, "tell_change", lambda *_args: None)


def remind_of_the_past(patch: pytest.MonkeyPatch) -> None:
    """A reminder that waited is sent, whatever has become of its window, and however late."""

    def notice(self: MaintenanceWording, tx: Any, sending: Any, window: Any, own: Any,
               _channel: Any, now: datetime) -> Any:  # fmt: skip
        then = replace(window, segment=own.told, called_off=None)
        found = notices.own_notices(self._rules, then)
        due = next(one for one in found if one.key == sending.facts["key"])
        return self.notice_words(due, now, None)

    patch.setattr(MaintenanceWording, "_notice", notice)


def post_after_a_cancel(patch: pytest.MonkeyPatch) -> None:
    """Reminders of a window that was called off go on."""
    patch.setattr(Window, "takes_place", True)


def lose_every_seventh(patch: pytest.MonkeyPatch) -> None:
    write, written = Announcements._write, Counter[str]()

    def some(self: Announcements, *args: Any) -> None:
        written["posts"] += 1
        if written["posts"] % 7:
            write(self, *args)

    patch.setattr(Announcements, "_write", some)


def post_again_after_a_lost_answer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(WebSlackGateway, "find", lambda *_args, **_options: None)


def tell_at_another_hour(patch: pytest.MonkeyPatch) -> None:
    """Its reminders are an hour late."""
    reminders = MaintenanceRules.reminders

    def late(self: MaintenanceRules, kind: Any) -> Any:
        return replace(reminders(self, kind), at=time(11))

    patch.setattr(MaintenanceRules, "reminders", late)


def follow_the_policy_with_what_is_told(patch: pytest.MonkeyPatch) -> None:
    """An edited file moves windows that customers were told of."""
    patch.setattr(Window, "follows_rules", True)


def leave_prod_where_it_is(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(MaintenanceRules, "lead", None)


def say_nothing_of_who_was_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reached, "not_reached", lambda *_args: [])


def forget_who_comes_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Announcements, "catch_up", lambda *_args: None)


def stay_in_channels_that_are_gone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Channels, "archived", lambda *_args: None)


def tell_the_world_of_holidays(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        words, "_where_to_look", lambda *_args: words.kit.context("It falls on a holiday")
    )


def get_the_length_wrong(patch: pytest.MonkeyPatch) -> None:
    """By the clock on the wall, over a change of the clocks; here, always an hour more."""
    lasts = words.duration
    patch.setattr(words, "duration", lambda length: lasts(length + HOUR))


def believe_that_all_is_sent(patch: pytest.MonkeyPatch) -> None:
    """Its ledger says so of what was refused."""
    settle = LedgerRepository.settle

    def sent(self: LedgerRepository, message_id: int, state: Any, now: Any, **more: Any) -> None:
        settle(self, message_id, type(state).SENT, now, **more)

    patch.setattr(LedgerRepository, "settle", sent)


def tell_news_twice(patch: pytest.MonkeyPatch) -> None:
    of_change = Tellings.of_change

    def twice(self: Tellings, *args: Any) -> Any:
        found = of_change(self, *args)
        again = [replace(t, post=replace(t.post, key=f"{t.post.key}'")) for t in found]
        named = [
            replace(
                t, post=replace(t.post, tells_of=tuple((w, f"{k}'") for w, k in t.post.tells_of))
            )
            for t in again
        ]
        return [*found, *named]

    patch.setattr(Tellings, "of_change", twice)
    patch.setattr(maintenance_wording, "news_of", lambda told, _window: told and NewsKind.MOVED)


@pytest.mark.chaos
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        pytest.param(forget_redraws, "still reads of", id="forgets redraws"),
        pytest.param(post_twice_after_a_restart, "reads a second time", id="posts twice"),
        pytest.param(tell_who_does_not_follow, "does not follow", id="tells everybody"),
        pytest.param(tell_of_the_routine_each_week, "does not follow", id="tells it each week"),
        pytest.param(ignore_moves, "was not told of", id="ignores changes"),
        pytest.param(remind_of_the_past, "not so", id="reminds of the past"),
        pytest.param(post_after_a_cancel, "was not told of", id="ignores that it is off"),
        pytest.param(lose_every_seventh, "was not told of", id="loses posts"),
        pytest.param(post_again_after_a_lost_answer, "a second time", id="posts again"),
        pytest.param(tell_at_another_hour, "was not told of", id="is late"),
        pytest.param(follow_the_policy_with_what_is_told, "not so", id="moves what is told"),
        pytest.param(leave_prod_where_it_is, "not so", id="leaves Prod where it is"),
        pytest.param(say_nothing_of_who_was_not_told, "nobody told the team", id="hides refusals"),
        pytest.param(forget_who_comes_back, "still reads of", id="forgets who comes back"),
        pytest.param(stay_in_channels_that_are_gone, "was not told of", id="stays when archived"),
        pytest.param(tell_the_world_of_holidays, "what is internal", id="tells of holidays"),
        pytest.param(get_the_length_wrong, "and it is", id="gets lengths wrong"),
        pytest.param(believe_that_all_is_sent, "the ledger has", id="believes that all is sent"),
        pytest.param(tell_news_twice, "knows that already", id="tells news twice"),
    ],
)
def test_the_oracle_objects_to_a_bot_that(
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[pytest.MonkeyPatch], None],
    said: str,
) -> None:
    break_it(monkeypatch)
    print(f"seed {SOME_SEED}")
    found, _ = judge(DirectedMonth(sqlite_url, tmp_path).tell())
    assert any(said in objection for objection in found), found[:5]


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_the_oracle_has_nothing_against_the_same_month_as_it_is(
    sqlite_url: str, tmp_path: Path
) -> None:
    wrong, _ = objections(DirectedMonth(sqlite_url, tmp_path).tell(), SOME_SEED)
    assert not wrong, wrong
