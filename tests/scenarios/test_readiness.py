"""Before on-call is needed: who could not be paged, and what rings in their stead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from story import Story, central

from bot.domain.events import EventKind
from bot.domain.route import Route, RouteShape
from bot.domain.schedule import Override, OverrideKind
from bot.domain.segments import Segment
from bot.policy import Policy, load_policy
from bot.sandbox import Message, RateLimited, Refused
from bot.services import readiness
from bot.services.readiness import READINESS

Tell = Callable[..., Story]

STOPPED = "Business Stopped"
NIGHT = (time(22), time(7))
QUIET = "do-not-disturb"


def reports(story: Story) -> list[Message]:
    """What the team's channel was told of what on-call lacks."""
    return [message for message in story.team.messages if message.text.startswith("On-call: ")]


def override(
    story: Story,
    level: str,
    start: str,
    end: str,
    *,
    comes: str | None = None,
    goes: str | None = None,
) -> int:
    """Somebody changes the schedule."""
    kind = OverrideKind.REPLACE if comes else OverrideKind.REMOVE
    segment = Segment(central(start).astimezone(UTC), central(end).astimezone(UTC))
    with story.desk.bot.services.shifts.changing(None) as change:
        stored = change.tx.schedule.add_override(
            Override(0, level, kind, comes, goes, segment, change.now, "U0DORA")
        )
    return stored.id


def cancel(story: Story, override_id: int) -> None:
    with story.desk.bot.services.shifts.changing(None) as change:
        change.tx.schedule.cancel_overrides([override_id], "U0DORA", change.now)


def with_route(policy: Policy, *levels: str) -> Policy:
    route = Route("phone", RouteShape.JSON, "https://phones.example/r", levels, timedelta(0), "")
    return replace(policy, paging=replace(policy.paging, routes=(route,)))


# --- a page whose direct message would make no sound ----------------------------------------------


def test_the_next_level_rings_together_with_a_primary_who_would_not_hear_it(tell: Tell) -> None:
    story = tell("2026-11-24 16:00")
    story.ana.dnd = NIGHT
    story.now_is("2026-11-24 23:00")
    story.desk.stop_bot()
    story.desk.start_bot()  # now and then it is asked: at the start for one
    story.desk.rest()
    name = story.open_case(STOPPED)
    assert sorted(story.rung()) == ["Ana", "Ben"]
    assert "You are on call as primary" in story.pages(story.ana)[0].shown
    (page,) = story.pages(story.ben)
    assert "Slack keeps quiet for @Ana now, so you are rung together with them." in page.shown
    assert "ringing @Ana (in do-not-disturb) and @Ben" in story.team_card(name).shown
    assert not any("no on-call person has acknowledged" in words for words in story.news())
    story.now_is("2026-11-24 23:10:30")
    assert story.rung().count("Ana") == 2, "their own steps come as ever"
    assert "Those before you have not taken it" in story.pages(story.ben)[-1].shown
    assert story.ben.click(story.pages(story.ben)[-1], "Acknowledge").ok


def test_whoever_is_set_on_call_is_known_to_sleep_at_once(tell: Tell) -> None:
    story = tell("2026-11-24 22:30")
    story.dora.dnd = NIGHT
    story.desk.bot.services.on_call.set("primary", [story.dora.id])
    story.open_case(STOPPED)
    assert sorted(story.rung()) == ["Ben", "Dora"]


