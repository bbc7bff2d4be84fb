"""Somebody who means harm: guessed numbers, borrowed buttons, nonsense, replays, and sheer size."""

from __future__ import annotations

import copy
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from crowd import STOPPED, case_in
from everything import use_everything, use_what_is_the_teams
from forger import FOR_EVERYBODY, Forger, listened_to
from oracle import INTERNAL, WORD
from processes import ROOT, SECRET
from under_fire import Storm, UnderFire
from wiretap import FORM, Wiretap, wiretap

from bot.sandbox.delivery import sign
from storage import tables
from storage.database import Database

NONSENSE: tuple[Any, ...] = (
    None, True, -1, 10**30, 0.5, "", "x" * 5000, "\x00\ud7ff\u202e<!channel>", "CASE-1001", [], {},
    [[]], {"a": {"b": []}}, ["x"] * 300,
)  # fmt: skip
BOOKKEEPING = (tables.submissions,)


@contextmanager
def tapped(storm: Storm, database_url: str) -> Iterator[tuple[UnderFire, Wiretap]]:
    """A site where two customers have cases, everybody has used everything, and it was kept."""
    with storm(database_url) as site, wiretap(site.serve_alone().port) as (tap, url):
        site.workspace.request_url = url
        site.open_case(STOPPED)
        site.open_case("Business severely impacted")
        site.workspace.wait_for(lambda: len(site.acme.messages) > 2)
        use_everything(site)
        site.forget_what_was_done_by_hand()
        yield site, tap


@pytest.mark.everyday
def test_a_customer_who_borrows_what_the_team_pressed_changes_nothing_and_learns_nothing(
    storm: Storm, database_url: str
) -> None:
    """All that Ana and Ben pressed is pressed again in Greta's name, with every case's number."""
    with tapped(storm, database_url) as (site, tap):
        use_what_is_the_teams(site)
        site.come_to_rest()
        forger = Forger(site, tap, site.greta)
        site.greta.open_home()
        site.come_to_rest()
        before = _rows(database_url)
        for payload in tap.kinds(by={site.ana.id, site.ben.id}).values():
            for number in ("1001", "1002", "9999"):
                forger.send(payload, number)
        site.greta.open_home()
        site.come_to_rest()
        assert not forger.let_in, "\n".join(forger.let_in)
        assert not forger.crashes
        assert listened_to() - FOR_EVERYBODY <= forger.pressed
        after = _rows(database_url)
        # A form that she fills in is hers.
        after["drafts"] = [row for row in after["drafts"] if row["user_id"] != site.greta.id]
        for table, rows in after.items():
            assert rows == before[table], table
        for text in forger.read:
            assert not INTERNAL.search(text), text
            assert not WORD.search(text), text


@pytest.mark.everyday
@pytest.mark.parametrize(
    "times", [2, pytest.param(60, marks=pytest.mark.chaos)], ids=["twice each", "60 times each"]
)
def test_nonsense_in_payloads_of_every_kind_is_answered_and_breaks_nothing(
    storm: Storm, database_url: str, times: int
) -> None:
    with tapped(storm, database_url) as (site, tap):
        kinds = tap.kinds()
        assert len(kinds) > 40, sorted(kinds)
        others: Counter[str] = Counter()
        for kind, payload in sorted(kinds.items()):
            for _ in range(times):
                broken = _broken(payload.content, site.random)
                began = time.monotonic()
                status = tap.send(payload.saying(broken)).status
                if status not in (200, 400, 404):
                    others[f"{kind}: {status}"] += 1
                assert time.monotonic() - began < 5, kind
        site.forget_what_was_done_by_hand()
        name = site.open_case(STOPPED)
        site.workspace.wait_for(lambda: name in {case_in(m) for m in site.pages(site.ana)})
        print("answered otherwise:", dict(others))
        assert all(other.endswith(": 500") for other in others), others
        assert not (failures := _failures_of_ours(site.log.read_text())), "\n".join(failures)


