"""The forms by which the team changes who is on call, and what they say when they are done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from bot.domain.case import Case
from bot.domain.cover import AHEAD, Stretch, Wrong
from bot.domain.rotation import Shift
from bot.domain.segments import Segment
from bot.domain.shift_request import ShiftRequest
from bot.messages import ids, kit, terms
from bot.messages.inputs import modal, moment, select, select_grouped, text_input
from bot.messages.shift_requests import MOST_NOTE
from bot.messages.words import clock_time, in_words
from bot.policy import Policy

View: TypeAlias = dict[str, Any]

CHANGED_SINCE = "The schedule has changed since this form was opened. Please open it again."
_MOST_NAMED = 10  # cases
_IN_SIGHT = f"the coming {in_words(AHEAD)}"


@dataclass(frozen=True)
class CoverFacts:
    """What the form for cover begins with: the levels to choose from, and what it proposes."""

    levels: Sequence[str]
    level: str
    proposed: Segment


@dataclass(frozen=True)
class TakeFacts:
    """What the form to take the pager begins with, and who has it now, level by level.

    `level` is the one that is chosen already; None: whoever takes the pager has to choose.
    """

    now: Sequence[tuple[Shift, Shift | None]]
    level: str | None
    until: datetime


@dataclass(frozen=True)
class SwapFacts:
    """The shifts that a swap can be made of; `names` are those of the others."""

    mine: Sequence[Stretch]
    theirs: Sequence[Stretch]
    names: Mapping[str, str]


@dataclass(frozen=True)
class Taken:
    """What came of taking the pager.

    Args:
        instead_of: who else had it until now; None where nobody had it.
        silent: the cases whose page found nobody to ring until now.
        ringing: the cases whose page rings, and when each takes its next step.
        quiet: the cases whose page is open, and rings nobody now.
    """

    level: str
    segment: Segment
    instead_of: Sequence[str] | None
    silent: Sequence[Case]
    ringing: Sequence[tuple[Case, datetime | None]]
    quiet: Sequence[Case]


def cover_form(facts: CoverFacts) -> View:
    """For which time somebody is looked for."""
    return modal(
        ids.COVER_FORM,
        "Cover for me",
        "Ask",
        _levels(facts.levels, facts.level)
        or kit.section(f"For your time on call as *{terms.level(facts.level)}*."),
        moment(ids.FROM, "From", facts.proposed.start),
        moment(ids.UNTIL, "Until", facts.proposed.end),
        text_input(
            ids.COVER_NOTE,
            "Anything they should know?",
            multiline=True,
            max_length=MOST_NOTE,
            optional=True,
        ),
        kit.context(
            "Everybody else of the rotations is asked by a direct message, and the team's channel."
            " Whoever takes it first is on call instead of you. Until then, you are."
        ),
        metadata=facts.level,
    )


def take_form(policy: Policy, facts: TakeFacts) -> View:
    """For how long somebody is on call instead of whoever is."""
    lines = [_on_call(policy, *line) for line in facts.now]
    return modal(
        ids.TAKE_FORM,
        "Take the pager now",
        "Take it",
        kit.section("\n".join(["*On call now*", *lines])),
        _levels([now.level for now, _ in facts.now], facts.level),
        moment(ids.UNTIL, "Until", facts.until),
        kit.context(
            "You are on call alone at that level from now on. Whoever has it now is told, and is"
            " back on call afterwards as the schedule says."
        ),
        metadata=str(ids.TakeContext({now.level: now.users for now, _ in facts.now})),
    )


def swap_form(policy: Policy, facts: SwapFacts) -> View:
    """Which shift for which."""
    mine: dict[str, list[kit.Block]] = {}
    theirs: dict[str, list[kit.Block]] = {}
    for one in facts.mine:
        mine.setdefault(one.level, []).append(_choice(policy, one))
    for one in facts.theirs:
        whose = f"{one.level} · {facts.names.get(one.user, 'somebody')}"
        theirs.setdefault(whose, []).append(_choice(policy, one))
    return modal(
        ids.SWAP_FORM,
        "Swap shifts",
        "Ask",
        select_grouped(ids.MINE, "Your shift", mine),
        select_grouped(ids.THEIRS, "For theirs", theirs),
        kit.context(
            f"Times are {kit.escape(policy.zone_name)}. They are asked by a direct message; until"
            " they say yes, nothing changes."
        ),
    )


def asked(policy: Policy, request: ShiftRequest, people: Sequence[str]) -> View:
    """What the form says once colleagues are asked."""
    what = f"*{terms.level(request.level)}*, {terms.stretch(policy, request.segment)}"
    if request.in_return is not None:
        return _receipt(
            "Swap shifts",
            f"{kit.joined(map(kit.person, people))} is asked by a direct message.",
            f"{what}\nfor {terms.stretch(policy, request.in_return)}",
            "Nothing changes until they say yes. You are told what they answer.",
        )
    by_dm = f"{kit.joined(map(kit.person, people))} by a direct message, and " if people else ""
    begins = "it begins" if request.asked_at < request.segment.start else "its end"
    return _receipt(
        "Cover for me",
        f"I have asked {by_dm}the team's channel.",
        what,
        f"*You stay on call until somebody takes it.* It can be taken until {begins}; you are told"
        " either way.",
    )


def taken(policy: Policy, facts: Taken) -> View:
    """What the form says once the pager is theirs."""
    lines = [
        f":pager: *You are on call as {terms.level(facts.level)}* until"
        f" {terms.office(policy, facts.segment.end)}."
    ]
    if facts.instead_of is None:
        lines.append("Nobody was on call there.")
    elif facts.instead_of:
        lines.append(f"Instead of {kit.joined(map(kit.person, facts.instead_of))}; they are told.")
    return _receipt("Take the pager now", *lines, _pages(policy, facts))


def wrong(found: Wrong, name: str) -> str:
    """Why what was chosen cannot be; shown under an input. `name`: the level's."""
    match found:
        case Wrong.ENDS_FIRST:
            return "It has to end after it begins."
        case Wrong.OVER:
            return "That is over. Choose a time that is still to come."
        case Wrong.TOO_FAR:
            return f"Choose a time within {_IN_SIGHT}."
        case Wrong.NOT_ON_CALL:
            return (
                f"You are not on call as {kit.clip(name, 40)} then, so there is nothing to cover."
            )
        case Wrong.ALONE_ALREADY:
            return f"You have it already: you are on call alone as {kit.clip(name, 40)} until then."
        case Wrong.ASKED_ALREADY:
            return "You have asked for that time already. Cancel the other request first."
        case Wrong.OTHER_LEVEL:
            return f"Choose a shift of the same level as yours: {kit.clip(name, 40)}."
        case Wrong.BEGUN:
            return "One of the shifts has begun by now. Choose later ones, or ask for cover."
        case Wrong.BOTH_ON_CALL:
            return "You are both on call in one of these shifts, so there is nothing to swap."
        case Wrong.NO_LONGER:
            return CHANGED_SINCE


