"""The record of pages in words: complete, short, and within what Slack takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from examples import CARD_URL, NOW, POLICY, URL, a_case, worst

from bot.domain.page import TeamNews
from bot.domain.page_history import (
    Escalated,
    Load,
    Moment,
    Over,
    PageHistory,
    Routed,
    Rung,
    Taken,
    Told,
)
from bot.messages import kit
from bot.messages.page_history import HistoryFacts, PageLine, history_message, page_line
from bot.sandbox import reading

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
ANA, BEN = "U0ANA", "U0BEN"


def at(minute: int) -> timedelta:
    return minute * MINUTE


def rung(minute: int, user: str = ANA, late: timedelta | None = SECOND) -> Rung:
    arrived = None if late is None else NOW + minute * MINUTE + late
    return Rung(NOW + minute * MINUTE, user, "primary", arrived)


def told(*moments: Moment, most_rings: int = 6) -> str:
    """What stands after the time of the page's opening, 10:00 AM."""
    line = PageLine(PageHistory(7, 1042, NOW, moments), a_case(), None)
    words = page_line(POLICY, line, most_rings)
    head = "*CASE-1042* (Business Stopped, Acme), Mon 23 Nov, 10:00 AM: "
    assert words.startswith(head)
    return words.removeprefix(head)


OVER = Over(NOW + 40 * MINUTE, BEN, "answered")


@pytest.mark.parametrize(
    ("moments", "words"),
    [
        ([rung(0)], "rang <@U0ANA> at 10:00 AM (arrived after 1 s); not over yet."),
        (
            [rung(0), rung(5), rung(10, BEN), Taken(NOW + 12 * MINUTE, BEN, 12 * MINUTE), OVER],
            "rang <@U0ANA> at 10:00 AM (arrived after 1 s), <@U0ANA> at 10:05 AM and <@U0BEN> at"
            " 10:10 AM; <@U0BEN> acknowledged after 12 min; over at 10:40 AM: <@U0BEN> answered the"
            " customer.",
        ),
        (
            [rung(0), rung(5, late=45 * SECOND), rung(10, late=None), OVER],
            "rang <@U0ANA> at 10:00 AM (arrived after 1 s), <@U0ANA> at 10:05 AM (arrived after"
            " 45 s) and <@U0ANA> at 10:10 AM (has not arrived); over at 10:40 AM: <@U0BEN> answered"
            " the customer.",
        ),
        (
            [
                rung(0),
                Routed(NOW + 2 * MINUTE, "pagerduty", (ANA,)),
                Routed(NOW + 3 * MINUTE, "phone", refused="HTTP 403"),
                Escalated(NOW + 4 * MINUTE, ANA),
                rung(4, BEN),
                replace(OVER, why="resolved", by=None),
            ],
            "rang <@U0ANA> at 10:00 AM (arrived after 1 s), by pagerduty at 10:02 AM and by phone"
            " at 10:03 AM (it refused: HTTP 403); <@U0ANA> escalated at 10:04 AM; rang <@U0BEN> at"
            " 10:04 AM (arrived after 1 s); over at 10:40 AM: Somebody resolved the case.",
        ),
        (
            [replace(rung(0), is_known=False, delivered_at=None), OVER],
            "rang <@U0ANA> at 10:00 AM; over at 10:40 AM: <@U0BEN> answered the customer.",
        ),
        (
            [Told(NOW, TeamNews.NOBODY_ON_CALL, None), Told(NOW, TeamNews.NO_ANSWER_YET, None)],
            ":warning: nobody was on call at 10:00 AM; not over yet.",
        ),
        (
            [replace(rung(0, late=None), refused="it is for the team alone")],
            "rang <@U0ANA> at 10:00 AM (not sent: it is for the team alone); not over yet.",
        ),
        ([Taken(NOW, None, None)], "Somebody acknowledged at 10:00 AM; not over yet."),
    ],
)
def test_a_page_is_told_in_a_line(moments: list[Moment], words: str) -> None:
    assert told(*moments) == words


