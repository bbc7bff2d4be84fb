"""The policy file as it is written: its keys and their types, and the reading of wall times."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.form import FieldKind
from bot.domain.maintenance import MaintenanceRules, ReminderRule, RoutineRule, UpgradeRule
from bot.domain.page import EscalationPolicy, Step
from bot.domain.rotation import HandoffTime
from bot.domain.route import Route, RouteShape
from bot.domain.support_hours import WallHours

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=2000)]
_Minutes: TypeAlias = Annotated[int, Field(ge=0, le=24 * 60)]
_Positive: TypeAlias = Annotated[int, Field(gt=0, le=100_000)]


class Vendor(Shape):
    """Who gives the support: the names and addresses that customers see."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    support_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    scope_url: Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2000)]
    supported: _Text


class HoursShape(Shape):
    zone: _Text
    zone_name: _Text
    monday: tuple[str, ...]
    tuesday: tuple[str, ...]
    wednesday: tuple[str, ...]
    thursday: tuple[str, ...]
    friday: tuple[str, ...]
    saturday: tuple[str, ...]
    sunday: tuple[str, ...]


class HolidaysShape(Shape):
    country: _Text
    remove: tuple[date, ...] = ()
    add: dict[date, str] = {}


class SeverityShape(Shape):
    key: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    label: _Text
    definition: _Text
    target: str
    pages: bool


class ResponseShape(Shape):
    warn_at_percent: tuple[Annotated[int, Field(ge=1, le=99)], ...]


class StepShape(Shape):
    after_minutes: _Minutes
    levels: tuple[str, ...]
    tell_team: bool = False


class RouteFileShape(Shape):
    name: str
    shape: RouteShape
    url: str
    key: str = ""
    levels: tuple[str, ...]
    after_minutes: _Minutes


class PagingShape(Shape):
    levels: Annotated[tuple[str, ...], Field(min_length=1)]
    round_minutes: _Positive
    rounds: _Positive
    last_resort_every_minutes: _Positive
    answer_within_minutes: _Positive
    pause_after_reminder_minutes: _Positive
    look_again_every_minutes: _Positive
    steps: Annotated[tuple[StepShape, ...], Field(min_length=1)]
    routes: tuple[RouteFileShape, ...] = ()


class OnCallShape(Shape):
    handoff: str


class ShownWhenShape(Shape):
    field: str
    options: Annotated[tuple[str, ...], Field(alias="is", min_length=1)]


class FormFieldShape(Shape):
    key: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    label: Annotated[str, Field(min_length=1, max_length=300)]  # or twenty fill a card
    kind: FieldKind
    hint: Annotated[str, Field(max_length=2000)] = ""
    options: tuple[Annotated[str, Field(min_length=1, max_length=75)], ...] = ()
    max_length: Annotated[int, Field(ge=1, le=3000)] = 3000
    optional: bool = False
    shown_when: ShownWhenShape | None = None


class FormShape(Shape):
    fields: tuple[FormFieldShape, ...]


class UpgradeShape(Shape):
    sector: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9 ]{0,30}$")]
    after_days: Annotated[int, Field(ge=0, le=365)]
    weekday: str
    starts: str
    hours: Annotated[int, Field(ge=1, le=168)]


class RoutineShape(Shape):
    starts: str
    ends: str


class RemindersShape(Shape):
    days_before: tuple[Annotated[int, Field(ge=1, le=60)], ...]
    at: str
    minutes_before: tuple[Annotated[int, Field(ge=1, le=1440)], ...] = ()
    at_start: bool = False
    at_end_worth_hours: Annotated[int, Field(ge=0, le=72)] = 0


class MaintenanceShape(Shape):
    anchor: date
    every_days: _Positive
    upgrades: tuple[UpgradeShape, ...]
    upgrade_reminders: RemindersShape
    routine: RoutineShape | None = None
    routine_reminders: RemindersShape


class RetentionShape(Shape):
    raw_submission_days: _Positive
    draft_days: _Positive


