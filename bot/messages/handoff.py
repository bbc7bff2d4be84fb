"""The pager changes hands: what who has it now, who had it, and the team are told. Internal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.handoff import Handoff
from bot.messages import case_list, ids, kit, terms
from bot.messages.words import duration
from bot.policy import Policy

NO_SUCH = "This button is too old to mean anything: there is no such handoff any more."


@dataclass(frozen=True)
class Duty:
    """A level that somebody came on call at, as it stands when the message is drawn.

    Args:
        number: of the handoff.
        stands: whether they are on call by it still.
        until: when that ends, as it is planned; None: not within a year.
        others: who is on call there now, besides them.
    """

    number: int
    handoff: Handoff
    stands: bool
    until: datetime | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Off:
    """A level that somebody went off, since when, and who is on call there now."""

    level: str
    since: datetime
    now: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """What goes with the pager: cases that would ring, and how it was of late.

    Args:
        total: how many such cases are open in all.
        pages: a line for each page of the past week, the newest first.
        pages_total: how many there were in all.
    """

    cases: Sequence[case_list.Line]
    total: int
    pages: Sequence[str]
    pages_total: int


def come_on(
    policy: Policy,
    duties: Sequence[Duty],
    off: Sequence[Off],
    state: State | None,
    tap_until: datetime,
) -> kit.Message:
    """To who has come on call: until when, what is open, and a button to say that they have it.

    Args:
        state: None where they are off again.
        tap_until: when others are told, if they have not tapped by then.
    """
    current = [duty for duty in duties if duty.stands]
    if not current or state is None:
        levels = kit.joined(terms.level(duty.handoff.level) for duty in duties)
        lines = [_over(duty.handoff.level, duty.others) for duty in duties]
        return kit.message(f"You are not {levels} any more", kit.section("\n".join(lines)))
    to_tap = [duty for duty in current if duty.handoff.confirmed_at is None]
    levels = kit.joined(terms.level(duty.handoff.level) for duty in current)
    lines = [
        *(_on(policy, duty) for duty in current),
        *(_over(duty.handoff.level, duty.others) for duty in duties if not duty.stands),
        *(_off(policy, gone) for gone in off),
    ]
    return kit.message(
        f"You are on call as {levels}",
        kit.section("\n".join(lines)),
        _have_it(to_tap[0]) if to_tap else None,
        *_state(policy, state),
        kit.context(_what_tapping_does(policy, to_tap, tap_until)) if to_tap else None,
    )


def gone_off(policy: Policy, off: Sequence[Off], state: State) -> kit.Message:
    """To who has gone off call: since when, who has it now, and what they leave behind."""
    levels = kit.joined(terms.level(gone.level) for gone in off)
    return kit.message(
        f"You are off as {levels}",
        kit.section(
            "\n".join([*(_off(policy, gone) for gone in off), "Thank you for your watch."])
        ),
        *_state(policy, state),
    )


def missed(policy: Policy, duty: Duty, reason: str | None, *, is_of_team: bool) -> kit.Message:
    """To others: somebody has not said that they have the pager; redrawn when they have."""
    handoff, who = duty.handoff, kit.person(duty.handoff.user)
    level = terms.level(handoff.level)
    if not duty.stands:
        words = f"{who} is not {level} any more{_has_it_now(duty.others)}."
        return _says(f"{level}: they are not on call any more", words)
    if handoff.confirmed_at is not None:
        words = f":white_check_mark: *{who} has the pager*{_after(policy, handoff)} ({level})."
        return _says(f"{level}: the pager is confirmed", words)
    since = terms.office(policy, handoff.at)
    if not is_of_team:
        words = (
            f":warning: *{who} is on call, but is not of the team any more.* They are {level} since"
            f" {since}, and no page goes to them. Please put somebody else on call, or take it"
            " yourself."
        )
    elif reason is not None:
        words = (
            f":warning: *I could not tell {who} that they are on call.* They are {level} since"
            f" {since}, and Slack says `{kit.line(reason, 80)}`: a page may not reach them either."
            " The schedule stands: have that account checked, or take the pager yourself."
        )
    else:
        words = (
            f":warning: *{who} has not said that they have the pager.* They are {level} since"
            f" {since}. The schedule stands: pages ring them. Please reach them, or take it"
            " yourself."
        )
    return _says(f"{level}: nobody has confirmed the pager", words, _take())


def vacant(policy: Policy, off: Off, until: datetime | None, *, any_level: bool) -> kit.Message:
    """To the team's channel: a level has nobody; redrawn when it has somebody.

    Args:
        until: when somebody comes on, as it is planned.
        any_level: whether anybody is on call at any level.
    """
    level, since = terms.level(off.level), terms.office(policy, off.since)
    if off.now:
        has_it = kit.joined(map(kit.person, off.now))
        words = f":white_check_mark: *{has_it} is {level} now.* Nobody was, from {since} on."
        return _says(f"{level}: somebody is on call again", words)
    ends = f" until {terms.office(policy, until)}" if until else ", and nobody is planned"
    if any_level:
        words = (
            f":warning: *Nobody is {level}*, since {since}{ends}. A page passes that level at once,"
            " to whoever is on call at the others."
        )
    else:
        words = (
            f"<!channel> :rotating_light: *Nobody is on call, at any level.* Nobody is {level}"
            f" since {since}{ends}. A page would ring nobody. Please take the pager."
        )
    return _says(f"{level}: nobody is on call", words, _take())


def noted(handoff: Handoff) -> str:
    """The private answer to "I have it"."""
    if handoff.reached_in is None:
        return f"Noted: you have the pager as {terms.level(handoff.level)}."
    return f"Noted: reachable in {duration(handoff.reached_in)}. You have the pager as {terms.level(handoff.level)}."  # noqa: E501


def not_yours(handoff: Handoff) -> str:
    """The private answer to somebody else's press."""
    return f"Only {kit.person(handoff.user)} can say that they have it."


