"""Casebell as an operator runs it: real processes, real time, beside a local workspace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.manifest import manifest
from bot.sandbox import Channel, Person, Workspace

ROOT = Path(__file__).parents[2]
SECRET = "a-signing-secret"
PATIENCE = 20.0  # seconds; how fast this machine is just now is no part of what is tried


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def policy_with_closed_office(folder: Path) -> Path:
    """The shipped policy, but for an office that is closed today, yesterday and tomorrow."""
    text = (ROOT / "bot" / "policy.toml").read_text("utf-8")
    text = text.replace('["07:00-18:00"]', "[]")
    far = (datetime.now(UTC) + timedelta(days=3)).strftime("%A").lower()
    text = text.replace(f"{far} = []", f'{far} = ["07:00-18:00"]')
    path = folder / "policy.toml"
    path.write_text(text, "utf-8")
    return path


@dataclass
class Process:
    """One `python -m bot` under way."""

    command: str
    environment: dict[str, str]
    folder: Path
    """Where it runs: not the checkout, whose `.env` is of no concern here."""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self, wait: bool = True) -> Process:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", self.command],
            cwd=self.folder,
            env={**self.environment, "PORT": str(self.port)},
        )
        if wait and self.command != "engine":
            self.wait_until_healthy()
        return self

    def wait_until_healthy(self, seconds: float = 2 * PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                    return
            except (OSError, urllib.error.URLError):
                time.sleep(0.05)
        raise TimeoutError(f"{self.command} did not come up")

    def kill(self) -> None:
        """SIGKILL: no time for a last word."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


class Site:
    """A workspace with a team and a customer, and the environment of Casebell's processes."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.workspace = Workspace(manifest(), signing_secret=SECRET)
        ws = self.workspace
        ws.ack_timeout = ws.trigger_ttl = PATIENCE
        self.ana: Person = ws.add_person("Ana")
        self.carla: Person = ws.add_person("Carla", guest=True)
        self.team: Channel = ws.add_channel(
            "support-team", members=[ws.bot, self.ana], private=True
        )
        self.acme: Channel = ws.add_channel("acme", members=[ws.bot, self.ana, self.carla])
        self.processes: list[Process] = []
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "SLACK_BOT_TOKEN": ws.bot_token,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": ws.api_url,
            "TEAM_CHANNEL": self.team.id,
            "DATABASE_URL": database_url,
            "POLICY_FILE": str(policy_with_closed_office(folder)),
            "LOG_LEVEL": "WARNING",
        }

    def process(self, command: str = "run", *, wait: bool = True) -> Process:
        started = Process(command, self.environment, self.folder).start(wait)
        self.processes.append(started)
        return started

    def serve(self, process: Process) -> None:
        """Have Slack send to that process."""
        self.workspace.request_url = f"http://127.0.0.1:{process.port}/slack/events"

    def set_on_call(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "oncall", "set", "primary", self.ana.id],
            cwd=self.folder,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def site(database_url: str, folder: Path) -> Iterator[Site]:
    found = Site(database_url, folder)
    with found.workspace:
        try:
            yield found
        finally:
            found.workspace.faults.clear()
            for process in found.processes:
                process.kill()
