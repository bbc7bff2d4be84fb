"""The policy: read from its file, checked, and turned into what the rest works with."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays as holiday_calendars
from pydantic import ValidationError

from bot.domain.form import Field, Form, ShownWhen
from bot.domain.maintenance import MaintenanceRules
from bot.domain.page import EscalationPolicy
from bot.domain.response_clock import Target
from bot.domain.rotation import HandoffTime
from bot.domain.support_hours import SupportHours
from bot.errors import PolicyError
from bot.policy_file import (
    FormFieldShape,
    HolidaysShape,
    PolicyFile,
    Vendor,
    read_escalation,
    read_maintenance,
    read_week,
)
from bot.policy_rules import Finding, findings


@dataclass(frozen=True)
class Severity:
    """How badly a customer is affected, and what is promised for it."""

    key: str
    label: str
    definition: str
    target: Target
    pages: bool


@dataclass(frozen=True)
class Policy:
    """Everything that the policy file says, ready for use."""

    vendor: Vendor
    hours: SupportHours
    zone_name: str
    severities: tuple[Severity, ...]
    warn_at_percent: tuple[int, ...]
    paging: EscalationPolicy
    handoff: HandoffTime
    form: Form
    maintenance: MaintenanceRules
    keep_raw: timedelta
    keep_drafts: timedelta
    seconds_between_posts: float
    notes: tuple[Finding, ...]

    def label(self, severity_key: str) -> str:
        """A severity's name; of one that the policy no longer has, its key in words."""
        labels = {severity.key: severity.label for severity in self.severities}
        return labels.get(severity_key) or severity_key.replace("_", " ").capitalize()

    def pages(self, severity_key: str) -> bool:
        """Whether cases of that severity wake somebody outside support hours."""
        return any(severity.key == severity_key and severity.pages for severity in self.severities)

    @property
    def worst(self) -> Severity | None:
        """The severity that a case can become so that it wakes somebody, if any does."""
        waking = [severity for severity in self.severities if severity.pages]
        return waking[-1] if waking else None

    def is_worse(self, new: str, old: str) -> bool:
        """Whether a severity stands after another in the policy, whose last is the worst."""
        keys = [severity.key for severity in self.severities]
        return new in keys and old in keys and keys.index(new) > keys.index(old)

    def severity(self, key: str) -> Severity:
        """The severity of that key.

        Raises:
            KeyError: the policy has none such.
        """
        for severity in self.severities:
            if severity.key == key:
                return severity
        raise KeyError(key)


def load_policy(path: Path | None = None) -> Policy:
    """Read a policy file, or the one that is shipped.

    Raises:
        PolicyError: a rule is broken; the message has a line for each, with the rule's number,
            the key and a hint.
    """
    name = str(path) if path else "bot/policy.toml"
    try:
        text = path.read_text("utf-8") if path else _shipped()
        raw = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(
            name,
            [Finding("P001", name, f"cannot be read ({error}).", "check the path in POLICY_FILE.")],
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise _refused(
            name,
            [
                Finding(
                    "P002",
                    name,
                    f"is not TOML: {error}.",
                    "strings stand in double quotes, lists in [ ].",
                )
            ],
        ) from error
    try:
        file = PolicyFile.model_validate(raw)
    except ValidationError as error:
        raise _refused(name, list(_shape_findings(error))) from error
    found = findings(file)
    if broken := [finding for finding in found if not finding.is_note]:
        raise _refused(name, broken)
    return _assemble(file, tuple(found))


def _shipped() -> str:
    return resources.files("bot").joinpath("policy.toml").read_text("utf-8")


def _refused(name: str, findings: list[Finding]) -> PolicyError:
    return PolicyError("\n".join([f"The policy {name} is not usable:", *map(str, findings)]))


def _shape_findings(error: ValidationError) -> Iterator[Finding]:
    for problem in error.errors(include_url=False):
        key = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            yield Finding(
                "P003", key, "is not a key of the policy.", "check its spelling, or remove it."
            )
        elif problem["type"] == "missing":
            yield Finding("P004", key, "is missing.", "copy it from the policy that is shipped.")
        else:
            yield Finding(
                "P005",
                key,
                f"{problem['msg']}.",
                f"it is {problem['input']!r}; compare with the policy that is shipped.",
            )


def _assemble(file: PolicyFile, notes: tuple[Finding, ...]) -> Policy:
    zone = ZoneInfo(file.hours.zone)
    return Policy(
        vendor=file.vendor,
        hours=SupportHours(zone, read_week(file), _holiday_names(file.holidays)),
        zone_name=file.hours.zone_name,
        severities=tuple(
            Severity(s.key, s.label, s.definition, Target.parse(s.target), s.pages)
            for s in file.severities
        ),
        warn_at_percent=file.response.warn_at_percent,
        paging=read_escalation(file.paging),
        handoff=HandoffTime.parse(file.oncall.handoff),
        form=Form(tuple(_form_field(field) for field in file.form.fields)),
        maintenance=read_maintenance(file.maintenance, zone),
        keep_raw=timedelta(days=file.retention.raw_submission_days),
        keep_drafts=timedelta(days=file.retention.draft_days),
        seconds_between_posts=file.delivery.seconds_between_posts,
        notes=notes,
    )


def _holiday_names(rules: HolidaysShape) -> Callable[[date], str | None]:
    calendar = holiday_calendars.country_holidays(rules.country, observed=True, language="en_US")

    def name(day: date) -> str | None:
        if day in rules.remove:
            return None
        return rules.add.get(day) or calendar.get(day)

    return name


def _form_field(field: FormFieldShape) -> Field:
    rule = field.shown_when
    return Field(
        key=field.key,
        label=field.label,
        kind=field.kind,
        hint=field.hint,
        options=field.options,
        max_length=field.max_length,
        optional=field.optional,
        shown_when=ShownWhen(rule.field, rule.options) if rule else None,
    )
