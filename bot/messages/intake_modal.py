"""The form that opens a case, and the receipt that it turns into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.case import Case
from bot.domain.form import Answers, Field, FieldKind
from bot.messages import ids, kit
from bot.messages.words import two_clocks
from bot.policy import Policy, Severity


@dataclass(frozen=True)
class FormFacts:
    """What the form shows.

    Args:
        answers: what was typed so far, also into fields that are hidden now.
        pages_now: by when a reply is due, if the chosen severity would page somebody now.
    """

    context: ids.FormContext
    answers: Answers
    now: datetime
    pages_now: datetime | None = None


def form_view(policy: Policy, facts: FormFacts) -> dict[str, Any]:
    """The modal, with the fields that the answers call for."""
    shown = policy.form.visible(facts.answers)
    blocks: list[kit.Block] = []
    for field in shown:
        blocks.append(_input(policy, field, facts))
        if field.kind is FieldKind.SEVERITY and facts.pages_now is not None:
            blocks.append(_page_warning(policy, facts.pages_now))
    blocks.append(_scope(policy))
    return {
        "type": "modal",
        "callback_id": ids.FORM,
        "title": _text("Open a case"),
        "submit": _text("Submit"),
        "close": _text("Cancel"),
        "private_metadata": str(facts.context),
        "blocks": blocks,
    }


def receipt_view(policy: Policy, case: Case, what_next: str) -> dict[str, Any]:
    """What the form turns into: the number, by when, and what happens next."""
    return {
        "type": "modal",
        "callback_id": ids.RECEIPT,
        "title": _text(case.name),
        "close": _text("Done"),
        "blocks": [
            kit.section(f"*We have your case: {case.name}*"),
            kit.plain(case.summary),
            kit.section(f"*Severity*\n{policy.label(case.severity)}"),
            kit.section(f"*Next response by*\n{_office(policy, case.due_at)}"),
            kit.section(what_next),
        ],
    }


def _input(policy: Policy, field: Field, facts: FormFacts) -> kit.Block:
    block: kit.Block = {
        "type": "input",
        "block_id": ids.field_id(field.key),
        "label": _text(field.label),
        "element": _element(policy, field, facts),
        "optional": field.optional,
        "dispatch_action": field.key in policy.form.steering,
    }
    if field.hint:
        block["hint"] = _text(field.hint)
    return block


def _element(policy: Policy, field: Field, facts: FormFacts) -> kit.Block:
    answer = facts.answers.get(field.key, "")
    element: kit.Block = {"action_id": ids.field_id(field.key)}
    match field.kind:
        case FieldKind.SEVERITY:
            options = {severity.key: _severity_option(severity) for severity in policy.severities}
            element |= {"type": "radio_buttons", "options": list(options.values())}
            return _choosing(element, options.get(answer))
        case FieldKind.CHOICE:
            choices = {option: _option(option) for option in field.options}
            element |= {"type": "static_select", "options": list(choices.values())}
            return _choosing(element, choices.get(answer))
        case FieldKind.PAST_MOMENT:
            moment = datetime.fromisoformat(answer) if answer else facts.now
            return element | {
                "type": "datetimepicker",
                "initial_date_time": int(moment.timestamp()) // 60 * 60,
            }
        case FieldKind.LINE | FieldKind.TEXT | FieldKind.URL:
            # Not Slack's url input: its own check would refuse without our sentence.
            element |= {
                "type": "plain_text_input",
                "multiline": field.kind is FieldKind.TEXT,
                "max_length": field.max_length,
            }
            return element | ({"initial_value": answer[: field.max_length]} if answer else {})


def _choosing(element: kit.Block, chosen: kit.Block | None) -> kit.Block:
    return element | ({"initial_option": chosen} if chosen else {})


def _severity_option(severity: Severity) -> kit.Block:
    promise = f"{severity.definition} · {severity.target.with_clock}"
    return {
        "text": _text(kit.clip(severity.label, 75)),
        "description": _text(kit.clip(promise, 75)),
        "value": severity.key,
    }


def _option(label: str) -> kit.Block:
    return {"text": _text(label), "value": label}


def _page_warning(policy: Policy, due_at: datetime) -> kit.Block:
    return kit.section(
        ":rotating_light: *Our office is closed, so submitting this wakes the on-call engineer"
        f" now.*\nA reply is due {_office(policy, due_at)}. If your work can go on, please"
        " choose a lower severity: we look at it when the office opens."
    )


def _scope(policy: Policy) -> kit.Block:
    vendor = policy.vendor
    return kit.context(
        f"What we support: {kit.escape(vendor.supported)}"
        f" <{vendor.scope_url}|Our support policy> · {vendor.support_email}"
    )


def _office(policy: Policy, at: datetime) -> str:
    return two_clocks(at, policy.hours.zone, policy.zone_name)


def _text(text: str) -> kit.Block:
    return {"type": "plain_text", "text": text, "emoji": False}
