"""What people did in a storm, and what came of it as far as they could see."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.sandbox import Channel, Person


@dataclass
class Form:
    """A form that somebody filled, by the one word in it that is nobody else's."""

    word: str
    view_id: str
    reporter: Person
    channel: Channel
    severity: str
    tried: int = 0
    name: str = ""
    """Of the case, once the reporter has read a receipt: from then on it is accepted."""
    shown: list[str] = field(default_factory=list)
    """Whatever its reporter read in it, and in the answers to it."""


@dataclass
class Press:
    """Somebody acknowledging a case, or answering it."""

    name: str
    begun: datetime
    """When it was pressed first: from here on, it may count."""
    done: datetime | None = None
    """When they saw that it had worked: from here on, it counts."""


@dataclass(frozen=True)
class Outage:
    """A stretch in which something was away: the process, the database or Slack."""

    gone: datetime
    back: datetime
    broke_off: bool = True
    """Whether what was being sent then is left to its lease: nobody could record how it ended."""


class Journal:
    """Written by many threads, judged when all of them are done."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forms: list[Form] = []
        self._presses: dict[str, Press] = {}
        self.outages: list[Outage] = []
        self.over_forms: list[tuple[Person, str]] = []
        """What people read over forms that they were filling, when an answer was not taken."""

    def add(self, form: Form) -> None:
        with self._lock:
            self.forms.append(form)

    def said_over_a_form(self, reader: Person, texts: list[str]) -> None:
        with self._lock:
            self.over_forms += [(reader, text) for text in texts]

    def pressed(self, name: str) -> Press:
        """Somebody takes a case, perhaps not for the first time."""
        with self._lock:
            return self._presses.setdefault(name, Press(name, datetime.now(UTC)))

    def press(self, name: str) -> Press | None:
        return self._presses.get(name)

    @property
    def accepted(self) -> Iterator[Form]:
        return (form for form in self.forms if form.name)
