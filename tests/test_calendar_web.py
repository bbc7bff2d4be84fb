"""The calendar file over HTTP: for everybody, the newest at once, and nothing internal."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from urllib.parse import quote

import icalendar
import pytest
from door import Answer, Door, ask
from processes import free_port
from story import central
from window_calls import add_window, change_window

from bot.domain.segments import Segment
from bot.domain.window_changes import Cancel, Change, Move, Resize, Skip

ALL = "/maintenance.ics"
PROD = "prod-2026-12-03"
HOUR = timedelta(hours=1)


@contextmanager
def opened(database_url: str, at: str = "2026-11-23 10:00", **options: object) -> Iterator[Door]:
    made = Door(database_url, at, **options)  # type: ignore[arg-type]
    made.start(on_call=False)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One running bot for all that changes nothing."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('ics')}/casebell.db") as made:
        yield made


@pytest.fixture
def door(sqlite_url: str) -> Iterator[Door]:
    with opened(sqlite_url) as made:
        yield made


def get(door: Door, path: str = ALL, *, method: str = "GET", **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = ask(door.port, method, path, headers=sent)
    # Names of headers are the same in any case, and servers write them as they like.
    return replace(answer, headers={name.title(): value for name, value in answer.headers.items()})


def events(door: Door, path: str = ALL) -> dict[str, icalendar.Event]:
    answer = get(door, path)
    assert answer.status == 200, answer
    found = icalendar.Calendar.from_ical(answer.body).events
    return {str(event["uid"]).partition("@")[0]: event for event in found}


def change(door: Door, key: str, how: Change) -> None:
    change_window(door.desk.bot.services.maintenance, key, how, door.ana.id)
    door.desk.rest()


def starts(event: icalendar.Event) -> str:
    return f"{event.start.astimezone(UTC):%Y-%m-%d %H:%M}"


def at(text: str) -> str:
    return f"{central(text).astimezone(UTC):%Y-%m-%d %H:%M}"


# --- what is in it -------------------------------------------------------------------------------


def test_the_file_has_twelve_months_of_windows_as_they_are_stored(still: Door) -> None:
    found = events(still)
    with still.desk.bot.store.reading() as tx:
        stored = tx.windows.load(still.desk.clock.now())
    shown = {key: (event.start, event.end) for key, event in found.items()}
    assert len(stored) > 80
    for window in stored:
        assert shown[window.key] == (window.segment.start, window.segment.end)
    last = max(event.start for event in found.values())
    assert last > still.desk.clock.now() + timedelta(days=366)


@pytest.mark.parametrize(
    ("key", "start", "hours"),
    [
        ("test-2026-12-31", "2026-12-31 20:00", 4),
        ("prod-2026-12-17", "2027-01-01 20:00", 4),
        ("routine-2027-03-08", "2027-03-12 20:00", 32),
        ("routine-2027-11-01", "2027-11-05 20:00", 34),
    ],
)
def test_the_windows_that_others_get_wrong_are_right(
    still: Door, key: str, start: str, hours: int
) -> None:
    event = events(still)[key]
    length = event.end.astimezone(UTC) - event.start.astimezone(UTC)
    assert (starts(event), length) == (at(start), hours * HOUR)


def test_a_moved_window_moves_in_calendars_at_once_and_so_does_the_prod_that_follows(
    door: Door,
) -> None:
    before = events(door)
    door.desk.advance(minutes=5)
    change(door, "test-2026-12-17", Move(central("2026-12-24 20:00").astimezone(UTC)))
    after = events(door)
    for key, start in (
        ("test-2026-12-17", "2026-12-24 20:00"),
        ("prod-2026-12-17", "2027-01-08 20:00"),
    ):
        assert after[key]["uid"] == before[key]["uid"]
        assert after[key]["sequence"] == before[key]["sequence"] + 1
        assert starts(after[key]) == at(start)
        assert after[key]["dtstamp"].dt == door.desk.clock.now().replace(microsecond=0)
    others = set(before) - {"test-2026-12-17", "prod-2026-12-17"}
    assert all(after[key] == before[key] for key in others)


@pytest.mark.parametrize("how", [Cancel(), Skip()], ids=["cancelled", "skipped"])
def test_a_window_that_is_called_off_stays_in_the_file_as_cancelled(
    door: Door, how: Change
) -> None:
    change(door, PROD, how)
    event = events(door)[PROD]
    assert (event["status"], event["sequence"]) == ("CANCELLED", 1)
    assert starts(event) == at("2026-12-18 20:00")


def test_a_window_is_in_the_file_for_four_weeks_after_it_is_over(sqlite_url: str) -> None:
    with opened(sqlite_url) as door:
        assert "routine-2026-11-23" in events(door)
        for text, expected in (("2026-12-27 04:00", True), ("2026-12-27 06:00", False)):
            door.desk.stop_bot()
            door.desk.clock.turn_to(central(text))
            door.desk.start_bot()
            assert ("routine-2026-11-23" in events(door)) is expected, text


def test_an_added_window_is_in_the_file_with_what_was_said_of_it(door: Door) -> None:
    start = central("2026-12-23 08:00").astimezone(UTC)
    add_window(
        door.desk.bot.services.maintenance,
        "EU West",
        Segment(start, start + HOUR),
        door.ana.id,
        what="New disks",
        affected="Exports",
    )
    (event,) = (e for key, e in events(door, "/maintenance/eu-west.ics").items() if "extra" in key)
    assert event["summary"] == "Logik.io EU West maintenance"
    assert "What is done: New disks\nWhat will not work: Exports\n" in event["description"]
    assert "extra-1" not in events(door, "/maintenance/prod.ics")


def test_nothing_of_customers_or_of_the_team_is_in_it(door: Door) -> None:
    door.open_case()
    change(door, PROD, Resize(central("2026-12-19 02:00").astimezone(UTC)))
    body = get(door).body
    people = (door.ana, door.dora, door.carla, door.emil)
    names = [word for person in people for word in (person.id, person.name)]
    for word in (*names, "acme", door.acme.id, door.team.id, "CASE-", "Prices"):
        assert word.lower() not in body.lower(), word


# --- the file of a sector ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["prod", "Prod", "PROD", "%50rod"])
def test_a_sector_has_a_file_of_its_own_however_it_is_written(still: Door, name: str) -> None:
    kinds = {key.partition("-")[0] for key in events(still, f"/maintenance/{name}.ics")}
    assert kinds == {"prod", "routine"}


@pytest.mark.parametrize(
    "name",
    ["", "staging", "routine", "extra", "prod/", "../prod", "..%2Fmaintenance", quote("ä"), "%FF"],
)
def test_there_is_no_file_of_a_sector_that_there_is_not(still: Door, name: str) -> None:
    assert get(still, f"/maintenance/{name}.ics").status == 404


@pytest.mark.parametrize(
    "path", ["/maintenance", "/maintenance/", "/maintenance.ics/", "/prod.ics"]
)
def test_other_addresses_are_not_there(still: Door, path: str) -> None:
    assert get(still, path).status == 404


# --- HTTP ----------------------------------------------------------------------------------------


def test_the_file_says_what_it_is_and_for_how_long_it_may_be_kept(still: Door) -> None:
    answer = get(still)
    assert answer.headers["Content-Type"] == "text/calendar;charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Content-Length"] == str(len(answer.body.encode()))


def test_who_has_the_newest_file_is_not_sent_it_again(still: Door) -> None:
    tag = get(still).headers["Etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = get(still, If_None_Match=known)
        assert (answer.status, answer.body, answer.headers["Etag"]) == (304, "", tag)
        assert "Content-Length" not in answer.headers, "it would be that of the file"
    assert get(still, If_None_Match='"other"').status == 200
    assert get(still, "/maintenance/prod.ics").headers["Etag"] != tag


def test_the_file_stays_the_same_until_a_window_changes(door: Door) -> None:
    before = get(door)
    door.desk.advance(hours=3)
    door.desk.stop_bot()
    door.desk.start_bot()
    assert get(door).body == before.body
    tag = before.headers["Etag"]
    assert get(door, If_None_Match=tag).status == 304
    change(door, PROD, Cancel())
    assert get(door, If_None_Match=tag).status == 200


def test_head_is_the_answer_without_the_file(still: Door) -> None:
    whole, head = get(still), get(still, method="HEAD")
    assert (head.status, head.body) == (200, "")
    for name in ("Etag", "Content-Length", "Content-Type", "Cache-Control"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", [ALL, "/maintenance/prod.ics"])
def test_nothing_can_be_done_to_it(still: Door, path: str, method: str) -> None:
    answer = get(still, path, method=method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_it_is_answered_while_somebody_writes(door: Door) -> None:
    """It takes no lock, and waits for none."""
    holds, done = threading.Event(), threading.Event()

    def write() -> None:
        with door.desk.bot.store.transaction() as tx:
            tx.marks.lock("maintenance")
            holds.set()
            done.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert holds.wait(5)
        asked = time.monotonic()
        assert get(door).status == 200
        assert time.monotonic() - asked < 1
    finally:
        done.set()
        writer.join()


def test_without_a_database_it_says_to_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with opened(f"sqlite:///{folder}/casebell.db") as door:
        folder.rename(tmp_path / "gone")
        door.desk.bot.database.engine.dispose()  # as if every connection were cut
        answer = get(door)
        assert (answer.status, answer.body, answer.headers["Retry-After"]) == (503, "", "60")
        (tmp_path / "gone").rename(folder)
        assert get(door).status == 200


def test_it_is_served_beside_socket_mode_too(sqlite_url: str) -> None:
    port = free_port()
    with opened(sqlite_url, socket_mode=True, settings={"port": port}):
        assert ask(port, "GET", ALL).body.startswith("BEGIN:VCALENDAR\r\n")


def test_on_postgresql_it_is_the_same_file(postgres_url: str, still: Door) -> None:
    with opened(postgres_url) as door:
        assert get(door).body == get(still).body
        change(door, PROD, Cancel())
        assert events(door)[PROD]["status"] == "CANCELLED"
