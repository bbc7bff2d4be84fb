"""The intake form as data: which fields are asked, when, and what is wrong with an answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import urlsplit

Answers: TypeAlias = Mapping[str, str]
"""Field key to what was typed or chosen; a moment is an ISO 8601 instant in UTC."""

SEVERITY = "severity"
SUMMARY = "summary"
ON_BEHALF_OF = "on_behalf_of"
"""The one field that is not of the policy: a partner is asked for whom they open a case."""


_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})  # Unicode's categories


class FieldKind(StrEnum):
    """What a field takes."""

    SEVERITY = "severity"
    CHOICE = "choice"
    LINE = "line"
    TEXT = "text"
    URL = "url"
    PAST_MOMENT = "past_moment"


@dataclass(frozen=True)
class ShownWhen:
    """A field is asked only where an earlier choice is one of these options."""

    field: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """One question of the form. `options` belong to choices, `max_length` to typed answers."""

    key: str
    label: str
    kind: FieldKind
    hint: str = ""
    options: tuple[str, ...] = ()
    max_length: int = 3000
    optional: bool = False
    shown_when: ShownWhen | None = None


@dataclass(frozen=True)
class Form:
    """The questions in the order in which they are asked."""

    fields: tuple[Field, ...]

    def for_behalf(self, *, optional: bool) -> Form:
        """The form for somebody who opens cases for others: it asks first for whom."""
        asked = Field(
            ON_BEHALF_OF,
            "On whose behalf?",
            FieldKind.LINE,
            hint="The customer's name." + (" Empty: it is our own." if optional else ""),
            max_length=100,
            optional=optional,
        )
        return Form((asked, *self.fields))

    def from_words(self, words: str) -> dict[str, str]:
        """Answers made of what somebody wrote elsewhere: a summary, and the whole of it.

        The whole goes to the last text that everybody is asked for; the reporter can move it.
        """
        whole = words.strip()
        first = next((line.strip() for line in whole.splitlines() if is_seen(line)), None)
        if first is None:
            return {}
        found = {SUMMARY: _clipped(first, self._field(SUMMARY))}
        texts = [f for f in self.fields if f.kind is FieldKind.TEXT and f.shown_when is None]
        if texts and found[SUMMARY] != whole:
            found[texts[-1].key] = _clipped(whole, texts[-1])
        return found

    def _field(self, key: str) -> Field:
        return next(field for field in self.fields if field.key == key)

    def visible(self, answers: Answers) -> tuple[Field, ...]:
        """The fields that these answers call for; a hidden choice hides what hangs on it."""
        shown: dict[str, Field] = {}
        for field in self.fields:
            rule = field.shown_when
            if rule is None or (rule.field in shown and answers.get(rule.field) in rule.options):
                shown[field.key] = field
        return tuple(shown.values())

    def label(self, key: str) -> str:
        """A field's label; of one that the form no longer has, its key in words."""
        labels = {field.key: field.label for field in self.fields}
        return labels.get(key) or key.replace("_", " ").capitalize()

    @property
    def steering(self) -> frozenset[str]:
        """The fields whose answer changes the form: the severity, and choices others hang on."""
        rules = (field.shown_when for field in self.fields)
        return frozenset({SEVERITY, *(rule.field for rule in rules if rule is not None)})

    def accepted(self, answers: Answers) -> dict[str, str]:
        """The answers that make the case: of the visible fields, trimmed, blanks left out."""
        shown = self.visible(answers)
        typed = {field.key: answers.get(field.key, "").strip() for field in shown}
        return {key: text for key, text in typed.items() if is_seen(text)}

    def problems(
        self, answers: Answers, *, severities: tuple[str, ...], now: datetime
    ) -> dict[str, str]:
        """What is wrong, a sentence for each field by its key; empty when all is well."""
        checks = (
            (field.key, _problem(field, answers.get(field.key, ""), severities, now))
            for field in self.visible(answers)
        )
        return {key: problem for key, problem in checks if problem}


def _problem(field: Field, raw: str, severities: tuple[str, ...], now: datetime) -> str | None:
    text = raw.strip()
    if not is_seen(text):
        return None if field.optional else _please(field)
    match field.kind:
        case FieldKind.SEVERITY:
            return None if text in severities else "Please choose one of the severities."
        case FieldKind.CHOICE:
            return None if text in field.options else "Please choose one of the options."
        case FieldKind.PAST_MOMENT:
            return _moment_problem(text, now)
        case FieldKind.LINE | FieldKind.TEXT | FieldKind.URL:
            if len(text) > field.max_length:
                over = len(text) - field.max_length
                much = f"{over:,} character{'' if over == 1 else 's'}"
                return f"This is {much} too long; {field.max_length:,} fit here."
            return _url_problem(text) if field.kind is FieldKind.URL else None


def is_seen(text: str) -> bool:
    """Whether there is anything to see: not blanks and marks of no width alone."""
    return any(unicodedata.category(mark) not in _UNSEEN for mark in text)


def _clipped(text: str, field: Field) -> str:
    return text if len(text) <= field.max_length else text[: field.max_length - 1] + "…"


def _please(field: Field) -> str:
    if field.kind is FieldKind.PAST_MOMENT:
        return "Please choose a date and a time."
    if field.kind in (FieldKind.SEVERITY, FieldKind.CHOICE):
        return "Please choose one: we need it to help you."
    return "Please fill this in; spaces alone do not help us find the problem."


def _moment_problem(text: str, now: datetime) -> str | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return "Please choose a date and a time."
    if moment.tzinfo is None or moment > now:
        return "This lies in the future. When did you first notice it?"
    return None


def _url_problem(text: str) -> str | None:
    try:
        url = urlsplit(text)
        named = bool(url.hostname)
    except ValueError:
        named = False
    if not named or url.scheme not in ("http", "https") or any(c.isspace() for c in text):
        return "Please give a web address that starts with https:// or http://."
    return None
