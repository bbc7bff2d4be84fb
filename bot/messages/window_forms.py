"""The forms by which the team changes maintenance windows, and adds one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from bot.domain.flags import Flag
from bot.domain.window import Window, WindowState
from bot.domain.window_changes import LONGEST, ChangeKind, WindowChange, just_ended
from bot.messages import kit, window_ids, window_terms
from bot.messages.inputs import asking, modal, moment, radio, select, text_input
from bot.messages.window_ids import Asked, Do
from bot.messages.words import ago
from bot.policy import Policy

View: TypeAlias = dict[str, Any]

MOST_HISTORY = 3

OPTIONS: Mapping[Do, tuple[str, str]] = {
    Do.MOVE: ("Move it", "It begins at another time, and lasts as long."),
    Do.RESIZE: ("Change its length", "It ends sooner or later than planned."),
    Do.SKIP: ("Skip it this time", "This one does not take place; the next ones do."),
    Do.CANCEL: ("Cancel it", "It does not take place."),
    Do.START: ("Start it now", "It begins before its time, and lasts as long."),
    Do.FINISH: ("Finish it early", "The work is done: it is over now."),
    Do.LATE: ("Say that it runs late", "It goes on for longer than was said."),
}

_DONE: Mapping[ChangeKind, str] = {
    ChangeKind.ADDED: "added it",
    ChangeKind.MOVED: "moved it",
    ChangeKind.RESIZED: "changed its length",
    ChangeKind.SKIPPED: "skipped it",
    ChangeKind.CANCELLED: "cancelled it",
    ChangeKind.STARTED: "started it early",
    ChangeKind.FINISHED: "finished it early",
    ChangeKind.RAN_LATE: "said that it runs late",
    ChangeKind.CONFIRMED: "had it follow the policy",
    ChangeKind.KEPT: "kept it, whatever the policy says",
    ChangeKind.PLANNED: "moved the window that it follows",
}


@dataclass(frozen=True)
class WindowFacts:
    """A window as it stands, with the last of what happened to it."""

    now: datetime
    window: Window
    flags: Sequence[Flag] = ()
    history: Sequence[WindowChange] = ()


def possible(window: Window, now: datetime) -> list[Do]:
    """What can be done with a window."""
    match window.state(now):
        case WindowState.PLANNED:
            skip = [Do.SKIP] if window.cycle is not None else []
            return [Do.MOVE, Do.RESIZE, *skip, Do.CANCEL, Do.START]
        case WindowState.RUNNING:
            return [Do.FINISH, Do.LATE]
        case _:
            return [Do.LATE] if just_ended(window, now) else []


def manage_form(policy: Policy, facts: WindowFacts) -> View:
    """What shall be done with a window."""
    window = facts.window
    options = [kit.option(do, *OPTIONS[do]) for do in possible(window, facts.now)]
    over = "This window is over, or has been called off: nothing can be changed any more."
    return modal(
        window_ids.MANAGE_FORM,
        window_terms.name(window),
        "Next" if options else None,
        *_about(policy, facts),
        radio(window_ids.WHAT_TO_DO, "What shall happen?", options, None)
        if options
        else kit.section(over),
        kit.context("Next, you see what would be posted where. Nothing has changed until then.")
        if options
        else None,
        kit.actions(told) if (told := window_terms.told_button(window)) else None,
        metadata=window.key,
    )


def change_form(policy: Policy, facts: WindowFacts, asked: Asked) -> View:
    """When it shall begin, or end."""
    window = facts.window
    label, _ = OPTIONS[asked.do]
    if asked.do in window_ids.NEED_START:
        start = asked.start or window.segment.start
        lasts = f"It lasts as long as before: {window_terms.length(policy, window)}."
        question = moment(window_ids.START, "Begins", start, hint=lasts)
    else:
        question = moment(window_ids.END, "Ends", asked.end or window.segment.end)
    return modal(
        window_ids.WINDOW_FORM,
        label,
        "Preview",
        *_about(policy, facts),
        question,
        kit.context("Dates and times to choose are by your own clock."),
        _back(),
        metadata=str(asked),
    )


def add_form(policy: Policy, asked: Asked, now: datetime) -> View:
    """A window of its own: which sector, when, how long, and what it is about."""
    start = asked.start or _next_evening(policy, now)
    hours = (asked.end - asked.start if asked.start and asked.end else timedelta(hours=2)) / (
        timedelta(hours=1)
    )
    known = [rule.sector for rule in policy.maintenance.upgrades]
    is_other = asked.sector is not None and asked.sector not in known
    chosen = window_ids.ANOTHER if is_other else asked.sector or window_ids.EVERYTHING
    return modal(
        window_ids.WINDOW_FORM,
        "Add a window",
        "Preview",
        select(
            window_ids.SECTOR,
            "Which sector?",
            [
                kit.option(window_ids.EVERYTHING, "Everything"),
                kit.option(window_ids.ANOTHER, "Another one, named below"),
                *(kit.option(sector, sector) for sector in known),
            ],
            chosen,
        ),
        text_input(
            window_ids.OTHER_SECTOR,
            "Name of another sector",
            max_length=window_terms.SECTOR,
            initial=asked.sector or "" if is_other else "",
            hint="Every customer reads this, and whoever has the calendar's address.",
            optional=True,
        ),
        moment(window_ids.START, "Begins", start, hint="By your own clock."),
        _hours(hours),
        text_input(
            window_ids.WHAT,
            "What is done?",
            max_length=window_terms.WORDS,
            initial=asked.what,
            hint="Every customer reads this.",
            optional=True,
        ),
        text_input(
            window_ids.AFFECTED,
            "What will not work?",
            max_length=window_terms.WORDS,
            initial=asked.affected,
            hint="Every customer reads this. Empty: the application could be unavailable.",
            optional=True,
        ),
        metadata=str(asked),
    )


def _about(policy: Policy, facts: WindowFacts) -> list[kit.Block]:
    """The window as it stands."""
    window = facts.window
    state = window_terms.state(window, facts.now)
    lines = [
        " · ".join(filter(None, (window_terms.bold(window), state))),
        window_terms.when(policy, window),
        *window_terms.details(window),
        *(f":warning: {window_terms.flag(policy, flag, window)}" for flag in facts.flags),
    ]
    told = (
        f"Customers were first told of it {ago(window.announced_at, facts.now)}."
        if window.announced_at
        else "Nobody has been told of it yet."
    )
    history = [_happened(change, facts.now) for change in facts.history[-MOST_HISTORY:]]
    return [kit.section("\n".join(lines)), kit.context(" ".join([told, *history]))]


def _happened(change: WindowChange, now: datetime) -> str:
    if change.by is None:
        return f"The policy planned it anew {ago(change.at, now)}."
    return f"{kit.person(change.by)} {_DONE[change.kind]} {ago(change.at, now)}."


def _hours(hours: float) -> kit.Block:
    element = {
        "type": "number_input",
        "is_decimal_allowed": True,
        "initial_value": f"{hours:.2f}".rstrip("0").rstrip("."),
        "min_value": "0.02",
        "max_value": str(LONGEST // timedelta(hours=1)),
    }
    hint = "Elapsed time, such as 4 or 1.5."
    return asking(window_ids.HOURS, "How many hours?", element, hint=hint)


def _next_evening(policy: Policy, now: datetime) -> datetime:
    """Tomorrow at 20:00 by the office's clock: a beginning that is easily changed."""
    tomorrow = now.astimezone(policy.hours.zone) + timedelta(days=1)
    return tomorrow.replace(hour=20, minute=0, second=0, microsecond=0)


def _back() -> kit.Block:
    return kit.actions(kit.button(window_ids.BACK, "Back"))
