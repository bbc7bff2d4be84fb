"""`/maintenance` and its forms at their fullest: within what Slack takes, and nobody is called."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from examples import CARD_URL, NOW, POLICY, drawn, worst
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.calendar_plan import Difference
from bot.domain.flags import Flag, FlagKind
from bot.domain.ledger import LedgerLine, LineState
from bot.domain.maintenance import WindowKind
from bot.domain.notices import NoticeKind
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window
from bot.domain.window_changes import ChangeKind, WindowChange
from bot.domain.window_news import NewsKind
from bot.messages import (
    kit,
    window_forms,
    window_ids,
    window_list,
    window_preview,
    window_terms,
    window_told,
)
from bot.messages.window_ids import Asked, Do, YearPage
from bot.messages.window_list import PER_PAGE, SHORT, CalendarFacts
from bot.sandbox import blocks as slack
from bot.sandbox import reading

START = NOW.replace(microsecond=0) + timedelta(days=3)
PLANNED = Segment(START, START + timedelta(hours=4))
ELSEWHERE = Segment(START + timedelta(days=1), START + timedelta(days=1, hours=4))
METADATA = 3000


def a_window(text: str, n: int = 0, **changed: Any) -> Window:
    """A window whose every word is this text, as long as the form takes it."""
    made = Window(
        key=f"extra-{n}",
        kind=WindowKind.EXTRA,
        sector=text[: window_terms.SECTOR],
        segment=PLANNED,
        by_rule=ELSEWHERE,
        what=text[: window_terms.WORDS],
        affected=text[: window_terms.WORDS],
        changed_at=NOW,
        sequence=10**8,
    )
    return replace(made, **changed)


def facts(text: str, count: int, *, is_team: bool = True) -> CalendarFacts:
    windows = [a_window(text, n) for n in range(count)]
    flags = [
        Flag(FlagKind.SAME_SECTOR, one, other)
        for one in windows
        for other in windows
        if one != other
    ]
    return CalendarFacts(
        now=NOW,
        is_team=is_team,
        windows=windows,
        total=count * 20,
        flags=[*flags, *(Flag(FlagKind.HOLIDAY, one, holiday=text) for one in windows)],
        differences=[Difference(one, ELSEWHERE) for one in windows],
        posts={one.key: [START] * 5 for one in windows},
    )


@worst
@pytest.mark.parametrize("count", [0, 1, SHORT])
def test_slack_takes_the_next_windows_however_much_there_is(text: str, count: int) -> None:
    for is_team in (True, False):
        built = window_list.coming_view(POLICY, facts(text, count, is_team=is_team))
        assert slack.problems_of_message(built.blocks) == []
        assert kit.size(built.blocks) <= kit.ROOM
        assert reading.calls(built.blocks, built.text) == set()


def test_differences_without_room_are_counted() -> None:
    shown = drawn(window_list.coming_view(POLICY, facts("x", SHORT)).blocks)
    settled = shown.count("Follow the policy")
    assert settled >= 1
    assert f"and {SHORT - settled} more, once these are settled" in shown


@worst
@pytest.mark.parametrize("count", [0, 1, PER_PAGE])
def test_slack_takes_a_page_of_the_months_ahead(text: str, count: int) -> None:
    view = window_list.year_view(POLICY, facts(text, count), YearPage(12, 2), "C0ACME")
    assert slack.problems_of_view(view) == []
    assert reading.calls(view["blocks"], "") == set()


@worst
def test_slack_takes_every_form(text: str) -> None:
    window = a_window(text)
    flags = [Flag(FlagKind.HOLIDAY, window, holiday=text)] * 20
    history = [WindowChange(NOW, "U0ANA", kind, window, window) for kind in ChangeKind] + [
        WindowChange(NOW, None, ChangeKind.PLANNED, window, window)
    ]
    for found in (window, replace(window, segment=Segment(NOW - timedelta(hours=1), START))):
        about = window_forms.WindowFacts(NOW, found, flags, history)
        for do in (Do.MOVE, Do.RESIZE, Do.LATE):
            view = window_forms.change_form(POLICY, about, Asked(do, window.key))
            assert slack.problems_of_view(view) == []
        view = window_forms.manage_form(POLICY, about)
        assert slack.problems_of_view(view) == []
        assert reading.calls(view["blocks"], "") <= {"U0ANA"}


@worst
@pytest.mark.parametrize("count", [0, 1, 12])
def test_slack_takes_who_was_told_however_many_were(text: str, count: int) -> None:
    window = a_window(text, announced_at=NOW)
    lines = [
        window_told.ToldLine(
            f"{n}{text}"[:80],
            LedgerLine(window.key, kind, kind, f"C{n}", PLANNED, NOW, state, f"{n % 3}{text}"),
            CARD_URL,
        )
        for kind in (*NoticeKind, *NewsKind)
        for state in LineState
        for n in range(count)
    ]
    view = window_told.told_view(POLICY, window_told.ToldFacts(NOW, window, lines))
    assert slack.problems_of_view(view) == []
    assert kit.size(view["blocks"]) <= kit.ROOM * 1.2
    assert reading.calls(view["blocks"], "") == set()


@worst
def test_what_was_typed_fits_into_what_a_form_carries(text: str) -> None:
    """It is carried as JSON, in which some marks take two."""
    for words in (text, '"' * 400, "\\" * 400):
        asked = Asked(
            Do.ADD,
            "extra-100",
            10**9,
            START,
            ELSEWHERE.end,
            words[: window_terms.SECTOR],
            words[: window_terms.WORDS],
            words[: window_terms.WORDS],
            "f" * 16,
        )
        assert Asked.parse(str(asked)) == asked
        assert len(str(asked)) <= METADATA
        view = window_forms.add_form(POLICY, asked, NOW)
        assert slack.problems_of_view(view) == []


@worst
def test_slack_takes_every_preview_and_receipt(text: str) -> None:
    window = a_window(text)
    other = replace(window, key="other", segment=ELSEWHERE)
    message = kit.message(
        text, kit.plain(text), kit.section("x", kit.button("a", text or "b")), kit.divider(),
        kit.actions(kit.button("a", text or "b"), kit.overflow("c", ("d", "e"), ("f", "g"))),
    )  # fmt: skip
    post = window_preview.Post([text[:80]] * 200, message, 400)
    for do in Do:
        made = window_preview.ChangeFacts(
            asked=Asked(do, window.key),
            now=NOW,
            before=None if do is Do.ADD else other,
            after=replace(window, called_off=CalledOff.SKIPPED) if do is Do.SKIP else window,
            followers=[(other, window)] * 20,
            differences=[Difference(other, None)] * 20,
            flags=[Flag(FlagKind.CROSSES_EDGE, window, other)] * 30,
            posts=[post] * 60,
            notices=[START] * 30,
        )
        for view in (window_preview.preview(POLICY, made), window_preview.receipt(POLICY, made)):
            assert slack.problems_of_view(view) == []
            assert reading.calls(view["blocks"], "") == set()
        again = window_preview.done_before(POLICY, window)
        assert slack.problems_of_view(again) == []


def test_one_channel_that_is_told_is_no_plural() -> None:
    window = a_window("x")
    post = window_preview.Post(["acme"], kit.message("x", kit.section("x")), 1)
    made = window_preview.ChangeFacts(Asked(Do.MOVE, window.key), NOW, window, window, posts=[post])
    said = drawn(window_preview.receipt(POLICY, made)["blocks"])
    assert "1 channel is told now. 1 earlier message is changed in place." in said


def test_a_section_that_is_much_too_long_is_cut_where_it_harms_nothing() -> None:
    """Forty flags in a window: the first of them are told, and the view is taken."""
    window = a_window("&" * 300)
    others = [a_window("&" * 300, n) for n in range(1, 41)]
    flags = [Flag(FlagKind.AT_ONCE, window, other) for other in others]
    view = window_forms.manage_form(POLICY, window_forms.WindowFacts(NOW, window, flags))
    assert slack.problems_of_view(view) == []


# --- the codec -----------------------------------------------------------------------------------

instants = st.none() | st.integers(0, 7 * 10**9).map(lambda n: datetime.fromtimestamp(n, UTC))


@given(
    st.builds(
        Asked,
        do=st.sampled_from(Do),
        key=st.text(max_size=60),
        seen=st.integers(0, 10**9),
        start=instants,
        end=instants,
        sector=st.none() | st.text(min_size=1, max_size=40),
        what=st.text(max_size=300),
        affected=st.text(max_size=300),
        posts=st.text(max_size=16),
    )
)
def test_what_is_carried_comes_back_as_it_was(asked: Asked) -> None:
    assert Asked.parse(str(asked)) == asked


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(
    st.sampled_from(["do", "key", "seen", "start", "end", "sector", "what", "posts", "v"]),
    json_values,
)
def test_a_forged_value_is_read_or_refused_and_never_raises(name: str, value: Any) -> None:
    said = json.loads(str(Asked(Do.MOVE, "prod-2026-12-03", 3, START)))
    found = Asked.parse(json.dumps({**said, name: value}))
    assert found is None or isinstance(found, Asked)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    assert Asked.parse(text) is None or text
    found = YearPage.parse(text)
    assert found is None or (found.months >= 1 and found.page >= 1)


def test_the_page_of_the_months_comes_back_as_it_was() -> None:
    assert YearPage.parse(str(YearPage(12, 3))) == YearPage(12, 3)
    assert YearPage.parse("٣:1") is None


# --- words ---------------------------------------------------------------------------------------


def test_a_window_is_called_by_its_sector() -> None:
    for kind, sector, name in (
        (WindowKind.UPGRADE, "Prod", "Prod upgrade"),
        (WindowKind.ROUTINE, None, "Routine maintenance"),
        (WindowKind.EXTRA, "Search", "Search maintenance"),
        (WindowKind.EXTRA, None, "Maintenance"),
    ):
        assert window_terms.name(a_window("x", kind=kind, sector=sector)) == name


def test_every_change_on_record_and_every_choice_has_its_words() -> None:
    window = a_window("x")
    for kind in ChangeKind:
        history = [WindowChange(NOW, "U0ANA", kind, window, window)]
        view = window_forms.manage_form(POLICY, window_forms.WindowFacts(NOW, window, (), history))
        assert "U0ANA" in drawn(view["blocks"])
    for post in (*NoticeKind, *NewsKind):
        line = LedgerLine(window.key, post, post, "C0ACME", PLANNED, NOW)
        told = window_told.ToldFacts(NOW, window, [window_told.ToldLine("acme", line)])
        assert "On its way to #acme" in drawn(window_told.told_view(POLICY, told)["blocks"])
    assert set(window_ids.WITH_FORM) == {Do.MOVE, Do.RESIZE, Do.LATE, Do.ADD}
