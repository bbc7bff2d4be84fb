"""What became of pages, in a few words each. Internal, all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.domain.case import Case
from bot.domain.page import TeamNews
from bot.domain.page_history import (
    NIGHT_BEGINS,
    NIGHT_ENDS,
    Escalated,
    Load,
    Moment,
    Over,
    PageHistory,
    Routed,
    Rung,
    Taken,
    Told,
)
from bot.messages import kit, terms
from bot.messages.words import clock_time, counted, duration
from bot.policy import Policy

PROMPT = timedelta(seconds=10)  # who got it within that is told once a line, not ring by ring
_MOMENT = timedelta(seconds=0.5)
_MOST_PEOPLE = 12
_MOST_HIDDEN = 5  # people who are named of rings that are only counted


@dataclass(frozen=True)
class PageLine:
    """A page of a list, its case, and the address that opens the case's thread."""

    page: PageHistory
    case: Case
    url: str | None


@dataclass(frozen=True)
class HistoryFacts:
    """What `/oncall history` shows.

    Args:
        lines: the newest first.
        number: which list it is, counted from 1.
        loads: for each person, the weeks in which a page rang them, by their Mondays.
        on_call: who was on call in these weeks, rung or not.
        weeks: how many weeks that is, the present one included.
    """

    lines: Sequence[PageLine]
    number: int
    has_more: bool
    loads: Mapping[str, Mapping[date, Load]]
    on_call: frozenset[str]
    weeks: int


def history_message(policy: Policy, facts: HistoryFacts) -> kit.Message:
    """A list of pages, then how many each person had in a week; shorter where there are many."""
    for most_rings in (6, 3, 2, 1):
        built = _history(policy, facts, most_rings)
        if kit.size(built.blocks) <= kit.ROOM:
            break
    return built


def _history(policy: Policy, facts: HistoryFacts, most_rings: int) -> kit.Message:
    more = f" `/oncall history {facts.number + 1}` shows older ones." if facts.has_more else ""
    return kit.message(
        "What became of pages",
        kit.section("*Pages, the newest first*"),
        *(kit.section(page_line(policy, line, most_rings)) for line in facts.lines),
        None if facts.lines else kit.section(_none(facts)),
        kit.context(f"Times are {policy.zone_name}.{more}") if facts.lines else None,
        *(_fairness(policy, facts) if facts.number == 1 else ()),
    )


def _fairness(policy: Policy, facts: HistoryFacts) -> tuple[kit.Block, ...]:
    return (
        kit.divider(),
        kit.section("\n".join(_loads(facts))),
        kit.context(
            "A page counts once for each person whom it rang, in the week of the first ring. Weeks"
            f" begin on Monday, 00:00 {policy.zone_name}; the night is from"
            f" {NIGHT_BEGINS:%H:%M} to {NIGHT_ENDS:%H:%M}."
        ),
    )


def _none(facts: HistoryFacts) -> str:
    if facts.number > 1:
        return "There are no older ones."
    return "No page has rung anybody yet."


def page_line(policy: Policy, line: PageLine, most_rings: int = 6) -> str:
    """A page in a line: who was rung when and by what route, who had it, how it ended.

    Times are the office's.

    Args:
        most_rings: so many of a run of rings are told one by one; of other things, hardly more.
    """
    case, page = line.case, line.page
    name = f"<{line.url}|{case.name}>" if line.url else case.name
    account = kit.line(terms.whose(case), 60)
    about = ", ".join(filter(None, (policy.label(case.severity), account)))
    opened = clock_time(page.opened_at, policy.hours.zone)
    told = _Telling(policy.hours.zone, page.opened_at, most_rings)
    parts = [*told.parts(page.moments)]
    if len(parts) > most_rings + 3:
        parts = [*parts[: most_rings + 1], "…", parts[-1]]
    if page.over is None:
        parts.append("not over yet")
    return kit.clip_escaped(f"*{name}* ({about}), {opened}: {'; '.join(parts)}.", kit.SECTION)


