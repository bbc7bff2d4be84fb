"""Delivering the outbox to a Slack that fails: nothing is lost, and only pages may come twice.

The clock stands still until a test turns it, so every wait is exact.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from story import Story, central

from bot.domain.delivery import LEASE, SEND_TIMEOUT
from bot.domain.outbox import MessageKind
from bot.errors import SlackError, StorageRefusedError
from bot.sandbox import (
    Conversation,
    CutAfter,
    CutBefore,
    Hang,
    HttpError,
    Message,
    RateLimited,
    Refused,
)
from bot.sandbox.faults import Condition, Fault
from bot.services.cards import Cards
from bot.services.desk import about_case

Tell = Callable[..., Story]
POST, HISTORY = "chat.postMessage", "conversations.history"


def to(place: Conversation) -> Condition:
    return lambda args: bool(args["channel"] == place.id)


def cards(story: Story) -> list[Message]:
    """The case's cards in the customer's channel: one, if all is well."""
    return [m for m in story.acme.messages if m.text.startswith("CASE-1001: ")]


def calls(story: Story, method: str, place: Conversation) -> int:
    """How often Slack was asked to do something in a place, the settling in included."""
    return sum(c.method == method and c.args.get("channel") == place.id
               for c in story.workspace.calls)  # fmt: skip


def open_case(story: Story, severity: str = "Business severely impacted") -> None:
    """Open a case and stop at the first moment: no time passes."""
    assert story.submit(severity).ok
    story.desk.rest()


def thread_of_case(story: Story) -> str | None:
    with story.desk.bot.store.reading() as tx:
        return tx.cases.get(1001).thread_ts


# A customer's card, which comes once.


def test_too_many_requests_are_waited_out_as_long_as_slack_asks(tell: Tell) -> None:
    story = tell()
    before = calls(story, POST, story.acme)
    story.workspace.faults.add(POST, RateLimited(30), when=to(story.acme))
    open_case(story)
    story.desk.advance(seconds=29)
    assert cards(story) == []
    assert calls(story, POST, story.acme) == before + 1
    story.desk.advance(seconds=1)
    assert len(cards(story)) == 1
    assert calls(story, POST, story.acme) == before + 2


def test_one_channel_that_is_rate_limited_holds_up_no_other(tell: Tell) -> None:
    story = tell()
    story.workspace.faults.add(POST, RateLimited(300), when=to(story.acme))
    open_case(story)
    assert story.team_card("CASE-1001")
    assert story.carla.dms


@pytest.mark.parametrize(
    ("fault", "looked_up"),
    [(HttpError(500), 1), (CutBefore(), 1), (CutAfter(), 1), (Refused("service_unavailable"), 0)],
    ids=["500", "cut before", "cut after", "not now"],
)  # fmt: skip
def test_a_lost_answer_is_looked_up_before_it_is_sent_again(
    tell: Tell, fault: Fault, looked_up: int
) -> None:
    """Where Slack has said clearly that it did nothing, nothing has to be looked up."""
    story = tell()
    story.workspace.faults.add(POST, fault, when=to(story.acme))
    open_case(story)
    assert thread_of_case(story) is None
    story.desk.advance(seconds=1)
    [card] = cards(story)
    assert thread_of_case(story) == card.ts
    assert calls(story, HISTORY, story.acme) == looked_up


def test_a_send_that_hangs_is_looked_up_and_not_doubled(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack_gateway.SEND_TIMEOUT", 0.3)
    story = tell()
    story.workspace.faults.add(POST, Hang(30), when=to(story.acme))
    open_case(story)
    story.desk.advance(seconds=1)
    [card] = cards(story)
    assert thread_of_case(story) == card.ts


@pytest.mark.parametrize("fault", [CutBefore(), CutAfter()], ids=["not there", "there"])
def test_while_it_cannot_be_looked_up_a_card_waits(tell: Tell, fault: Fault) -> None:
    story = tell()
    faults = story.workspace.faults
    faults.add(POST, fault, when=to(story.acme))
    faults.add(HISTORY, HttpError(500), times=3)
    open_case(story)
    before = len(cards(story))
    story.desk.advance(seconds=1 + 2 + 4)
    assert len(cards(story)) == before
    story.desk.advance(seconds=8)
    [card] = cards(story)
    assert thread_of_case(story) == card.ts


def test_a_look_up_that_is_rate_limited_leaves_the_doubt(tell: Tell) -> None:
    """Slack takes few look-ups a minute, so this comes with every outage."""
    story = tell()
    story.workspace.faults.add(POST, CutAfter(), when=to(story.acme))
    story.workspace.faults.add(HISTORY, RateLimited(5))
    open_case(story)
    story.desk.advance(seconds=10)
    assert len(cards(story)) == 1


class Stumbling:
    """An error of ours in the words of a message, as often as it is told."""

    def __init__(self, words: Callable[..., Any], times: int, error: Exception) -> None:
        self._words, self._times, self._error = words, times, error

    def __call__(self, *arguments: Any) -> Any:
        if self._times:
            self._times -= 1
            raise self._error
        return self._words(*arguments)


def stumble(
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    *,
    times: int,
    error: Exception | None = None,
) -> Stumbling:
    from bot.messages import case_card  # noqa: PLC0415 - the original, before it is replaced

    ours = error or LookupError("an error of ours")
    stumbling = Stumbling(getattr(case_card, where), times, ours)
    monkeypatch.setattr(case_card, where, stumbling)
    return stumbling


@pytest.mark.parametrize(
    "error",
    [LookupError("a mistake"), StorageRefusedError("a wrong statement")],
    ids=["ours", "SQL"],
)
def test_words_that_cannot_be_found_stop_no_other_message_and_are_tried_again(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    story = tell()
    stumble(monkeypatch, "case_card", times=3, error=error)
    open_case(story)
    assert cards(story) == []
    assert story.team_card("CASE-1001")
    assert story.carla.dms
    story.desk.advance(seconds=1 + 2 + 4)
    assert len(cards(story)) == 1
    logged = [r for r in caplog.records if r.levelno >= logging.ERROR and r.exc_info]
    assert len(logged) == 3


@pytest.mark.parametrize(
    "error",
    [LookupError("a mistake"), StorageRefusedError("a wrong statement")],
    ids=["ours", "SQL"],
)
def test_what_could_not_be_recorded_by_an_error_of_ours_is_not_sent_again(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    story = tell()
    stumbling = Stumbling(Cards.posted, 1, error)
    monkeypatch.setattr(Cards, "posted", lambda *a: stumbling(*a))  # noqa: PLW0108 - a method
    open_case(story)
    story.desk.advance(seconds=10)
    assert len(cards(story)) == 1
    assert thread_of_case(story) == cards(story)[0].ts


def test_an_error_of_ours_after_a_lost_answer_leaves_the_doubt(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell()
    story.workspace.faults.add(POST, CutAfter(), when=to(story.acme))
    open_case(story)
    stumble(monkeypatch, "case_card", times=1)
    story.desk.advance(seconds=5)
    assert len(cards(story)) == 1


# A page, which comes whatever happens.


def pages(story: Story, fault: Fault, *, look_up: Fault | None = None) -> list[Message]:
    """Ana's pages shortly after a case at night whose first page meets the fault."""
    faults = story.workspace.faults
    faults.add(POST, fault, when=to(story.ana.dm))
    if look_up is not None:
        faults.add(HISTORY, look_up, times=None)
    open_case(story, "Business Stopped")
    story.desk.advance(seconds=2)
    return story.pages(story.ana)