def test_a_time_of_another_day_names_its_day() -> None:
    words = told(
        rung(0), rung(14 * 60), rung(14 * 60 + 5), replace(OVER, at=NOW + 48 * 60 * MINUTE)
    )
    assert "10:00 AM (arrived after 1 s), <@U0ANA> at Tue 24 Nov, 12:00 AM and" in words
    assert "<@U0ANA> at 12:05 AM; over at Wed 25 Nov, 10:00 AM" in words


def test_many_rings_are_told_as_how_many_until_when() -> None:
    words = told(*(rung(n) for n in range(40)))
    assert words.count("<@U0ANA> at") == 6
    assert words.endswith("and 34 more until 10:39 AM (<@U0ANA>); not over yet.")
    assert "more until" not in told(*(rung(n) for n in range(7)))


def test_who_was_rung_is_named_where_the_rings_are_only_counted() -> None:
    people = ("U0ANA", "U0BEN", *(f"U0{n}" for n in range(6)))
    words = told(*(rung(n, people[n % 8]) for n in range(24)), most_rings=2)
    assert "22 more until 10:23 AM (<@U00>, <@U01>, <@U02>, <@U03>, <@U04> and 3 more)" in words


def a_weekend() -> tuple[Moment, ...]:
    """Acknowledged over and over, never answered: as long as it gets."""
    once = [rung(0), rung(5), Taken(NOW, ANA, MINUTE), Told(NOW, TeamNews.NOT_ANSWERED, ANA)]
    return tuple(once * 60)


def facts(lines: list[PageLine], **changed: object) -> HistoryFacts:
    people = [f"U{n:09}" for n in range(40)]
    weeks = {date(2026, 9, 28) + timedelta(weeks=n): Load(40, 40) for n in range(8)}
    made = HistoryFacts(
        lines=lines,
        number=1,
        has_more=True,
        loads=dict.fromkeys(people, weeks),
        on_call=frozenset({*people, *(f"V{n:09}" for n in range(40))}),
        weeks=8,
    )
    return replace(made, **changed)  # type: ignore[arg-type]


@worst
def test_the_longest_list_is_within_what_slack_takes_and_calls_nobody(text: str) -> None:
    moments = (*a_weekend(), Rung(NOW, ANA, None, refused=text), Routed(NOW, text, refused=text))
    line = PageLine(PageHistory(7, 1042, NOW, moments), a_case(text), URL)
    built = history_message(POLICY, facts([line] * 10))
    assert kit.size(built.blocks) <= kit.ROOM
    assert len(built.blocks) <= kit.MOST_BLOCKS
    assert all(len(b["text"]["text"]) < kit.SECTION for b in built.blocks if "text" in b)
    called = reading.calls(built.blocks, built.text)
    assert {user for user in called if len(user) < 9} <= {ANA, BEN}, "others are U000000000 on"


def test_how_many_a_person_had_is_told_week_by_week() -> None:
    loads = {
        BEN: {date(2026, 11, 9): Load(1, 0)},
        ANA: {date(2026, 11, 16): Load(2, 2), date(2026, 11, 23): Load(1, 0)},
        "U0MIA": {},
    }
    made = facts([], loads=loads, on_call=frozenset({ANA, BEN, "U0MIA"}), has_more=False)
    shown = "\n".join(
        b["text"]["text"] for b in history_message(POLICY, made).blocks if "text" in b
    )
    assert "No page has rung anybody yet." in shown
    assert shown.endswith(
        "• <@U0ANA>: 3 (2) in all. Week of 23 Nov: 1 (0), 16 Nov: 2 (2)\n"
        "• <@U0BEN>: 1 (0) in all. Week of 9 Nov: 1 (0)\n"
        "• On call, and not rung: <@U0MIA>"
    )


def test_the_way_to_older_pages_is_shown_while_there_are_any() -> None:
    line = PageLine(PageHistory(7, 1042, NOW, (rung(0),)), a_case(), CARD_URL)
    shown = str(history_message(POLICY, facts([line], number=2)).blocks)
    assert "`/oncall history 3` shows older ones." in shown
    assert "<" + CARD_URL + "|CASE-1042>" in shown
    assert "older" not in str(history_message(POLICY, facts([line], has_more=False)).blocks)
    assert "There are no older ones." in str(history_message(POLICY, facts([], number=4)).blocks)
