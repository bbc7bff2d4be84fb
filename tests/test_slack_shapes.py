"""Slack's JSON of messages and files: what people wrote is read, whatever shape the rest has."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.case import Person
from bot.domain.conversation import File, Said
from bot.slack_shapes import file, said, storable

THREAD, TS, EDITED = "1700000000.000001", "1700000100.000200", "1700000200.000300"


def a_message(**changed: Any) -> dict[str, Any]:
    """As Slack tells of a reply in a thread; what is changed to `...` is left out."""
    message = {
        "type": "message",
        "user": "U1",
        "team": "T2",
        "text": "It is &lt;down&gt;",
        "ts": TS,
        "thread_ts": THREAD,
    } | changed
    return {name: value for name, value in message.items() if value is not ...}


def test_what_a_person_wrote_is_read() -> None:
    message = a_message(
        files=[{"id": "F1", "name": "log.txt", "size": 7, "permalink": "https://x.example/F1"}],
        edited={"user": "U1", "ts": EDITED},
    )
    assert said("C1", message) == Said(
        channel_id="C1",
        thread_ts=THREAD,
        ts=TS,
        author=Person("T2", "U1"),
        text="It is &lt;down&gt;",
        files=(File("F1", "log.txt", 7, "https://x.example/F1"),),
        edited_ts=EDITED,
    )


@pytest.mark.parametrize(
    ("changed", "team"),
    [
        ({"user_team": "T3"}, "T3"),
        ({"user_team": ""}, "T2"),
        ({"user_team": None}, "T2"),
        ({"team": ...}, ""),
        ({"team": 7}, ""),
    ],
    ids=["the author's", "empty", "null", "none at all", "misshapen"],
)
def test_an_author_is_of_their_own_organisation(changed: dict[str, Any], team: str) -> None:
    found = said("C1", a_message(**changed))
    assert found is not None
    assert found.author == Person(team, "U1")


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast", None, ""])
def test_a_message_that_somebody_typed_is_read(subtype: str | None) -> None:
    assert said("C1", a_message(subtype=subtype)) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"bot_id": "B1"},
        {"user": "USLACK"},
        {"user": "USLACKBOT"},
        {"user": ...},
        {"user": ""},
        {"user": ["U1"]},
        {"subtype": "bot_message"},
        {"subtype": "channel_join"},
        {"subtype": "message_changed"},
        {"subtype": ["file_share"]},
        {"ts": ...},
        {"ts": "nan"},
        {"ts": "1e400"},
        {"ts": "1700000100"},
        {"ts": 1700000100.0002},
        {"ts": f"{'9' * 11}.000001"},
        {"ts": TS + "\n"},
        {"thread_ts": ...},
        {"thread_ts": {}},
    ],
    ids=str,
)
def test_what_no_person_wrote_in_a_thread_is_left_out(changed: dict[str, Any]) -> None:
    assert said("C1", a_message(**changed)) is None


@pytest.mark.parametrize("message", [None, [], "It is down", 7], ids=str)
def test_what_is_no_message_is_left_out(message: Any) -> None:
    assert said("C1", message) is None


def test_a_thread_is_known_where_the_message_was_found_by_it() -> None:
    found = said("C1", a_message(thread_ts=...), THREAD)
    assert found is not None
    assert found.thread_ts == THREAD


@pytest.mark.parametrize(
    ("files", "read"),
    [
        ([{"id": "F1", "file_access": "check_file_info"}, {"id": "F2"}], (File("F1"), File("F2"))),
        ([None, "F1", {}, {"id": None}, {"id": "F2"}], (File("F2"),)),
        ({"id": "F1"}, ()),
        (None, ()),
    ],
    ids=["stubs", "misshapen ones among them", "no list", "null"],
)
def test_files_are_read_as_far_as_they_are_told_of(files: Any, read: tuple[File, ...]) -> None:
    found = said("C1", a_message(files=files))
    assert found is not None
    assert found.files == read


@pytest.mark.parametrize(
    ("found", "read"),
    [
        ({"title": "Log", "size": 0}, File("F1", "Log", 0)),
        ({"name": "a.txt", "title": "Log"}, File("F1", "a.txt")),
        ({"name": 7, "size": "7", "permalink": []}, File("F1")),
        ({"size": True}, File("F1")),
    ],
    ids=["its title for a name", "its name first", "misshapen", "no number"],
)
def test_of_a_file_what_makes_no_sense_is_left_out(found: dict[str, Any], read: File) -> None:
    assert file({"id": "F1"} | found) == read


@pytest.mark.parametrize("edited", [None, [], {}, {"ts": "soon"}, {"ts": 7}], ids=str)
def test_an_edit_without_its_ts_is_none(edited: Any) -> None:
    found = said("C1", a_message(edited=edited))
    assert found is not None
    assert found.edited_ts is None


def test_what_no_database_takes_is_replaced() -> None:
    told = a_message(text="a\x00b\ud83dc 💥", files=[{"id": "F1", "name": "\x00.txt"}])
    found = said("C1", json.loads(json.dumps(told)))
    assert found is not None
    assert (found.text, found.files) == ("a�b�c 💥", (File("F1", "�.txt"),))


@given(st.text(st.characters(exclude_categories=())))
def test_text_that_is_storable_stays_as_it_is(text: str) -> None:
    found = storable(text)
    assert "\x00" not in found
    assert found.encode("utf-8").decode("utf-8") == found
    assert storable(found) == found
    assert len(found) == len(text)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(a_message(files=[], edited={}, subtype="", user_team=""))), _ANYTHING)
def test_nothing_that_a_message_may_hold_makes_reading_fail(name: str, value: Any) -> None:
    """And what is read can be dated and stored."""
    found = said("C1", a_message(**{name: value}))
    if found is not None:
        assert found.at.tzinfo is not None
        json.dumps([file.to_dict() for file in found.files])