@pytest.mark.parametrize(
    "look_up", [HttpError(500), RateLimited(60), Refused("missing_scope")], ids=repr
)
def test_a_page_that_cannot_be_looked_up_is_sent_again(tell: Tell, look_up: Fault) -> None:
    """Twice beats never."""
    assert len(pages(tell("2026-11-23 22:00"), CutAfter(), look_up=look_up)) == 2


@pytest.mark.parametrize("fault", [CutAfter(), CutBefore(), HttpError(500)], ids=repr)
def test_a_page_that_can_be_looked_up_comes_once(tell: Tell, fault: Fault) -> None:
    assert len(pages(tell("2026-11-23 22:00"), fault)) == 1


@pytest.mark.parametrize(
    ("fault", "look_up", "come"),
    [(CutBefore(), None, 1), (CutAfter(), HttpError(500), 2), (CutAfter(), None, 1)],
    ids=["not there", "no answer", "there"],
)
def test_a_page_whose_look_up_takes_the_whole_lease_is_sent_without_another(
    tell: Tell, monkeypatch: pytest.MonkeyPatch, fault: Fault, look_up: Fault | None, come: int
) -> None:
    story = tell("2026-11-23 22:00")
    look_ups_are_slow(monkeypatch, story, story.ana.dm)
    assert len(pages(story, fault, look_up=look_up)) == come
    assert calls(story, HISTORY, story.ana.dm) == 1