def is_over(handoff: Handoff, now: Sequence[str]) -> str:
    """The private answer to a press that comes after they went off."""
    return _over(handoff.level, now)


def _case_line(policy: Policy, line: case_list.Line) -> str:
    case = line.case
    facts = [kit.line(terms.whose(case)), terms.team_status(case), terms.due(policy, case)]
    return f"{case_list.head(line)}\n{' · '.join(filter(None, facts))}"


def _on(policy: Policy, duty: Duty) -> str:
    handoff = duty.handoff
    until = f" until {terms.office(policy, duty.until)}" if duty.until else ""
    if handoff.confirmed_at is not None:
        head = f":white_check_mark: *You have the pager as {terms.level(handoff.level)}*{until}."
        reached = handoff.reached_in
        how = f", {duration(reached)} after I asked" if reached is not None else ""
        return f"{head} You said so {terms.office(policy, handoff.confirmed_at)}{how}."
    head = f":pager: *You are on call as {terms.level(handoff.level)}*{until}."
    before = kit.joined(map(kit.person, handoff.outgoing)) if handoff.outgoing else ""
    return f"{head} Before you: {before}." if before else head


def _over(level: str, now: Sequence[str]) -> str:
    return f"You are not {terms.level(level)} any more{_has_it_now(now)}."


def _off(policy: Policy, gone: Off) -> str:
    since = terms.office(policy, gone.since)
    return f"*You are off as {terms.level(gone.level)}*, since {since}{_has_it_now(gone.now)}."


def _has_it_now(users: Sequence[str]) -> str:
    if not users:
        return "; nobody is now"
    return f": {kit.joined(map(kit.person, users))} {'is' if len(users) == 1 else 'are'} now"


def _what_tapping_does(policy: Policy, to_tap: Sequence[Duty], tap_until: datetime) -> str:
    if any(duty.handoff.missed_at for duty in to_tap):
        told = "Others know that you have not said so yet."
    else:
        told = f"Without it, others are told {terms.office(policy, tap_until)}."
    return f"*I have it* proves that a page would reach you; pages ring you either way. {told}"


def _after(policy: Policy, handoff: Handoff) -> str:
    if handoff.reached_in is not None:
        return f", after {duration(handoff.reached_in)}"
    return f" since {terms.office(policy, handoff.confirmed_at)}" if handoff.confirmed_at else ""


def _have_it(duty: Duty) -> kit.Block:
    return kit.actions(kit.button(ids.HANDOFF_HAVE, "I have it", str(duty.number), style="primary"))


def _take() -> kit.Block:
    return kit.actions(kit.button(ids.ONCALL_TAKE, "Take the pager now"))


def _says(headline: str, words: str, *blocks: kit.Block) -> kit.Message:
    return kit.message(headline, kit.section(words), *blocks)


def _state(policy: Policy, state: State) -> list[kit.Block]:
    waking = " or ".join(s.label for s in policy.severities if s.pages)
    cases = [_case_line(policy, line) for line in state.cases]
    return [
        kit.divider(),
        *_list(f"Open {waking} cases", cases, state.total),
        *_list("Pages of the past week", state.pages, state.pages_total),
    ]


def _list(title: str, lines: Sequence[str], total: int) -> list[kit.Block]:
    """A section a line: each is clipped alone, so that none is cut in its middle."""
    more = [f"…and {total - len(lines)} more"] if total > len(lines) else []
    head, *rest = [f"*{title}: {total or 'none'}*", *lines, *more]
    return [kit.section(head), *map(kit.section, rest)]
