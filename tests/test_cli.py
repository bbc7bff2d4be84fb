"""The command line: what it prints, and how it ends. 0: done; 1: failed; 2: wrong use."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import __main__ as command_line
from bot.domain.installation import Installation
from bot.manifest import manifest, to_yaml
from bot.sandbox import CutBefore, Refused, Workspace
from storage.database import Database
from storage.schema import is_current, newest
from storage.store import SqlStore

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> Ended:
        try:
            code = command_line.main(arguments)
        except SystemExit as stopped:  # argparse ends by itself
            code = int(str(stopped.code))
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err)

    return command


# --- why ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "at", "first_line"),
    [
        pytest.param(
            "business_stopped",
            "2026-11-25T16:00-06:00",
            "2026-11-25T18:00:00-06:00  2026-11-26T00:00:00+00:00",
            id="around the clock",
        ),
        pytest.param(
            "severe_impact",
            "2026-11-25T16:00-06:00",
            "2026-11-27T09:00:00-06:00  2026-11-27T15:00:00+00:00",
            id="over Thanksgiving",
        ),
        pytest.param(
            "little_impact",
            "2026-11-21T12:00:00Z",
            "2026-11-23T18:00:00-06:00  2026-11-24T00:00:00+00:00",
            id="filed on Saturday, due on Monday at closing",
        ),
        pytest.param(
            "no_impact",
            "2026-03-06T10:00-06:00",
            "2026-03-10T10:00:00-05:00  2026-03-10T15:00:00+00:00",
            id="over the change of the clocks in spring",
        ),
        pytest.param(
            "business_stopped",
            "2026-11-01T00:30-05:00",
            "2026-11-01T01:30:00-06:00  2026-11-01T07:30:00+00:00",
            id="over the change of the clocks in autumn",
        ),
    ],
)
def test_why_begins_with_the_due_time_in_central_and_in_utc(
    run: Run, severity: str, at: str, first_line: str
) -> None:
    ended = run("why", severity, "--at", at)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[0] == first_line


def test_why_then_shows_the_sum(run: Run) -> None:
    assert run("why", "severe_impact", "--at", "2026-11-25T16:00-06:00").out == (
        "2026-11-27T09:00:00-06:00  2026-11-27T15:00:00+00:00\n"
        "Business severely impacted: first response within 4 business hours, in support hours\n"
        "opened Wed 25 Nov 2026 16:00:00 Central\n"
        "  + Wed 25 Nov 2026 16:00  to  Wed 25 Nov 2026 18:00            2 h   2 h so far\n"
        "    Wed 25 Nov 2026 18:00  to  Fri 27 Nov 2026 07:00    not counted   "
        "night, Thanksgiving Day\n"
        "  + Fri 27 Nov 2026 07:00  to  Fri 27 Nov 2026 09:00            2 h   4 h so far\n"
        "due    Fri 27 Nov 2026 09:00:00 Central\n"
    )


def test_why_as_json_adds_up(run: Run) -> None:
    ended = run("why", "severe_impact", "--at", "2026-11-25T16:00-06:00", "--json")
    found = json.loads(ended.out)
    assert ended.code == 0
    assert found["due_at"] == "2026-11-27T15:00:00+00:00"
    assert found["due_at_local"] == "2026-11-27T09:00:00-06:00"
    assert found["opened_at"] == "2026-11-25T22:00:00+00:00"
    assert sum(part["counted_seconds"] for part in found["sum"]) == 4 * 3600
    assert [part["skipped_for"] for part in found["sum"]] == [
        [],
        ["night", "Thanksgiving Day"],
        [],
    ]
    bounds = [(part["from"], part["to"]) for part in found["sum"]]
    assert [end for _, end in bounds[:-1]] == [start for start, _ in bounds[1:]]
    assert (bounds[0][0], bounds[-1][1]) == (found["opened_at"], found["due_at"])


EXAMPLE = "Write it like 2026-11-25T16:00-06:00\n"


@pytest.mark.parametrize(
    ("severity", "at", "sentence"),
    [
        pytest.param(
            "business_stopped",
            "2026-11-25T16:00",
            f'"2026-11-25T16:00" has no offset from UTC. {EXAMPLE}',
            id="no offset",
        ),
        pytest.param(
            "business_stopped",
            "2026-11-25",
            f'"2026-11-25" has no offset from UTC. {EXAMPLE}',
            id="only a day",
        ),
        pytest.param("business_stopped", "now", f'"now" is no instant. {EXAMPLE}', id="no instant"),
        pytest.param("business_stopped", "", f'"" is no instant. {EXAMPLE}', id="nothing"),
        pytest.param(
            "business_stopped",
            "2026-02-30T10:00Z",
            f'"2026-02-30T10:00Z" is no instant. {EXAMPLE}',
            id="no such day",
        ),
        pytest.param(
            "urgent",
            "2026-11-25T16:00-06:00",
            '"urgent" is no severity. The policy has: no_impact, little_impact, severe_impact,'
            " business_stopped.\n",
            id="no such severity",
        ),
    ],
)
def test_why_refuses_in_a_sentence_with_an_example(
    run: Run, severity: str, at: str, sentence: str
) -> None:
    assert run("why", severity, "--at", at) == Ended(2, "", sentence)


@pytest.mark.parametrize("severity", ["little_impact", "business_stopped"])
@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00+00:00",
        "0001-01-01T00:00+14:00",
        "9999-12-31T23:59+00:00",
        "9999-12-31T23:59-14:00",
    ],
)
def test_why_of_an_absurd_year_is_a_sentence_or_a_sum(run: Run, severity: str, at: str) -> None:
    ended = run("why", severity, "--at", at)
    if ended.code == 0:
        assert re.match(r"\d{4}-", ended.out)
    else:
        assert ended == Ended(2, "", f"{at} is too far from today for a deadline.\n")


def test_why_needs_a_moment(run: Run) -> None:
    ended = run("why", "business_stopped")
    assert ended.code == 2
    assert "--at" in ended.err


# --- policy, maintenance, manifest ---------------------------------------------------------------


def test_policy_prints_what_is_promised(run: Run) -> None:
    ended = run("policy")
    assert (ended.code, ended.err) == (0, "")
    for words in (
        "Logik.io support, America/Chicago (Central)",
        "business_stopped   Business Stopped (UI and APIs do not respond)",
        "first response within 2 hours, around the clock; pages on-call outside support hours",
        "after 15 min   manager and the team's channel",
        "Note P071 maintenance.upgrades.Prod: Thursday + 13 days is a Wednesday",
        "The policy is sound.",
    ):
        assert words in ended.out


@pytest.mark.parametrize(
    "command",
    [["policy"], ["maintenance"], ["why", "no_impact", "--at", "2026-11-25T16:00Z"]],
    ids=lambda command: command[0],
)
def test_a_broken_policy_file_is_refused_by_rule_key_and_hint(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    shipped = (ROOT / "bot/policy.toml").read_text("utf-8")
    broken = tmp_path / "ours.toml"
    broken.write_text(shipped.replace("America/Chicago", "Chicago"), "utf-8")
    monkeypatch.setenv("POLICY_FILE", str(broken))
    assert run(*command) == Ended(
        2,
        "",
        f"The policy {broken} is not usable:\n"
        'P010 hours.zone: "Chicago" is no time zone. Hint: write a name such as "America/Chicago".'
        "\n",
    )


def test_a_policy_file_that_is_not_there_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLICY_FILE", "nowhere.toml")
    ended = run("policy")
    assert ended.code == 2
    assert "P001 nowhere.toml: cannot be read" in ended.err


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the Monday before Thanksgiving 2026."""
    now = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    monkeypatch.setattr(command_line, "wall_now", lambda: now)