def test_do_not_disturb_that_is_over_by_now_rings_nobody_early(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.ana.dnd = (time(22), time(3))
    override(story, "primary", "2026-11-21 01:00", "2026-11-21 04:00", comes=story.ana.id)
    story.now_is("2026-11-21 03:00")
    story.open_case(STOPPED)
    assert story.rung() == ["Ana"]


def test_the_timeline_keeps_for_whom_slack_kept_quiet(tell: Tell) -> None:
    story = tell("2026-11-24 22:30")
    story.dora.dnd = NIGHT
    story.desk.bot.services.on_call.set("primary", [story.dora.id])
    story.open_case(STOPPED)
    with story.desk.bot.store.reading() as tx:
        rings = tx.cases.timeline(1001, {EventKind.PAGE_RANG})
    early = [entry.facts for entry in rings if entry.facts["reason"] == "together"]
    assert [(facts["user"], facts["quiet"]) for facts in early] == [(story.ben.id, [story.dora.id])]


# --- what the team is told -----------------------------------------------------------------------


def test_a_schedule_that_lacks_nothing_is_not_spoken_of(tell: Tell) -> None:
    story = tell("2026-11-20 16:00")
    story.now_is("2026-11-30 12:00")
    assert reports(story) == []


def test_a_gap_is_said_soon_after_the_change_that_made_it(tell: Tell, database_url: str) -> None:
    story = tell(database_url=database_url)
    override(story, "primary", "2026-11-24 12:00", "2026-11-24 14:00", goes=story.ana.id)
    story.desk.advance(minutes=2)
    (told,) = reports(story)
    assert told.text == "On-call: 1 thing to mend before somebody is needed"
    words = told.shown_to(story.dora)
    assert "Nobody is primary on call from tomorrow at 12:00 PM" in words
    assert "until tomorrow at 2:00 PM" in words
    assert "python -m bot oncall set primary U0123ABC" in words


def test_levels_that_are_set_one_after_the_other_are_looked_over_when_all_are(tell: Tell) -> None:
    story = tell(on_call=False)
    for level, person in story.levels.items():
        story.desk.bot.services.on_call.set(level, [person.id])
        story.desk.advance(seconds=15)
    story.desk.advance(minutes=5)
    assert reports(story) == []


def test_levels_that_stay_empty_are_named_in_one_message(tell: Tell) -> None:
    story = tell(on_call=False)
    story.desk.bot.services.on_call.set("primary", [story.ana.id])
    story.desk.advance(minutes=2)
    (told,) = reports(story)
    for level in ("secondary", "manager"):
        assert f"Nobody is {level} on call in the coming four weeks" in told.shown
    assert "2 things to mend" in told.text


def test_a_change_that_brings_nothing_new_says_nothing(tell: Tell) -> None:
    story = tell()
    gap = override(story, "primary", "2026-11-24 12:00", "2026-11-24 14:00", goes=story.ana.id)
    story.desk.advance(minutes=2)
    override(story, "secondary", "2026-11-24 12:00", "2026-11-24 14:00", comes=story.dora.id)
    story.desk.advance(minutes=2)
    assert len(reports(story)) == 1
    cancel(story, gap)
    story.desk.advance(minutes=2)
    assert len(reports(story)) == 1, "nothing is wrong any more"
    override(story, "primary", "2026-11-24 12:00", "2026-11-24 14:00", goes=story.ana.id)
    story.desk.advance(minutes=2)
    assert len(reports(story)) == 2, "and now again"


def test_what_is_mended_before_slack_takes_the_message_is_not_said(tell: Tell) -> None:
    story = tell()
    story.workspace.faults.add(
        "chat.postMessage",
        RateLimited(600),
        times=1,
        when=lambda args: args["channel"] == story.team.id,
    )
    gap = override(story, "primary", "2026-11-24 12:00", "2026-11-24 14:00", goes=story.ana.id)
    story.desk.advance(minutes=2)
    cancel(story, gap)
    story.desk.advance(minutes=30)
    assert reports(story) == []


def test_each_week_everything_that_is_wrong_is_said_as_the_office_opens(tell: Tell) -> None:
    story = tell("2026-11-24 10:00", on_call=False)
    story.desk.bot.services.on_call.set("primary", [story.ana.id])
    story.now_is("2026-11-30 06:59:59")
    before = len(reports(story))
    story.now_is("2026-11-30 07:00:05")
    assert len(reports(story)) == before + 1
    assert "2 things to mend" in reports(story)[-1].text
    story.now_is("2026-12-07 07:00:05")
    assert len(reports(story)) == before + 2


def test_who_is_deactivated_is_said_although_nobody_changed_the_schedule(tell: Tell) -> None:
    story = tell()
    story.ben.deactivate()
    restart(story)
    (told,) = reports(story)
    assert "@Ben is deactivated in Slack, and secondary on call now" in told.shown
    restart(story)
    assert len(reports(story)) == 1, "once"


def restart(story: Story) -> None:
    story.desk.stop_bot()
    story.desk.start_bot()
    story.desk.rest()
    story.desk.advance(seconds=5)


def test_who_left_the_team_is_said(tell: Tell) -> None:
    story = tell()
    story.team.kick(story.ben)
    restart(story)
    (told,) = reports(story)
    assert "@Ben is not of the team any more, and secondary on call now" in told.shown


def test_who_gets_no_direct_message_is_said_with_slacks_reason(tell: Tell) -> None:
    story = tell()
    story.workspace.faults.add(
        "conversations.open",
        Refused("user_not_visible"),
        times=None,
        when=lambda args: args["users"] == story.mia.id,
    )
    restart(story)
    (told,) = reports(story)
    assert "Slack opens no direct message to @Mia (user_not_visible)" in told.shown


@pytest.mark.parametrize("method", ["users.info", "conversations.open", "dnd.info"])
@pytest.mark.parametrize("code", ["internal_error", "missing_scope"])
def test_an_error_of_slacks_that_passes_leaves_what_was_known(
    tell: Tell, method: str, code: str
) -> None:
    story = tell("2026-11-24 16:00")
    story.ana.dnd = NIGHT
    override(story, "manager", "2026-11-24 18:00", "2026-11-24 20:00", comes=story.dora.id)
    story.desk.advance(minutes=2)
    assert len(reports(story)) == 1
    known = reach(story)
    assert known[0] is not None
    story.workspace.faults.add(method, Refused(code), times=None)
    override(story, "manager", "2026-11-25 18:00", "2026-11-25 20:00", comes=story.dora.id)
    story.desk.advance(minutes=2)
    assert reach(story) == known
    assert len(reports(story)) == 1


def reach(story: Story) -> tuple[Segment | None, str | None, bool]:
    """What is known of reaching Ana."""
    with story.desk.bot.store.reading() as tx:
        found, member = tx.roster.reach(story.ana.id), tx.roster.member(story.ana.id)
    assert member is not None
    return found.quiet, found.dm_refused, member.is_deleted


def test_do_not_disturb_in_the_coming_night_is_said_with_a_remedy(tell: Tell) -> None:
    story = tell("2026-11-24 16:00")
    story.dora.dnd = NIGHT
    override(story, "primary", "2026-11-24 18:00", "2026-11-25 07:00", comes=story.dora.id)
    story.desk.advance(minutes=2)
    (told,) = reports(story)
    words = told.shown_to(story.ana)
    assert "Slack keeps quiet for @Dora (do-not-disturb) from today at 10:00 PM" in words
    assert "as far as it shows that" in words
    assert "Preferences > Notifications, or a route rings them too" in words
    assert "No bot can break through do-not-disturb" in words


def test_do_not_disturb_is_not_said_where_a_route_rings(tell: Tell) -> None:
    story = tell("2026-11-24 16:00", policy=with_route(load_policy(), "primary"))
    story.dora.dnd = NIGHT
    override(story, "primary", "2026-11-24 18:00", "2026-11-25 07:00", comes=story.dora.id)
    story.desk.advance(minutes=2)
    assert reports(story) == []


def test_what_was_asked_for_before_a_crash_is_done_at_the_next_start(tell: Tell) -> None:
    """It is decided that Slack is to be asked, and the process dies before that has begun."""
    story = tell()
    story.desk.advance(minutes=5)
    service = story.desk.bot.services.readiness
    with story.desk.bot.store.transaction() as tx:
        service.fell_due(tx, {}, story.desk.clock.now())
    assert is_asked(story)
    assert not service.learn(lambda _seconds: False), "it is stopped half-way"
    assert is_asked(story)
    restart(story)
    assert not is_asked(story)


def is_asked(story: Story) -> bool:
    with story.desk.bot.store.reading() as tx:
        mark = tx.marks.get(READINESS)
    done = mark.facts.get("done")
    return mark.at is not None and (done is None or datetime.fromisoformat(done) < mark.at)


def test_two_engines_report_once(tell: Tell) -> None:
    story = tell()
    override(story, "primary", "2026-11-24 12:00", "2026-11-24 14:00", goes=story.ana.id)
    story.desk.advance(minutes=2)
    for _ in range(2):
        story.desk.bot.services.readiness.check(lambda _seconds: True, in_any_case=True)
    story.desk.rest()
    assert len(reports(story)) == 1


def test_slack_is_asked_at_its_pace(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty at once, then the next twenty; and as long as Slack says where it says so."""
    monkeypatch.setattr(readiness, "AT_ONCE", 2)
    story = tell()
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return True

    service = story.desk.bot.services.readiness
    assert service.learn(wait)
    assert waits == [0, 0, readiness.PAUSE]
    story.workspace.faults.add("dnd.info", RateLimited(7), times=1)
    waits.clear()
    assert service.learn(wait)
    assert waits == [0, 7, 0, readiness.PAUSE]


def test_where_slack_is_away_nobody_is_waited_for(tell: Tell) -> None:
    story = tell()
    story.workspace.away = True
    before = len(story.workspace.calls)
    assert story.desk.bot.services.readiness.learn(lambda _seconds: True)
    assert len(story.workspace.calls) - before <= 3
