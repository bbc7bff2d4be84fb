"""The auditor: what is broken is found, mended where it can be, told once, and told to be over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from making import at_once
from story import Story, central
from window_calls import change_window

from bot.domain.audit import Check, Finding
from bot.domain.outbox import Draft, MessageKind
from bot.domain.timers import TimerKind
from bot.domain.window_changes import Move, Skip
from bot.sandbox import HttpError, RateLimited
from bot.services.assembly import make_services
from bot.services.auditor import MENDED_AT_ONCE, Auditor
from bot.services.paging import Paging
from storage.database import Database
from storage.store import SqlStore
from storage.tables import cases, outbox, pages, timers, windows

Tell = Callable[..., Story]
STOPPED = "Business Stopped"
NIGHT = "2026-11-21 02:00"
MENDED = "Casebell has mended something of its own."
WRONG = "Casebell has found something wrong with itself."
WELL = "All is well again"


def said(story: Story) -> list[str]:
    """What the team's channel was told by the auditor."""
    return [m.shown for m in story.team.messages if any(w in m.text for w in (MENDED, WRONG, WELL))]


def audit(story: Story) -> bool:
    """One audit, and what it says arrives; whether all is well."""
    is_well = story.desk.bot.audit()
    story.desk.advance(seconds=3)  # a channel takes one message a second
    return is_well


def audit_each_minute(story: Story, until: str) -> list[bool]:
    """Let time pass, with an audit each minute."""
    found = []
    while story.desk.clock.now() < central(until):
        story.desk.advance(minutes=1)
        found.append(story.desk.bot.audit())
        story.desk.rest()
    return found


def change(story: Story, statement: sa.Update | sa.Delete) -> None:
    """Break something."""
    with story.desk.bot.database.transaction() as connection:
        assert connection.execute(statement).rowcount > 0


def forget(story: Story, kind: str) -> None:
    """Delete the timers of a kind that are not done."""
    change(story, sa.delete(timers).where(timers.c.kind == kind, timers.c.done_at.is_(None)))


