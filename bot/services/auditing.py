"""What audits leave behind: the state that all engines share, and what the team is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.domain.audit import Check, Finding
from bot.domain.audit_state import AuditState, Verdict
from bot.domain.outbox import Draft, MessageKind, Skip
from bot.messages import audit
from bot.messages.kit import Message
from bot.policy import Policy
from bot.services.ports import Transaction

AUDIT = "audit"  # the mark of the last audit, and of what stands since
ENGINE = "engine"  # the mark that every engine moves as it ticks
# True whenever it is read: it tells of a time that is over when Slack takes this very message.
_TRUE_AFTERWARDS = frozenset({Check.SLACK_SILENT})


def audit_draft(verdict: Verdict, team_channel: str, process: str, now: datetime) -> Draft | None:
    """What the team is told of a process's audit, if anything is."""
    if not (verdict.wrong or verdict.mended or verdict.is_well_again):
        return None
    return Draft(
        kind=MessageKind.AUDIT,
        subject=AUDIT,
        dedupe_key=f"audit:{process}:{now.isoformat()}",
        due_at=now,
        facts={
            "wrong": [finding.to_dict() for finding in verdict.wrong],
            "mended": [finding.to_dict() for finding in verdict.mended],
            "is_well_again": verdict.is_well_again,
        },
        channel_id=team_channel,
    )


def audit_words(
    policy: Policy, tx: Transaction, facts: Mapping[str, Any], now: datetime
) -> Message | Skip:
    """What of it is still true, in words."""
    state = AuditState.from_dict(tx.marks.get(AUDIT).facts)
    told = [Finding.from_dict(stored) for stored in facts["wrong"]]
    wrong = [f for f in told if f.key in state.standing or f.check in _TRUE_AFTERWARDS]
    mended = [Finding.from_dict(stored) for stored in facts["mended"]]
    is_well_again = facts["is_well_again"] and not state.is_sick
    if not (wrong or mended or is_well_again):
        return Skip("no longer so")
    return audit.audit_news(policy, wrong, mended, now, is_well_again=is_well_again)
