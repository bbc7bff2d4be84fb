"""`/oncall`: who is on call now and next, what is about to change, and who was. Internal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from bot.domain.handoff import Handoff
from bot.domain.readiness import AHEAD, Finding
from bot.domain.rotation import Shift
from bot.domain.schedule import HORIZON, Override, OverrideKind
from bot.domain.shift_request import RequestKind, ShiftRequest
from bot.domain.wall_time import which_of_two
from bot.messages import ids, kit, terms
from bot.messages.readiness import finding, in_slack
from bot.messages.words import ago, clock_time, duration, in_words
from bot.policy import Policy

OnCallLine: TypeAlias = tuple[Shift, Shift | None]
"""Who is on call at a level, and who next; no next where nothing changes for a year."""

MOST_LEVELS = 10
MOST_CHANGES = 6  # of requests, and of overrides, at most as many are shown
NOBODY = ":warning: *nobody*"


@dataclass(frozen=True)
class OnCallFacts:
    """What `/oncall` shows to one person.

    Args:
        reader: who asks; the buttons are those that mean something to them.
        reached: for those who are on call, when a message of ours was last answered by them.
        missed: for those who came on call without answering the message since, that handoff.
        requests: those that can still be accepted, with their numbers.
        overrides: those that are not over, the earliest first.
        idle: the numbers of those that make no difference to who is on call.
        findings: what on-call lacks in the coming weeks.
    """

    reader: str
    now: datetime
    lines: Sequence[OnCallLine]
    reached: Mapping[str, Handoff | None]
    requests: Sequence[tuple[int, ShiftRequest]]
    overrides: Sequence[Override]
    idle: frozenset[int] = frozenset()
    findings: Sequence[Finding] = ()
    missed: Mapping[str, Handoff] = field(default_factory=dict)


def on_call_view(policy: Policy, facts: OnCallFacts) -> kit.Message:
    """Now and next at each level, what is asked and changed, and what one can do."""
    for most in (MOST_CHANGES, 4, 2, 1):
        built = _view(policy, facts, most)
        if kit.size(built.blocks) <= kit.ROOM:
            break
    return built


def _view(policy: Policy, facts: OnCallFacts, most: int) -> kit.Message:
    return kit.message(
        f"On call now: {kit.joined(_in_short(line) for line in facts.lines[:MOST_LEVELS])}",
        kit.section("*On call*"),
        *(kit.section(_level(policy, line, facts)) for line in facts.lines[:MOST_LEVELS]),
        *_findings(policy, facts, most),
        *_requests(policy, facts, most),
        *_overrides(policy, facts, most),
        kit.actions(
            kit.button(ids.ONCALL_TAKE, "Take the pager now"),
            kit.button(ids.ONCALL_COVER, "Cover for me"),
            kit.button(ids.ONCALL_SWAP, "Swap"),
            kit.button(ids.ONCALL_WEEKS, f"Next {in_words(AHEAD)}"),
        ),
        kit.context("`/oncall history` tells of past pages, `/oncall help` what else there is."),
    )


def people(users: Sequence[str]) -> str:
    """Who is on call together; loudly, if nobody is."""
    return kit.joined(map(kit.person, users)) if users else NOBODY


def now_and_next(policy: Policy, line: OnCallLine) -> str:
    """Who is on call at a level until when, and who then."""
    now, then = line
    if then is None:
        return people(now.users)
    end = terms.office(policy, now.segment.end)
    return f"{people(now.users)}, until {end}, then {people(then.users)}"


def _in_short(line: OnCallLine) -> str:
    now, _ = line
    who = kit.joined(map(kit.person, now.users)) if now.users else "nobody"
    return f"{who} ({terms.level(now.level)})"


def _level(policy: Policy, line: OnCallLine, facts: OnCallFacts) -> str:
    now, then = line
    words = now_and_next(policy, line)
    if then is None:
        words += (
            ", always" if now.users else f": `python -m bot oncall set {terms.level(now.level)} U…`"
        )
    elif then.segment.end < facts.now + HORIZON:
        words += f" until {terms.office(policy, then.segment.end)}"
    tests = (f"{kit.person(user)}: {_tested(policy, user, facts)}" for user in now.users)
    return "\n".join([f"*{terms.level(now.level)}:* {words}", *tests])


def _tested(policy: Policy, user: str, facts: OnCallFacts) -> str:
    """How the last end-to-end tests of somebody went, the failed one first."""
    reached, missed = _reached(user, facts), facts.missed.get(user)
    if missed is None:
        return reached
    at = clock_time(missed.at, policy.hours.zone)
    what = f"did not tap on {at}" if missed.told_at else f"could not be told on {at}"
    return f":warning: {what}; before that, {reached}"


def _reached(user: str, facts: OnCallFacts) -> str:
    """How the last test that somebody passed went."""
    last = facts.reached.get(user)
    if last is None or last.reached_in is None or last.confirmed_at is None:
        return "never tested"
    return f"reachable in {duration(last.reached_in)}, {ago(last.confirmed_at, facts.now)}"


def _findings(policy: Policy, facts: OnCallFacts, most: int) -> Iterator[kit.Block | None]:
    """What to mend; of nobody being on call now, the level's own line tells."""
    ahead = [f for f in facts.findings if not (f.is_vacancy and f.start <= facts.now)]
    if ahead:
        yield kit.divider()
        yield kit.section(":warning: *To mend before somebody is needed*")
    voice = in_slack(policy)
    yield from (kit.section(f"• {finding(one, voice, facts.now)}") for one in ahead[:most])
    yield _more(len(ahead) - most)


