"""What is wrong with on-call before it is needed: for TEAM_CHANNEL and for a terminal. Internal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.readiness import AHEAD, Finding, FindingKind
from bot.messages import kit, terms
from bot.messages.words import clock_time, counted, in_words
from bot.policy import Policy

MOST_LINES = 15


@dataclass(frozen=True)
class Voice:
    """How people, instants and what is typed are written where the words are read."""

    person: Callable[[str], str]
    at: Callable[[datetime], str]
    typed: Callable[[str], str]


def in_slack(policy: Policy) -> Voice:
    """For a message."""
    return Voice(kit.person, lambda at: terms.office(policy, at), lambda text: f"`{text}`")


def in_terminal(policy: Policy, names: Mapping[str, str]) -> Voice:
    """For what a command prints."""
    return Voice(
        lambda user: f"{names.get(user, '')} ({user})".strip(),
        lambda at: f"{clock_time(at, policy.hours.zone)} {policy.zone_name}",
        lambda text: text,
    )


def readiness(policy: Policy, found: Sequence[Finding], now: datetime) -> kit.Message:
    """The one message about everything that is wrong."""
    voice = in_slack(policy)
    lines = [f"• {finding(one, voice, now)}" for one in found[:MOST_LINES]]
    things = counted(len(found), "thing")
    rest = len(found) - len(lines)
    is_quiet = any(one.kind is FindingKind.QUIET for one in found)
    return kit.message(
        f"On-call: {things} to mend before somebody is needed",
        kit.section(f":warning: *On-call: {things} to mend before somebody is needed*"),
        *(kit.section(line) for line in lines),
        kit.context(f"and {rest} more: `python -m bot doctor` lists them.") if rest else None,
        kit.context(_ABOUT_QUIET) if is_quiet else None,
    )


_ABOUT_QUIET = (
    "No bot can break through do-not-disturb, and Slack does not show me when somebody pauses their"
    " notifications by hand. Where a page makes no sound, the next step rings together with it."
)


def finding(found: Finding, voice: Voice, now: datetime) -> str:
    """What is wrong, and what to do about it."""
    level = terms.level(found.level)
    person = voice.person(found.user or "")
    mend = voice.typed(f"python -m bot oncall set {found.level} ID ID …")
    without = f"set the rotation without them: {mend}"
    oncall = voice.typed("/oncall")
    is_now = found.start <= now
    start = "now" if is_now else f"from {voice.at(found.start)}"
    until = f" until {voice.at(found.end)}" if found.end else " and on"
    on_call = f"{level} on call {start}{'' if is_now else ' on'}"
    match found.kind:
        case FindingKind.VACANT:
            return (
                f"Nobody is {level} on call in the coming {in_words(AHEAD)}. Set somebody:"
                f" {mend}. If you need no such level, drop it from paging.levels and from its steps"
                " in the policy."
            )
        case FindingKind.GAP:
            return (
                f"Nobody is {level} on call {start}{until}. Take the pager then, or cancel the"
                f" change that made it, in {oncall}; or set the whole rotation: {mend}"
            )
        case FindingKind.GONE:
            return f"{person} is deactivated in Slack, and {on_call}. Please {without}"
        case FindingKind.OUTSIDE:
            return (
                f"{person} is not of the team any more, and {on_call}. Invite them to the team's"
                f" channel, or {without}"
            )
        case FindingKind.NO_DM:
            return (
                f"Slack opens no direct message to {person} ({found.reason}), who is {on_call}, so"
                f" a page cannot reach them. Check their account, or {without}"
            )
        case FindingKind.QUIET:
            return _quiet(found, voice, level)
        case FindingKind.TWICE:
            levels = kit.joined(map(terms.level, (found.level, *found.other_levels)))
            both = "both " if len(found.other_levels) == 1 else ""
            cure = f"Cancel one of them in {oncall}, or ask for cover there."
            if found.end is None:
                cure = f"For one of them, {without}"
            return (
                f"{person} is {both}{levels} on call {start}{until}: a page that they do not hear"
                f" goes on to them again. {cure}"
            )


def silenced(person: str, start: str, end: str) -> str:
    """When Slack keeps quiet for somebody, as far as it shows that."""
    return f"Slack keeps quiet for {person} (do-not-disturb) from {start} to {end}"


LET_THROUGH = (
    "They can shorten that in Slack under Preferences > Notifications, or a route rings them too:"
    " see paging.routes in the policy."
)


def _quiet(found: Finding, voice: Voice, level: str) -> str:
    end = voice.at(found.end or found.start)
    words = silenced(voice.person(found.user or ""), voice.at(found.start), end)
    if found.is_remark:
        return f"{words}; as {level} they are rung by a route as well."
    return f"{words}, as far as it shows that, and they are {level} on call in that night: a page would make no sound. {LET_THROUGH}"  # noqa: E501
