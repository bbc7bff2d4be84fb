"""A store whose process can die, and that keeps to what a year of pages needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bot.domain.outbox import Draft, MessageKind
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


class DiedError(BaseException):
    """The process is gone: nothing of it catches that."""


class MortalStore(SqlStore):
    """A store whose process can die before a commit, or right after it."""

    before_commit = after_commit = 0  # in so many commits; 0: not
    committed = False  # the last transaction
    is_mortal = False  # while the engine works: whoever clicks meets a process that lives

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        self.committed = False
        with super().transaction() as tx:
            add = tx.outbox.add
            tx.outbox.add = lambda draft, now: None if _is_left_out(draft) else add(draft, now)  # type: ignore[method-assign]
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


def _is_left_out(draft: Draft) -> bool:
    if draft.edits is None:
        return draft.kind in _LEFT_OUT
    return draft.kind != MessageKind.PAGE or not is_redrawn(draft.facts)