class _Telling:
    """Tells moments in order; a time names its day where that is another than the last one's."""

    def __init__(self, zone: ZoneInfo, opened_at: datetime, most_rings: int) -> None:
        self._zone = zone
        self._day = opened_at.astimezone(zone).date()
        self._most_rings = most_rings

    def parts(self, moments: Sequence[Moment]) -> Iterator[str]:
        """Of the first run of rings, more is told than of those that follow."""
        most = self._most_rings
        worth = [m for m in moments if not isinstance(m, Told) or m.news in _NEWS]
        for rings, run in groupby(worth, key=lambda moment: isinstance(moment, (Rung, Routed))):
            if rings:
                yield self._rings([m for m in run if isinstance(m, (Rung, Routed))], most)
                most = max(1, self._most_rings // 2)
            else:
                yield from filter(None, (self._moment(moment) for moment in run))

    def _rings(self, run: Sequence[Rung | Routed], most: int) -> str:
        if len(run) == most + 1:
            most += 1  # the last one takes no more room than saying that there is one
        shown = [self._ring(one, is_first=n == 0) for n, one in enumerate(run[:most])]
        if hidden := run[most:]:
            rung = dict.fromkeys(one.user for one in hidden if isinstance(one, Rung))
            who = [kit.person(user) for user in list(rung)[:_MOST_HIDDEN]]
            whom = f" ({terms.listed(who, len(rung))})" if who else ""
            shown.append(f"{len(hidden)} more until {self._at(hidden[-1].at)}{whom}")
        return f"rang {kit.joined(shown)}"

    def _ring(self, one: Rung | Routed, *, is_first: bool) -> str:
        if isinstance(one, Routed):
            failed = f" (it refused: {kit.line(one.refused, 60)})" if one.refused else ""
            return f"by {kit.line(one.route, 40)} at {self._at(one.at)}{failed}"
        how = _how_it_ended(one, is_first=is_first)
        return f"{kit.person(one.user)} at {self._at(one.at)}{f' ({how})' if how else ''}"

    def _moment(self, moment: Moment) -> str | None:
        match moment:
            case Taken(at, by, after):
                when = f"after {duration(after)}" if after is not None else f"at {self._at(at)}"
                return f"{terms.who(by)} acknowledged {when}"
            case Escalated(at, by):
                return f"{terms.who(by)} escalated at {self._at(at)}"
            case Told(at, news, _):
                return f"{_NEWS[news]} at {self._at(at)}"
            case Over(at, by, why):
                return f"over at {self._at(at)}: {terms.who(by)} {_ENDINGS.get(why, why)}"
        return None

    def _at(self, at: datetime) -> str:
        words, day = clock_time(at, self._zone), at.astimezone(self._zone).date()
        if day == self._day:
            return words.partition(", ")[2]
        self._day = day
        return words


_ENDINGS = {
    "answered": "answered the customer",
    "resolved": "resolved the case",
    "lowered": "lowered the severity",
}
# Of the others, the rings tell as much.
_NEWS = {
    TeamNews.EXHAUSTED: "every round went unanswered",
    TeamNews.NOBODY_ON_CALL: ":warning: nobody was on call",
    TeamNews.NOBODY_REACHABLE: ":warning: nobody could be reached",
    TeamNews.NOT_ANSWERED: "the customer still had no answer",
    TeamNews.HANDED_OVER: "handed over to the team",
}


def _how_it_ended(ring: Rung, *, is_first: bool) -> str | None:
    if ring.refused is not None:
        # Slack gives codes, Casebell sentences.
        by = "not sent" if " " in ring.refused else "Slack refused"
        return f"{by}: {kit.line(ring.refused, 60)}"
    if not ring.is_known:
        return None
    if ring.delivered_at is None:
        return "has not arrived"
    took = max(ring.delivered_at - ring.at, timedelta(0))
    if took < PROMPT and not is_first:
        return None
    return f"arrived after {duration(took)}" if took >= _MOMENT else "arrived at once"


def _loads(facts: HistoryFacts) -> Iterator[str]:
    yield f"*Pages a person a week, in the last {facts.weeks} weeks* (in brackets: at night)"
    totals = {user: _sum(weeks) for user, weeks in facts.loads.items() if weeks}
    busiest = sorted(totals, key=lambda user: (-totals[user].pages, -totals[user].at_night, user))
    for user in busiest[:_MOST_PEOPLE]:
        weeks = sorted(facts.loads[user].items(), reverse=True)
        each = ", ".join(f"{_week(monday)} {_count(load)}" for monday, load in weeks)
        yield f"• {kit.person(user)}: {_count(totals[user])} in all. Week of {each}"
    if len(busiest) > _MOST_PEOPLE:
        rest = counted(len(busiest) - _MOST_PEOPLE, "more person", "more people")
        yield f"• and {rest}"
    quiet = sorted(facts.on_call - totals.keys())
    if quiet:
        names = terms.listed([kit.person(user) for user in quiet[:_MOST_PEOPLE]], len(quiet))
        yield f"• On call, and not rung: {names}"
    if not busiest and not quiet:
        yield "Nobody was on call."


def _sum(weeks: Mapping[date, Load]) -> Load:
    return Load(sum(w.pages for w in weeks.values()), sum(w.at_night for w in weeks.values()))


def _count(load: Load) -> str:
    return f"{load.pages} ({load.at_night})"


def _week(monday: date) -> str:
    return f"{monday.day} {monday:%b}:"