def has_it_by_now(policy: Policy, names: Sequence[str], until: datetime | None) -> str:
    """Why a form that shows others than have the pager does not take it; shown under an input.

    Args:
        names: of those who have it by now.
        until: when that ends, as it is planned; None: not within a year.
    """
    who, is_one = kit.joined(kit.clip(name, 40) for name in names), len(names) == 1
    end = f", until {clock_time(until, policy.hours.zone)} {policy.zone_name}" if until else ""
    return (
        f"{who} {'has' if is_one else 'have'} the pager by now{end}."
        " Open the form again to take it from them."
    )


def nothing_to_cover() -> str:
    """A private answer to who is never on call."""
    return f"You are not on call in {_IN_SIGHT}, so there is nothing to cover."


def nothing_to_swap(*, mine: bool) -> str:
    """A private answer where one side of a swap is missing."""
    if mine:
        return (
            f"You have no shift that begins in {_IN_SIGHT}, so there is nothing to swap. For one"
            " that is under way, ask for cover."
        )
    return (
        f"Nobody else has a shift of your level that begins in {_IN_SIGHT}. Ask for cover instead."
    )


def _levels(levels: Sequence[str], chosen: str | None) -> kit.Block | None:
    """A choice where there is one; the form remembers the only level otherwise."""
    if len(levels) < 2:
        return None
    return select(ids.LEVEL, "Level", [kit.option(name, name) for name in levels], chosen)


def _on_call(policy: Policy, now: Shift, then: Shift | None) -> str:
    if not now.users:
        return f"• {terms.level(now.level)}: :warning: nobody"
    end = f", until {terms.office(policy, now.segment.end)}" if then else ""
    return f"• {terms.level(now.level)}: {kit.joined(map(kit.person, now.users))}{end}"


def _choice(policy: Policy, one: Stretch) -> kit.Block:
    start, end = one.segment.start, one.segment.end
    value = ids.StretchChoice(int(start.timestamp()), int(end.timestamp()), one.user, one.level)
    zone = policy.hours.zone
    return kit.option(str(value), f"{clock_time(start, zone)} to {clock_time(end, zone)}")


def _pages(policy: Policy, facts: Taken) -> str:
    if not facts.silent and not facts.ringing and not facts.quiet:
        return "No page is open."
    lines = []
    if facts.silent:
        lines.append("*Open, and nobody was rung until now:* you are, in a moment.")
        lines += [f"• {_ringing(policy, case, None)}" for case in facts.silent[:_MOST_NAMED]]
    if facts.ringing:
        count = len(facts.ringing)
        lines.append(f"*Ringing now: {count}.* Whoever is on call is rung at the next step.")
        lines += [f"• {_ringing(policy, case, at)}" for case, at in facts.ringing[:_MOST_NAMED]]
    if facts.quiet:
        names = [terms.named(policy, case) for case in facts.quiet[:_MOST_NAMED]]
        lines.append(f"*Open, and ringing nobody now:* {terms.listed(names, len(facts.quiet))}")
    return "\n".join(lines)


def _ringing(policy: Policy, case: Case, at: datetime | None) -> str:
    then = f", next {terms.office(policy, at)}" if at else ""
    return f"{terms.named(policy, case)} {kit.line(case.summary, 80)}{then}"


def _receipt(title: str, *lines: str) -> View:
    return modal(ids.ONCALL_RECEIPT, title, None, *map(kit.section, lines), close="Close")
