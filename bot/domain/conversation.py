"""What people say in a case's thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from bot.domain.case import Person


@dataclass(frozen=True)
class File:
    """A file that somebody attached: what is told of it, never what is in it.

    Of a file from another organisation Slack may tell the id alone.
    """

    id: str
    name: str | None = None
    size: int | None = None  # bytes
    url: str | None = None  # opens it in Slack, for those who may see it

    def to_dict(self) -> dict[str, Any]:
        """The file as JSON takes it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> File:
        """The file that `to_dict` wrote."""
        return cls(**stored)


@dataclass(frozen=True)
class Said:
    """A message as Slack tells of it. `text` is Slack's mrkdwn, escaped as it came.

    `ts` is its name within the channel, `edited_ts` that of its newest wording.
    """

    channel_id: str
    thread_ts: str
    ts: str
    author: Person
    text: str
    files: tuple[File, ...] = ()
    edited_ts: str | None = None

    @property
    def at(self) -> datetime:
        """When it was written."""
        return instant(self.ts)


@dataclass(frozen=True)
class CaseMessage:
    """A message on record, in its newest wording; of a deleted one, no words are kept.

    `ts` is absent while a reply that Casebell posts for somebody is on its way.
    """

    id: int
    case_number: int
    channel_id: str
    ts: str | None
    author: Person
    by_team: bool
    text: str
    files: tuple[File, ...]
    said_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None


def instant(ts: str) -> datetime:
    """The instant in a message's ts."""
    return datetime.fromtimestamp(float(ts), UTC)
