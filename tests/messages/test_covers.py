"""What is said about cover, swaps and the pager: it fits, and nobody's words come alive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from examples import NOW, POLICY, a_case, drawn, shown, worst

from bot.domain.cover import Stretch, Verdict, WhyChanged, Wrong
from bot.domain.rotation import Shift
from bot.domain.schedule import Override, OverrideKind
from bot.domain.segments import Segment
from bot.domain.shift_request import RequestKind, RequestState, ShiftRequest
from bot.messages import cover_forms, ids, shift_requests
from bot.messages.kit import Message
from bot.messages.shift_requests import RequestFacts
from bot.messages.shifts import shift_changed
from bot.sandbox import blocks as slack
from bot.sandbox import reading

DAY = timedelta(days=1)
SEGMENT, OTHER = Segment(NOW + DAY, NOW + 2 * DAY), Segment(NOW + 8 * DAY, NOW + 9 * DAY)
PEOPLE = {"U0ANA", "U0BEN", "U0MIA"}
COVER = ShiftRequest("primary", RequestKind.COVER, "U0ANA", SEGMENT, NOW)
SWAP = ShiftRequest(
    "primary", RequestKind.SWAP, "U0ANA", SEGMENT, NOW, asked_of="U0BEN", in_return=OTHER
)  # fmt: skip
MADE = Override(
    1, "primary", OverrideKind.REPLACE, "U0BEN", "U0ANA", SEGMENT, NOW, "U0BEN", request_id=4
)  # fmt: skip


def every_fate(request: ShiftRequest) -> Iterator[RequestFacts]:
    """A request in every state, by everybody who reads of it."""
    for state in RequestState:
        for by in ("U0BEN", "U0MIA", None):
            for reader in (None, "U0ANA", "U0BEN"):
                settled = replace(request, state=state)
                if state is not RequestState.OPEN:
                    settled = replace(settled, settled_at=NOW, settled_by=by)
                for overrides in ((), (MADE,), (replace(MADE, cancelled_by="U0MIA"),)):
                    yield RequestFacts(4, settled, overrides, reader)


def check(message: Message) -> None:
    assert slack.problems_of_message(message.blocks) == []
    assert reading.calls(message.blocks, message.text) <= PEOPLE
    assert "None" not in shown(message)


@worst
@pytest.mark.parametrize("request_", [COVER, SWAP], ids=["cover", "swap"])
def test_a_request_fits_and_calls_nobody_else(request_: ShiftRequest, text: str) -> None:
    asked = replace(request_, note=text[: shift_requests.MOST_NOTE], level=text[:70] or "x")
    for facts in every_fate(asked):
        check(shift_requests.asking(POLICY, facts))
        if not facts.request.is_open:
            check(shift_requests.news(POLICY, facts))


def test_there_are_buttons_while_it_is_open_and_an_outcome_afterwards() -> None:
    for facts in (*every_fate(COVER), *every_fate(SWAP)):
        message = shift_requests.asking(POLICY, facts)
        has_buttons = any(block["type"] == "actions" for block in message.blocks)
        assert has_buttons == facts.request.is_open, facts
        if not facts.request.is_open:
            assert shift_requests.outcome(POLICY, facts)[:3] in (":x:", ":wh"), facts


@pytest.mark.parametrize("refusal", [v for v in Verdict if v is not Verdict.GRANTED])
def test_every_refusal_is_a_sentence(refusal: Verdict) -> None:
    for facts in (*every_fate(COVER), *every_fate(SWAP)):
        words = shift_requests.refused(refusal, facts.request, "U0BEN", NOW)
        assert words.endswith((".", ".`"))
        assert "<@>" not in words


@pytest.mark.parametrize("found", list(Wrong))
def test_what_is_wrong_in_a_form_is_a_sentence(found: Wrong) -> None:
    assert cover_forms.wrong(found, "primary").endswith(".")


@worst
def test_the_forms_and_what_they_say_afterwards_fit(text: str) -> None:
    level = text[:70] or "x"
    shift = Shift(level, ("U0ANA",), SEGMENT)
    cases = [(replace(a_case(text), number=n), NOW + DAY) for n in range(1, 40)]
    stretch = Stretch(level, "U0BEN", SEGMENT)
    taken = cover_forms.Taken(
        level, SEGMENT, ["U0ANA"], [case for case, _ in cases], cases, [c for c, _ in cases]
    )
    for view in (
        cover_forms.cover_form(cover_forms.CoverFacts([level], level, SEGMENT)),
        cover_forms.cover_form(cover_forms.CoverFacts([level, "manager"], level, SEGMENT)),
        cover_forms.take_form(
            POLICY,
            cover_forms.TakeFacts([(shift, None), (replace(shift, users=()), None)], level, NOW),
        ),
        cover_forms.swap_form(
            POLICY, cover_forms.SwapFacts([stretch] * 300, [stretch] * 300, {"U0BEN": text})
        ),
        cover_forms.asked(POLICY, replace(COVER, level=level), ["U0BEN", "U0MIA"]),
        cover_forms.asked(POLICY, replace(COVER, level=level), []),
        cover_forms.asked(POLICY, replace(SWAP, level=level), ["U0BEN"]),
        cover_forms.taken(POLICY, taken),
        cover_forms.taken(POLICY, replace(taken, instead_of=None, silent=[], ringing=[], quiet=[])),
    ):
        assert slack.problems_of_view(view) == []
        assert reading.calls(view["blocks"], "") <= PEOPLE


@pytest.mark.parametrize("why", [None, *WhyChanged])
def test_who_did_what_is_said_with_before_and_after(why: WhyChanged | None) -> None:
    change = {
        "level": "primary",
        "before": [[None, None]],
        "after": [[None, SEGMENT.start.isoformat()], [SEGMENT.end.isoformat(), None]],
        "more": False,
    }
    message = shift_changed(POLICY, {"by": "U0BEN", "why": why, "changes": [change] * 3})
    check(message)
    lines = shown(message).splitlines()
    assert "@U0BEN" in lines[0]
    assert lines[1:4] == ["primary", "Before:", "• always"]
    assert [line[:7] for line in lines[4:7]] == ["Now:", "• until", "• from "]


@pytest.mark.parametrize(
    "value",
    ["", "1-2", "1-2:U1", "1-2:U1:", "2-1:U1:p", "a-b:U1:p", f"{9**99}-1:U1:p", "1-1:U1:p"],
)
def test_a_choice_that_is_none_of_ours_is_none(value: str) -> None:
    assert ids.StretchChoice.parse(value) is None


def test_a_choice_comes_back_as_it_was() -> None:
    choice = ids.StretchChoice(1795000000, 1795600000, "U0BEN", "primary: the first")
    assert ids.StretchChoice.parse(str(choice)) == choice


def test_the_form_names_the_level_where_there_is_one() -> None:
    view = cover_forms.cover_form(cover_forms.CoverFacts(["primary"], "primary", SEGMENT))
    assert "For your time on call as primary." in drawn(view["blocks"])


def test_a_swap_speaks_to_its_reader_and_of_now_only_while_it_is_open() -> None:
    asked = shown(shift_requests.asking(POLICY, RequestFacts(4, SWAP, reader="U0BEN")))
    assert "• You take " in asked
    assert ", now @U0ANA's" in asked
    assert ", now yours" in asked
    settled = replace(SWAP, state=RequestState.ACCEPTED, settled_at=NOW, settled_by="U0BEN")
    done = shown(shift_requests.asking(POLICY, RequestFacts(4, settled, reader="U0BEN")))
    assert ", now " not in done
    assert "• You instead of @U0ANA: " in done


@pytest.mark.parametrize(("now", "are"), [(NOW, "will be"), (SEGMENT.start, "are")])
def test_who_accepts_is_told_whether_they_are_on_call_by_now(now: datetime, are: str) -> None:
    words = shift_requests.granted(POLICY, COVER, [SEGMENT], [], now)
    assert words.startswith(f"Thank you. You {are} on call as primary, ")
