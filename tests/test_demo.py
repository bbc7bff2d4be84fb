"""The demo plays to its end anywhere, reads well, leaves nothing behind, and can fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.errors import CasebellError
from bot.manifest import manifest
from bot.messages import kit
from bot.sandbox import Message, Workspace, happenings
from bot.sandbox.demo import Weekend, play
from bot.sandbox.transcript import WIDTH, Transcript

ROOT = Path(__file__).parent.parent

MOMENTS = (
    "Fri 16:40:00  Ana presses [I have it], and is answered privately",
    "Noted: reachable in",
    "Fri 16:40:05  Carla types /case",
    "Next response by: Dec 7 at 9:40 AM (Mon 7 Dec, 9:40 AM Central)",
    "[Take] [Reply] [Resolve] [⋯]",
    "Fri 16:50:00  Ana presses [Take] on CASE-1001",
    "Assigned to: @Ana",
    "Fri 16:52:00  Ana → #acme, thread of CASE-1001",
    "Status: Answered",
    "Fri 19:00:00  casebell → #acme and #support-team",
    "Prod upgrade begins in an hour",
    "Fri 20:00:00  casebell → #acme and #support-team",
    "Prod upgrade is under way",
    "Sat 00:00:00  casebell → #acme and #support-team",
    "Prod upgrade is over",
    "The form warns her",
    "Sat 02:00:00  casebell → Ana (DM)",
    "Page: CASE-1002 · Business Stopped",
    "[Acknowledge] [Escalate now]",
    "Sat 02:05:00  casebell → Ana (DM)",
    "Sat 02:10:00  casebell → Ben (DM)",
    "Sat 02:15:00  casebell → #support-team",
    "Sat 02:15:00  casebell → Mia (DM)",
    "Sat 02:17:00  Ben presses [Acknowledge]",
    "Acknowledged: CASE-1002",
    "Sat 02:21:00  Ben → #acme, thread of CASE-1002",
    "@Ben (of the team) wrote to the customer:",
    "Answered: CASE-1002",
    "Sat 02:24:00  Ben → #support-team, thread of CASE-1002",
    "Sat 02:40:00  Carla presses [Still down: page on-call] on CASE-1002, and fills in",
    "This wakes our on-call engineer now.",
    "What has changed? It came back for a minute",
    "[Page on-call]",
    "Sat 02:40:00  casebell → Ana (DM)",
    "@Carla says that it is still down. On-call is paged.",
    "Sat 02:42:00  Ana presses [Acknowledge]",
    "Sat 02:46:00  Ana (Logik.io) → #acme, thread of CASE-1002",
    "Sun 21:45:00  Casebell has sent 3 more pages: 1 to Ana, 1 to Ben and 1 to Mia",
    "Sun 22:30:00  casebell → #support-team",
    "Sun 23:30:05  Casebell redraws CASE-1003 in #acme",
    "overdue since",
    "Mon 07:00:00  casebell → #support-team",
    "Mon 07:06:00  Dora presses [Reply] on CASE-1003, and fills in",
    "Your reply: Good morning, Dora here.",
    "[Send]",
    "Mon 07:06:00  Dora (Logik.io) → #acme, thread of CASE-1003",
    "@Dora replied to the customer through Casebell:",
    "Mon 07:40:00  Dora presses [Resolve] on CASE-1003",
    "@Dora resolved CASE-1003.",
    "Status: Resolved by @Dora · [Reopen] [Reply]",
    "Mon 09:05:00  Carla → #acme, thread of CASE-1003",
    "is open again: @Carla replied after it was resolved.",
    "Carla types /case list in #acme",
    "CASE-1003 Our shop is down",
    "Mon 09:30:00  Dora presses [Resolve] on CASE-1003",
    "CASE-1001  Business severely impacted  Fri 16:40  Mon 09:40  Fri 16:52  Ana   in time",
    "CASE-1002  Business Stopped            Sat 02:00  Sat 04:00  Sat 02:21  Ben   in time",
    "CASE-1002  Business Stopped            Sat 02:40  Sat 04:40  Sat 02:46  Ana   in time",
    "CASE-1003  Business Stopped            Sun 21:30  Sun 23:30  Mon 07:06  Dora  7 h 36 min late",
    "Nothing was lost",
    "Nothing leaked",
)


@dataclass(frozen=True)
class Run:
    """How `python -m bot demo` ended, and the files that it left where it ran."""

    code: int
    out: str
    err: str
    left: tuple[Path, ...]


# A proxy that leads nowhere, and the settings of another bot.
NOWHERE = dict.fromkeys(
    ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), "http://127.0.0.1:9"
)
OTHERS = {
    "SLACK_BOT_TOKEN": "xoxb-of-another-bot",
    "SLACK_APP_TOKEN": "xapp-of-another-bot",
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "of-another-bot",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
}


def run_demo(directory: Path, environment: dict[str, str]) -> Run:
    here, temporary = directory / "here", directory / "temporary"
    here.mkdir()
    temporary.mkdir()
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "demo"],
        cwd=here,
        env=kept | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=55,
        check=False,
    )
    left = (*here.iterdir(), *temporary.iterdir())
    return Run(done.returncode, done.stdout, done.stderr, left)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run, whose surroundings do not concern it."""
    return run_demo(tmp_path_factory.mktemp("demo"), NOWHERE | OTHERS)


