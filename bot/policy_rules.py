"""The numbered rules of the policy file: what each found, in which key, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from holidays.registry import EntityLoader

from bot.domain.form import ON_BEHALF_OF, SEVERITY, SUMMARY, FieldKind
from bot.domain.response_clock import Target, Unit
from bot.domain.rotation import HandoffTime
from bot.domain.support_hours import SupportHours
from bot.policy_file import (
    WEEKDAYS,
    FormFieldShape,
    PolicyFile,
    read_escalation,
    read_maintenance,
    read_wall_hours,
    read_week,
)

# Each answer takes two blocks of the team's card, of Slack's 50.
MOST_FIELDS = 20


@dataclass(frozen=True)
class Finding:
    """What a numbered rule has to say of the file; a note does not stop the start."""

    rule: str
    key: str
    problem: str
    hint: str
    is_note: bool = False

    def __str__(self) -> str:
        return f"{self.rule} {self.key}: {self.problem} Hint: {self.hint}"


def findings(file: PolicyFile) -> list[Finding]:
    """What every rule has to say of a file, in the order of their numbers."""
    return [finding for rule in _RULES for finding in rule(file)]


def _p010_zone(file: PolicyFile) -> Iterator[Finding]:
    try:
        ZoneInfo(file.hours.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Finding(
            "P010",
            "hours.zone",
            f'"{file.hours.zone}" is no time zone.',
            'write a name such as "America/Chicago".',
        )


def _p011_hours(file: PolicyFile) -> Iterator[Finding]:
    for weekday in WEEKDAYS:
        spans = getattr(file.hours, weekday)
        try:
            read = [read_wall_hours(span) for span in spans]
        except ValueError:
            yield Finding(
                "P011",
                f"hours.{weekday}",
                f"{list(spans)} are no hours.",
                'write ["07:00-18:00"], 24:00 for the end of the day.',
            )
            continue
        if any(one[1] == time(0) or one[1] > two[0] for one, two in pairwise(read)):
            yield Finding(
                "P011",
                f"hours.{weekday}",
                "the hours overlap or are out of order.",
                "put the earlier ones first.",
            )
    if not any(getattr(file.hours, weekday) for weekday in WEEKDAYS):
        yield Finding(
            "P012", "hours", "the office is never open.", "give at least one weekday its hours."
        )


def _p013_holidays(file: PolicyFile) -> Iterator[Finding]:
    if file.holidays.country not in EntityLoader.get_country_codes():
        yield Finding(
            "P013",
            "holidays.country",
            f'"{file.holidays.country}" has no calendar.',
            'write an ISO code such as "US".',
        )


def _p020_severities(file: PolicyFile) -> Iterator[Finding]:
    keys = [severity.key for severity in file.severities]
    if len(set(keys)) < len(keys):
        yield Finding("P020", "severities", "two have the same key.", "a key names one severity.")
    for severity in file.severities:
        key = f"severities.{severity.key}"
        try:
            target = Target.parse(severity.target)
        except ValueError as error:
            yield Finding("P021", f"{key}.target", f"{error}.", "give a number and a unit.")
            continue
        if target.unit is Unit.BUSINESS_DAYS and not _days_are_equal(file):
            yield Finding(
                "P022",
                f"{key}.target",
                "the days of the week are not equally long, so a business day has no length.",
                "give the target in business hours.",
            )
        for part, text in (
            ("label", severity.label),
            ("definition", f"{severity.definition} · {target.with_clock}"),
        ):
            if len(text) > 75:
                yield Finding(
                    "P023",
                    f"{key}.{part}",
                    f"{len(text)} characters with its target; Slack shows 75.",
                    "shorten it.",
                )


def _p030_warnings(file: PolicyFile) -> Iterator[Finding]:
    percents = file.response.warn_at_percent
    if list(percents) != sorted(set(percents)):
        yield Finding(
            "P030",
            "response.warn_at_percent",
            f"{list(percents)} are not in order.",
            "write each once, the smallest first.",
        )


def _p040_paging(file: PolicyFile) -> Iterator[Finding]:
    try:
        read_escalation(file.paging)
    except ValueError as error:
        yield Finding("P040", "paging", f"{error}.", "compare with the steps that are shipped.")


def _p050_handoff(file: PolicyFile) -> Iterator[Finding]:
    try:
        HandoffTime.parse(file.oncall.handoff)
    except ValueError as error:
        yield Finding("P050", "oncall.handoff", str(error), "Monday morning is a good time.")


def _p060_form(file: PolicyFile) -> Iterator[Finding]:
    seen: dict[str, FormFieldShape] = {}
    for field in file.form.fields:
        key = f"form.{field.key}"
        if field.key in seen:
            yield Finding("P060", key, "stands twice.", "a key names one field.")
        if field.key == ON_BEHALF_OF:
            yield Finding("P066", key, "is asked of partners anyway.", "give it another key.")
        if (field.kind is FieldKind.CHOICE) != bool(field.options):
            yield Finding(
                "P061",
                key,
                "options belong to a choice, and a choice needs some.",
                "add options, or change its kind.",
            )
        if len(field.options) > 100 or len(set(field.options)) < len(field.options):
            yield Finding(
                "P062", key, "Slack takes at most 100 options, each once.", "shorten the list."
            )
        if rule := field.shown_when:
            on = seen.get(rule.field)
            if on is None or not set(rule.options) <= set(on.options):
                yield Finding(
                    "P063",
                    f"{key}.shown_when",
                    f'no earlier choice "{rule.field}" has these options: {list(rule.options)}.',
                    "name an earlier choice and its options, letter by letter.",
                )
        seen[field.key] = field
    for needed, kind in ((SEVERITY, FieldKind.SEVERITY), (SUMMARY, FieldKind.LINE)):
        field_or_none = seen.get(needed)
        if (
            field_or_none is None
            or field_or_none.kind is not kind
            or field_or_none.shown_when
            or field_or_none.optional
        ):
            yield Finding(
                "P064",
                f"form.{needed}",
                f'every case needs the field "{needed}" of the kind "{kind}", always asked.',
                "add it; it is neither optional nor shown_when.",
            )
    if sum(field.kind is FieldKind.SEVERITY for field in file.form.fields) > 1:
        yield Finding("P064", "form", "two fields ask for the severity.", "keep one.")
    if len(file.form.fields) > MOST_FIELDS:
        yield Finding(
            "P065",
            "form.fields",
            f"{len(file.form.fields)} are more than the team's card can show.",
            f"ask at most {MOST_FIELDS} things.",
        )


def _p070_maintenance(file: PolicyFile) -> Iterator[Finding]:
    try:
        rules = read_maintenance(file.maintenance, ZoneInfo("UTC"))
    except ValueError as error:
        yield Finding(
            "P070",
            "maintenance",
            f"{str(error).removesuffix('.')}.",
            'write weekdays as "friday", times as "20:00", moments as "fri 20:00".',
        )
        return
    for rule in rules.upgrades:
        start = rules.counted_from(rule, rules.anchor)
        planned = start + timedelta(days=rule.after_days)
        if (day := rule.day(start)) != planned:
            yield Finding(
                "P071",
                f"maintenance.upgrades.{rule.sector}",
                f"{start:%A} + {rule.after_days} days is a {planned:%A}: the upgrade is on"
                f" the next {day:%A}, {(day - start).days} days after.",
                "change after_days or weekday if that is not meant.",
                is_note=True,
            )


_RULES: tuple[Callable[[PolicyFile], Iterator[Finding]], ...] = (
    _p010_zone,
    _p011_hours,
    _p013_holidays,
    _p020_severities,
    _p030_warnings,
    _p040_paging,
    _p050_handoff,
    _p060_form,
    _p070_maintenance,
)


def _days_are_equal(file: PolicyFile) -> bool:
    try:
        hours = SupportHours(ZoneInfo("UTC"), read_week(file), lambda _: None)
    except ValueError:
        return True  # hours that cannot be read are another rule's finding
    try:
        _ = hours.business_day
    except ValueError:
        return False
    return True