@pytest.mark.everyday
def test_only_what_slack_signed_just_now_is_listened_to(storm: Storm, sqlite_url: str) -> None:
    with storm(sqlite_url, judged=False) as site, wiretap(site.serve_alone().port) as (tap, url):
        site.workspace.request_url = url
        assert site.carla.command("/case", "list", site.acme).ok
        now = int(time.time())
        payload = tap.kinds()["/case list"]
        body = payload.body
        good = sign(SECRET, str(now), body)
        for timestamp, signature, sent in (
            (str(now), "", body),
            (str(now), good[:-1] + ("1" if good.endswith("0") else "0"), body),
            (str(now), sign("another-secret", str(now), body), body),
            (str(now), good, body + b"&x=1"),
            (str(now + 1), good, body),
            (str(now - 600), sign(SECRET, str(now - 600), body), body),
            (str(now + 600), sign(SECRET, str(now + 600), body), body),
            ("", sign(SECRET, "", body), body),
            ("NaN", sign(SECRET, "NaN", body), body),
        ):
            headers = {
                "Content-Type": FORM,
                "X-Slack-Request-Timestamp": timestamp,
                "X-Slack-Signature": signature,
            }
            assert tap.post(sent, headers)[0] == 401, (timestamp, signature)


def test_a_form_that_is_replayed_is_the_same_case(storm: Storm, database_url: str) -> None:
    with tapped(storm, database_url) as (site, tap):
        site.come_to_rest()
        before, posted = _rows(database_url), _posted(site)
        forms = [p for p in tap.kept if p.content.get("type") == "view_submission"]
        replayed = [p for p in forms if p.content["view"]["callback_id"] == "case_form"]
        assert replayed
        for payload in replayed * 3:
            assert tap.send(payload).status == 200
        site.come_to_rest()
        cases = [row["number"] for row in _rows(database_url)["cases"]]
        assert cases == [row["number"] for row in before["cases"]]
        assert _posted(site) == posted


@pytest.mark.parametrize("size", [1_000_000, 1_048_577, 5_000_000])
def test_a_body_of_a_megabyte_is_refused_or_understood(
    storm: Storm, sqlite_url: str, size: int
) -> None:
    with tapped(storm, sqlite_url) as (site, tap):
        payload = tap.kinds()["event message "]
        payload.content["event"]["text"] = "x" * size
        try:
            status = tap.send(payload).status
        except OSError:  # it hung up before it had all of it
            status = 413
        assert status == (200 if size < 1_048_000 else 413)
        assert site.open_case(STOPPED)


def _posted(site: UnderFire) -> list[tuple[str, str]]:
    """What stands in every room, as it was posted."""
    rooms = site.workspace.conversations.values()
    return [(room.id, message.ts) for room in rooms for message in room.messages]


def _failures_of_ours(log: str) -> list[str]:
    """Where requests failed that no listener was asked about; Bolt itself reads some in vain."""
    found = []
    for failure in log.split("ERROR bot.web a request failed\n")[1:]:
        trace = failure.split("\n20")[0]  # the next line of the log begins with its year
        frames = re.findall(r'^  File "(.+)", line', trace, re.MULTILINE)
        if frames and frames[-1].startswith((f"{ROOT}/bot/", f"{ROOT}/handlers/")):
            found.append(trace)
    return found


def _rows(database_url: str) -> dict[str, list[dict[str, Any]]]:
    """All that is stored, but for bookkeeping."""
    database = Database(database_url)
    try:
        with database.reading() as connection:
            return {
                table.name: [
                    dict(row)
                    for row in connection.execute(
                        sa.select(table).order_by(*table.primary_key.columns)
                    ).mappings()
                ]
                for table in tables.metadata.sorted_tables
                if table not in BOOKKEEPING
            }
    finally:
        database.dispose()


def _broken(content: dict[str, Any], random: Random) -> dict[str, Any]:
    """One or a few values of it, however deep, made nonsense, or gone."""
    broken = copy.deepcopy(content)
    for _ in range(random.choice((1, 1, 2, 5))):
        places = list(_places(broken))
        if not places:
            break
        holder, key = random.choice(places)
        if random.random() < 0.25:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(random.choice(NONSENSE))
    return broken


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    match value:
        case dict():
            inside = list(value.items())
        case list():
            inside = list(enumerate(value))
        case _:
            return
    for key, held in inside:
        yield value, key
        yield from _places(held)