class DeliveryShape(Shape):
    seconds_between_posts: Annotated[float, Field(ge=0, le=60)]


class PolicyFile(Shape):
    vendor: Vendor
    hours: HoursShape
    holidays: HolidaysShape
    severities: Annotated[tuple[SeverityShape, ...], Field(min_length=1, max_length=10)]
    response: ResponseShape
    paging: PagingShape
    oncall: OnCallShape
    form: FormShape
    maintenance: MaintenanceShape
    retention: RetentionShape
    delivery: DeliveryShape


def read_week(file: PolicyFile) -> dict[int, tuple[WallHours, ...]]:
    """The open hours of each weekday, Monday is 0."""
    return {
        number: tuple(read_wall_hours(span) for span in getattr(file.hours, weekday))
        for number, weekday in enumerate(WEEKDAYS)
    }


def read_time(text: str) -> time:
    """Read a wall time, "07:00"; it has no offset, since it belongs to the office's zone.

    Raises:
        ValueError: it is something else.
    """
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError(f'"{text}" is no time')
    return time.fromisoformat(text)


def read_weekday(text: str) -> int:
    """The number of a weekday, Monday is 0.

    Raises:
        ValueError: it is none.
    """
    if text.lower() not in WEEKDAYS:
        raise ValueError(f'"{text}" is no weekday')
    return WEEKDAYS.index(text.lower())


def read_wall_hours(span: str) -> WallHours:
    """Read "07:00-18:00".

    Raises:
        ValueError: it is something else.
    """
    opening, _, closing = span.partition("-")
    opens = read_time(opening)
    closes = time(0) if closing == "24:00" else read_time(closing)
    if closes != time(0) and closes <= opens:
        raise ValueError(span)
    return opens, closes


def read_maintenance(shape: MaintenanceShape, zone: ZoneInfo) -> MaintenanceRules:
    """The rules of maintenance, in the office's zone.

    Raises:
        ValueError: a weekday or a time cannot be read.
    """
    routine = None
    if shape.routine is not None:
        starts, ends = (
            HandoffTime.parse(shape.routine.starts),
            HandoffTime.parse(shape.routine.ends),
        )
        routine = RoutineRule(starts.weekday, starts.at, ends.weekday, ends.at)
    return MaintenanceRules(
        zone=zone,
        anchor=shape.anchor,
        every_days=shape.every_days,
        upgrades=tuple(
            UpgradeRule(
                sector=rule.sector,
                after_days=rule.after_days,
                weekday=read_weekday(rule.weekday),
                at=read_time(rule.starts),
                length=timedelta(hours=rule.hours),
            )
            for rule in shape.upgrades
        ),
        upgrade_reminders=_reminders(shape.upgrade_reminders),
        routine=routine,
        routine_reminders=_reminders(shape.routine_reminders),
    )


def _reminders(shape: RemindersShape) -> ReminderRule:
    return ReminderRule(
        days_before=shape.days_before,
        at=read_time(shape.at),
        minutes_before=shape.minutes_before,
        at_start=shape.at_start,
        ended_worth=timedelta(hours=shape.at_end_worth_hours) or None,
    )


def read_escalation(paging: PagingShape) -> EscalationPolicy:
    """The escalation policy.

    Raises:
        ValueError: its steps cannot be carried out as they stand.
    """

    def minutes(count: int) -> timedelta:
        return timedelta(minutes=count)

    return EscalationPolicy(
        levels=paging.levels,
        steps=tuple(
            Step(minutes(step.after_minutes), step.levels, step.tell_team) for step in paging.steps
        ),
        round_length=minutes(paging.round_minutes),
        rounds=paging.rounds,
        last_resort_every=minutes(paging.last_resort_every_minutes),
        answer_within=minutes(paging.answer_within_minutes),
        answer_pause=minutes(paging.pause_after_reminder_minutes),
        lookup_every=minutes(paging.look_again_every_minutes),
        routes=tuple(
            Route(r.name, r.shape, r.url, r.levels, minutes(r.after_minutes), r.key)
            for r in paging.routes
        ),
    )
