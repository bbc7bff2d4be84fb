"""The form that opens a case, and the receipt that it turns into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.case import Case
from bot.domain.form import Answers, Field, FieldKind, Form
from bot.domain.window import Window
from bot.messages import ids, kit, terms, window_terms
from bot.messages.inputs import asking, choosing, modal
from bot.policy import Policy

_MOST_WINDOWS = 3


@dataclass(frozen=True)
class FormFacts:
    """What the form shows.

    Args:
        answers: what was typed so far, also into fields that are hidden now.
        pages_now: by when a reply is due, if the chosen severity would page somebody now.
        form: which form is drawn; without one, the policy's.
        windows: maintenance that concerns the place, under way or soon; earliest first.
    """

    context: ids.FormContext
    answers: Answers
    now: datetime
    pages_now: datetime | None = None
    form: Form | None = None
    windows: Sequence[Window] = ()


def form_view(policy: Policy, facts: FormFacts) -> dict[str, Any]:
    """The modal, with the fields that the answers call for."""
    form = facts.form or policy.form
    blocks = list(_maintenance(policy, facts))
    for field in form.visible(facts.answers):
        blocks.append(_input(policy, field, facts, steers=field.key in form.steering))
        if field.kind is FieldKind.SEVERITY and facts.pages_now is not None:
            blocks.append(_page_warning(policy, facts.pages_now))
    return modal(
        ids.FORM, "Open a case", "Submit", *blocks, _scope(policy), metadata=str(facts.context)
    )


def receipt_view(policy: Policy, case: Case, what_next: str) -> dict[str, Any]:
    """What the form turns into: the number, by when, and what happens next."""
    return modal(
        ids.RECEIPT,
        case.name,
        None,
        kit.section(f"*We have your case: {case.name}*"),
        kit.plain(case.summary),
        kit.section(f"*Severity*\n{policy.label(case.severity)}"),
        kit.section(f"*Next response by*\n{terms.office(policy, case.due_at)}"),
        kit.section(what_next),
        close="Done",
    )


def severity_options(policy: Policy) -> list[kit.Block]:
    """The severities to choose from, each with its definition and target."""
    return [
        kit.option(
            severity.key, severity.label, f"{severity.definition} · {severity.target.with_clock}"
        )
        for severity in policy.severities
    ]


def _input(policy: Policy, field: Field, facts: FormFacts, *, steers: bool) -> kit.Block:
    block = asking(
        ids.field_id(field.key),
        field.label,
        _element(policy, field, facts),
        hint=field.hint,
        optional=field.optional,
    )
    return block | {"dispatch_action": steers}


def _element(policy: Policy, field: Field, facts: FormFacts) -> kit.Block:
    answer = facts.answers.get(field.key, "")
    match field.kind:
        case FieldKind.SEVERITY:
            return choosing({"type": "radio_buttons"}, severity_options(policy), answer)
        case FieldKind.CHOICE:
            options = [kit.option(option, option) for option in field.options]
            return choosing({"type": "static_select"}, options, answer)
        case FieldKind.PAST_MOMENT:
            moment = datetime.fromisoformat(answer) if answer else facts.now
            return {
                "type": "datetimepicker",
                "initial_date_time": int(moment.timestamp()) // 60 * 60,
            }
        case FieldKind.LINE | FieldKind.TEXT | FieldKind.URL:
            # Not Slack's url input: its own check would refuse without our sentence.
            element: kit.Block = {
                "type": "plain_text_input",
                "multiline": field.kind is FieldKind.TEXT,
                "max_length": field.max_length,
            }
            return element | ({"initial_value": answer[: field.max_length]} if answer else {})


def _page_warning(policy: Policy, due_at: datetime) -> kit.Block:
    return kit.section(
        ":rotating_light: *Our office is closed, so submitting this wakes the on-call engineer"
        f" now.*\nA reply is due {terms.office(policy, due_at)}. If your work can go on, please"
        " choose a lower severity: we look at it when the office opens."
    )


def _maintenance(policy: Policy, facts: FormFacts) -> Iterator[kit.Block]:
    """What is worked on, so that nobody wonders; and that a case counts all the same."""
    running = [window for window in facts.windows if window.segment.start <= facts.now]
    coming = [window for window in facts.windows if window.segment.start > facts.now]
    if running:
        worst = policy.worst
        wakes = f", and *{kit.escape(worst.label)}* still wakes us" if worst else ""
        lines = "\n".join(_running(policy, window) for window in running[:_MOST_WINDOWS])
        yield kit.section(
            f":construction: *Maintenance is under way*\n{lines}\nThe application could be"
            " unavailable until then. Please open your case all the same: we respond as quickly as"
            f" ever{wakes}."
        )
    if coming:
        lines = "\n".join(_coming(policy, window) for window in coming[:_MOST_WINDOWS])
        yield kit.context(lines)


def _running(policy: Policy, window: Window) -> str:
    affected = kit.line(window.affected, 150)
    what = f" What will not work: {affected}" if affected else ""
    return f"• {_window(policy, window)}, until {terms.office(policy, window.segment.end)}.{what}"


def _coming(policy: Policy, window: Window) -> str:
    start, end = (terms.office(policy, at) for at in (window.segment.start, window.segment.end))
    return f"Planned: {_window(policy, window)}, from {start} to {end}"


def _window(policy: Policy, window: Window) -> str:
    return kit.escape(window_terms.full_name(policy, window))


def _scope(policy: Policy) -> kit.Block:
    vendor = policy.vendor
    return kit.context(
        f"What we support: {kit.escape(vendor.supported)}"
        f" <{vendor.scope_url}|Our support policy> · {vendor.support_email}"
    )