def _requests(policy: Policy, facts: OnCallFacts, most: int) -> Iterator[kit.Block | None]:
    if facts.requests:
        yield kit.divider()
        yield kit.section("*Asked for, and still open*")
    for number, request in facts.requests[:most]:
        yield kit.section(_asked(policy, request, facts.now))
        yield _request_buttons(number, request, facts.reader)
    yield _more(len(facts.requests) - most)


def _asked(policy: Policy, request: ShiftRequest, now: datetime) -> str:
    asker, level = kit.person(request.asked_by), terms.level(request.level)
    when = terms.stretch(policy, request.segment, now)
    if request.kind is RequestKind.COVER or request.in_return is None:
        return f"{asker} asks for cover as {level}, {when}."
    other, theirs = terms.who(request.asked_of), terms.stretch(policy, request.in_return, now)
    return f"{asker} asks {other} to swap as {level}: {when}, for {theirs}."


def _request_buttons(number: int, request: ShiftRequest, reader: str) -> kit.Block | None:
    value = str(number)
    if reader == request.asked_by:
        return kit.actions(
            kit.button(
                ids.REQUEST_CANCEL,
                "Cancel the request",
                value,
                confirm=("Cancel the request?", "Nobody can accept it then."),
            )
        )
    if request.kind is RequestKind.COVER:
        return kit.actions(kit.button(ids.REQUEST_ACCEPT, "I take it", value, style="primary"))
    if reader != request.asked_of:
        return None
    return kit.actions(
        kit.button(ids.REQUEST_ACCEPT, "Swap", value, style="primary"),
        kit.button(ids.REQUEST_DECLINE, "No, thanks", value),
    )


def _overrides(policy: Policy, facts: OnCallFacts, most: int) -> Iterator[kit.Block | None]:
    if facts.overrides:
        yield kit.divider()
        yield kit.section("*Changes to the rotations*")
    for override in facts.overrides[:most]:
        cancel = kit.button(
            ids.OVERRIDE_CANCEL,
            "Cancel",
            str(override.id),
            confirm=(
                "Cancel this change?",
                "From now on, who is on call is as if it had never been made. Everybody whose shift"
                " changes is told.",
            ),
        )
        words = _override(policy, override, facts.now)
        if override.id in facts.idle:
            words += " It makes no difference: who is on call then is the same without it."
        yield kit.section(words, cancel)
    yield _more(len(facts.overrides) - most)


def _override(policy: Policy, override: Override, now: datetime) -> str:
    when = terms.stretch(policy, override.effect or override.segment, now)
    level, comes = terms.level(override.level), terms.who(override.user)
    match override.kind:
        case OverrideKind.ADD:
            words = f"{comes} is on call as {level} too"
        case OverrideKind.REMOVE:
            words = f"{terms.who(override.instead_of)} is not on call as {level}"
        case OverrideKind.REPLACE if override.instead_of:
            words = f"{comes} is {level} instead of {kit.person(override.instead_of)}"
        case OverrideKind.REPLACE:
            words = f"{comes} has taken {level}"
    return f"{words}, {when}."


def _more(hidden: int) -> kit.Block | None:
    return kit.context(f"and {hidden} more") if hidden > 0 else None


def staff_at(
    policy: Policy, at: datetime, staff: Mapping[str, tuple[str, ...]], now: datetime
) -> kit.Message:
    """Who was, is or will be on call at an instant."""
    zone = policy.hours.zone
    when = f"{clock_time(at, zone, with_year=True)} {policy.zone_name}"
    if which := which_of_two(at, zone):
        when += f" (the {'first' if which == 1 else 'second'} time that night)"
    title = f"Who {'will be' if at > now else 'was'} on call at {when}"
    lines = (f"• {terms.level(level)}: {people(staff.get(level, ()))}" for level in staff)
    sure = (
        "As the schedule stands now."
        if at > now
        else "Later changes of the schedule do not alter that."
    )
    return kit.message(
        title,
        kit.section("\n".join([f"*{title}*", *lines])),
        kit.context(f"{sure} By your own clock: {terms.office(policy, at)}"),
    )


def help_text() -> str:
    """What `/oncall` does."""
    return "\n".join(
        [
            "*/oncall* says who is on call now and next, and lets you take the pager, ask for"
            " cover, or swap.",
            f"• `/oncall weeks`: the coming {in_words(AHEAD)}",
            "• `/oncall at 2026-11-21 02:00`: who was on call then, or will be",
            "• `/oncall history`: what became of the last pages, and how many each person had",
            "• `/oncall help`: this",
        ]
    )


def unknown_words(text: str) -> str:
    """What precedes the help, where the words after `/oncall` mean nothing."""
    words = kit.line(text.replace("`", ""), 60)
    return f"I do not know `/oncall {words}`. This is what I do:"
