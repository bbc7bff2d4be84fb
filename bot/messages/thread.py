"""What is said about a case after its card: to the customer in its thread, and to the team."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.case import Case
from bot.domain.conversation import CaseMessage, File
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.outbox import MessageKind
from bot.messages import kit, terms
from bot.messages.words import counted, file_size
from bot.policy import Policy

MOST_FILES = 10
MOST_CASES = 15
AUTHOR = 40

_SAFE_URL = re.compile(r"https://[^\s<>|]{1,1000}")


def mirrored(
    case: Case, message: CaseMessage, words: str, *, route: str | None = None
) -> kit.Message:
    """What was said in the customer's thread, in the thread of the team's card. Internal.

    Args:
        words: the message as a person reads it.
        route: by which Casebell posted it for somebody of the team: in the customer's "thread",
            by "dm", or, since Slack took it by neither, "none".
    """
    who = kit.person(message.author.user_id)
    if message.deleted_at is not None:
        return kit.message(
            f"{case.name}: a message was deleted", kit.section(f"{who} deleted their message.")
        )
    head = kit.section(f"*{who}* {_wrote(message, route)}")
    files = _file_list(message.files)
    text = words.strip()
    room = kit.ROOM - kit.size([head, files, _REST])
    parts = kit.plain_parts(text, room) if text else ()
    is_cut = sum(len(part["text"]["text"]) for part in parts) < len(text)
    side = "the team" if message.by_team else "the customer"
    return kit.message(
        f"{case.name}, from {side}: {kit.line(text) or ('a file' if files else 'a message')}",
        head,
        *parts,
        None if text or files else kit.context("No words: please look into the customer's thread."),
        _REST if is_cut else None,
        files,
    )


def reply(
    policy: Policy,
    case: Case,
    message: CaseMessage,
    words: str,
    author_name: str,
    *,
    by_dm: bool = False,
) -> kit.Message:
    """What somebody of the team says to the customer, in the case's thread, in their name.

    Args:
        by_dm: there is no thread to say it in, so it says which case it is about.
    """
    vendor, name = policy.vendor.name, kit.clip(author_name.strip(), AUTHOR)
    about = kit.section(f"*About {case.name}:*") if by_dm else None
    files, called = _file_list(message.files), None if by_dm else _called(case)
    return kit.message(
        f"{case.name}: {kit.line(words)}",
        about or called,
        *kit.plain_parts(words, kit.ROOM - kit.size([about, files, called])),
        files,
        author=f"{name} ({vendor})" if name else vendor,
    )


def status_news(
    policy: Policy, case: Case, entry: TimelineEntry, *, calls: bool = True
) -> kit.Message:
    """What the customer hears, in the case's thread, of what was done with their case.

    Args:
        calls: whether it calls the reporter and says what they can do; not in other places.
    """
    who, facts = terms.who(entry.actor), entry.facts
    called = _called(case) if calls else None
    match entry.kind:
        case EventKind.RAISED | EventKind.LOWERED:
            change = "raised" if entry.kind is EventKind.RAISED else "lowered"
            before, after = (policy.label(facts.get(key, "")) for key in ("from", "to"))
            return kit.message(
                f"{case.name}: the severity was {change} to {after}",
                called,
                kit.section(f"*{who} {change} the severity* from {before} to *{after}*."),
                *_quoted(facts.get("reason")),
                kit.section(_pages_now(entry)) if _is_paged(entry) else None,
                _next_response(policy, case, facts),
            )
        case EventKind.WORSENED:
            return kit.message(
                f"{case.name}: {_alarm(policy, entry)}",
                kit.section(f"{who} says that {_alarm(policy, entry)}. *{_pages_now(entry)}*"),
                *_quoted(facts.get("reason")),
                _next_response(policy, case, facts),
            )
        case EventKind.RESOLVED:
            return kit.message(
                f"{case.name} is resolved",
                called,
                kit.section(f":white_check_mark: *{who} resolved {case.name}.*"),
                *_quoted(facts.get("note")),
                kit.context(_IF_NOT_SOLVED) if calls else None,
            )
        case EventKind.REOPENED if facts.get("by_reply"):
            return kit.message(
                f"{case.name} is open again",
                kit.section(f"*{case.name} is open again.* Our team has been told."),
            )
        case EventKind.REOPENED:
            return kit.message(
                f"{case.name} is open again",
                called,
                kit.section(f"*{who} reopened {case.name}.* We go on in this thread."),
            )
        case _:
            return kit.message(
                f"{case.name} has changed", kit.section(f"*{case.name} has changed*: see its card.")
            )


def team_news(
    policy: Policy, case: Case, entry: TimelineEntry, thread_url: str | None
) -> kit.Message:
    """What the team hears of a case when it has to look at it again. Internal."""
    who, name = terms.who(entry.actor), terms.named(policy, case)
    thread = f" <{thread_url}|Open the thread>" if thread_url else ""
    match entry.kind:
        case EventKind.REOPENED:
            headline = "open again, the customer replied"
            words = f":leftwards_arrow_with_hook: *{name} is open again*: {who} replied after it was resolved.{_owner(case)}"  # noqa: E501
        case EventKind.WORSENED:
            headline = f"the customer says that {_alarm(policy, entry)}"
            call = "On-call is paged." if entry.facts.get("pages") else "Please answer now."
            words = f":rotating_light: *{name}*: {who} says that *{_alarm(policy, entry)}*. {call}{_owner(case)}"  # noqa: E501
        case EventKind.NOT_DELIVERED:
            what = f"the reply of {who}" if entry.actor else _undelivered(entry)
            headline = "something did not reach the customer"
            words = f":warning: *{name}: {what} did not reach the customer*, neither in their thread nor by DM ({_code(entry)}). {_other_ways(policy, case)}"  # noqa: E501
        case _:
            headline = "it has changed"
            words = f"*{name} has changed*: see its card."
    return kit.message(
        f"{name}: {headline}",
        kit.section(words + thread),
        *(_quoted(entry.facts.get("reason")) if entry.kind is EventKind.WORSENED else ()),
        _due(policy, case),
    )


def assigned(policy: Policy, case: Case, by: str | None, card_url: str | None) -> kit.Message:
    """The DM to somebody who was given a case. Internal."""
    card = f" <{card_url}|Open its card>" if card_url else ""
    return kit.message(
        f"{case.name} is yours now: {kit.line(case.summary)}",
        kit.section(f"*{terms.who(by)} assigned {case.name} to you.*{card}"),
        kit.plain(case.summary),
        kit.fields(
            ("Severity", policy.label(case.severity)),
            ("Status", terms.team_status(case)),
            ("Customer", kit.line(terms.whose(case)) or terms.place(case)),
        ),
        _due(policy, case),
    )


def released(user_id: str, cases: Sequence[Case]) -> kit.Message:
    """Cases have nobody any more, because their assignee left the team. Internal."""
    count = counted(len(cases), "case has", "cases have")
    lines = [f"• {case.name}: {kit.line(case.summary, 100)}" for case in cases[:MOST_CASES]]
    if len(cases) > MOST_CASES:
        lines.append(f"and {len(cases) - MOST_CASES} more")
    named = f": {cases[0].name}" if len(cases) == 1 else ""
    return kit.message(
        f"{count} nobody now{named}",
        kit.section(
            f":warning: *{kit.person(user_id)} is no longer of the team*, so {count} nobody now."
            " Please press Take on the cards."
        ),
        kit.section("\n".join(lines)) if lines else None,
    )


_ROUTES = {
    "thread": "replied to the customer through Casebell",
    "dm": "replied to the customer through Casebell, by DM",
    "none": "replied, and *it did not reach the customer*",
}
_IF_NOT_SOLVED = "If it is not solved, reply here, and the case is open again."
_REST = kit.context("The rest is in the customer's thread.")


def _wrote(message: CaseMessage, route: str | None) -> str:
    edited = " (edited)" if message.edited_at is not None else ""
    if route is not None:
        return f"{_ROUTES.get(route, _ROUTES['thread'])}:"
    if message.by_team:
        return f"(of the team) wrote to the customer{edited}:"
    return f"wrote{edited}:"


def _file_list(files: Sequence[File]) -> kit.Block | None:
    return kit.context("\n".join(_files(files))) if files else None


def _files(files: Sequence[File]) -> Iterator[str]:
    for file in files[:MOST_FILES]:
        name = kit.line(file.name or "", 100).replace("|", "¦")
        size = f" ({file_size(file.size)})" if file.size is not None else ""
        if not name:
            yield f"📎 a file (see the thread){size}"
        elif file.url and _SAFE_URL.fullmatch(file.url):
            yield f"📎 <{file.url}|{name}>{size}"
        else:
            yield f"📎 {name}{size}"
    if len(files) > MOST_FILES:
        yield f"and {len(files) - MOST_FILES} more"


def _quoted(words: str | None) -> tuple[kit.Block, ...]:
    return (kit.plain(words),) if words and words.strip() else ()


def _alarm(policy: Policy, entry: TimelineEntry) -> str:
    before, after = entry.facts.get("from"), entry.facts.get("to", "")
    return "it is still down" if before == after else f"it is {policy.label(after)} now"


def _called(case: Case) -> kit.Block | None:
    """The reporter by name, for a reply in a thread notifies only those who take part in it."""
    if case.place.is_direct:
        return None
    return kit.context(f"For {kit.person(case.reporter.user_id)}")


def _is_paged(entry: TimelineEntry) -> bool:
    return entry.kind is EventKind.RAISED and bool(entry.facts.get("pages"))


def _pages_now(entry: TimelineEntry) -> str:
    if entry.facts.get("pages"):
        return "Our on-call engineer is being paged now."
    return "Our team has been told."


def _next_response(policy: Policy, case: Case, facts: Mapping[str, Any]) -> kit.Block | None:
    """By when a response was due after that change; another may have followed since."""
    due = facts.get("due_at")
    if not (case.awaits_response and due):
        return None
    return kit.section(f"*Next response by*\n{terms.office(policy, datetime.fromisoformat(due))}")


def _due(policy: Policy, case: Case) -> kit.Block | None:
    if not case.awaits_response:
        return None
    return kit.context(f"The {terms.response(case)} is {terms.due(policy, case)}.")


def _owner(case: Case) -> str:
    return f" It is {kit.person(case.assignee)}'s." if case.assignee else " Nobody has taken it."


def _undelivered(entry: TimelineEntry) -> str:
    return "a reply" if entry.facts.get("what") == MessageKind.REPLY else "news of it"


def _code(entry: TimelineEntry) -> str:
    """Slack's code for why."""
    return f"`{kit.line(str(entry.facts.get('reason') or 'unknown'), 100)}`"


def _other_ways(policy: Policy, case: Case) -> str:
    return (
        f"Its words are kept with the case. Please write to"
        f" {kit.person(case.reporter.user_id)} by DM or from {policy.vendor.support_email}."
    )