@pytest.mark.usefixtures("today")
def test_maintenance_of_a_year_names_collisions_and_odd_lengths(run: Run) -> None:
    ended = run("maintenance", "--months", "12")
    assert ended.code == 0
    lines = ended.out.splitlines()
    starts = [line for line in lines if not line.startswith(" ")]
    prod = next(line for line in starts if line.startswith("Fri 01 Jan 2027 20:00"))
    assert "Prod upgrade" in prod
    assert "falls on New Year's Day" in prod
    routine = [line for line in starts if "Routine maintenance" in line]
    lengths = {re.search(r"(\d+) h   Routine", line)[1] for line in routine}  # type: ignore[index]
    assert lengths == {"32", "33", "34"}
    spring = next(line for line in routine if line.startswith("Fri 12 Mar 2027"))
    assert "32 h" in spring
    assert "1 h less: the clocks change" in spring
    autumn = next(line for line in routine if line.startswith("Fri 05 Nov 2027"))
    assert "34 h" in autumn
    assert "1 h more: the clocks change" in autumn
    assert starts[-1] == (
        f"{len(starts) - 1} windows by the policy. Times are Central (America/Chicago)."
        " What was changed in Slack, `/maintenance` shows there."
    )


@pytest.mark.usefixtures("today")
def test_maintenance_shows_when_each_notice_is_posted(run: Run) -> None:
    lines = run("maintenance", "--months", "1").out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("Thu 03 Dec 2026 20:00"))
    assert lines[at].endswith("Test upgrade")
    assert lines[at + 1] == (
        "    will be told: Mon 30 Nov 10:00, Wed 02 Dec 10:00, Thu 03 Dec 19:00, Thu 03 Dec 20:00,"
        " Fri 04 Dec 00:00"
    )
    around = next(n for n, line in enumerate(lines) if line.startswith("Fri 04 Dec 2026 20:00"))
    assert "Prod upgrade" in "".join(lines[around : around + 4])
    assert any("will be told with the Prod upgrade inside it" in line for line in lines)