def test_it_needs_no_settings_minds_no_others_and_ends_well(run: Run) -> None:
    assert (run.code, run.err) == (0, "")


def test_the_weekend_happens_in_order(run: Run) -> None:
    position = 0
    for moment in MOMENTS:
        found = run.out.find(moment, position)
        assert found >= 0, f"{moment!r} does not follow: {run.out[position:][:2000]}"
        position = found + len(moment)


def test_time_never_goes_back(run: Run) -> None:
    days = {"Fri": 0, "Sat": 1, "Sun": 2, "Mon": 3}
    stamps = re.findall(r"^(\w{3}) (\d\d:\d\d:\d\d)  ", run.out, re.MULTILINE)
    moments = [(days[day], clock) for day, clock in stamps]
    assert len(moments) > 50
    assert moments == sorted(moments)


def test_it_is_plain_text_for_a_hundred_columns(run: Run) -> None:
    assert max(map(len, run.out.splitlines())) <= WIDTH
    markup = re.findall(r"\x1b|<[@#!]\w+|&\w+;|\*\w|:[a-z_]{3,}:", run.out)
    assert markup == []


def test_it_fits_a_terminal_of_eighty_columns(tmp_path: Path) -> None:
    run = run_demo(tmp_path, {"COLUMNS": "80"})
    assert (run.code, run.err) == (0, "")
    assert max(map(len, run.out.splitlines())) == 80
    assert "CASE-1003  Sun 21:30  Sun 23:30  Mon 07:06  Dora  7 h 36 min late" in run.out


def test_it_ends_with_a_section_of_the_readme_to_go_on_with(run: Run) -> None:
    section = re.search(r'README.md, "(.+)"', run.out)
    assert section is not None
    assert f"## {section[1]}\n" in (ROOT / "README.md").read_text("utf-8")


def test_it_leaves_no_file_behind(run: Run) -> None:
    assert run.left == ()


def test_a_customer_left_without_an_answer_fails_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The conclusion is not a sentence that is printed whatever happened."""
    monkeypatch.setattr(Weekend, "_monday", lambda _weekend: None)
    with pytest.raises(CasebellError) as ended:
        play()
    assert "CASE-1003 was never answered." in str(ended.value)
    assert "The page of CASE-1003 is still exhausted." in str(ended.value)
    assert "Nothing was lost" not in capsys.readouterr().out


def test_what_leaks_and_what_gets_lost_on_the_way_to_the_team_fails_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even where it was taken back at once. On this Sunday four things go wrong."""

    def sunday(weekend: Weekend) -> None:
        case, workspace = weekend.cases[0], weekend.desk.workspace
        secret, bot = "Nobody has looked yet.", workspace.bot
        weekend.write_internally(weekend.ana, case, secret)
        for words in (f"It rings {weekend.mia.mention} for {case}.", f"{case}? {secret}"):
            with workspace.changed:
                posted = happenings.post(workspace, weekend.acme, bot, words)
            weekend.pass_moment()
            with workspace.changed:
                happenings.edit(workspace, posted, "Good evening.", ())
        with workspace.changed:
            thread, name = weekend.card(case).ts, "Ana (Logik.io)"
            happenings.post(
                workspace, weekend.acme, bot, f"{case}: Hello.", thread_ts=thread, username=name
            )
            mirrored = weekend.team_card(case).thread[0]
            weekend.desk.team_channel.messages.remove(mirrored)

    monkeypatch.setattr(Weekend, "_sunday", sunday)
    monkeypatch.setattr(Weekend, "_monday", lambda _weekend: None)
    with pytest.raises(CasebellError) as ended:
        play()
    _, *amiss = str(ended.value).splitlines()
    assert amiss == [
        "The customer could read who of the team it is before they came forward: 'It rings @Mia for"
        " CASE-1001.'",
        "The customer could read what the team keeps to itself: 'CASE-1001? Nobody has looked"
        " yet.'",
        "'CASE-1001: Hello.' is not on the record of CASE-1001.",
        "Of what people said about CASE-1001, the team has read {}.",
    ]
    assert "Nothing leaked" not in capsys.readouterr().out


# --- the transcript ------------------------------------------------------------------------------

CENTRAL = ZoneInfo("America/Chicago")
CASE = "CASE-1: Prices are gone"


