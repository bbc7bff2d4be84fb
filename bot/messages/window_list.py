"""`/maintenance`: the windows ahead, for everybody; what to look at and to change, for the team."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.domain.calendar_plan import Difference
from bot.domain.flags import Flag
from bot.domain.segments import Segment
from bot.domain.window import Window
from bot.domain.window_changes import just_ended
from bot.messages import kit, terms, window_ids, window_terms
from bot.messages.inputs import modal
from bot.messages.window_ids import Asked, Do
from bot.messages.words import clock_time, counted
from bot.policy import Policy

SHORT = 8  # windows in the short answer
PER_PAGE = 10  # windows on a page of the months ahead
MOST_DIFFERENCES = 5
_MOST_FLAGS = 4  # of a window


@dataclass(frozen=True)
class CalendarFacts:
    """What somebody sees of the calendar.

    Args:
        windows: those that are shown, earliest first.
        total: how many there are in all.
        flags, differences: for the team.
        posts: for the team: when each window's notices are due, by its key.
        told_with: the window in whose notices another one is told, by the other's key.
        calendar_url: of the file to subscribe to, where there is one.
    """

    now: datetime
    is_team: bool
    windows: Sequence[Window]
    total: int
    flags: Sequence[Flag] = ()
    differences: Sequence[Difference] = ()
    posts: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    told_with: Mapping[str, Window] = field(default_factory=dict)
    calendar_url: str | None = None


def coming_view(policy: Policy, facts: CalendarFacts) -> kit.Message:
    """The next windows, and for the team what has to be confirmed."""
    built = _coming(policy, facts, MOST_DIFFERENCES)
    for most in range(len(facts.windows), 0, -1):
        shown = replace(facts, windows=facts.windows[:most])
        built = _coming(policy, shown, min(most, MOST_DIFFERENCES))
        if kit.size(built.blocks) <= kit.ROOM:
            break
    return built


def past_view(policy: Policy, facts: CalendarFacts) -> kit.Message:
    """The windows of the past weeks, the newest first."""
    headline = f"{policy.vendor.name} maintenance of the past weeks"
    none = kit.section("There was no maintenance in the past weeks.")
    return kit.message(
        headline,
        kit.section(f"*{headline}*"),
        *(_section(policy, window, facts) for window in facts.windows),
        None if facts.windows else none,
    )


def year_view(
    policy: Policy, facts: CalendarFacts, shown: window_ids.YearPage, channel_id: str
) -> dict[str, Any]:
    """A page of the months ahead, as they were when it was drawn; asked for in that channel."""
    last = pages(facts.total)
    return modal(
        window_ids.YEAR_VIEW,
        "Maintenance ahead",
        None,
        kit.context(f"As of {terms.office(policy, facts.now)}. {_range(facts, shown)}"),
        *(_section(policy, window, facts) for window in facts.windows),
        None if facts.windows else kit.section(_none(facts)),
        _turning(shown, last),
        metadata=channel_id,
        close="Close",
    )


def next_line(policy: Policy, window: Window | None, now: datetime) -> str | None:
    """The next window in a line of the Home tab."""
    if window is None:
        return None
    if window.segment.start <= now:
        until = terms.office(policy, window.segment.end)
        return f":wrench: {window_terms.bold(window)} is under way, until {until}"
    return f"Next maintenance: {window_terms.bold(window)}, {window_terms.when(policy, window)}"


def pages(total: int) -> int:
    """How many pages so many windows take."""
    return max(1, -(-total // PER_PAGE))


def help_text(*, is_team: bool) -> str:
    """What `/maintenance` does."""
    lines = [
        "*/maintenance* shows the next maintenance windows.",
        "• `/maintenance 12`: those of the coming twelve months, or of as many as you say",
        "• `/maintenance past`: those of the past weeks",
        "• `/maintenance help`: this",
    ]
    if is_team:
        lines.append(
            "With *Manage* you move, shorten, extend, skip or cancel a window, start it now, finish"
            " it early or say that it runs late; with *Add a window* you plan another one. You see"
            " first what would be posted where. *Who was told* lists every post about a window."
        )
    return "\n".join(lines)


def unknown_words(text: str) -> str:
    """What precedes the help, where the words after `/maintenance` mean nothing."""
    words = kit.line(text.replace("`", ""), 60)
    return f"I do not know `/maintenance {words}`. This is what I do:"


def _coming(policy: Policy, facts: CalendarFacts, most_differences: int) -> kit.Message:
    headline = f"{policy.vendor.name} maintenance"
    return kit.message(
        f"{headline}: {_in_short(policy, facts)}",
        kit.section(f"*{headline}*"),
        *(_section(policy, window, facts) for window in facts.windows),
        None if facts.windows else kit.section(_none(facts)),
        *_differences(policy, facts, most_differences),
        kit.actions(
            *([kit.button(window_ids.ADD, "Add a window")] if facts.is_team else []),
            kit.button(window_ids.YEAR, "Twelve months", str(window_ids.YearPage(12, 1))),
        ),
        kit.context(
            f"The {policy.vendor.name} application could be unavailable during a window. If"
            f" something does not work afterwards, open a case with `/case`.{_calendar(facts)}"
        ),
    )


def _in_short(policy: Policy, facts: CalendarFacts) -> str:
    coming = [window for window in facts.windows if window.takes_place]
    if not coming:
        return "none is planned"
    first = coming[0]
    begins = f"{clock_time(first.segment.start, policy.hours.zone)} {policy.zone_name}"
    return f"{kit.line(window_terms.name(first))}, {begins}"


def _section(policy: Policy, window: Window, facts: CalendarFacts) -> kit.Block:
    """A window, named by its key, so that its button is one of many that read the same."""
    lines, manage = _lines(policy, window, facts), _manage(window, facts)
    return kit.section("\n".join(lines), manage) | {"block_id": window.key}


def _lines(policy: Policy, window: Window, facts: CalendarFacts) -> list[str]:
    state = window_terms.state(window, facts.now)
    heads = [window_terms.bold(window), *([state] if state else [])]
    lines = [" · ".join(heads), window_terms.when(policy, window), *window_terms.details(window)]
    if facts.is_team:
        lines += _for_team(policy, window, facts)
    return lines


def _for_team(policy: Policy, window: Window, facts: CalendarFacts) -> Iterator[str]:
    about = [flag for flag in facts.flags if window_terms.is_about(flag, window)]
    for flag in about[:_MOST_FLAGS]:
        yield f":warning: {window_terms.flag(policy, flag, window)}"
    if len(about) > _MOST_FLAGS:
        yield f":warning: and {len(about) - _MOST_FLAGS} more"
    if window_terms.was_moved(window) and window.takes_place and window.by_rule:
        yield f"By the policy: {terms.stretch(policy, window.by_rule)}"
    if posts := facts.posts.get(window.key):
        zone = policy.hours.zone
        times = "; ".join(clock_time(at, zone) for at in posts)
        yield f"Will be told: {times} ({policy.zone_name})"
    elif around := facts.told_with.get(window.key):
        yield f"Will be told with the {kit.line(window_terms.name(around))} inside it"


def _manage(window: Window, facts: CalendarFacts) -> kit.Block | None:
    if not facts.is_team:
        return None
    is_over = window.segment.end <= facts.now and not just_ended(window, facts.now)
    if is_over or not window.takes_place:
        return window_terms.told_button(window)
    return kit.button(window_ids.MANAGE, "Manage", window.key)


def _differences(policy: Policy, facts: CalendarFacts, most: int) -> Iterator[kit.Block]:
    if facts.differences:
        yield kit.divider()
        yield kit.section("*The policy now says otherwise*")
    for difference in facts.differences[:most]:
        yield from _difference(policy, difference)
    if len(facts.differences) > most:
        yield kit.context(f"and {len(facts.differences) - most} more, once these are settled")


def policy_differs(policy: Policy, difference: Difference) -> kit.Message:
    """What the policy says otherwise of a window that stays until the team has chosen."""
    name = kit.line(window_terms.name(difference.window))
    headline = f"The policy now says otherwise of the {name}"
    return kit.message(
        headline,
        kit.section(f":warning: *{headline}*"),
        *_difference(policy, difference),
        kit.context("People count on it, so it stays as it is until you choose."),
    )


def _difference(policy: Policy, difference: Difference) -> Iterator[kit.Block]:
    window = difference.window
    yield kit.section(
        f"{window_terms.bold(window)}, {terms.stretch(policy, window.segment)}:"
        f" {says(policy, difference.says)}"
    )
    yield kit.actions(
        kit.button(window_ids.FOLLOW, "Follow the policy", _asked(Do.FOLLOW, difference)),
        kit.button(window_ids.KEEP, "Keep as it is", _asked(Do.KEEP, difference)),
    )


def says(policy: Policy, segment: Segment | None) -> str:
    """What the policy says by now of a window that it does not move by itself."""
    if segment is None:
        return "the policy no longer plans it."
    return f"the policy now has it {terms.stretch(policy, segment)}."


def _asked(do: Do, difference: Difference) -> str:
    window, segment = difference.window, difference.says
    start, end = (segment.start, segment.end) if segment else (None, None)
    return str(Asked(do, window.key, window.sequence, start, end))


def _calendar(facts: CalendarFacts) -> str:
    if facts.calendar_url is None:
        return ""
    return f" <{facts.calendar_url}|All maintenance, for your calendar>"


def _none(facts: CalendarFacts) -> str:
    if facts.is_team:
        return "No maintenance is planned in this time."
    return "No maintenance that this channel is told of is planned in this time."


def _range(facts: CalendarFacts, shown: window_ids.YearPage) -> str:
    if not facts.windows:
        return ""
    first = (shown.page - 1) * PER_PAGE + 1
    return f"{first}–{first + len(facts.windows) - 1} of {counted(facts.total, 'window')}."


def _turning(shown: window_ids.YearPage, last: int) -> kit.Block | None:
    """The buttons of the pages before and after."""
    before, after = (replace(shown, page=shown.page + step) for step in (-1, 1))
    buttons = []
    if before.page >= 1:
        buttons.append(kit.button(window_ids.PREVIOUS, "Previous", str(before)))
    if after.page <= last:
        buttons.append(kit.button(window_ids.NEXT, "Next", str(after)))
    return kit.actions(*buttons) if buttons else None