@pytest.mark.usefixtures("today")
def test_maintenance_names_windows_in_each_others_way(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Prod begins before the routine window and ends inside it."""
    shipped = (ROOT / "bot/policy.toml").read_text("utf-8")
    eight, six = (f'weekday = "friday"\nstarts = "{hour}:00"' for hour in (20, 18))
    assert eight in shipped
    (tmp_path / "ours.toml").write_text(shipped.replace(eight, six), "utf-8")
    monkeypatch.setenv("POLICY_FILE", str(tmp_path / "ours.toml"))
    lines = run("maintenance", "--months", "1").out.splitlines()
    assert next(line for line in lines if line.startswith("Fri 04 Dec 2026 18:00")).endswith(
        "Prod upgrade   ! only partly inside Routine maintenance of Fri 4 Dec, 8:00 PM Central"
    )
    assert next(line for line in lines if line.startswith("Fri 04 Dec 2026 20:00")).endswith(
        "Routine maintenance   ! Prod upgrade of Fri 4 Dec, 6:00 PM Central is only partly inside"
        " it"
    )


@pytest.mark.parametrize("months", ["0", "61", "-1", "x", "1.5", "", "²", "9" * 5000])
def test_maintenance_refuses_what_is_no_number_of_months(run: Run, months: str) -> None:
    ended = run("maintenance", "--months", months)
    assert (ended.code, ended.out) == (2, "")
    assert "--months" in ended.err


def test_manifest_prints_the_file_in_the_repository(run: Run) -> None:
    assert run("manifest") == Ended(0, (ROOT / "manifest.yml").read_text("utf-8"), "")


def test_manifest_for_http_names_the_address(run: Run) -> None:
    ended = run("manifest", "--url", "https://casebell.example")
    assert ended == Ended(0, to_yaml(manifest("https://casebell.example")), "")
    assert ended.out.count('"https://casebell.example/slack/events"') == 5


@pytest.mark.parametrize("url", ["http://casebell.example", "casebell.example", ""])
def test_manifest_refuses_an_address_that_slack_would_not_call(run: Run, url: str) -> None:
    ended = run("manifest", "--url", url)
    assert ended == Ended(
        2, "", f'"{url}" is no address that Slack calls: it starts with https://\n'
    )


@pytest.mark.parametrize("url", ["https://", "https://casebell .example", 'https://"x"'])
def test_manifest_refuses_an_address_without_a_host(run: Run, url: str) -> None:
    assert run("manifest", "--url", url).code == 2


def test_a_reader_that_stops_reading_is_no_traceback() -> None:
    """`python -m bot maintenance --months 60 | head -1`."""
    pipe = f"{sys.executable} -m bot maintenance --months 60 | true"
    ended = subprocess.run(
        ["sh", "-c", pipe], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["why"], ["oncall", "set"], ["oncall", "set", "primary"],
     ["oncall", "set", "primary", "U1", "--handoff", "monday"],
     ["oncall", "set", "primary", "U1", "--from", "soon"]],
    ids=lambda arguments: " ".join(arguments) or "nothing",
)  # fmt: skip
def test_wrong_use_ends_with_two_and_shows_the_use(run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "usage: python -m bot" in ended.err


def test_help_names_every_command(run: Run) -> None:
    ended = run("--help")
    assert ended.code == 0
    for name in ("run", "web", "engine", "migrate", "demo", "doctor", "policy", "why",
                 "maintenance", "manifest", "oncall"):  # fmt: skip
        assert re.search(rf"^    {name}\b", ended.out, re.MULTILINE), name


def test_the_command_line_ends_with_its_code(tmp_path: Path) -> None:
    """As a process of its own, from another folder, with nothing set."""

    def code(*arguments: str) -> int:
        command = [sys.executable, "-m", "bot", *arguments]
        env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
        ended = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, timeout=30, check=False
        )
        assert b"Traceback" not in ended.stderr
        return ended.returncode

    assert code("why", "no_impact", "--at", "2026-11-25T16:00-06:00") == 0
    assert code("run") == 2
    assert code("oncall") == 0


# --- commands that need settings -----------------------------------------------------------------


@pytest.mark.parametrize("command", ["run", "web", "engine", "doctor"])
def test_without_settings_there_is_a_line_for_each_variable_with_how_to_get_it(
    run: Run, command: str
) -> None:
    ended = run(command)
    assert (ended.code, ended.out) == (2, "")
    lines = ended.err.splitlines()
    assert [line.partition(" is not set: ")[0] for line in lines] == [
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "TEAM_CHANNEL",
    ]
    assert all(len(line) > 60 for line in lines)  # each says where it is found


@pytest.fixture
def slack() -> Iterator[Workspace]:
    with Workspace(manifest()) as workspace:
        yield workspace


@pytest.fixture
def installed(
    monkeypatch: pytest.MonkeyPatch, slack: Workspace, sqlite_url: str
) -> Callable[..., None]:
    """Casebell's settings for a local workspace, whose TEAM_CHANNEL has these people in it."""
    team = slack.add_channel("support-team", members=[slack.bot], private=True)

    def settings(*people: str) -> None:
        team.members += [slack.users[user] for user in people]

    for name, value in {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "TEAM_CHANNEL": team.id,
        "DATABASE_URL": sqlite_url,
    }.items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("command", ["web", "engine"])
def test_half_a_process_refuses_sqlite(run: Run, command: str) -> None:
    assert run(command) == Ended(
        2,
        "",
        "DATABASE_URL is SQLite, which one process has to itself: use `run`, or PostgreSQL.\n",
    )


@pytest.mark.usefixtures("installed")
def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PORT": str(port), "LOG_LEVEL": "ERROR"}
        ended = subprocess.run(
            [sys.executable, "-m", "bot", "run"],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"PORT {port} cannot be listened on: Address already in use.\n"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://x@y/z", "DATABASE_URL names mysql: only SQLite and PostgreSQL are served.\n"),
        ("sqlite://", "DATABASE_URL names no file: write sqlite:///casebell.db\n"),
        ("casebell.db", "DATABASE_URL is not the address of a database.\n"),
    ],
)
@pytest.mark.parametrize("command", ["migrate", "oncall"])
def test_a_database_that_is_none_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, url: str, sentence: str, command: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert run(command) == Ended(2, "", sentence)


def test_a_database_that_does_not_answer_is_a_failure_in_a_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://nobody@127.0.0.1:9/nothing")
    ended = run("oncall")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("The database does not answer")
    assert ended.err.count("\n") == 1


def test_migrate_makes_the_database_and_may_be_run_again(
    run: Run, empty_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_sqlite_url)
    said = f"The database has the newest schema, {newest()}.\n"
    assert run("migrate") == Ended(0, said, "")
    assert run("migrate") == Ended(0, said, "")
    database = Database(empty_sqlite_url)
    assert is_current(database)
    database.dispose()


