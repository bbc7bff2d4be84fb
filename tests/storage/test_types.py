"""An instant is an instant: on both databases, from whatever zone it came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from storage.database import Database
from storage.tables import events

_zones = st.sampled_from(
    [
        UTC,
        ZoneInfo("America/Chicago"),
        ZoneInfo("Asia/Kolkata"),
        ZoneInfo("Australia/Lord_Howe"),
        timezone(timedelta(hours=-3, minutes=-30)),
    ]
)
_instants = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=_zones,
)


def _round_trip(database: Database, *instants: datetime) -> list[datetime]:
    """The instants as the database gives them back, in its order of time."""
    with database.transaction() as connection:
        connection.execute(sa.delete(events))
        rows = [{"event_id": str(n), "received_at": at} for n, at in enumerate(instants)]
        connection.execute(sa.insert(events), rows)
        query = sa.select(events.c.received_at).order_by(events.c.received_at)
        return list(connection.execute(query).scalars())


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(instants=st.lists(_instants, min_size=2, max_size=5))
def test_instants_come_back_in_utc_to_the_microsecond_and_in_order(
    database: Database, instants: list[datetime]
) -> None:
    found = _round_trip(database, *instants)
    # In UTC, for times that a zone skips or repeats equal nothing in another zone.
    assert found == sorted(at.astimezone(UTC) for at in instants)
    assert {at.tzinfo for at in found} == {UTC}


@pytest.mark.parametrize("fold", [0, 1], ids=["first", "second"])
def test_an_hour_that_autumn_repeats_is_two_instants(database: Database, fold: int) -> None:
    repeated = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/Chicago"), fold=fold)
    assert _round_trip(database, repeated) == [datetime(2026, 11, 1, 6 + fold, 30, tzinfo=UTC)]


def test_a_whole_second_sorts_before_the_microsecond_after_it(database: Database) -> None:
    """On SQLite an instant is text: one width for all, or this order breaks."""
    second = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    later = second + timedelta(microseconds=1)
    assert _round_trip(database, later, second) == [second, later]


def test_a_naive_datetime_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="a naive datetime is no instant"):
        _round_trip(database, datetime(2026, 11, 23, 16, 0))  # noqa: DTZ001 - it is the point


def test_no_instant_stays_none(database: Database) -> None:
    with database.reading() as connection:
        none = sa.cast(sa.null(), events.c.received_at.type)
        assert connection.execute(sa.select(none)).scalar_one() is None
