"""Casebell and the bare app as processes of their own, beside one local workspace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.sandbox import Person
from tests.scenarios.processes import ROOT, Process, Site, site

SEVERITY = "How badly is your business affected?"
SEVERE, STOPPED = "Business severely impacted", "Business Stopped"
ANSWERS = {
    "Is it an error or a question?": "Error",
    "Application area": "Rule",
    "Summary": "Prices are gone",
    "Logik.io URL": "https://acme.logik.io/quotes/7",
    "Click-path": "Quotes > 7 > Prices",
    "Steps to reproduce": "Open the quote.",
    "What did you expect to happen?": "Prices to show.",
}
# What Slack's pace in one channel would otherwise measure: cases come faster here than people do.
_PACE = ("seconds_between_posts = 1.0", "seconds_between_posts = 0.0")


class BareProcess(Process):
    """The bare app under way."""

    def start(self, wait: bool = True) -> Process:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.bare"],
            cwd=ROOT,
            env={**self.environment, "PORT": str(self.port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # Bolt warns of a variable that Casebell reads
        )
        if wait:
            self.wait_until_healthy()
        return self


@dataclass
class Stage:
    """Where rows that need Slack play; the office is closed, Ana is on call."""

    site: Site
    people: list[Person]
    views: dict[str, str] = field(default_factory=dict)

    def bot(self) -> Process:
        """Casebell, started."""
        return self.site.process("run")

    def bare(self) -> Process:
        """The bare app, started, with what `take_views` took."""
        process = BareProcess("bare", {**self.site.environment, **self.views}, self.site.folder)
        self.site.processes.append(process)
        return process.start()

    def serve(self, process: Process) -> None:
        """Have Slack send to that process, once all is quiet."""
        self.site.workspace.settle()
        self.site.serve(process)

    def take_views(self, process: Process) -> None:
        """Take the filled form's and the receipt's bytes from Casebell, for the bare app."""
        self.serve(process)
        person = self.people[0]
        form = self.fill(person, SEVERE)
        self._keep("BARE_FORM", form)
        assert form.submit().ok
        self._keep("BARE_RECEIPT", person.modal)
        person.modal.close()

    def fill(self, person: Person, severity: str) -> Any:
        """A form before that person, with everything in it but the press of Submit."""
        assert person.command("/case", "", self.site.acme).ok
        form = person.modal
        assert form is not None
        form.fill({SEVERITY: severity, **ANSWERS})
        return form

    def posted(self, words: str) -> int:
        """How many messages with these words have come to the workspace."""
        calls = list(self.site.workspace.calls)
        return sum(c.method == "chat.postMessage" and words in c.args["text"] for c in calls)

    def _keep(self, name: str, view: Any) -> None:
        path = self.site.folder / f"{name.lower()}.json"
        path.write_text(json.dumps(view.view.body), "utf-8")
        self.views[name] = str(path)


@contextmanager
def stage(database_url: str | None = None, *, people: int = 1) -> Iterator[Stage]:
    """A workspace with a customer's channel, and so many people in it who open cases."""
    with tempfile.TemporaryDirectory(prefix="casebell-bench-") as name:
        folder = Path(name)
        with site(database_url or f"sqlite:///{folder}/casebell.db", folder) as found:
            policy = Path(found.environment["POLICY_FILE"])
            text = policy.read_text("utf-8")
            assert _PACE[0] in text
            policy.write_text(text.replace(*_PACE), "utf-8")
            crowd = [found.workspace.add_person(f"P{n}", guest=True) for n in range(people)]
            found.acme.members += crowd
            yield Stage(found, crowd)


def cpu_seconds(process: Process) -> float:
    """What the process has used of the processor."""
    assert process.process is not None
    fields = Path(f"/proc/{process.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