def test_migrate_says_from_where_it_went_and_nothing_of_how(
    empty_sqlite_url: str, tmp_path: Path
) -> None:
    """As a process of its own, whose log nobody else has set up."""
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "migrate"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "DATABASE_URL": empty_sqlite_url},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.stderr == f"database migrated from nothing to {newest()}\n"
    assert ended.stdout == f"The database has the newest schema, {newest()}.\n"


def test_oncall_show_makes_the_file_and_says_how_to_set_each_level(
    run: Run, tmp_path: Path
) -> None:
    ended = run("oncall", "show")
    assert ended == Ended(
        0,
        "primary    nobody: python -m bot oncall set primary U0123ABC\n"
        "secondary  nobody: python -m bot oncall set secondary U0123ABC\n"
        "manager    nobody: python -m bot oncall set manager U0123ABC\n",
        "",
    )
    assert (tmp_path / "casebell.db").exists()


def test_oncall_without_a_verb_shows(run: Run) -> None:
    assert run("oncall") == run("oncall", "show")


def test_oncall_set_sets_a_rotation_and_show_shows_who_has_it(
    run: Run, slack: Workspace, installed: Callable[..., None]
) -> None:
    ana, ben = slack.add_person("Ana"), slack.add_person("Ben")
    installed(ana.id, ben.id)
    ended = run("oncall", "set", "primary", ana.id, ben.id, "--from", "2026-01-05")
    assert ended == Ended(
        0,
        f"primary: Ana ({ana.id}), then Ben ({ben.id}), every week on Monday at 9:00 AM,"
        " from Mon 5 Jan 2026, 9:00 AM Central.\n",
        "",
    )
    primary = run("oncall").out.splitlines()[0]
    person = rf"(Ana \({ana.id}\)|Ben \({ben.id}\))"
    found = re.fullmatch(
        rf"primary    {person} until Mon \d+ \w+, 9:00 AM Central, then {person}", primary
    )
    assert found
    assert found[1] != found[2]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--every", "2", "--handoff", "daily 21:30"], "every 2 days at 9:30 PM"),
        (["--every", "1", "--handoff", "daily 00:00"], "every day at 12:00 AM"),
        (["--every", "14"], "every 2 weeks on Monday at 9:00 AM"),
        (["--handoff", "sun 12:00"], "every week on Sunday at 12:00 PM"),
        (["--handoff", "daily 09:00"], "every 7 days at 9:00 AM"),
    ],
)
def test_oncall_set_says_how_often_the_pager_goes_on(
    run: Run,
    slack: Workspace,
    installed: Callable[..., None],
    options: list[str],
    words: str,
) -> None:
    ana, ben = slack.add_person("Ana"), slack.add_person("Ben")
    installed(ana.id, ben.id)
    ended = run("oncall", "set", "primary", ana.id, ben.id, *options)
    assert ended.code == 0
    assert ended.out.startswith(f"primary: Ana ({ana.id}), then Ben ({ben.id}), {words}, from ")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--every", "2"],
            '"mon 09:00" makes shifts of whole weeks, not of 2 days: give "daily 09:00" for those.',
        ),
        (["--every", "10", "--handoff", "fri 18:00"], '"fri 18:00" makes shifts of whole weeks,'),
        (["--every", "0"], "0 is not a number of days from 1 to 366"),
        (["--every", "367"], "367 is not a number of days from 1 to 366"),
        (["--every", "a week"], "a week is not a number of days from 1 to 366"),
        (["--handoff", "daily"], '"daily" is no handoff: give a weekday and a time,'),
    ],
)
def test_oncall_set_refuses_shifts_that_do_not_fit_their_handoff(
    run: Run,
    slack: Workspace,
    installed: Callable[..., None],
    options: list[str],
    sentence: str,
) -> None:
    ana, ben = slack.add_person("Ana"), slack.add_person("Ben")
    installed(ana.id, ben.id)
    ended = run("oncall", "set", "primary", ana.id, ben.id, *options)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err
    assert "nobody" in run("oncall").out.splitlines()[0]


def test_oncall_at_says_who_was_on_call_at_an_instant(
    run: Run, slack: Workspace, installed: Callable[..., None]
) -> None:
    ana, ben = slack.add_person("Ana"), slack.add_person("Ben")
    installed(ana.id, ben.id)
    run("oncall", "set", "primary", ana.id, ben.id, "--from", "2026-01-05")
    shown = f"On call at Sun 1 Jan 2034, 12:00 PM Central:\nprimary    Ana ({ana.id})\n"
    rest = "secondary  nobody\nmanager    nobody\n"
    for command in (("oncall", "--at"), ("oncall", "show", "--at")):
        ended = run(*command, "2034-01-01T12:00-06:00")
        assert (ended.code, ended.err) == (0, "")
        assert ended.out in (
            shown + rest,
            shown.replace(f"Ana ({ana.id})", f"Ben ({ben.id})") + rest,
        )
    assert run("oncall", "--at", "2034-01-01T19:00+01:00", "show") == ended
    week_on = run("oncall", "--at", "2034-01-08T12:00-06:00").out.splitlines()[1]
    assert week_on != ended.out.splitlines()[1]
    before = run("oncall", "--at", "2026-01-04T12:00-06:00").out
    assert before.splitlines()[1] == "primary    nobody", "setting it has changed no past"


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        ("2026-11-21 02:00", "has no offset from UTC. Write it like 2026-11-25T16:00-06:00"),
        ("yesterday", "is no instant. Write it like 2026-11-25T16:00-06:00"),
        ("0001-01-01T00:00+14:00", "more than ten years away"),
        ("9999-12-31T23:59-12:00", "more than ten years away"),
    ],
)
def test_oncall_at_wants_an_instant(run: Run, at: str, sentence: str) -> None:
    ended = run("oncall", "--at", at)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err


