"""The calendar file, read back by the library, by another one, and letter by letter."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil import tz
from examples import WORST
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calendar_file import calendar_file, sectors, slug
from bot.calendar_zone import calendar_zone
from bot.domain.maintenance import WindowKind, occurrences
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window, planned
from bot.policy import load_policy

POLICY = load_policy()
CENTRAL = POLICY.hours.zone
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
YEAR = tuple(
    planned(one) for one in occurrences(POLICY.maintenance, NOW - 28 * DAY, NOW + 400 * DAY)
)
BY_KEY = {window.key: window for window in YEAR}
PROD = BY_KEY["prod-2026-12-03"]
EXTRA = Window("extra-1", WindowKind.EXTRA, None, Segment(NOW + DAY, NOW + DAY + HOUR))


def written(windows: Sequence[Window] = YEAR, **options: object) -> str:
    return calendar_file(POLICY, windows, {}, NOW, **options)  # type: ignore[arg-type]


def events(text: str) -> dict[str, icalendar.Event]:
    """What the file says, by the key of the window."""
    found = icalendar.Calendar.from_ical(text).events
    return {str(event["uid"]).partition("@")[0]: event for event in found}


def only(window: Window) -> icalendar.Event:
    (event,) = events(written([window])).values()
    return event


def instants(event: icalendar.Event) -> Segment:
    return Segment(event.start.astimezone(UTC), event.end.astimezone(UTC))


# --- when ----------------------------------------------------------------------------------------


def test_every_window_is_in_the_file_from_its_first_second_to_its_last() -> None:
    assert {key: instants(event) for key, event in events(written()).items()} == {
        window.key: window.segment for window in YEAR
    }


@pytest.mark.parametrize(
    ("monday", "starts", "ends", "hours"),
    [
        pytest.param("2027-03-08", "20270312T200000", "20270314T050000", 32, id="spring skips one"),
        pytest.param("2027-11-01", "20271105T200000", "20271107T050000", 34, id="autumn repeats"),
        pytest.param("2026-12-28", "20270101T200000", "20270103T050000", 33, id="on a holiday"),
    ],
)
def test_the_routine_window_keeps_its_wall_time_over_every_change_of_the_clocks(
    monday: str, starts: str, ends: str, hours: int
) -> None:
    event = events(written())[f"routine-{monday}"]
    assert instants(event).duration == hours * HOUR
    text = event.to_ical().decode()
    assert f"DTSTART;TZID=America/Chicago:{starts}\r\n" in text
    assert f"DTEND;TZID=America/Chicago:{ends}\r\n" in text
    assert f"{hours} h" in event["description"]


def read_by_another(text: str) -> dict[str, Segment]:
    """The windows as a second reader takes them: wall times by the rules in the file alone."""
    zone = tz.tzical(io.StringIO(text.replace("\r\n ", ""))).get("America/Chicago")
    found = {}
    for part in text.split("BEGIN:VEVENT")[1:]:
        (uid,) = re.findall(r"^UID:(.+?)@", part, re.MULTILINE)
        bounds = []
        for name in ("DTSTART", "DTEND"):
            ((zoned, wall, utc),) = re.findall(
                rf"^{name}(;TZID=America/Chicago)?:(\w{{15}})(Z?)\r$", part, re.MULTILINE
            )
            assert bool(zoned) != bool(utc)
            read = datetime.strptime(wall, "%Y%m%dT%H%M%S").replace(tzinfo=UTC if utc else zone)
            bounds.append(read.astimezone(UTC))
        found[uid] = Segment(*bounds)
    return found


def test_a_reader_that_knows_the_zone_from_the_file_alone_finds_the_same() -> None:
    assert read_by_another(written()) == {window.key: window.segment for window in YEAR}


@pytest.mark.parametrize("minute", range(0, 4 * 60, 15))
@pytest.mark.parametrize("night", ["2027-03-14", "2027-11-07"], ids=["spring", "autumn"])
def test_a_window_that_ends_while_the_clocks_change_ends_when_it_does(
    night: str, minute: int
) -> None:
    end = datetime.fromisoformat(f"{night}T06:00+00:00") + timedelta(minutes=minute)
    window = replace(EXTRA, segment=Segment(end - 2 * HOUR, end))
    assert instants(only(window)) == window.segment
    assert read_by_another(written([window])) == {window.key: window.segment}


@pytest.mark.parametrize(
    "name",
    [
        "America/Chicago",
        "America/New_York",
        "America/Phoenix",
        "America/Santiago",
        "Europe/Berlin",
        "Europe/Dublin",
        "Europe/London",
        "Africa/Casablanca",
        "Asia/Jerusalem",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Australia/Sydney",
        "UTC",
    ],
)
def test_a_zone_in_the_file_is_the_zone_itself_at_every_hour_of_the_year(name: str) -> None:
    zone, last = ZoneInfo(name), NOW + 430 * DAY
    file = icalendar.Calendar()
    file.add_component(calendar_zone(zone, NOW, last))
    read = tz.tzical(io.StringIO(file.to_ical().decode())).get(name)
    at = NOW
    while at < last:
        wall = at.astimezone(zone).replace(tzinfo=None)
        # Of an hour that is there twice, this reader knows the first alone.
        if not at.astimezone(zone).fold:
            assert wall.replace(tzinfo=read).utcoffset() == at.astimezone(zone).utcoffset(), at
        at += HOUR


def test_the_changes_of_the_clocks_are_yearly_rules_since_outlook_reads_no_lists() -> None:
    text = written()
    assert "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\r\n" in text
    assert "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\r\n" in text
    assert "RDATE" not in text
    berlin = calendar_zone(ZoneInfo("Europe/Berlin"), NOW, NOW + DAY).to_ical().decode()
    assert re.findall("BYDAY=(.+);BYMONTH=", berlin) == ["-1SU", "-1SU"], "the last, not the fourth"


# --- what ----------------------------------------------------------------------------------------


def test_a_window_says_what_is_done_what_will_not_work_and_whom_to_write_to() -> None:
    event = only(replace(PROD, what="New disks, twice; as fast", affected="Exports\nand imports"))
    assert event["summary"] == "Logik.io Prod upgrade"
    assert event["description"] == (
        "What is done: New disks, twice; as fast\n"
        "What will not work: Exports\nand imports\n"
        "Fri 18 Dec 2026, 8:00 PM to Sat 19 Dec 2026, 12:00 AM Central, 4 h.\n"
        "If something does not work, open a case in Slack or write to support@logik.io."
    )
    assert (event["status"], event["transp"]) == ("CONFIRMED", "TRANSPARENT")


@pytest.mark.parametrize(
    ("window", "summary", "words"),
    [
        (
            PROD,
            "Logik.io Prod upgrade",
            [
                "A new version is installed.",
                "The Logik.io Prod application could be unavailable during this time.",
            ],
        ),
        (
            BY_KEY["routine-2026-12-14"],
            "Logik.io routine maintenance",
            ["The Logik.io application could be unavailable during this time."],
        ),
        (
            replace(EXTRA, sector="EU  West"),
            "Logik.io EU West maintenance",
            ["The Logik.io EU West application could be unavailable during this time."],
        ),
        (
            EXTRA,
            "Logik.io maintenance",
            ["The Logik.io application could be unavailable during this time."],
        ),
    ],
    ids=["an upgrade", "the routine one", "one of a sector", "one of no sector"],
)
def test_a_window_of_which_nothing_is_said_is_described_by_its_kind(
    window: Window, summary: str, words: list[str]
) -> None:
    event = only(window)
    assert event["summary"] == summary
    assert event["description"].splitlines()[:-2] == words


@pytest.mark.parametrize("why", CalledOff)
def test_a_window_that_was_called_off_is_cancelled_and_not_left_out(why: CalledOff) -> None:
    event = only(replace(PROD, called_off=why, sequence=3))
    assert (event["status"], event["sequence"]) == ("CANCELLED", 3)
    assert event["summary"] == "Cancelled: Logik.io Prod upgrade"
    assert event["description"].startswith("Cancelled: this maintenance does not take place.\n")
    assert instants(event) == PROD.segment


def test_a_moved_window_is_the_same_one_with_a_higher_number() -> None:
    later = Segment(PROD.segment.start + 7 * DAY, PROD.segment.end + 7 * DAY)
    before, after = only(PROD), only(replace(PROD, segment=later, sequence=1))
    assert before["uid"] == after["uid"] == "prod-2026-12-03@logik.io"
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert instants(after) == later


def test_the_file_is_the_same_whenever_it_is_made() -> None:
    assert written() == calendar_file(POLICY, YEAR, {}, NOW + 5 * DAY)


def test_an_event_is_stamped_with_when_its_window_was_last_changed() -> None:
    changed = datetime(2026, 11, 20, 9, 30, 15, 999, tzinfo=UTC)
    (event,) = events(calendar_file(POLICY, [PROD], {PROD.key: changed}, NOW)).values()
    assert event["dtstamp"].dt == event["last-modified"].dt == changed.replace(microsecond=0)
    assert only(PROD)["dtstamp"].dt < changed, "of one that nobody has changed, it is long ago"


# --- sectors -------------------------------------------------------------------------------------


def test_the_file_of_a_sector_has_its_windows_and_those_of_everything() -> None:
    west = replace(EXTRA, key="extra-2", sector="EU West")
    windows = [*YEAR, EXTRA, west]
    kinds = {key.partition("-")[0] for key in events(written(windows, sector="Prod"))}
    assert kinds == {"prod", "routine", "extra"}
    found = events(written(windows, sector="EU West"))
    assert {"extra-1", "extra-2"} <= set(found)
    assert not any(key.startswith(("prod", "test")) for key in found)
    assert "X-WR-CALNAME:Logik.io Prod maintenance\r\n" in written(windows, sector="Prod")
    assert "X-WR-CALNAME:Logik.io maintenance\r\n" in written(windows)


def test_sectors_are_those_of_the_policy_and_of_the_windows_by_names_fit_for_an_address() -> None:
    west = replace(EXTRA, sector="EU West / 2")
    odd = replace(EXTRA, sector="!!!")
    assert sectors(POLICY, [west, odd]) == {
        "test": "Test",
        "prod": "Prod",
        "eu-west-2": "EU West / 2",
    }
    assert slug("PROD") == slug("prod") == "prod"


# --- letter by letter ----------------------------------------------------------------------------


def properties(text: str) -> list[str]:
    """The names of the properties of the first event."""
    part = text.replace("\r\n ", "").partition("BEGIN:VEVENT\r\n")[2].partition("END:VEVENT")[0]
    return [re.split("[;:]", line)[0] for line in part.splitlines()]


def test_the_file_has_what_the_standard_asks_for() -> None:
    text = written()
    lines = text.split("\r\n")
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert max(len(line.encode()) for line in lines) <= 75
    for line in ("VERSION:2.0", "PRODID:-//Casebell//Maintenance//EN", "TZID:America/Chicago"):
        assert lines.count(line) == 1
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines
    assert "X-PUBLISHED-TTL:PT1H" in lines
    assert "METHOD" not in text, "with one, every event would need an organizer"
    names = properties(text)
    assert set(names) >= {"UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "LAST-MODIFIED"}
    assert len(names) == len(set(names)), "each once"


def test_a_file_without_windows_is_a_file_all_the_same() -> None:
    file = icalendar.Calendar.from_ical(written([]))
    assert file.events == []
    assert len(file.timezones) == 1, "the standard wants one component at least"


@pytest.mark.parametrize("text", WORST.values(), ids=WORST.keys())
def test_whatever_the_team_types_is_text_and_stays_it(text: str) -> None:
    window = replace(EXTRA, sector=text, what=text, affected=text)
    file = written([window, PROD])
    sound(file)
    assert set(events(file)) == {"extra-1", PROD.key}
    for words in (line.strip() for line in text.replace("\x00", "").splitlines()):
        assert words in events(file)["extra-1"]["description"]


def sound(text: str) -> None:
    assert "\n" not in text.replace("\r\n", "")
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert text.count("BEGIN:VEVENT\r\n") == text.count("\r\nUID:") == text.count("END:VEVENT\r\n")


INSTANTS = st.integers(0, 400 * 86400).map(lambda s: NOW - 28 * DAY + timedelta(seconds=s))
WINDOWS = st.builds(
    lambda number, start, seconds, **facts: Window(
        f"extra-{number}",
        WindowKind.EXTRA,
        segment=Segment(start, start + timedelta(seconds=seconds)),
        **facts,
    ),
    number=st.integers(1, 10**6),
    start=INSTANTS,
    seconds=st.integers(1, 8 * 86400),
    sector=st.none() | st.text(max_size=60),
    what=st.text(max_size=200),
    affected=st.text(max_size=200),
    called_off=st.none() | st.sampled_from(CalledOff),
    sequence=st.integers(0, 10**6),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WINDOWS, max_size=5, unique_by=lambda window: window.key))
def test_any_windows_come_back_as_they_are(windows: list[Window]) -> None:
    text = written(windows)
    sound(text)
    found = events(text)
    assert {key: (instants(e), e["sequence"], e["status"]) for key, e in found.items()} == {
        window.key: (
            window.segment,
            window.sequence,
            "CONFIRMED" if window.takes_place else "CANCELLED",
        )
        for window in windows
    }
    assert read_by_another(text) == {window.key: window.segment for window in windows}
