"""What `/case list` and `/case 1042` answer, as customers see it; and a case in lines of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.case import Case, case_name
from bot.messages import kit, terms
from bot.messages.case_card import CustomerFacts, customer_view
from bot.policy import Policy

PER_PAGE = 15  # with what stands around them they have room on a Home tab, at their longest
SUMMARY = 60


@dataclass(frozen=True)
class Line:
    """A case of a list, and the address that opens its thread."""

    case: Case
    url: str | None


def case_view(policy: Policy, case: Case, url: str | None) -> kit.Message:
    """One case, to whoever asks for it by its number."""
    thread = f"<{url}|Open its thread> · " if url else ""
    return kit.message(
        f"{case.name}: {kit.line(case.summary)}",
        *customer_view(policy, case, CustomerFacts()),
        kit.context(f"{thread}`/case why {case.number}` shows how the time is counted."),
    )


def case_list(policy: Policy, lines: Sequence[Line], *, total: int, page: int) -> kit.Message:
    """A page of cases.

    Args:
        total: how many there are on all pages.
        page: counted from 1, of `PER_PAGE` cases each.
    """
    return kit.message(
        f"Open cases: {total}",
        kit.section("*Open cases*"),
        *(kit.section(case_line(policy, line)) for line in lines),
        None if lines else kit.section(_nothing(total, page)),
        kit.context(_which(lines, total, page)) if lines else None,
    )


def case_line(policy: Policy, line: Line) -> str:
    """A case in two lines."""
    case = line.case
    facts = (policy.label(case.severity), terms.status(case), terms.due(policy, case))
    return f"{head(line)}\n{' · '.join(filter(None, facts))}"


def team_line(policy: Policy, line: Line, now: datetime) -> str:
    """A case in two lines, for the team: whose it is, by when, and who has it."""
    case = line.case
    words = (
        kit.line(terms.whose(case), 60),
        policy.label(case.severity),
        terms.due(policy, case, now) or terms.team_status(case),
        kit.person(case.assignee) if case.assignee else "nobody has it",
    )
    return f"{head(line)}\n{' · '.join(filter(None, words))}"


def head(line: Line) -> str:
    """A case's name, which opens its thread, and its summary in short."""
    name = f"<{line.url}|{line.case.name}>" if line.url else line.case.name
    return f"*{name}* {kit.line(line.case.summary, SUMMARY)}"


def pages(total: int) -> int:
    """How many pages so many cases take."""
    return max(1, -(-total // PER_PAGE))


def shown_range(lines: Sequence[Line], total: int, page: int) -> str:
    """Which cases of all a page shows: "16–30 of 57"."""
    first = (page - 1) * PER_PAGE + 1
    return f"{first}–{first + len(lines) - 1} of {total}"


def not_found(wanted: int | str) -> str:
    """The answer to a number that somebody may not see, and to one that there is not."""
    name = case_name(wanted) if isinstance(wanted, int) else f'"{kit.line(wanted, 40)}"'
    return f"I find no {name} that you can see. `/case list` shows those that you can."


def unknown_words(text: str) -> str:
    """What precedes the help, where the words after `/case` mean nothing."""
    words = kit.line(text.replace("`", ""), 60)
    return f"I do not know `/case {words}`. This is what I do:"


def _nothing(total: int, page: int) -> str:
    if total:
        return f"There is no page {page}: `/case list {pages(total)}` is the last."
    return "No case is open here, which is good news. `/case` opens one."


def _which(lines: Sequence[Line], total: int, page: int) -> str:
    one = f"`/case {lines[0].case.number}` shows"
    words = f"{one} more of it."
    if total > 1:
        words = f"{shown_range(lines, total, page)}. {one} one of them."
    more = f" `/case list {page + 1}` shows more." if page < pages(total) else ""
    return words + more
