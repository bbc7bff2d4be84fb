"""`python -m bot demo --browser` serves the workspace, and closes it without a trace."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.__main__ import main

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "bot" / "sandbox" / "browser" / "static"


@contextmanager
def shown(port: int, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, running, with what it has said by the time that the page is there."""
    command = [sys.executable, "-m", "bot", "demo", "--browser", "--port", str(port)]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if "Ctrl-C" in line:
                    break
            yield process, said
        finally:
            process.kill()


def test_it_says_where_it_is_and_stops_when_told(tmp_path: Path) -> None:
    with shown(0, tmp_path) as (process, said):
        found = re.search(r"http://localhost:(\d+)", said)
        assert found, said
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=10)
        connection.request("GET", "/", headers={"Host": f"localhost:{found[1]}"})
        assert connection.getresponse().status == 200
        connection.close()
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=20)
        assert process.returncode == 0, errors
        assert "everything in it is gone" in rest
        assert errors == ""
    assert list(tmp_path.glob("tmp*")) == []


def test_where_its_port_is_taken_it_takes_another_and_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with shown(taken, tmp_path) as (_, said):
            assert f"Port {taken} is taken" in said
            assert f"localhost:{taken}\n" not in said
            assert "http://localhost:" in said


@pytest.mark.parametrize("arguments", [["--port", "3000"], ["--browser", "--port", "x"]])
def test_wrong_use_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["demo", *arguments])
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    assert code == 2
    assert "port" in capsys.readouterr().err


def test_an_installation_has_the_page_with_it() -> None:
    """Every file that is served is one that is packed."""
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    patterns = packed["package-data"]["bot"]
    found = {path for pattern in patterns for path in (ROOT / "bot").glob(pattern)}
    assert STATIC / "index.html" in found
    assert set(STATIC.iterdir()) <= found