def failing(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No page goes on."""

    def fail(*_: object) -> None:
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(Paging, "_step", fail)
    return monkeypatch


# --- all is well ----------------------------------------------------------------------------------


def test_a_night_in_which_all_goes_as_promised_has_no_findings(tell: Tell) -> None:
    """Pages, an escalation, a handover, a breach, notices, a handoff: none of it looks broken."""
    story = tell("2026-11-27 19:30")
    story.desk.bot.services.on_call.set("primary", [story.ana.id, story.ben.id])
    name = story.open_case(STOPPED)
    assert all(audit_each_minute(story, "2026-11-27 20:20"))
    story.mia.click(story.pages(story.mia)[-1], "Acknowledge")
    assert all(audit_each_minute(story, "2026-11-27 20:50"))
    story.answer(story.dora, name)
    story.now_is("2026-11-30 06:55")
    story.open_case("Business severely impacted")
    story.open_case(STOPPED)
    assert all(audit_each_minute(story, "2026-11-30 09:05"))
    assert said(story) == []


def test_a_restart_after_a_long_time_catches_up_before_the_first_audit(tell: Tell) -> None:
    story = tell("2026-11-26 09:00")
    story.open_case("Business severely impacted")
    story.desk.stop_bot()
    story.desk.clock.turn_to(central("2026-12-07 11:00"))
    story.desk.start_bot()
    story.desk.advance(minutes=1)
    assert audit(story)
    assert said(story) == []


# --- mended ---------------------------------------------------------------------------------------


def test_a_page_without_a_timer_goes_on_and_the_team_is_told(tell: Tell) -> None:
    story = tell(NIGHT)
    name = story.open_case(STOPPED)
    forget(story, "page")
    story.desk.advance(minutes=1)
    assert audit(story), "what is mended is well"
    assert audit(story)
    story.now_is("2026-11-21 02:10:05")
    assert story.rung() == ["Ana", "Ana", "Ben"], "at its times, and once each"
    [words] = said(story)
    assert MENDED in words
    assert f"The page of {name} had no next step" in words


def test_a_page_whose_time_is_past_by_then_rings_at_once(tell: Tell) -> None:
    story = tell(NIGHT)
    story.open_case(STOPPED)
    forget(story, "page")
    story.now_is("2026-11-21 02:07")
    assert story.rung() == ["Ana"]
    audit(story)
    assert story.rung() == ["Ana", "Ana"]


def test_what_waits_for_a_time_that_was_set_back_goes_on_and_the_team_is_told(tell: Tell) -> None:
    """The clock was an hour fast; a page was to ring again in five minutes, not in 65."""
    story = tell("2026-11-21 03:00")
    name = story.open_case(STOPPED)
    story.workspace.faults.add(
        "chat.postMessage",
        RateLimited(20),
        when=lambda arguments: arguments["channel"] == story.acme.id,
    )
    story.open_case("Business severely impacted")
    story.desk.clock.turn_to(central("2026-11-21 02:01"))
    story.desk.bot.wake()
    story.desk.rest()
    assert story.rung() == ["Ana"]
    assert audit(story), "what is mended is well"
    assert story.rung() == ["Ana", "Ana"]
    story.desk.advance(seconds=8)  # it may have been under way
    assert story.card("CASE-1002")
    [words] = said(story)
    assert f"was set back. The page of {name} and 3 more steps of Casebell's would" in words
    story.now_is("2026-11-21 02:06:30")
    assert story.rung() == ["Ana", "Ana", "Ben"], "from then on at its times"
    assert audit(story)
    assert len(said(story)) == 1


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(
            sa.update(timers).values(done_at=central(NIGHT)).where(timers.c.kind == "page"),
            id="its timer is done",
        ),
        pytest.param(
            sa.update(timers).values(due_at=central("2026-12-24 12:00"))
            .where(timers.c.kind == "page"),
            id="its timer is late",
        ),
        pytest.param(sa.update(pages).values(due_at=None), id="it has no due time"),
        pytest.param(sa.update(pages).values(version=9), id="its timer is of another version"),
    ],
)  # fmt: skip
def test_however_a_page_was_stopped_it_goes_on(tell: Tell, broken: sa.Update) -> None:
    story = tell(NIGHT)
    story.open_case(STOPPED)
    change(story, broken)
    story.now_is("2026-11-21 02:06")
    assert audit(story)
    assert story.rung() == ["Ana", "Ana"]
    assert len(said(story)) == 1


def test_what_slack_puts_off_for_long_is_asked_again_in_time_and_waits_for_no_old_time(
    tell: Tell,
) -> None:
    story = tell()

    def tries() -> int:
        posts = (c for c in story.workspace.calls if c.method == "chat.postMessage")
        return sum(call.args.get("channel") == story.acme.id for call in posts)

    story.workspace.faults.add(
        "chat.postMessage",
        RateLimited(900),
        when=lambda arguments: arguments["channel"] == story.acme.id,
        times=2,
    )
    before = tries()
    story.open_case("Business severely impacted")
    audit_each_minute(story, "2026-11-23 10:11")
    assert tries() == before + 3, "at once, after five minutes, and after ten"
    assert story.card("CASE-1001")
    assert not [words for words in said(story) if "was set back" in words]


@pytest.mark.parametrize(("seconds", "goes_on"), [(30, True), (3600, False)])
def test_only_by_a_clock_that_is_far_off_nothing_is_sent_on_its_way(
    tell: Tell, seconds: int, goes_on: bool
) -> None:
    story = tell(NIGHT)
    story.open_case(STOPPED)
    story.desk.clock.turn_to(central(NIGHT) - timedelta(hours=1))
    wrong = Finding(Check.CLOCK_WRONG, facts={"seconds": seconds}, process="A")
    assert not story.desk.bot.services.auditor.audit([wrong], "A")
    story.desk.rest()
    assert story.rung() == (["Ana", "Ana"] if goes_on else ["Ana"])


def test_a_case_without_its_clock_gets_it_back(tell: Tell) -> None:
    """To the same due time, with the warnings that are ahead; the breach is told once."""
    story = tell("2026-11-23 10:00")
    name = story.open_case("Business severely impacted")
    forget(story, "response")
    story.desk.advance(minutes=1)
    assert audit(story)
    assert f"The response clock of {name} did not run" in said(story)[0]
    story.now_is("2026-11-23 14:05")
    told = [words for words in story.news() if "of the response time" in words or "over" in words]
    assert len(told) == 3
    assert audit(story)
    assert len(said(story)) == 1


def test_a_deadline_that_passed_without_a_timer_is_told_at_the_next_audit(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    story.open_case("Business severely impacted")
    forget(story, "response")
    story.now_is("2026-11-23 15:00")
    assert not any("overdue" in words for words in story.news())
    audit(story)
    assert len([words for words in story.news() if "overdue" in words]) == 1


def test_a_case_that_was_answered_or_resolved_needs_no_clock(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    for _ in range(2):
        story.answer(story.dora, story.open_case("Business severely impacted"))
    change(story, sa.update(cases).where(cases.c.number == 1002).values(status="resolved"))
    forget(story, "response")
    story.now_is("2026-11-23 16:00")
    assert audit(story)
    assert said(story) == []


def test_a_handoff_that_nobody_planned_is_planned(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    story.desk.bot.services.on_call.set("primary", [story.ana.id, story.ben.id])
    story.desk.advance(minutes=1)
    with story.desk.bot.store.reading() as tx:
        planned = tx.schedule.load().next_change(story.desk.clock.now())
    forget(story, "handoff")
    assert audit(story)
    with story.desk.bot.store.reading() as tx:
        assert planned is not None
        assert tx.timers.is_promised(TimerKind.HANDOFF, planned)
    assert "The handoff" in said(story)[0]
    assert "Mon 30 Nov, 9:00 AM Central" in said(story)[0]


def test_a_notice_that_nobody_planned_is_posted_once(tell: Tell) -> None:
    story = tell("2026-11-23 09:00")
    forget(story, "maintenance")
    audit(story)
    assert "A notice of maintenance" in said(story)[0]
    story.now_is("2026-11-26 12:00")
    assert audit(story)
    assert len([m for m in story.acme.messages if "routine maintenance" in m.text]) == 1


def test_a_notice_that_was_due_and_not_written_is_posted_while_it_is_worth_it(tell: Tell) -> None:
    story = tell("2026-11-26 09:00")
    forget(story, "maintenance")
    story.now_is("2026-11-26 11:00")
    audit(story)
    assert len([m for m in story.acme.messages if "routine maintenance" in m.text]) == 1


def test_a_window_that_is_lost_comes_back_with_its_notices(tell: Tell) -> None:
    story = tell("2026-11-23 09:00")
    forget(story, "maintenance")
    change(story, sa.delete(windows))
    assert audit(story)
    story.now_is("2026-11-26 12:00")
    assert audit(story)
    assert len([m for m in story.acme.messages if "routine maintenance" in m.text]) == 1
    assert len(said(story)) == 1


def test_notices_of_a_window_that_was_called_off_are_missed_by_nobody(tell: Tell) -> None:
    story = tell("2026-11-23 09:00")
    maintenance = story.desk.bot.services.maintenance
    change_window(maintenance, "routine-2026-11-23", Skip(), story.ana.id)
    forget(story, "maintenance")
    story.now_is("2026-11-26 12:00")
    assert audit(story)
    assert not [words for words in said(story) if "routine-2026-11-23" in words]
    assert not [m for m in story.acme.messages if "routine maintenance" in m.text]


def test_what_was_told_together_with_another_window_is_missed_by_nobody(tell: Tell) -> None:
    """Nor what was left to the news of a change: an audit posts none of it once more."""
    story = tell("2026-12-17 09:00")
    story.now_is("2026-12-17 10:01")
    maintenance = story.desk.bot.services.maintenance
    start = central("2026-12-18 09:00").astimezone(UTC)
    change_window(maintenance, "prod-2026-12-03", Move(start), story.ana.id)
    story.now_is("2026-12-17 10:05")
    before = [m.text for m in story.acme.messages]
    assert audit(story)
    assert said(story) == []
    assert [m.text for m in story.acme.messages] == before


def test_what_is_much_is_mended_in_portions_and_told_in_one_message(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    story.have_cases(MENDED_AT_ONCE + 10)
    assert not audit(story), "there is more to mend"
    assert audit(story)
    assert f"and {MENDED_AT_ONCE - 20} more" in said(story)[0]


def test_what_cannot_be_mended_is_told(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    story = tell(NIGHT)
    name = story.open_case(STOPPED)
    forget(story, "page")

    def fail(*_: object, **__: object) -> bool:
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(Paging, "plan_anew", fail)
    assert not audit(story)
    story.desk.advance(minutes=1)
    assert not audit(story)
    [words] = said(story)
    assert f"The page of {name} has no next step, and could not be given one" in words


# --- told -----------------------------------------------------------------------------------------


def test_a_page_that_does_not_go_on_is_told_once_and_when_it_is_over(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell(NIGHT)
    name = story.open_case(STOPPED)
    with monkeypatch.context() as patched:
        failing(patched)
        audit_each_minute(story, "2026-11-21 02:06")
        assert said(story) == []
        assert audit_each_minute(story, "2026-11-21 02:20") == [False] * 14
        words = said(story)
        assert f"The page of {name} should have gone on" in words[0]
        assert "2:05 AM Central" in words[0]
        assert "call whoever is on call" in words[0]
    story.desk.advance(minutes=1)
    audit(story)
    assert len(story.rung()) == 2
    assert [WELL in words for words in said(story)][-1]
    assert len([words for words in said(story) if "should have gone on" in words]) == 1


def test_what_fails_again_and_again_is_told_with_its_kind(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell(NIGHT)
    story.open_case(STOPPED)
    with monkeypatch.context() as patched:
        failing(patched)
        audit_each_minute(story, "2026-11-21 02:10")
    told = "\n".join(said(story))
    assert "1 of the kind page" in told
    assert "Prices are gone" not in told


def test_a_timer_that_waits_for_slack_does_not_fail(tell: Tell) -> None:
    """Which channels Casebell is in is not known yet: it is asked for every 2 s, for as long."""
    story = tell("2026-11-26 09:59")
    change(story, sa.text("UPDATE channels SET is_member = false"))  # type: ignore[arg-type]
    story.now_is("2026-11-26 10:01")
    with story.desk.bot.store.reading() as tx:
        assert tx.audit.failing_timers(central("2026-11-26 12:00"), 1) == {}


def test_late_steps_are_told(tell: Tell) -> None:
    """They are due, and no engine takes them: as if it were stuck."""
    story = tell("2026-11-23 10:00")
    story.open_case("Business severely impacted")
    bot = story.desk.bot
    bot._ticker.stop()  # type: ignore[union-attr]
    for minutes in (0, 1):
        story.desk.clock.turn_to(central("2026-11-23 16:00") + timedelta(minutes=minutes))
        assert not bot.audit()
    with bot.store.reading() as tx:
        [told] = tx.marks.get("audit").facts["told"].keys() & {"timers_late::"}
    assert told


def test_while_slack_is_away_it_is_red_and_told_when_slack_is_back(tell: Tell) -> None:
    story = tell(NIGHT)
    story.workspace.away = True
    with story.desk.bot.store.transaction() as tx:
        now = story.desk.clock.now()
        facts = {"user": story.carla.id}
        told = Draft(MessageKind.NOT_OPENED, "a", "a", now, facts, channel_id=story.team.id)
        tx.outbox.add(told, now)
        told = Draft(MessageKind.NOT_OPENED, "b", "b", now, facts, user_id=story.dora.id)
        tx.outbox.add(told, now)
    assert all(audit_each_minute(story, "2026-11-21 02:04"))
    assert not any(audit_each_minute(story, "2026-11-21 02:10")[2:])
    assert said(story) == []
    story.workspace.away = False
    story.desk.advance(minutes=2)
    audit(story)
    [first, *_, last] = said(story)
    assert "Slack took no message of Casebell's from" in first
    assert WELL in last


def test_pages_that_slack_does_not_take_are_told_though_it_takes_all_else(tell: Tell) -> None:
    story = tell(NIGHT)
    direct = {story.ana.id, story.ben.id, story.ana.dm.id, story.ben.dm.id}
    story.workspace.faults.add(
        "chat.postMessage", HttpError(500), times=None, when=lambda to: to["channel"] in direct
    )
    story.open_case(STOPPED)
    assert not all(audit_each_minute(story, "2026-11-21 02:04"))
    (told,) = said(story)
    assert "Slack has not taken a page for @Ana since" in told
    story.now_is("2026-11-21 02:15")
    audit_each_minute(story, "2026-11-21 02:19")
    assert "a page for @Ben" in said(story)[-1]


def test_one_place_that_gets_nothing_is_no_silence_of_slacks(tell: Tell) -> None:
    story = tell(NIGHT)
    story.workspace.faults.add(
        "chat.postMessage",
        HttpError(500),
        times=None,
        when=lambda args: args["channel"] == story.acme.id,
    )
    story.submit("Little business impact")
    story.desk.rest()
    audit_each_minute(story, "2026-11-21 02:15")
    (told,) = said(story)
    assert "Slack takes no message for #acme since" in told
    assert "Slack took no message" not in told
    story.workspace.faults.clear()
    audit_each_minute(story, "2026-11-21 02:18")
    assert WELL in said(story)[-1]


def test_an_engine_that_stands_still_says_so_of_itself(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell("2026-11-23 10:00")
    with monkeypatch.context() as patched:
        patched.setattr("bot.engine.ticker.Ticker.age", 75.0)
        assert not audit(story)
        story.desk.advance(minutes=1)
        assert not audit(story)
    assert "An engine of Casebell has stood still since" in said(story)[0]
    assert audit(story)
    assert WELL in said(story)[1]


def test_a_look_that_fails_is_a_finding_and_the_others_are_made(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell(NIGHT)
    story.open_case(STOPPED)
    forget(story, "page")

    def fail(*_: object) -> None:
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(Auditor, "_messages", fail)
    for _ in range(2):
        assert not audit(story)
        story.desk.advance(minutes=1)
    mended, wrong = said(story)
    assert MENDED in mended
    assert "could not look whether all is well: messages late" in wrong


def test_while_the_database_is_away_nothing_is_well(
    tell: Tell, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell("2026-11-23 10:00")
    monkeypatch.setattr("storage.database.TIMEOUT_SECONDS", 0.1)
    with story.desk.bot.database.transaction():
        assert story.desk.bot.audit() is False
    assert "the audit failed" in caplog.text
    assert audit(story)


def test_restarts_repeat_nothing(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    story = tell(NIGHT)
    story.open_case(STOPPED)
    failing(monkeypatch)
    audit_each_minute(story, "2026-11-21 02:10")
    before = len(said(story))
    for _ in range(2):
        story.desk.stop_bot()
        story.desk.start_bot()
        audit_each_minute(story, "2026-11-21 02:13")
    assert len(said(story)) == before


def test_news_that_is_no_longer_so_when_it_is_sent_is_left_out(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    gone = Finding(Check.TIMERS_LATE, facts={"count": 1, "at": central(NIGHT).isoformat()})
    auditor = story.desk.bot.services.auditor
    auditor.audit([gone], "A")
    story.desk.clock.turn_to(story.desk.clock.now() + timedelta(minutes=1))
    story.workspace.away = True
    auditor.audit([gone], "A")
    story.desk.rest()  # it was tried in vain, not composed and sent once Slack is back
    story.desk.bot.audit()
    story.workspace.away = False
    story.desk.advance(minutes=2)
    assert not any("is late" in words for words in said(story))


# --- who is told ----------------------------------------------------------------------------------


def test_only_the_team_hears_of_it(tell: Tell) -> None:
    story = tell(NIGHT)
    story.open_case(STOPPED)
    forget(story, "page")
    audit(story)
    with story.desk.bot.database.reading() as connection:
        query = sa.select(outbox.c.channel_id).where(outbox.c.kind == "audit")
        assert set(connection.execute(query).scalars()) == {story.team.id}


@pytest.fixture
def two_engines(tell: Tell, postgres_url: str) -> Iterator[tuple[Story, list[Auditor]]]:
    """A desk on PostgreSQL, and the auditors of two engines over its database."""
    story = tell(NIGHT, database_url=postgres_url)
    databases = [Database(postgres_url) for _ in range(2)]
    auditors = [
        make_services(
            story.desk.policy,
            SqlStore(database),
            story.desk.clock,
            story.desk.bot.gateway,
            story.team.id,
            story.desk.bot.services.routing.routes,
        ).auditor
        for database in databases
    ]
    yield story, auditors
    for database in databases:
        database.dispose()


def both(auditors: list[Auditor]) -> list[bool]:
    first, second = auditors
    return at_once(lambda: first.audit([], "A"), lambda: second.audit([], "B"))


def test_two_engines_mend_once_and_tell_once(two_engines: tuple[Story, list[Auditor]]) -> None:
    story, auditors = two_engines
    for _ in range(5):
        story.open_case(STOPPED)
    forget(story, "page")
    forget(story, "response")
    story.desk.clock.turn_to(story.desk.clock.now() + timedelta(minutes=1))
    both(auditors)
    story.desk.rest()
    assert both(auditors) == [True, True]
    with story.desk.bot.database.reading() as connection:
        told = connection.execute(
            sa.select(outbox.c.facts).where(outbox.c.kind == "audit")
        ).scalars().all()  # fmt: skip
    mended = [f["check"] + f["about"] for facts in told for f in facts["mended"]]
    assert len(mended) == len(set(mended)) == 10
    story.now_is("2026-11-21 02:05:30")
    assert story.rung() == ["Ana"] * 10


def test_what_two_engines_see_of_themselves_at_one_moment_is_told_of_both(
    two_engines: tuple[Story, list[Auditor]],
) -> None:
    story, auditors = two_engines
    for _ in range(2):
        for process, auditor in zip("AB", auditors, strict=True):
            facts = {"at": central(NIGHT).isoformat()}
            auditor.audit([Finding(Check.TICK_STALE, facts=facts, process=process)], process)
        story.desk.advance(minutes=1)
    story.desk.advance(seconds=3)
    [told] = said(story)
    assert "(A and B)" in told


def test_two_engines_tell_a_finding_once(
    two_engines: tuple[Story, list[Auditor]], monkeypatch: pytest.MonkeyPatch
) -> None:
    story, auditors = two_engines
    story.open_case(STOPPED)
    with monkeypatch.context() as patched:
        failing(patched)
        story.now_is("2026-11-21 02:06:30")
        for _ in range(4):
            assert both(auditors) == [False, False]
            story.desk.advance(minutes=1)
    assert len([words for words in said(story) if "should have gone on" in words]) == 1
    story.desk.advance(minutes=1)
    both(auditors)
    both(auditors)
    story.desk.rest()
    assert len([words for words in said(story) if WELL in words]) == 1


def test_mending_does_not_wait_for_an_engine_that_decides(
    two_engines: tuple[Story, list[Auditor]], caplog: pytest.LogCaptureFixture
) -> None:
    """An engine holds a due timer and its case: the auditor goes on, and finds nothing wrong."""
    story, auditors = two_engines
    story.open_case(STOPPED)
    with story.desk.bot.store.transaction() as tx:
        tx.timers.take_due(story.desk.clock.now() + timedelta(hours=1), 100)
        tx.cases.get(1001, lock=True)
        with caplog.at_level(logging.ERROR):
            assert auditors[0].audit([], "A")
    assert caplog.text == ""


def facts_of(story: Story) -> Mapping[str, Any]:
    with story.desk.bot.store.reading() as tx:
        return tx.marks.get("audit").facts


def test_what_is_kept_of_an_audit_is_small(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    story.have_cases(10)
    forget(story, "maintenance")
    audit(story)
    story.now_is("2026-11-23 17:00")
    story.desk.bot.audit()
    story.now_is("2026-11-24 17:00")
    story.desk.bot.audit()
    assert len(facts_of(story)["told"]) == 0
