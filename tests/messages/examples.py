"""Cases, pages and messages for the tests of what Casebell says, and the worst that people type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.case import Case, CaseStatus, Person, Place
from bot.domain.conversation import CaseMessage, File
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.form import FieldKind
from bot.domain.maintenance import WindowKind
from bot.domain.page import Page, PageState
from bot.domain.records import Channel
from bot.domain.segments import Segment
from bot.domain.window import Window
from bot.messages import ids, page
from bot.messages.kit import Message
from bot.policy import load_policy
from bot.sandbox import reading

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
POLICY = load_policy()
URL = "https://home.slack.com/archives/C0ACME/p1700000000000000"
CARD_URL = "https://home.slack.com/archives/C0TEAM/p1700000000000001"
WHERE = ids.FormContext("T0HOME", "C0ACME")

WORST = {
    "one letter": "x",
    "as long as a field takes": "x" * 3000,
    "words without end": "word " * 600,
    "emoji": "👩‍👩‍👧‍👦🔥" * 300,
    "an emoji code": ":boom: :smile:",
    "right to left": "الأسعار اختفت \u202eabc\u202c",
    "combining": "Z̷̢̛a̶͝l̵̕g̴o̶͘" * 150,
    "calls the channel": "<!channel> <!here> <!everyone> @channel @here",
    "calls a person": "<@U1> <@U0TEAM|Ana> <!subteam^S1>",
    "a link in disguise": "<https://evil.example|https://acme.example>",
    "bold": "*b* _i_ ~s~ `c`",
    "a code block": "```\nrm -rf /\n```",
    "entities": "&amp; &lt;@U1&gt; & < >",
    "entities without end": "&<>" * 1000,
    "a quote": "> quoted\n>>> all of it",
    "a date token": "<!date^0^{date}|now>",
    "lines": "one\n\n\ntwo\r\nthree",
    "newlines only": "\n\n\n",
    "a name of 500 letters": "<!channel>" * 50,
    "a null": "a\u0000b",
    "template": "{policy.vendor} %s {0}",
}
worst = pytest.mark.parametrize("text", WORST.values(), ids=WORST.keys())

# What takes twice its length on the way to Slack.
HEAVY = '"\n' * 1500

# Those that are mentioned on purpose; everybody else who is called on was called by a text.
MENTIONED = {"U0CARLA", "U0ANA", "U0BEN", "U0MIA"}


def a_case(text: str = "Prices are gone", **changed: Any) -> Case:
    """A new case in which everything that was typed is this text."""
    answers = {
        field.key: text
        for field in POLICY.form.fields
        if field.kind in (FieldKind.LINE, FieldKind.TEXT, FieldKind.URL, FieldKind.CHOICE)
    }
    severity = POLICY.severity(changed.get("severity", "business_stopped"))
    case = Case(
        number=1042,
        reporter=Person("T0ACME", "U0CARLA"),
        place=Place("T0HOME", "C0ACME"),
        account="Acme" if text == "Prices are gone" else text,
        on_behalf_of=None,
        severity=severity.key,
        summary=text,
        answers={**answers, "severity": severity.key, "first_noticed": NOW.isoformat()},
        status=CaseStatus.NEW,
        opened_at=NOW,
        waiting_since=NOW,
        target=severity.target,
        counted_from=NOW,
        due_at=NOW + timedelta(hours=2),
        answered_at=None,
        answered_by=None,
        breached_at=None,
        assignee=None,
        resolved_at=None,
        resolved_by=None,
        thread_ts="1700000000.000000",
        version=7,
    )
    return replace(case, **changed)


ANSWERED: Mapping[str, Any] = {
    "status": CaseStatus.ANSWERED,
    "answered_at": NOW + timedelta(hours=1),
    "answered_by": "U0ANA",
}
WAITING: Mapping[str, Any] = {**ANSWERED, "status": CaseStatus.WAITING}
RESOLVED: Mapping[str, Any] = {
    **ANSWERED,
    "status": CaseStatus.RESOLVED,
    "resolved_at": NOW + timedelta(hours=1),
    "resolved_by": "U0ANA",
}
RESOLVED_UNANSWERED: Mapping[str, Any] = {**RESOLVED, "answered_at": None, "answered_by": None}
WORSE_SINCE: Mapping[str, Any] = {
    "waiting_since": NOW + timedelta(hours=3),
    "counted_from": NOW + timedelta(hours=3),
    "due_at": NOW + timedelta(hours=5),
}
OVERDUE: Mapping[str, Any] = {"breached_at": NOW + timedelta(hours=2)}
DIRECT: Mapping[str, Any] = {"place": Place("T0HOME", "D0CARLA")}

STATES: Mapping[str, Mapping[str, Any]] = {
    "new": {},
    "overdue": OVERDUE,
    "answered": ANSWERED,
    "waiting on the customer": WAITING,
    "resolved": RESOLVED,
    "resolved unanswered": RESOLVED_UNANSWERED,
    "worse since": WORSE_SINCE,
    "assigned": {"assignee": "U0ANA"},
    "in a DM": DIRECT,
}
in_every_state = pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())


def a_window(text: str = "Prod", **changed: Any) -> Window:
    """Work that begins in an hour, of which everything that was typed is this text."""
    start = NOW + timedelta(hours=1)
    window = Window(
        key="extra-1",
        kind=WindowKind.EXTRA,
        sector=text,
        segment=Segment(start, start + timedelta(hours=4)),
        what=text,
        affected=text,
    )
    return replace(window, **changed)


def a_page(state: PageState, **changed: Any) -> Page:
    return replace(
        Page(
            state,
            due_at=None if state is PageState.CLOSED else NOW + timedelta(minutes=5),
            rung=frozenset({"U0ANA", "U0BEN", "U0MIA"}),
            acknowledged_by="U0ANA",
            acknowledged_at=NOW,
        ),
        **changed,
    )


def page_facts(state: PageState, case: Case, **changed: Any) -> page.PageFacts:
    return replace(
        page.PageFacts(
            page_id=7,
            page=a_page(state),
            case=case,
            thread_url=URL,
            again_every=timedelta(minutes=15),
            card_url=CARD_URL,
            ended=("answered", "U0ANA"),
        ),
        **changed,
    )


def a_message(text: str = "It is slow.", **changed: Any) -> CaseMessage:
    """Something that the customer wrote in the thread of their case."""
    message = CaseMessage(
        id=3,
        case_number=1042,
        channel_id="C0ACME",
        ts="1700000100.000000",
        author=Person("T0ACME", "U0CARLA"),
        by_team=False,
        text=text,
        files=(),
        said_at=NOW,
        edited_at=None,
        deleted_at=None,
    )
    return replace(message, **changed)


BY_TEAM: Mapping[str, Any] = {"author": Person("T0HOME", "U0ANA"), "by_team": True}


def a_file(name: str | None = "screen.png", **changed: Any) -> File:
    return replace(File("F1", name, 2_400_000, "https://files.slack.com/F1/screen.png"), **changed)


def a_channel(text: str = "acme-support", **changed: Any) -> Channel:
    channel = Channel("C0ACME", "T0HOME", name=text, is_member=True, is_ext_shared=True)
    return replace(channel, **changed)


def an_entry(kind: EventKind, by: str | None = "U0ANA", **facts: Any) -> TimelineEntry:
    return TimelineEntry(1042, NOW, kind, by, facts)


def severity_change(kind: EventKind, reason: str = "", **facts: Any) -> TimelineEntry:
    """A change from Business severely impacted to Business Stopped, two hours sooner."""
    return an_entry(
        kind,
        **{
            "from": "severe_impact",
            "to": "business_stopped",
            "was_due_at": (NOW + timedelta(hours=4)).isoformat(),
            "due_at": (NOW + timedelta(hours=2)).isoformat(),
            "reason": reason,
            "pages": True,
            "version": 8,
            **facts,
        },
    )


def nodes(blocks: Any, kind: str) -> list[dict[str, Any]]:
    """Everything of a type in blocks, in order."""
    match blocks:
        case {"type": found} if found == kind:
            return [blocks]
        case dict():
            return [node for part in blocks.values() for node in nodes(part, kind)]
        case list():
            return [node for part in blocks for node in nodes(part, kind)]
        case _:
            return []


def plain_texts(blocks: Any) -> list[str]:
    """What is shown of other people's words, block by block."""
    return [node["text"] for node in nodes(blocks, "plain_text")]


def shown(message: Message) -> str:
    """The message as a reader in the office sees it."""
    return drawn(message.blocks)


def drawn(blocks: Any) -> str:
    """Blocks as a reader in the office sees them."""
    return reading.Page(ZoneInfo("America/Chicago"), NOW, lambda key: key).blocks(blocks)


def buttons(blocks: Any) -> dict[str, dict[str, Any]]:
    """The buttons in blocks, by their labels."""
    return {node["text"]["text"]: node for node in nodes(blocks, "button")}