class Room:
    """Two channels with a person in them, and the transcript of what happens there."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.ana = workspace.add_person("Ana")
        members = [workspace.bot, self.ana]
        self.channels = [workspace.add_channel(name, members=members) for name in ("a", "b")]
        self.transcript = Transcript(workspace, CENTRAL)

    def post(self, *blocks: kit.Block, channel: int = 0) -> Message:
        with self.workspace.changed:
            room, bot = self.channels[channel], self.workspace.bot
            return happenings.post(self.workspace, room, bot, CASE, blocks)


@pytest.fixture
def room() -> Iterator[Room]:
    with Workspace(manifest()) as workspace:
        yield Room(workspace)


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines without their time stamps and indents."""
    return [line[14:] for line in capsys.readouterr().out.splitlines()]


def test_the_same_words_in_two_channels_are_one_entry(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    room.post(kit.section("*Hello*"))
    room.post(kit.section("*Hello*"), channel=1)
    room.transcript.catch_up()
    assert printed(capsys) == ["casebell → #a and #b", "Hello"]


def test_the_lines_of_a_section_stay_lines_and_a_label_shares_one_with_what_is_under_it(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = ("*primary*", "Before: nobody", "Now:", "• always, " + "and always, " * 7)
    room.post(kit.section("\n".join(changes)), kit.section("*Due*\ntoday"), kit.divider())
    room.transcript.catch_up()
    assert printed(capsys) == [
        "casebell → #a",
        "primary",
        "  Before: nobody",
        "  Now:",
        "  • always, and always, and always, and always, and always, and always, and always,",
        "  and always,",
        "Due: today",
    ]


def test_a_line_that_was_read_before_is_left_out(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    buttons = kit.actions(kit.button("acknowledge", "Acknowledge", "1"))
    for news in ("It rings.", "It rings again."):
        room.post(kit.header("Page"), kit.plain("Prices are gone"), kit.section(news), buttons)
        room.transcript.catch_up()
    assert printed(capsys)[5:] == [
        "casebell → #a",
        "Page …",
        "It rings again.",
        "[Acknowledge]",
    ]


def test_of_a_redrawing_only_what_is_new_is_printed(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    status, severity = ("Status", "Waiting"), ("Severity", ":red_circle: High")
    card = room.post(kit.fields(severity, status))
    room.transcript.catch_up()
    with room.workspace.changed:
        redrawn = kit.fields(severity, ("Status", "Answered"))
        happenings.edit(room.workspace, card, CASE, [redrawn])
    room.transcript.catch_up()
    room.transcript.catch_up()
    assert printed(capsys) == [
        "casebell → #a",
        "Severity: High · Status: Waiting",
        "Casebell redraws CASE-1 in #a",
        "Status: Answered",
    ]


def test_what_differs_in_its_times_alone_is_left_out_where_it_is_long(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    """A due time is news, a sentence about the next ring is not."""
    for minute in ("05", "10"):
        at = f"today at 2:{minute} AM (Sat 5 Dec, 2:{minute} AM Central)"
        without = "Without anybody who acknowledges this page, somebody is rung again"
        room.post(kit.header("Page"), kit.section(f"Due {at}"), kit.section(f"{without} {at}."))
        room.transcript.catch_up()
    assert printed(capsys)[5:] == [
        "casebell → #a",
        "Page",
        "Due today at 2:10 AM (Sat 5 Dec, 2:10 AM Central) …",
    ]


def test_a_long_card_is_cut_below_its_buttons(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [kit.plain(f"Answer {n}") for n in range(9)]
    buttons = kit.actions(kit.button("take", "Take", "1"), kit.overflow("more", ("a", "Assign")))
    room.post(kit.header("Card"), *answers, buttons, *answers)
    room.transcript.catch_up()
    assert printed(capsys)[-2:] == ["[Take] [⋯]", "… and 9 lines more"]


def test_what_is_redrawn_in_two_places_in_two_ways_is_one_entry_that_repeats_nothing(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    cards = [room.post(kit.section(f"In {name}"), channel=n) for n, name in enumerate("ab")]
    room.transcript.catch_up()
    capsys.readouterr()
    with room.workspace.changed:
        for card, extra in zip(cards, ((), [kit.section("The page is over.")]), strict=True):
            happenings.edit(room.workspace, card, CASE, [kit.section("Answered"), *extra])
    room.transcript.catch_up()
    assert printed(capsys) == ["Casebell redraws CASE-1", "#a: Answered", "#b: The page is over."]


def test_pages_that_are_counted_are_printed_before_what_came_after_them(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    with room.transcript.counting_direct_messages():
        for _ in range(3):
            with room.workspace.changed:
                happenings.post(room.workspace, room.ana.dm, room.workspace.bot, "Page")
            room.transcript.catch_up()
        room.post(kit.section("Nobody has it."))
        room.transcript.catch_up()
    assert printed(capsys) == [
        "Casebell has sent 3 more pages: 3 to Ana",
        "casebell → #a",
        "Nobody has it.",
    ]


@pytest.mark.parametrize(("bold", "escapes"), [(True, 2), (False, 0)], ids=["terminal", "file"])
def test_bold_is_for_terminals(
    bold: bool, escapes: int, room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    Transcript(room.workspace, CENTRAL, bold=bold).act("Ben presses Acknowledge")
    assert capsys.readouterr().out.count("\033[") == escapes