def test_oncall_set_takes_no_at(run: Run) -> None:
    ended = run("oncall", "--at", "2026-11-25T16:00-06:00", "set", "primary", "U0ANA")
    assert (ended.code, ended.out) == (2, "")
    assert "--at shows who was on call" in ended.err


def next_autumn() -> date:
    """The day of next year on which Central repeats an hour: the first Sunday of November."""
    first = date(date.today().year + 1, 11, 1)  # noqa: DTZ011 - the command's own clock is real
    return first + timedelta(days=(6 - first.weekday()) % 7)


def test_oncall_add_and_remove_lay_themselves_over_the_rotation(
    run: Run, slack: Workspace, installed: Callable[..., None]
) -> None:
    """Over the hour that autumn repeats: from its first start to its last end."""
    ana, ben = slack.add_person("Ana"), slack.add_person("Ben")
    installed(ana.id, ben.id)
    run("oncall", "set", "primary", ana.id, "--from", "2026-01-05")
    sunday = next_autumn()
    night = ("--from", f"{sunday} 01:00", "--until", f"{sunday} 01:30")
    added = run("oncall", "add", "primary", ben.id, *night)
    day = f"Sun {sunday.day} Nov {sunday.year}"
    assert added.out == (
        f"primary: Ben ({ben.id}) is on call too, {day}, 1:00 AM to {day}, 1:30 AM Central."
        " `/oncall` can cancel it.\n"
    )
    removed = run("oncall", "remove", "primary", ana.id, *night)
    assert removed.out.startswith(f"primary: Ana ({ana.id}) is not on call, {day}, 1:00 AM to")
    for at, who in (
        ("00:59-05:00", ana),
        ("01:00-05:00", ben),
        ("01:29-06:00", ben),
        ("01:30-06:00", ana),
    ):
        primary = run("oncall", "--at", f"{sunday}T{at}").out.splitlines()[1]
        assert primary == f"primary    {who.name} ({who.id})"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--from", "2037-11-02 01:00", "--until", "2037-11-01 01:30"), "end after it begins"),
        (("--from", "2020-11-01 01:00", "--until", "2020-11-02 01:30"), "over already"),
        (("--from", "soon", "--until", "2037-11-02 01:30"), "no time by the office's clock"),
        (("--from", "2037-11-01T01:00Z", "--until", "2037-11-02 01:30"), "by the office's clock"),
    ],
)
def test_oncall_add_refuses_what_is_no_time_ahead(
    run: Run,
    slack: Workspace,
    installed: Callable[..., None],
    options: tuple[str, ...],
    sentence: str,
) -> None:
    ana = slack.add_person("Ana")
    installed(ana.id)
    ended = run("oncall", "add", "primary", ana.id, *options)
    assert ended.code == 2
    assert sentence in ended.err


def test_oncall_set_of_one_person_has_no_turns(
    run: Run, slack: Workspace, installed: Callable[..., None]
) -> None:
    ana = slack.add_person("Ana")
    installed(ana.id)
    ended = run("oncall", "set", "manager", ana.id, "--from", "2026-01-05", "--handoff", "WED 8:30")
    assert ended.out == f"manager: Ana ({ana.id}), from Mon 5 Jan 2026, 8:30 AM Central.\n"


def test_oncall_set_warns_of_nights_that_slack_keeps_quiet(
    run: Run, slack: Workspace, installed: Callable[..., None]
) -> None:
    ana = slack.add_person("Ana", dnd=(time(22), time(8)))
    ben = slack.add_person("Ben")
    installed(ana.id, ben.id)
    ended = run("oncall", "set", "primary", ana.id, ben.id)
    assert ended.code == 0
    (warning,) = ended.out.splitlines()[1:]
    assert re.match(
        r"Warning: Slack keeps quiet for Ana \(do-not-disturb\) from .*10:00 PM to .*8:00 AM"
        r" Central: a page would make no sound. They can shorten that in Slack under Preferences >",
        warning,
    )


REFUSED = "is not of the team: on call are full members of the workspace who are in TEAM_CHANNEL"


@pytest.mark.parametrize(
    ("options", "is_inside", "sentence"),
    [
        pytest.param({"guest": True}, True, REFUSED, id="a guest"),
        pytest.param({}, False, REFUSED, id="a colleague outside TEAM_CHANNEL"),
        pytest.param({"deleted": True}, True, REFUSED, id="a closed account"),
    ],
)
def test_oncall_set_refuses_who_is_not_of_the_team(
    run: Run,
    slack: Workspace,
    installed: Callable[..., None],
    options: dict[str, Any],
    is_inside: bool,
    sentence: str,
) -> None:
    ana, cleo = slack.add_person("Ana"), slack.add_person("Cleo", **options)
    installed(ana.id, *([cleo.id] if is_inside else []))
    ended = run("oncall", "set", "primary", ana.id, cleo.id)
    assert (ended.code, ended.out) == (2, "")
    assert f"Cleo ({cleo.id}) {sentence}" in ended.err
    assert "nobody" in run("oncall").out.splitlines()[0]  # nothing was set, not even in part


@pytest.mark.usefixtures("installed")
def test_oncall_set_refuses_an_id_of_nobody(run: Run) -> None:
    assert run("oncall", "set", "primary", "U0NOBODY") == Ended(
        2, "", "U0NOBODY is nobody in this workspace. Give ids like U0123ABC.\n"
    )


