"""A customer who sends what others sent, in her own name, and reads whatever comes back."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from oracle import WORD
from processes import ROOT
from under_fire import UnderFire
from wiretap import Payload, Wiretap

from bot.messages import ids, window_ids
from bot.sandbox import Person, methods_views

REFUSAL = "Only people of the support team can do this."
# What was not pressed has the same shape as what was: its name is easily guessed.
ALIKE: Mapping[str, tuple[str, ...]] = {
    "case_take": ("case_reopen", "case_answered"),
    "request_accept": ("request_decline", "request_cancel", "override_cancel"),
    "window_manage": ("window_told",),
    "window_add": ("window_follow", "window_keep"),
    "oncall_cover_form": ("oncall_swap_form",),
    "case_assign_form": ("case_severity_form",),
}
FOR_EVERYBODY = frozenset(
    {
        "/case", "/maintenance",
        "case_open", "case_form", "case_from_message", "case_from_anywhere",
        "case_field_severity", "case_field_issue_type", "case_field_area",
        "case_alarm", "case_alarm_form", "home_page",
        "window_year", "window_next", "window_previous", "window_year_view",
        "view_submission oncall_weeks", "oncall_receipt", "window_receipt",
    }
)  # fmt: skip
"""What customers may do too, or what only closes."""
_NOTHING_YET = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Mine"},
    "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "Mine"}}],
}


_LISTENER = re.compile(r"app\.(?:action|view|command)\((ids|window_ids)\.(\w+)\)")


def listened_to() -> set[str]:
    """The names of whatever the listeners' own sources say they serve."""
    modules = {"ids": ids, "window_ids": window_ids}
    sources = (ROOT / "handlers").glob("*.py")
    found = (match for path in sources for match in _LISTENER.findall(path.read_text("utf-8")))
    return {getattr(modules[module], name) for module, name in found}


class Forger:
    """She has triggers, response_urls and views of her own; all else is as it was for others."""

    def __init__(self, site: UnderFire, tap: Wiretap, person: Person) -> None:
        self.site = site
        self.tap = tap
        self.person = person
        self.statuses: Counter[tuple[str, int]] = Counter()
        """How often each kind was answered how."""
        self.pressed: set[str] = set()
        """The names of what she pressed, typed and filled."""
        self.let_in: list[str] = []
        """What is for the team, and did not refuse her."""
        self.read: list[str] = []
        """All that came back."""

    def send(self, payload: Payload, number: str) -> None:
        """Say the same of another case, as if she had done it, and whatever is much like it."""
        for content in _alike(payload.content):
            forged = payload.saying(self._as_hers(_renumbered(content, number)))
            heard = len(self.person.ephemerals)
            answer = self.tap.send(forged)
            said = [answer.text, *(m.shown for m in self.person.ephemerals[heard:])]
            said += self._views()
            self.statuses[forged.kind, answer.status] += 1
            self.pressed.add(forged.name)
            self.read += said
            is_hers_too = not FOR_EVERYBODY.isdisjoint((forged.name, forged.kind))
            if not is_hers_too and not any(REFUSAL in text for text in said):
                self.let_in.append(f"{forged.kind} of CASE-{number}: {answer.status} {said}")

    @property
    def crashes(self) -> list[str]:
        """What was answered otherwise than by a sentence, or by nothing at all."""
        return [f"{kind}: {status}" for kind, status in self.statuses if status != HTTPStatus.OK]

    def _as_hers(self, content: dict[str, Any]) -> dict[str, Any]:
        state, person = self.site.workspace, self.person
        with state.changed:
            content["trigger_id"] = state.new_trigger(person)
            if "view" in content:
                view = methods_views.push(state, person, _NOTHING_YET, state.home_install)
                content["view"] |= {"id": view.id, "root_view_id": view.id, "hash": view.hash}
            else:
                content["response_url"] = state.new_response_url(person, person.dm)
        if "command" in content:
            hers = {"user_id": person.id, "user_name": person.name}
            # Slack itself lets nobody type where they are not.
            return content | hers | {"channel_id": self.site.globex.id, "channel_name": "globex"}
        content["user"] |= {"id": person.id, "name": person.name, "username": person.name}
        return content

    def _views(self) -> list[str]:
        """What lies before her, which she then closes."""
        shown: list[str] = []
        while (view := self.person.modal) is not None:
            shown.append(view.text + json.dumps(view.view.body))
            view.close()
        return shown


def _alike(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The payload, and those that differ from it by the name of what was pressed."""
    name, text = Payload(dict(content)).name, json.dumps(content)
    names = (name, *ALIKE.get(name, ()))
    return [json.loads(text.replace(f'"{name}"', f'"{other}"')) for other in names]


def _renumbered(content: dict[str, Any], number: str) -> dict[str, Any]:
    """Of another case, wherever a button or a form names one; customers' words she cannot know."""
    text = WORD.sub("guessed", json.dumps(content))
    for known in ("1001", "1002"):
        text = text.replace(f"CASE-{known}", f"CASE-{number}").replace(f'"{known}', f'"{number}')
    found: dict[str, Any] = json.loads(text)
    return found
