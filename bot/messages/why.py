"""Why a response is due when it is: the sum behind the time, and what has moved it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.case import Case
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.response_clock import Counted, Promise, Target, due_at, explain
from bot.messages import kit, terms
from bot.messages.words import clock_time, duration
from bot.policy import Policy

MOST_LINES = 20  # of the sum; of a longer one, its beginning and its end
LINE = 140
MOST_CHANGES = 8

_MOMENT = "%a %d %b %Y %H:%M"


def why(policy: Policy, case: Case, changes: Sequence[TimelineEntry]) -> kit.Message:
    """How the time of a case is counted, for its customer too.

    Args:
        changes: of its severity, oldest first.
    """
    response, due = terms.response(case), terms.office(policy, case.due_at)
    return kit.message(
        f"{case.name}: how the time of its {response} is counted",
        kit.section(f"*{case.name}: {response} due {due}*"),
        kit.section(
            f"We promise it within {terms.target(case)}, counted from when {_since(case)}:"
            f" {terms.office(policy, case.counted_from)}."
        ),
        kit.section(_sum(policy, case.promise)),
        kit.context(_about_the_sum(policy, case.promise)),
        _changed(policy, changes),
        kit.section(_outcome(policy, case)),
    )


def sum_lines(policy: Policy, target: Target, counted_from: datetime) -> Iterator[str]:
    """The sum behind a due time, a line for each stretch, in the office's time. Not escaped."""
    for part in explain(target, counted_from, policy.hours):
        start, end = (_local(policy, at) for at in (part.segment.start, part.segment.end))
        if isinstance(part, Counted):
            length, total = duration(part.segment.duration), duration(part.total)
            yield f"  + {start}  to  {end}   {length:>12}   {total} so far"
        else:
            yield f"    {start}  to  {end}   {'not counted':>12}   {', '.join(part.reasons)}"


def _since(case: Case) -> str:
    if case.counted_from == case.opened_at:
        return "it was opened"
    if case.counted_from == case.waiting_since:
        return "it became worse after our answer"
    return "its severity was changed"


def _sum(policy: Policy, promise: Promise) -> str:
    lines = list(sum_lines(policy, promise.target, promise.counted_from))
    if len(lines) > MOST_LINES:
        head, tail = lines[: MOST_LINES // 2], lines[-MOST_LINES // 2 + 1 :]
        lines = [*head, f"    … {len(lines) - len(head) - len(tail)} more …", *tail]
    shown = (kit.clip_escaped(kit.escape(line.replace("`", "'")), LINE) for line in lines)
    return "\n".join(["```", *shown, "```"])


def _about_the_sum(policy: Policy, promise: Promise) -> str:
    words = f"Times in the sum are {policy.zone_name} ({policy.hours.zone})."
    if due_at(promise.target, promise.counted_from, policy.hours) != promise.due_at:
        words += " Our support hours have changed since: what was promised stays."
    return words


def _changed(policy: Policy, changes: Sequence[TimelineEntry]) -> kit.Block | None:
    newest = changes[-MOST_CHANGES:]
    if not newest:
        return None
    left_out = ["(older changes are left out)"] if len(changes) > len(newest) else []
    lines = (f"• {_change(policy, entry)}" for entry in newest)
    return kit.section("\n".join(["*What changed it*", *left_out, *lines]))


def _change(policy: Policy, entry: TimelineEntry) -> str:
    facts, who = entry.facts, terms.who(entry.actor)
    before, after = facts.get("from", ""), facts.get("to", "")
    if entry.kind is EventKind.WORSENED and before == after:
        what = "said that it is still down"
    else:
        what = f"changed the severity from {policy.label(before)} to {policy.label(after)}"
    return f"{_clock(policy, entry.at)}: {who} {what}. {_moved(policy, facts)}"


def _moved(policy: Policy, facts: Mapping[str, Any]) -> str:
    was, now = facts.get("was_due_at"), facts.get("due_at")
    if not (was and now) or was == now:
        return "The due time stayed."
    old, new = (_clock(policy, datetime.fromisoformat(at)) for at in (was, now))
    return f"Due: {new}, before that {old}."


def _outcome(policy: Policy, case: Case) -> str:
    if case.answered_at is not None:
        when = terms.office(policy, case.answered_at)
        how = "late" if case.answered_at > case.due_at else "in time"
        return f"{terms.who(case.answered_by)} answered {when}: {how}."
    if case.is_resolved:
        return "It is resolved, so no response is awaited."
    if terms.is_overdue(case):
        return ":red_circle: Nobody has answered yet: it is overdue."
    return "Nobody has answered yet."


def _clock(policy: Policy, at: datetime) -> str:
    return f"{clock_time(at, policy.hours.zone)} {policy.zone_name}"


def _local(policy: Policy, at: datetime) -> str:
    return f"{at.astimezone(policy.hours.zone):{_MOMENT}}"
