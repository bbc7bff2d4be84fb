"""Requests for cover and swaps: the messages that ask, and what became of them. Internal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.cover import Verdict
from bot.domain.schedule import Override
from bot.domain.shift_request import RequestKind, RequestState, ShiftRequest
from bot.messages import ids, kit, terms
from bot.messages.words import ago
from bot.policy import Policy

MOST_NOTE = 300
CANCEL = "Cancel the request"


@dataclass(frozen=True)
class RequestFacts:
    """What a message about a request shows, as true at the moment it is sent.

    Args:
        overrides: what came of it, cancelled or not.
        reader: who gets it as a DM; None: the team's channel.
        is_reminder: it says once more that it is open.
    """

    number: int
    request: ShiftRequest
    overrides: Sequence[Override] = ()
    reader: str | None = None
    is_reminder: bool = False


def asking(policy: Policy, facts: RequestFacts) -> kit.Message:
    """The message that asks, with its buttons while it is open; the asker gets one as well."""
    request = facts.request
    is_open = request.is_open
    title = _title(facts)
    return kit.message(
        f"{title}, {terms.level(request.level)}",
        kit.section(f"{':raising_hand: ' if is_open else ''}*{title}*"),
        kit.section(_what(policy, request)),
        kit.plain(request.note) if request.note else None,
        _buttons(facts) if is_open else None,
        kit.context(_what_next(facts)) if is_open else kit.section(outcome(policy, facts)),
    )


def news(policy: Policy, facts: RequestFacts) -> kit.Message:
    """What became of a request that nobody, or somebody else than the asker, has ended."""
    request, asker = facts.request, kit.person(facts.request.asked_by)
    is_cover = request.kind is RequestKind.COVER
    what = "cover" if is_cover else "swap"
    time = f"*{terms.level(request.level)}*, {terms.stretch(policy, request.segment)}"
    to_asker = facts.reader == request.asked_by
    take = None
    match request.state:
        case RequestState.LAPSED if is_cover and not to_asker:
            title = f"Nobody has taken {asker}'s shift"
            words = f":warning: *{title}:* {asker} is still on call as {time}."
            take = kit.actions(kit.button(ids.ONCALL_TAKE, "Take the pager now"))
        case RequestState.LAPSED if is_cover:
            title = "Nobody has taken your shift: you are still on call"
            words = (
                f":warning: *{title}* as {time}. The team's channel is told. `/oncall` lets you ask"
                " again: what has begun can be taken until its end."
            )
        case RequestState.LAPSED:
            title = f"{terms.who(request.asked_of)} has not answered: your shift stays yours"
            words = f"*{title}:* {time}. `/oncall` lets you ask somebody else, or for cover."
        case RequestState.DECLINED:
            title = f"{terms.who(request.settled_by)} cannot swap: your shift stays yours"
            words = f"*{title}:* {time}. `/oncall` lets you ask somebody else, or for cover."
        case _ if request.settled_by is None:
            title = f"Your request to {what} has come to nothing: the schedule has changed since"
            words = (
                f"*{title}.* It was about {time}. `/oncall` shows the schedule; please ask again."
            )
        case _:
            title = f"{terms.who(request.settled_by)} cancelled your request to {what}"
            words = f"*{title}:* you stay on call as {time}. `/oncall` lets you ask again."
    return kit.message(title, kit.section(words), take)


def outcome(policy: Policy, facts: RequestFacts) -> str:
    """How a request ended, in a line."""
    request, by = facts.request, terms.who(facts.request.settled_by)
    match request.state:
        case RequestState.ACCEPTED if facts.overrides and all(
            override.cancelled_at for override in facts.overrides
        ):
            who = terms.who(facts.overrides[0].cancelled_by)
            return f":x: {by} had accepted, and {who} cancelled it later."
        case RequestState.ACCEPTED if request.kind is RequestKind.SWAP:
            return f":white_check_mark: {by} swapped with {kit.person(request.asked_by)}."
        case RequestState.ACCEPTED:
            covered = facts.overrides[0].segment if facts.overrides else request.segment
            since = f", from {terms.office(policy, covered.start)} on"
            return (
                f":white_check_mark: {by} covers it{'' if covered == request.segment else since}."
            )
        case RequestState.DECLINED:
            return f":x: {by} cannot swap."
        case RequestState.LAPSED if request.kind is RequestKind.SWAP:
            return ":x: Nobody answered in time. Both shifts stay as they were."
        case RequestState.LAPSED:
            return f":x: Nobody took it. {kit.person(request.asked_by)} stayed on call."
        case _ if request.settled_by is None:
            return ":x: The schedule has changed since, so this came to nothing."
        case _:
            return f":x: Cancelled by {by}."


def granted(
    policy: Policy, request: ShiftRequest, overrides: Sequence[Override], others: Sequence[str]
) -> str:
    """A private answer to who accepted. `others`: the levels that they are on call at as well."""
    asker = kit.person(request.asked_by)
    mine = overrides[0].segment
    level, when = terms.level(request.level), terms.stretch(policy, mine)
    words = f"Thank you. You are on call as {level}, {when}."
    if request.in_return is not None:
        words += f" {asker} takes over your {terms.stretch(policy, request.in_return)}."
    if others:
        also = kit.joined(map(terms.level, others))
        words += f" You are on call as {also} in that time too, so you would be rung for both."
    return f"{words} {asker} is told. `/oncall` shows it, and can cancel it."


def refused(refusal: Verdict, request: ShiftRequest, by: str, now: datetime) -> str:
    """A private answer to who cannot accept."""
    asker = kit.person(request.asked_by)
    match refusal:
        case Verdict.OWN:
            return "This is your own request: somebody else has to accept it."
        case Verdict.NOT_ASKED:
            return f"{asker} asked {terms.who(request.asked_of)}: only they can answer."
        case Verdict.ON_CALL_ALREADY:
            return f"You are on call as {terms.level(request.level)} for all of that time already."
        case Verdict.TOO_LATE:
            return "This request is over: its time has come, and nobody had accepted."
        case Verdict.MOOT:
            return (
                "The schedule has changed since this was asked, so there is nothing to accept any"
                f" more. {asker} is told to ask again if need be."
            )
        case _:
            return settled(request, by, now)


def settled(request: ShiftRequest, by: str, now: datetime) -> str:
    """A private answer to who comes too late: what became of it, by whom and when."""
    when = ago(request.settled_at, now) if request.settled_at else "before"
    who = "You" if request.settled_by == by else terms.who(request.settled_by)
    match request.state:
        case RequestState.ACCEPTED:
            return f"{who} accepted this {when}. `/oncall` shows the schedule, and can cancel it."
        case RequestState.DECLINED:
            return f"{who} declined this {when}."
        case RequestState.CANCELLED if request.settled_by:
            return f"{who} cancelled this {when}."
        case RequestState.CANCELLED:
            return "The schedule has changed since, so this request is over."
        case _:
            return "This request is over: nobody accepted it in time."


def cancelled(request: ShiftRequest, by: str) -> str:
    """A private answer to who cancelled a request."""
    asker = kit.person(request.asked_by)
    who = "You stay" if by == request.asked_by else f"{asker} is told, and stays"
    return f"Cancelled. {who} on call as the schedule says."


def override_cancelled(
    name: str, cancelled: Sequence[Override], on_call: Sequence[str], now: datetime
) -> str:
    """A private answer to who cancelled a change of the schedule.

    Args:
        on_call: who is on call at its level now.
    """
    words = "Cancelled, both halves of the swap." if len(cancelled) > 1 else "Cancelled."
    if any(override.segment.contains(now) for override in cancelled):
        who = kit.joined(map(kit.person, on_call)) if on_call else ":warning: nobody"
        words += f" On call as {terms.level(name)} from now on: {who}."
    return f"{words} Everybody else whose shift that changes is told."


def _title(facts: RequestFacts) -> str:
    request = facts.request
    asker, asked = kit.person(request.asked_by), terms.who(request.asked_of)
    is_mine = facts.reader == request.asked_by
    if request.kind is RequestKind.SWAP:
        return f"You asked {asked} to swap" if is_mine else f"{asker} asks you to swap shifts"
    if is_mine:
        return "You asked for cover"
    still = "still looks" if facts.is_reminder else "looks"
    return f"{asker} {still} for somebody to cover an on-call shift"


def _what(policy: Policy, request: ShiftRequest) -> str:
    mine = terms.stretch(policy, request.segment)
    if request.in_return is None:
        return f"*{terms.level(request.level)}*, {mine}"
    theirs = terms.stretch(policy, request.in_return)
    asker, asked = kit.person(request.asked_by), terms.who(request.asked_of)
    return (
        f"*{terms.level(request.level)}*\n• {asked} takes {mine}, now {asker}'s"
        f"\n• {asker} takes {theirs}, now {asked}'s"
    )


def _buttons(facts: RequestFacts) -> kit.Block:
    number, request = str(facts.number), facts.request
    cancel = kit.button(
        ids.REQUEST_CANCEL,
        CANCEL,
        number,
        confirm=("Cancel the request?", "Nobody can accept it then. The schedule stays as it is."),
    )
    if facts.reader == request.asked_by:
        return kit.actions(cancel)
    if request.kind is RequestKind.SWAP:
        return kit.actions(
            kit.button(ids.REQUEST_ACCEPT, "Swap", number, style="primary"),
            kit.button(ids.REQUEST_DECLINE, "No, thanks", number),
        )
    take = kit.button(ids.REQUEST_ACCEPT, "I take it", number, style="primary")
    return kit.actions(take, cancel) if facts.reader is None else kit.actions(take)


def _what_next(facts: RequestFacts) -> str:
    request, asker = facts.request, kit.person(facts.request.asked_by)
    if request.kind is RequestKind.SWAP:
        if facts.reader == request.asked_by:
            return "Until they say yes, nothing changes."
        return f"Until you say yes, nothing changes. {asker} is told what you answer."
    if facts.reader == request.asked_by:
        return "Whoever takes it first is on call instead. Until then, you are; you will be told."
    return f"Whoever takes it first is on call instead. Until then, {asker} is."