@pytest.mark.usefixtures("installed")
def test_oncall_set_refuses_a_level_of_nobodys(run: Run) -> None:
    assert run("oncall", "set", "boss", "U0NOBODY") == Ended(
        2, "", '"boss" is no level of on-call. The policy has: primary, secondary, manager.\n'
    )


@pytest.mark.usefixtures("installed")
def test_oncall_set_without_slack_fails_in_a_sentence(run: Run, slack: Workspace) -> None:
    slack.away = True
    ended = run("oncall", "set", "primary", "U0ANA")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Slack ")
    assert ended.err.count("\n") == 1


def test_oncall_set_is_done_although_nights_could_not_be_looked_up(
    run: Run, slack: Workspace, installed: Callable[..., None]
) -> None:
    ana = slack.add_person("Ana")
    installed(ana.id)
    slack.faults.add("dnd.info", Refused("fatal_error"))
    ended = run("oncall", "set", "primary", ana.id)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[1:] == [
        "Warning: whether Slack keeps quiet for Ana at night (do-not-disturb) could not be looked"
        " up. `python -m bot doctor` asks again."
    ]
    assert f"Ana ({ana.id})" in run("oncall").out


@pytest.fixture
def staffed(
    run: Run, slack: Workspace, installed: Callable[..., None]
) -> Callable[..., dict[str, Any]]:
    """Ana is primary on call, Ben secondary, Mia the manager."""

    def people(**options: Any) -> dict[str, Any]:
        found = {
            "primary": slack.add_person("Ana", **options),
            "secondary": slack.add_person("Ben"),
            "manager": slack.add_person("Mia"),
        }
        installed(*(person.id for person in found.values()))
        for level, person in found.items():
            assert run("oncall", "set", level, person.id).code == 0
        return found

    return people


def test_doctor_is_content(run: Run, staffed: Callable[..., dict[str, Any]]) -> None:
    ana, *_ = staffed().values()
    ended = run("doctor")
    assert (ended.code, ended.err) == (0, "")
    assert all(line.startswith("ok    ") for line in ended.out.splitlines())
    for words in (
        "policy of Logik.io",
        "database answers",
        "Slack knows the token: https://home.slack.com/",
        "the token has every scope",
        "Casebell is in TEAM_CHANNEL #support-team",
        f"Ana ({ana.id}) is primary on call",
    ):
        assert words in ended.out


