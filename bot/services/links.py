"""Addresses that open a message in Slack."""

from __future__ import annotations

from bot.domain.case import Case
from bot.domain.outbox import Posted
from bot.services.ports import Identity


def thread_url(identity: Identity | None, case: Case) -> str | None:
    """The address of a case's thread; a DM's opens for its reporter alone, so it has none."""
    if case.thread_ts is None or case.place.is_direct:
        return None
    return permalink(identity, Posted(case.place.channel_id, case.thread_ts))


def permalink(identity: Identity | None, posted: Posted) -> str | None:
    """The address of a message; None until Slack has said which workspace this is."""
    if identity is None:
        return None
    return f"{identity.url}archives/{posted.channel_id}/p{posted.ts.replace('.', '')}"
