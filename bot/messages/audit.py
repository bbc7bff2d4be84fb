"""What the auditor says: to the team with names, to the world without any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.audit import MOST_NAMED, Check, Finding
from bot.domain.case import case_name
from bot.messages import kit, terms
from bot.messages.words import counted, duration
from bot.policy import Policy

_OPERATOR = "Whoever runs Casebell:"


def audit_news(
    policy: Policy,
    wrong: Sequence[Finding],
    mended: Sequence[Finding],
    now: datetime,
    *,
    is_well_again: bool,
) -> kit.Message:
    """What is wrong, what Casebell does about it and what a person should do; what was mended."""
    if not wrong and not mended:
        words = f"All is well again with Casebell, as of {terms.office(policy, now)}."
        return kit.message(
            "All is well again with Casebell.", kit.section(f":white_check_mark: {words}")
        )
    lines = [*_lines(policy, wrong, _WRONG), *_lines(policy, mended, _MENDED)]
    if wrong:
        title = "Casebell has found something wrong with itself."
        head = f":rotating_light: *{title}*"
        after = "Casebell looks again every minute, and says so here when all is well."
    else:
        title = "Casebell has mended something of its own."
        head = f":wrench: *{title}*"
        after = "Nothing has to be done. If it comes again, please tell whoever runs Casebell."
    if is_well_again:
        after = f"{after} All else is well again."
    return kit.message(
        title, kit.section(head), *(kit.section(f"• {line}") for line in lines), kit.context(after)
    )


Words = Callable[[Policy, Sequence[Finding]], str]


def _lines(policy: Policy, findings: Iterable[Finding], words: Mapping[Check, Words]) -> list[str]:
    """A line for each check that found something, the most urgent first."""
    found = list(findings)
    by_check = {check: [f for f in found if f.check is check] for check in Check}
    return [
        words.get(check, _WRONG[check])(policy, some) for check, some in by_check.items() if some
    ]


def _cases(findings: Sequence[Finding]) -> str:
    """The cases by their names; how many more, where they are many."""
    names = list(dict.fromkeys(case_name(finding.facts["case"]) for finding in findings))
    if len(names) > MOST_NAMED:
        names = [*names[:MOST_NAMED], f"{len(names) - MOST_NAMED} more"]
    return kit.joined(names)


def _places(findings: Sequence[Finding]) -> str:
    """The channels and people, as Slack shows them."""
    places = dict.fromkeys(finding.facts["place"] for finding in findings)
    return kit.joined(
        kit.person(place) if place.startswith(("U", "W")) else kit.channel(place)
        for place in places
    )


def _since(policy: Policy, findings: Sequence[Finding]) -> str:
    first = min(finding.facts["at"] for finding in findings)
    return terms.office(policy, datetime.fromisoformat(first))


def _page_late(policy: Policy, found: Sequence[Finding]) -> str:
    return (
        f"The page of {_cases(found)} should have gone on {_since(policy, found)}, and has not."
        " Casebell keeps trying. Please call whoever is on call, and answer the customer."
    )


def _page_unplanned(_policy: Policy, found: Sequence[Finding]) -> str:
    return (
        f"The page of {_cases(found)} has no next step, and could not be given one. Please call"
        " whoever is on call, and answer the customer."
    )


def _page_undelivered(policy: Policy, found: Sequence[Finding]) -> str:
    return (
        f"Slack has not taken a page for {_places(found)} since {_since(policy, found)}. Casebell"
        " keeps trying, and goes on to the next step in its time. Please call whoever is on call,"
        " and look whether a customer waits."
    )


def _response_late(policy: Policy, found: Sequence[Finding]) -> str:
    return (
        f"{_cases(found)}: the response was due {_since(policy, found)}, and nobody was told that"
        " it is overdue. Casebell keeps trying. Please answer the customer."
    )


def _response_unplanned(_policy: Policy, found: Sequence[Finding]) -> str:
    return (
        f"The response clock of {_cases(found)} does not run, and could not be started. Please"
        " watch the due time on the card yourselves."
    )


def _tick_stale(policy: Policy, found: Sequence[Finding]) -> str:
    processes = kit.joined(sorted({kit.line(finding.process, 100) for finding in found}))
    return (
        f"An engine of Casebell has stood still since {_since(policy, found)} ({processes}). If it"
        " is the only one, nothing is decided or sent on time."
        f" {_OPERATOR} please restart it; nothing is lost by that."
    )


def _timers_late(policy: Policy, found: Sequence[Finding]) -> str:
    late = counted(found[0].facts["count"], "of Casebell's steps is", "of Casebell's steps are")
    return (
        f"{late} late, the earliest was due"
        f" {_since(policy, found)}. They are done as soon as the engine comes to them."
        f" {_OPERATOR} is it overloaded, or stuck? Its log says more."
    )


def _timers_failing(_policy: Policy, found: Sequence[Finding]) -> str:
    kinds = kit.joined(f"{f.facts['count']:,} of the kind {f.facts['kind']}" for f in found)
    return (
        f"Steps of Casebell fail again and again: {kinds}. Each is tried again every minute."
        f" {_OPERATOR} the error is in the log, and in the table of timers."
    )


def _slack_silent(policy: Policy, found: Sequence[Finding]) -> str:
    return (
        f"Slack took no message of Casebell's from {_since(policy, found)} until just now. What"
        " waited is on its way, pages first. Please look whether a customer waits for you."
    )


def _place_silent(policy: Policy, found: Sequence[Finding]) -> str:
    return (
        f"Slack takes no message for {_places(found)} since {_since(policy, found)}. Casebell keeps"
        " trying, and everything else goes on. Please look whether somebody waits for you there."
    )


def _messages_late(policy: Policy, found: Sequence[Finding]) -> str:
    return (
        f"Messages wait since {_since(policy, found)}, though Slack takes others. They are sent as"
        f" soon as a sender comes to them. {_OPERATOR} please restart it if this lasts."
    )


def _handoff_unplanned(policy: Policy, found: Sequence[Finding]) -> str:
    return (
        f"The handoff of {_since(policy, found)} is not planned, and could not be. The schedule"
        " stands: pages ring whoever is on call. Please tell each other of the handoff."
    )


def _notice_unplanned(policy: Policy, found: Sequence[Finding]) -> str:
    windows = kit.joined(dict.fromkeys(kit.line(f.facts["window"], 100) for f in found))
    return (
        f"A notice of the maintenance {windows}, due {_since(policy, found)}, is not planned, and"
        " could not be. Please tell customers yourselves."
    )


def _clock_set_back(policy: Policy, found: Sequence[Finding]) -> str:
    return (
        f"{_clock_words(policy, found)}, and could not be sent on their way. Please call whoever is"
        " on call, and look whether a customer waits."
    )


def _clock_words(_policy: Policy, found: Sequence[Finding]) -> str:
    """What would wait for the time that the clock showed before."""
    pages = [finding for finding in found if "case" in finding.facts]
    others = sum(finding.facts.get("count", 0) for finding in found)
    what = []
    if pages:
        what.append(f"The page of {_cases(pages)}")
    if others:
        what.append(f"{counted(others, 'more step')} of Casebell's")
    return (
        "The clock of a machine that runs Casebell was set back. "
        f"{' and '.join(what)} would have waited for the old time"
    )


def _clock_wrong(_policy: Policy, found: Sequence[Finding]) -> str:
    clocks = kit.joined(
        f"{kit.line(finding.process, 100)} is"
        f" {duration(timedelta(seconds=abs(finding.facts['seconds'])))}"
        f" {'ahead' if finding.facts['seconds'] > 0 else 'behind'}"
        for finding in found
    )
    return (
        f"The clock of a machine that runs Casebell is wrong: {clocks}. What is done there is early"
        " or late by that, and messages may come twice, since machines take turns at them by their"
        f" clocks. {_OPERATOR} please set it, and have it kept right, by NTP for example."
    )


def _look_failed(_policy: Policy, found: Sequence[Finding]) -> str:
    checks = kit.joined(dict.fromkeys(f.facts["check"].replace("_", " ") for f in found))
    return (
        f"Casebell could not look whether all is well: {checks}. It tries again every minute."
        f" {_OPERATOR} the error is in the log."
    )


_WRONG: Mapping[Check, Words] = {
    Check.PAGE_LATE: _page_late,
    Check.PAGE_UNPLANNED: _page_unplanned,
    Check.PAGE_UNDELIVERED: _page_undelivered,
    Check.RESPONSE_LATE: _response_late,
    Check.RESPONSE_UNPLANNED: _response_unplanned,
    Check.TICK_STALE: _tick_stale,
    Check.TIMERS_LATE: _timers_late,
    Check.TIMERS_FAILING: _timers_failing,
    Check.SLACK_SILENT: _slack_silent,
    Check.PLACE_SILENT: _place_silent,
    Check.MESSAGES_LATE: _messages_late,
    Check.HANDOFF_UNPLANNED: _handoff_unplanned,
    Check.NOTICE_UNPLANNED: _notice_unplanned,
    Check.CLOCK_SET_BACK: _clock_set_back,
    Check.CLOCK_WRONG: _clock_wrong,
    Check.LOOK_FAILED: _look_failed,
}
_MENDED: Mapping[Check, Words] = {
    Check.PAGE_UNPLANNED: lambda _policy, found: (
        f"The page of {_cases(found)} had no next step. It has one now, and goes on."
    ),
    Check.RESPONSE_UNPLANNED: lambda _policy, found: (
        f"The response clock of {_cases(found)} did not run. It runs now, to the same due time."
    ),
    Check.HANDOFF_UNPLANNED: lambda policy, found: (
        f"The handoff of {_since(policy, found)} was not planned. It is now."
    ),
    Check.NOTICE_UNPLANNED: lambda policy, found: (
        f"A notice of maintenance, due {_since(policy, found)}, was not planned. It is now."
    ),
    Check.CLOCK_SET_BACK: lambda policy, found: (
        f"{_clock_words(policy, found)}. Casebell went on at once."
    ),
}

# For everybody who can reach the address: no names, no numbers of cases, no words of customers.
_PUBLIC: Mapping[Check, str] = {
    Check.PAGE_LATE: "A page has not gone on in time.",
    Check.PAGE_UNPLANNED: "A page has no next step.",
    Check.PAGE_UNDELIVERED: "Slack does not take a page.",
    Check.RESPONSE_LATE: "An overdue response is not on record.",
    Check.RESPONSE_UNPLANNED: "A response clock does not run.",
    Check.TICK_STALE: "An engine stands still.",
    Check.TIMERS_LATE: "Steps are late.",
    Check.TIMERS_FAILING: "Steps fail again and again.",
    Check.SLACK_SILENT: "Slack takes no messages.",
    Check.PLACE_SILENT: "Slack takes no messages for one place.",
    Check.MESSAGES_LATE: "Messages are late.",
    Check.HANDOFF_UNPLANNED: "The next handoff is not planned.",
    Check.NOTICE_UNPLANNED: "A notice of maintenance is not planned.",
    Check.CLOCK_SET_BACK: "Something waits for a time that was set back.",
    Check.CLOCK_WRONG: "A clock is wrong.",
    Check.LOOK_FAILED: "A check could not be made.",
}


def public(check: Check) -> str:
    """What is wrong, for everybody."""
    return _PUBLIC[check]