def test_doctor_hints_that_nobody_outside_watches(
    run: Run, installed: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hint, and nothing to mend."""
    installed()
    hint = "ok    nobody outside notices if Casebell stops: set HEARTBEAT_URL"
    assert hint in run("doctor").out.splitlines()
    monkeypatch.setenv("HEARTBEAT_URL", "https://watch.example/s3cret")
    ended = run("doctor")
    assert "ok    HEARTBEAT_URL is called every minute while all is well" in ended.out
    assert "s3cret" not in ended.out


def mended(ended: Ended) -> list[str]:
    """The lines of what the doctor found wrong."""
    return [line.removeprefix("MEND  ") for line in ended.out.splitlines() if line[:4] == "MEND"]


@pytest.mark.usefixtures("installed")
def test_doctor_lists_what_to_mend_with_its_remedy(run: Run) -> None:
    ended = run("doctor")
    assert (ended.code, ended.err) == (1, "3 things to mend.\n")
    assert mended(ended) == [
        f"Nobody is {level} on call in the coming four weeks."
        f" Set somebody: python -m bot oncall set {level} ID ID …."
        " If you need no such level, drop it from paging.levels and from its steps in the policy."
        for level in ("primary", "secondary", "manager")
    ]


def test_doctor_asks_slack_there_and_then_who_can_be_reached(
    run: Run, slack: Workspace, staffed: Callable[..., dict[str, Any]]
) -> None:
    people = staffed()
    assert mended(run("doctor")) == []
    people["primary"].deactivate()
    slack.faults.add(
        "conversations.open",
        Refused("user_not_visible"),
        when=lambda args: args["users"] == people["manager"].id,
    )
    ben = people["secondary"]
    slack.conversations[os.environ["TEAM_CHANNEL"]].members.remove(ben)
    gone, outside, silent = sorted(mended(run("doctor")))
    assert gone.startswith(f"Ana ({people['primary'].id}) is deactivated in Slack, and primary on")
    assert outside.startswith(f"Ben ({ben.id}) is not of the team any more, and secondary on call")
    assert silent.startswith(
        f"Slack opens no direct message to Mia ({people['manager'].id}) (user_not_visible)"
    )
    assert "<@" not in gone + outside + silent


NEARLY_ALWAYS = (time(0), time(23, 59))


def test_doctor_says_how_to_be_heard_in_do_not_disturb(
    run: Run, staffed: Callable[..., dict[str, Any]]
) -> None:
    staffed(dnd=NEARLY_ALWAYS)
    (found,) = mended(run("doctor"))
    assert re.match(r"Slack keeps quiet for Ana \(\w+\) \(do-not-disturb\) from .* to .*", found)
    assert "as far as it shows that" in found
    assert "Preferences > Notifications, or a route rings them too" in found


def test_doctor_only_remarks_on_do_not_disturb_where_a_route_rings(
    run: Run, staffed: Callable[..., dict[str, Any]], routed: Callable[..., None]
) -> None:
    staffed(dnd=NEARLY_ALWAYS)
    routed("PAGERDUTY_KEY")
    ended = run("doctor")
    assert not any("do-not-disturb" in line for line in mended(ended))
    assert "as primary they are rung by a route as well." in ended.out


def test_doctor_names_who_is_on_call_twice(
    run: Run, slack: Workspace, installed: Callable[..., None]
) -> None:
    ana, ben = slack.add_person("Ana"), slack.add_person("Ben")
    installed(ana.id, ben.id)
    for level, person in (("primary", ana), ("secondary", ben), ("manager", ana)):
        assert run("oncall", "set", level, person.id).code == 0
    (found,) = mended(run("doctor"))
    assert found.startswith(f"Ana ({ana.id}) is both primary and manager on call now and on:")


def test_doctor_names_the_scopes_that_the_token_lacks(
    run: Run, slack: Workspace, installed: Callable[..., None]
) -> None:
    installed()
    fewer = slack.manifest.scopes - {"dnd:read", "im:write"}
    object.__setattr__(slack.manifest, "scopes", fewer)
    assert "the token lacks dnd:read, im:write: install the manifest again" in mended(run("doctor"))


@pytest.mark.usefixtures("installed")
def test_doctor_tells_a_token_that_slack_does_not_know(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-another")
    assert any("SLACK_BOT_TOKEN (invalid_auth)" in line for line in mended(run("doctor")))


APP_TOKEN = "xapp-of-this-app"


@pytest.mark.usefixtures("installed")
def test_doctor_tries_the_token_of_socket_mode(
    run: Run, slack: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
    slack.app_token, slack.open_socket = APP_TOKEN, lambda: "ws://127.0.0.1:9/"
    assert "ok    Slack takes SLACK_APP_TOKEN, for Socket Mode" in run("doctor").out


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("missing_scope", "SLACK_APP_TOKEN lacks the scope connections:write (missing_scope)"),
        ("not_allowed_token_type", "with the scope connections:write"),
        ("invalid_auth", "Slack does not accept SLACK_APP_TOKEN (invalid_auth)"),
    ],
)
def test_doctor_says_what_the_token_of_socket_mode_lacks(
    run: Run, slack: Workspace, monkeypatch: pytest.MonkeyPatch, code: str, words: str
) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
    slack.faults.add("apps.connections.open", Refused(code))
    ended = run("doctor")
    assert any(words in line for line in mended(ended))
    assert APP_TOKEN not in ended.out


@pytest.mark.usefixtures("installed")
def test_doctor_without_slack_still_looks_at_the_rest(run: Run, slack: Workspace) -> None:
    slack.away = True
    found = mended(run("doctor"))
    assert any(line.startswith("Slack does not answer") for line in found)
    assert any("Nobody is primary on call" in line for line in found)


@pytest.mark.usefixtures("installed")
def test_doctor_without_a_database_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://nobody@127.0.0.1:9/nothing")
    (found,) = mended(run("doctor"))
    assert found.startswith("database: The database does not answer")


@pytest.mark.parametrize(
    "private",
    [
        pytest.param(False, id="a public channel"),
        pytest.param(True, id="a private channel"),
    ],
)
def test_doctor_says_that_casebell_is_not_in_the_teams_channel(
    run: Run,
    slack: Workspace,
    installed: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    private: bool,
) -> None:
    installed()
    monkeypatch.setenv("TEAM_CHANNEL", slack.add_channel("another", private=private).id)
    found = " ".join(mended(run("doctor")))
    assert "TEAM_CHANNEL" in found
    assert "/invite @casebell" in found


ROUTES = """
[[paging.routes]]
name = "pagerduty"
shape = "pagerduty"
url = "https://events.pagerduty.com/v2/enqueue?key=t0ken"
key = "PAGERDUTY_KEY"
levels = ["primary"]
after_minutes = 2

[[paging.routes]]
name = "phone"
shape = "json"
url = "https://phones.example/ring/t0ken"
levels = ["manager"]
after_minutes = 5

[oncall]"""


@pytest.fixture
def routed(
    installed: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., None]:
    """A policy with two routes, and what of their environment is set."""
    ours = tmp_path / "ours.toml"
    shipped = (ROOT / "bot/policy.toml").read_text("utf-8")
    ours.write_text(shipped.replace("\n[oncall]", ROUTES, 1), "utf-8")
    monkeypatch.setenv("POLICY_FILE", str(ours))

    def settings(*names: str) -> None:
        installed()
        values = {
            "PAGERDUTY_KEY": "a-routing-key",
            "WEBHOOK_SECRET": "a-webhook-secret-of-ours",
            "PUBLIC_URL": "https://casebell.example",
        }
        for name, value in values.items():
            monkeypatch.delenv(name, raising=False)
            if name in names:
                monkeypatch.setenv(name, value)

    return settings


def about_routes(ended: Ended) -> list[str]:
    return [
        line
        for line in ended.out.splitlines()
        if "route" in line or "PUBLIC_URL" in line or "pages ring" in line
    ]


@pytest.mark.usefixtures("installed")
def test_doctor_says_that_pages_ring_in_slack_alone(run: Run) -> None:
    assert about_routes(run("doctor")) == [
        "ok    pages ring in Slack alone: see paging.routes in the policy for other ways"
    ]


def test_doctor_is_content_with_routes_that_can_be_called(
    run: Run, routed: Callable[..., None]
) -> None:
    routed("PAGERDUTY_KEY", "WEBHOOK_SECRET", "PUBLIC_URL")
    assert about_routes(run("doctor")) == [
        "ok    route pagerduty (events.pagerduty.com) can be called",
        "ok    route phone (phones.example) can be called",
    ]


LINKS = "set PUBLIC_URL and WEBHOOK_SECRET, so that calls carry a link to acknowledge"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        pytest.param(
            ("WEBHOOK_SECRET", "PUBLIC_URL"),
            ["route pagerduty (events.pagerduty.com): PAGERDUTY_KEY is not set"],
            id="no routing key",
        ),
        pytest.param(
            ("PAGERDUTY_KEY", "PUBLIC_URL"),
            ["route phone (phones.example): WEBHOOK_SECRET is not set.", LINKS],
            id="no WEBHOOK_SECRET",
        ),
        pytest.param(("PAGERDUTY_KEY", "WEBHOOK_SECRET"), [LINKS], id="no PUBLIC_URL"),
    ],
)
def test_doctor_says_what_a_route_lacks(
    run: Run, routed: Callable[..., None], names: tuple[str, ...], words: list[str]
) -> None:
    routed(*names)
    ended = run("doctor")
    assert ended.code == 1
    found = [line for line in mended(ended) if "on call" not in line]
    assert len(found) == len(words)
    for line, start in zip(found, words, strict=True):
        assert line.startswith(start)


def test_doctor_names_the_variable_of_a_routing_key(run: Run, routed: Callable[..., None]) -> None:
    routed("WEBHOOK_SECRET", "PUBLIC_URL")
    assert "PAGERDUTY_KEY" in run("doctor").out


def test_doctor_finds_a_routing_key_in_the_file_of_settings(
    run: Run, routed: Callable[..., None], tmp_path: Path
) -> None:
    routed("WEBHOOK_SECRET", "PUBLIC_URL")
    (tmp_path / ".env").write_text("PAGERDUTY_KEY=a-routing-key\n")
    assert "ok    route pagerduty (events.pagerduty.com) can be called" in run("doctor").out


def test_doctor_prints_no_address_of_a_route_and_no_secret(
    run: Run, routed: Callable[..., None]
) -> None:
    routed("PAGERDUTY_KEY", "WEBHOOK_SECRET", "PUBLIC_URL")
    ended = run("doctor")
    for secret in ("t0ken", "a-routing-key", "a-webhook-secret-of-ours"):
        assert secret not in ended.out + ended.err


@pytest.fixture
def for_customers(monkeypatch: pytest.MonkeyPatch, slack: Workspace) -> None:
    """What customers need to install it; the local workspace's own."""
    for name, value in {
        "CASEBELL_CLIENT_ID": slack.client_id,
        "CASEBELL_CLIENT_SECRET": slack.client_secret,
        "ENCRYPTION_KEY": urlsafe_b64encode(b"k" * 32).decode(),
        "PUBLIC_URL": "https://casebell.example",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("installed")
def test_doctor_says_that_customers_have_the_button(run: Run) -> None:
    said = "ok    customers use the pinned button (for /case too, set CASEBELL_CLIENT_ID)"
    assert said in run("doctor").out.splitlines()


@pytest.mark.usefixtures("installed", "for_customers")
def test_doctor_says_which_address_slack_has_to_know(run: Run) -> None:
    """manifest.yml names none: it is for Socket Mode, and cannot know it."""
    assert (
        "add https://casebell.example/slack/oauth_redirect to the Redirect URLs of OAuth &"
        " Permissions: customers cannot install Casebell"
    ) in mended(run("doctor"))


@pytest.mark.usefixtures("installed", "for_customers")
def test_doctor_asks_slack_whether_it_knows_the_client(
    run: Run, slack: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://casebell.example/slack/oauth_redirect"
    slack.manifest = replace(slack.manifest, redirect_urls=(address,))
    said = f"ok    customers can install Casebell; Slack leads back to {address}"
    assert said in run("doctor").out.splitlines()
    monkeypatch.setenv("CASEBELL_CLIENT_SECRET", "hunter-two")
    ended = run("doctor")
    assert any("CASEBELL_CLIENT_ID with its secret" in line for line in mended(ended))
    assert "hunter-two" not in ended.out


@pytest.mark.usefixtures("installed", "for_customers")
def test_doctor_promises_nothing_to_customers_where_slack_does_not_say(
    run: Run, slack: Workspace
) -> None:
    slack.faults.add("oauth.v2.access", CutBefore())
    said = "whether customers can install Casebell is not known: Slack says no_answer"
    assert said in mended(run("doctor"))


def have_installed(run: Run, sqlite_url: str) -> None:
    """A workspace has it, by a token that opens by no key."""
    run("doctor")
    at = datetime(2026, 11, 23, tzinfo=UTC)
    database = Database(sqlite_url)
    with SqlStore(database).transaction() as tx:
        tx.installations.save(Installation("T9", "Acme", "C1", "sealed", "UB", "UA", at, at))
    database.dispose()


@pytest.mark.usefixtures("installed", "for_customers")
def test_doctor_names_a_token_that_opens_by_no_key(run: Run, sqlite_url: str) -> None:
    have_installed(run, sqlite_url)
    assert any("the token of Acme (T9)" in line for line in mended(run("doctor")))


@pytest.mark.usefixtures("installed")
def test_doctor_names_who_has_it_where_it_is_switched_off(run: Run, sqlite_url: str) -> None:
    have_installed(run, sqlite_url)
    said = "Acme (T9) has installed Casebell, and is not answered"
    assert any(said in line for line in mended(run("doctor")))


@pytest.mark.usefixtures("installed")
def test_without_a_key_for_customers_tokens_nothing_starts(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEBELL_CLIENT_ID", "1.2")
    ended = run("run")
    assert ended.code == 2
    assert "ENCRYPTION_KEY is not set, and customers are to install Casebell" in ended.err


def test_policy_prints_the_routes(run: Run, routed: Callable[..., None]) -> None:
    routed()
    out = run("policy").out
    assert "pagerduty" in out
    assert "phones.example" in out
    assert "t0ken" not in out