def test_a_card_whose_look_up_takes_the_whole_lease_waits_longer_each_time(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell()
    story.workspace.faults.add(POST, CutBefore(), when=to(story.acme))
    with monkeypatch.context() as slow:
        look_ups_are_slow(slow, story, story.acme)
        open_case(story)
        story.desk.advance(seconds=1 + 2 + 4)
        assert cards(story) == []
        assert calls(story, HISTORY, story.acme) == 3
    story.desk.advance(seconds=8)
    assert len(cards(story)) == 1


def look_ups_are_slow(monkeypatch: pytest.MonkeyPatch, story: Story, place: Conversation) -> None:
    """Each leaves too little of the lease; by a clock of their own, so that nobody waits."""
    seconds = LEASE.total_seconds() - SEND_TIMEOUT + 0.1
    monkeypatch.setattr(
        "bot.engine.outbox.monotonic", lambda: seconds * calls(story, HISTORY, place)
    )


def test_a_page_is_tried_every_five_seconds_at_the_longest(tell: Tell) -> None:
    story = tell("2026-11-23 22:00")
    story.workspace.faults.add(POST, Refused("invalid_auth"), times=None)
    open_case(story, "Business Stopped")
    story.desk.advance(seconds=60)
    before = calls(story, POST, story.ana.dm)
    assert before >= 12
    story.workspace.faults.clear()
    story.desk.advance(seconds=5)
    assert len(story.pages(story.ana)) == 1


# What Slack refuses for good, and for now.


def test_a_card_that_is_refused_for_good_is_told_to_the_reporter_and_the_team(tell: Tell) -> None:
    story = tell()
    before = calls(story, POST, story.acme)
    story.workspace.faults.add(POST, Refused("channel_not_found"), when=to(story.acme))
    open_case(story)
    story.desk.advance(seconds=5)
    assert cards(story) == []
    assert calls(story, POST, story.acme) == before + 1
    assert any("CASE-1001" in m.shown and "#acme" in m.shown for m in story.carla.dms[1:])
    assert any("channel_not_found" in news for news in story.news())


def test_a_token_that_slack_rejects_for_a_while_loses_nothing(tell: Tell) -> None:
    story = tell()
    before = [list(room.messages) for room in (story.acme, story.team)]
    story.workspace.faults.add(POST, Refused("invalid_auth"), times=None)
    open_case(story)
    story.desk.advance(minutes=25)  # longer than what is unknown would be tried for
    assert [room.messages for room in (story.acme, story.team)] == before
    story.workspace.faults.clear()
    story.desk.advance(minutes=2)
    assert len(cards(story)) == 1
    assert story.team_card("CASE-1001")
    assert len([m for m in story.carla.dms if "We have your case" in m.shown]) == 1


# What the customer is told in the case's thread.


NOTE = "What was it, and what has been done?"


@pytest.mark.parametrize(
    "fault", [None, CutBefore(), CutAfter()], ids=["none", "not there", "there"]
)
@pytest.mark.parametrize(
    ("button", "field", "mirrored"),
    [
        ("Reply", "Your reply", "@Ana replied to the customer through Casebell:\nIt is back."),
        ("Resolve", NOTE, "@Ana resolved CASE-1001.\nIt is back."),
    ],
)
def test_what_the_customer_is_told_is_in_the_teams_thread_once_slack_has_it(
    tell: Tell, button: str, field: str, mirrored: str, fault: Fault | None
) -> None:
    story = tell()
    case = story.open_case()
    if fault is not None:
        story.workspace.faults.add(POST, fault, when=to(story.acme))
    form = story.team_form(story.ana, case, button)
    form.fill({field: "It is back."})
    assert form.submit().ok
    story.desk.advance(seconds=10)
    assert [m.shown.count("It is back.") for m in story.card(case).thread] == [1]
    assert sum(mirrored in m.shown for m in story.team_card(case).thread) == 1


def test_what_the_customer_is_told_goes_to_no_other_customer(
    tell: Tell, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever a row of the outbox says: to the case's place, or to its reporter."""
    story = tell()
    story.open_case()
    globex = story.workspace.add_channel("globex", members=[story.workspace.bot, story.ana])
    strangers, own = [globex, story.emil.dm], [story.acme, story.carla.dm]
    before = [calls(story, POST, place) for place in (*strangers, *own)]
    now = story.desk.clock.now()
    with story.desk.bot.store.transaction() as tx:
        for n, (channel, person) in enumerate(
            [(globex, None), (None, story.emil), (story.acme, None), (None, story.carla)]
        ):
            astray = about_case(
                MessageKind.RECEIPT,
                1001,
                f"astray {n}",
                now,
                channel_id=channel.id if channel else None,
                user_id=person.id if person else None,
            )
            tx.outbox.add(astray, now)
    story.desk.advance(seconds=10)
    after = [calls(story, POST, place) for place in (*strangers, *own)]
    assert [b - a for a, b in zip(before, after, strict=True)] == [0, 0, 1, 1]
    refused = [r for r in caplog.records if "it is not the place of that case" in r.getMessage()]
    assert len(refused) == 2


# What is internal.


def test_what_is_internal_stays_out_of_a_team_channel_that_is_shared(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    other = story.workspace.add_team("Other")
    story.team.share_with_team(other)
    story.desk.rest()
    before = list(story.team.messages), calls(story, POST, story.team)
    open_case(story)
    story.desk.advance(seconds=5)
    assert (story.team.messages, calls(story, POST, story.team)) == before
    for person in story.levels.values():
        assert any("CASE-1001" in m.shown for m in person.dms), person.name
    assert len(cards(story)) == 1


def test_a_team_channel_that_is_no_longer_shared_is_told_again(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    other = story.workspace.add_team("Other")
    story.team.share_with_team(other)
    open_case(story)
    story.team.unshare(other)
    story.now_is("2026-11-23 12:01")
    assert any("50 %" in news for news in story.news())


def test_what_is_internal_goes_to_nobody_who_has_left_the_team(tell: Tell) -> None:
    story = tell("2026-11-23 22:00")
    story.team.kick(story.ana)
    story.desk.rest()
    open_case(story, "Business Stopped")
    story.desk.advance(seconds=5)
    assert story.pages(story.ana) == []
    assert story.desk.clock.now() < central("2026-11-23 22:05")
    assert story.rung() != []


# When everything is under way.


def test_a_message_whose_sender_is_gone_is_sent_by_another_when_the_lease_ends(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that dies in the middle settles nothing."""
    story = tell()
    outgoing = type(story.desk.bot.services.outgoing)
    with monkeypatch.context() as dying:

        def die(*_arguments: object) -> None:
            raise SlackError("the process", "is gone")

        dying.setattr(outgoing, "settle", die)
        assert story.submit("Business severely impacted").ok
        story.desk.rest()
    assert len(cards(story)) == 1
    assert thread_of_case(story) is None
    story.desk.advance(seconds=60)
    [card] = cards(story)
    assert thread_of_case(story) == card.ts
    assert story.team_card("CASE-1001")
