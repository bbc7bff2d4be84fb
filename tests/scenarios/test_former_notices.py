"""An installation of before there were rows of windows is updated: no notice comes twice."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from story import Story, central

from bot.sandbox import Channel
from storage.database import Database
from storage.migrate import migrate
from storage.types import Instant

# As that version wrote them: a notice named by the date that its window is on.
_TIMER = (
    "INSERT INTO timers (kind, facts, dedupe_key, due_at, done_at, attempts)"
    " VALUES ('maintenance', :facts, :key, :due, :done, 0)"
)
_POST = (
    "INSERT INTO outbox (kind, facts, subject, channel_id, lane, priority, dedupe_key,"
    " metadata_key, created_at, due_at, state, attempts, in_doubt, sent_channel, sent_ts,"
    " settled_at) VALUES ('maintenance', :facts, :subject, :channel, :lane, 2, :key, :key, :due,"
    " :due, :state, 1, false, :sent, :ts, :done)"
)


class Before:
    """A database that the version before wrote to."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._database = Database(url)

        def to_0003(config: Config, _head: str) -> None:
            command.upgrade(config, "0003")

        with monkeypatch.context() as patched:
            patched.setattr("storage.migrate.command", SimpleNamespace(upgrade=to_0003))
            migrate(self._database)

    def promised(self, name: str, due: str, *, done: bool) -> None:
        at = central(due).astimezone(UTC)
        key = f"notice:{name}:{at.isoformat()}"
        self._write(_TIMER, at, key=key, facts=_facts(name, at), done=at if done else None)

    def posted(self, name: str, due: str, channel: Channel, *, sent: bool = True) -> None:
        at = central(due).astimezone(UTC)
        subject = f"window:{name.partition('/')[0]}"
        self._write(
            _POST,
            at,
            key=f"notice:{name}:{channel.id}",
            facts=_facts(name, at),
            subject=subject,
            channel=channel.id,
            lane=f"{subject}>{channel.id}",
            state="sent" if sent else "pending",
            sent=channel.id if sent else None,
            ts=f"{at.timestamp():.6f}" if sent else None,
            done=at if sent else None,
        )

    def close(self) -> None:
        self._database.dispose()

    def _write(
        self, statement: str, due: datetime, *, done: datetime | None, **values: Any
    ) -> None:
        instants = [sa.bindparam("due", due, Instant), sa.bindparam("done", done, Instant)]
        with self._database.transaction() as connection:
            connection.execute(sa.text(statement).bindparams(*instants), values)


def _facts(name: str, at: datetime) -> str:
    return json.dumps({"notice": name, "due_at": at.isoformat()})


@pytest.fixture
def before(empty_sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Before:
    return Before(empty_sqlite_url, monkeypatch)


def told(channel: Channel) -> Counter[str]:
    return Counter(m.text for m in channel.messages if "upgrade" in m.text or "routine" in m.text)


def test_no_notice_is_posted_again_and_none_is_left_out(
    before: Before, empty_sqlite_url: str
) -> None:
    """Prod on New Year's Day was told of three days before; the update is the day after."""
    story = Story(empty_sqlite_url, "2026-12-30 10:30")
    for name, due, done in (
        ("prod-2027-01-01/3d", "2026-12-29 10:00", True),
        ("test-2026-12-31/3d", "2026-12-28 10:00", True),
        ("test-2026-12-31/1d", "2026-12-30 10:00", True),
        ("prod-2027-01-01/1d", "2026-12-31 10:00", False),
        ("prod-2027-01-01/started", "2027-01-01 20:00", False),
    ):
        before.promised(name, due, done=done)
        for channel in (story.acme, story.team):
            if done:
                before.posted(name, due, channel)
    before.close()
    story.start()
    try:
        assert told(story.acme) == told(story.team) == {}
        story.now_is("2027-01-02 09:00")
        assert (
            told(story.acme)
            == told(story.team)
            == {
                "Logik.io Test upgrade begins in an hour": 1,
                "Logik.io Test upgrade is under way": 1,
                "Logik.io Test upgrade is over": 1,
                "Logik.io Prod upgrade on Fri 1 Jan, 8:00 PM Central": 1,
                "Logik.io Prod upgrade begins in an hour": 1,
                "Logik.io Prod upgrade is under way": 1,
                "Logik.io Prod upgrade is over": 1,
            }
        )
    finally:
        story.stop()


def test_windows_that_were_told_of_are_known_as_announced(
    before: Before, empty_sqlite_url: str
) -> None:
    """The routine window too, of which the upgrade's notice told; the next one not."""
    story = Story(empty_sqlite_url, "2026-12-30 10:30")
    before.promised("prod-2027-01-01/3d", "2026-12-29 10:00", done=True)
    before.posted("prod-2027-01-01/3d", "2026-12-29 10:00", story.acme)
    before.close()
    story.start()
    try:
        with story.desk.bot.store.reading() as tx:
            windows = {window.key: window for window in tx.windows.load(story.desk.clock.now())}
        for key in ("prod-2026-12-17", "routine-2026-12-28"):
            assert windows[key].announced_at == central("2026-12-29 10:00"), key
        assert windows["routine-2027-01-04"].announced_at is None
    finally:
        story.stop()


def test_what_was_on_its_way_at_the_update_arrives_once(
    before: Before, empty_sqlite_url: str
) -> None:
    """Slack has taken it for the one channel, not yet for the other."""
    story = Story(empty_sqlite_url, "2026-12-29 10:00:10")
    before.promised("prod-2027-01-01/3d", "2026-12-29 10:00", done=True)
    before.posted("prod-2027-01-01/3d", "2026-12-29 10:00", story.team)
    before.posted("prod-2027-01-01/3d", "2026-12-29 10:00", story.acme, sent=False)
    before.close()
    story.start()
    try:
        story.desk.advance(seconds=30)
        prod = "Logik.io Prod upgrade on Fri 1 Jan, 8:00 PM Central"
        assert (told(story.acme)[prod], told(story.team)[prod]) == (1, 0)
    finally:
        story.stop()


def test_what_fell_due_while_it_was_updated_is_posted_once(
    before: Before, empty_sqlite_url: str
) -> None:
    story = Story(empty_sqlite_url, "2026-12-29 10:05")
    before.promised("prod-2027-01-01/3d", "2026-12-29 10:00", done=False)
    before.close()
    story.start()
    try:
        story.desk.advance(seconds=30)
        assert told(story.acme)["Logik.io Prod upgrade on Fri 1 Jan, 8:00 PM Central"] == 1
    finally:
        story.stop()
