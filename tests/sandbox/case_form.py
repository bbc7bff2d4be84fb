"""A form to open a case with, in the blocks of Slack."""

from __future__ import annotations


def plain(text):
    return {"type": "plain_text", "text": text}


def options(*texts):
    return [{"text": plain(text), "value": text.lower()} for text in texts]


def ask(label, block_id, element, **more):
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": "answer", **element},
        **more,
    }


SUMMARY = ask("Summary", "summary", {"type": "plain_text_input", "max_length": 20})
KIND = ask(
    "Kind",
    "kind",
    {"type": "static_select", "options": options("Error", "Question")},
    dispatch_action=True,
)
NOTES = ask("Notes", "notes", {"type": "plain_text_input"}, optional=True)


def form(*blocks, **more):
    return {
        "type": "modal",
        "callback_id": "case",
        "title": plain("Open a case"),
        "submit": plain("Send"),
        "blocks": list(blocks) or [SUMMARY, KIND, NOTES],
        **more,
    }
