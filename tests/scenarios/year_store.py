"""A store whose process can die, and that keeps to what a story is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bot.domain.outbox import Draft, MessageKind
from storage.database import Database
from storage.store import SqlStore, SqlTransaction

# Nobody is rung by these, and a year has many of them.
_LEFT_OUT = frozenset(MessageKind) - {
    MessageKind.CASE_CARD,
    MessageKind.PAGE,
    MessageKind.PAGE_NEWS,
    MessageKind.REPLY,
    MessageKind.STATUS_NEWS,
    MessageKind.TEAM_CARD,
}


def is_redrawn(facts: Mapping[str, Any]) -> bool:
    """Of most pages nobody's screen catches up: redraws are half of a year's work."""
    return bool(facts["page"] % 4 == 0)


def is_of_pages(draft: Draft) -> bool:
    """Whether it rings somebody, or tells of a page or an answer."""
    if draft.edits is None:
        return draft.kind not in _LEFT_OUT
    return draft.kind == MessageKind.PAGE and is_redrawn(draft.facts)


class DiedError(BaseException):
    """The process is gone: nothing of it catches that."""


class MortalStore(SqlStore):
    """A store whose process can die before a commit, or right after it.

    Args:
        keeps: the drafts that are written; the others are left out.
    """

    before_commit = after_commit = 0  # in so many commits; 0: not
    committed = False  # the last transaction
    is_mortal = False  # while the engine works: whoever clicks meets a process that lives

    def __init__(self, database: Database, keeps: Callable[[Draft], bool]) -> None:
        super().__init__(database)
        self._keeps = keeps

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        self.committed = False
        with super().transaction() as tx:
            add = tx.outbox.add
            tx.outbox.add = lambda draft, now: add(draft, now) if self._keeps(draft) else None  # type: ignore[method-assign]
            yield tx
            self.before_commit = self._count_down(self.before_commit)
        self.committed = True
        self.after_commit = self._count_down(self.after_commit)

    def _count_down(self, left: int) -> int:
        if not self.is_mortal:
            return left
        if left == 1:
            self.before_commit = self.after_commit = 0
            raise DiedError
        return max(0, left - 1)
