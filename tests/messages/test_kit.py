"""The kit: other people's words, limits, and the ids that come back."""

from __future__ import annotations

import pytest
from examples import plain_texts
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import ids, inputs, kit
from bot.messages.words import file_size
from bot.sandbox import blocks as slack
from bot.sandbox import reading


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U1>", "&lt;@U1&gt;"),
        ("a & b", "a &amp; b"),
        ("&amp;", "&amp;amp;"),
        ("&lt;", "&amp;lt;"),
        ("*b* _i_ `c`", "*b* _i_ `c`"),
        ("\"'", "\"'"),
    ],
)
def test_exactly_three_characters_are_escaped(text: str, escaped: str) -> None:
    assert kit.escape(text) == escaped


@given(st.text())
def test_escaped_text_reads_as_it_was_typed_and_calls_nobody(text: str) -> None:
    assert reading.unescape(kit.escape(text)) == text
    assert reading.calls([], kit.escape(text)) == set()


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_clipped_text_fits_and_says_that_it_was_clipped(text: str, limit: int) -> None:
    clipped = kit.clip(text, limit)
    assert len(clipped) <= limit
    assert clipped == text or (clipped.endswith("…") and text.startswith(clipped[:-1]))


@pytest.mark.parametrize(
    ("words", "said"),
    [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_words_are_joined_as_people_list_them(words: list[str], said: str) -> None:
    assert kit.joined(words) == said


def test_blocks_over_slacks_fifty_are_left_out() -> None:
    message = kit.message("text", None, *(kit.plain(str(n)) for n in range(60)))
    assert plain_texts(message.blocks) == [str(n) for n in range(50)]


def test_nothing_typed_is_shown_as_a_dash() -> None:
    assert plain_texts([kit.plain("")]) == ["–"]


@given(st.text(max_size=300), st.integers(min_value=20, max_value=200))
def test_a_line_of_somebodys_is_one_line_and_calls_nobody(text: str, limit: int) -> None:
    line = kit.line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert reading.calls([], line) == set()
    assert reading.unescape(line).removesuffix("…") in " ".join(text.split())


@given(st.text(max_size=300).map(lambda text: text * 60), st.integers(200, 12_000))
def test_long_words_are_laid_over_sections_and_cut_at_the_end_of_the_room(
    text: str, room: int
) -> None:
    parts = kit.plain_parts(text, room)
    told = "".join(plain_texts(list(parts)))
    assert kit.size(parts) <= room
    assert told in (text, "–") or (told.endswith("…") and text.startswith(told[:-1]))
    assert slack.problems_of_message(list(parts)) == []


def test_words_that_fit_are_not_cut() -> None:
    text = "a line of words\n" * 600
    assert "".join(plain_texts(list(kit.plain_parts(text, kit.ROOM)))) == text


def test_pieces_are_cut_between_words() -> None:
    parts = plain_texts(list(kit.plain_parts("four " * 1000, kit.ROOM)))
    assert all(part.endswith("four ") for part in parts)


def test_even_no_room_at_all_shows_something() -> None:
    assert plain_texts(list(kit.plain_parts("words", 0))) == ["…"]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (812_345, "812.3 kB"),
        (999_999, "1 MB"),
        (2_400_000, "2.4 MB"),
        (1_000_000_000, "1 GB"),
        (5_000_000_000_000, "5000 GB"),
    ],
)
def test_the_size_of_a_file_is_said_in_one_unit(size: int, words: str) -> None:
    assert file_size(size) == words


def test_a_modals_words_are_cut_to_what_slack_takes() -> None:
    field = inputs.text_input("t", "Label", max_length=10, initial="x" * 50, hint="A hint")
    view = inputs.modal("id", "x" * 50, "y" * 50, field, None, close="z" * 50, metadata="m")
    assert slack.problems_of_view(view) == []
    assert view["private_metadata"] == "m"


# --- ids ---------------------------------------------------------------------------------------


@given(
    st.integers(min_value=0, max_value=10**18 - 1), st.integers(min_value=0, max_value=10**9 - 1)
)
def test_a_buttons_value_is_read_back(page_id: int, version: int) -> None:
    button = ids.PageButton(page_id, version)
    assert ids.PageButton.parse(str(button)) == button


@pytest.mark.parametrize(
    "value", ["", "page:1", "page:@1", "page:1@", "page:-1@2", "page:1@2 ", "x:1@2", "page:١@٢",
              "page:" + "9" * 40 + "@1"]
)  # fmt: skip
def test_a_value_that_is_none_of_ours_is_none(value: str) -> None:
    assert ids.PageButton.parse(value) is None


@given(st.text(max_size=30), st.text(max_size=30))
def test_where_a_form_was_asked_for_is_read_back(team: str, channel: str) -> None:
    context = ids.FormContext(team, channel)
    assert ids.FormContext.parse(str(context)) == context


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "1", '"x"', "{}", '{"team": "T1"}', '{"team": 1, "channel": "C1"}',
             '{"team": null, "channel": null}', "{", "[" * 50]
)  # fmt: skip
def test_metadata_that_is_none_of_ours_is_none(text: str) -> None:
    assert ids.FormContext.parse(text) is None


@given(st.text(max_size=100))
def test_no_value_of_anybodys_breaks_the_reading(text: str) -> None:
    ids.PageButton.parse(text)
    ids.FormContext.parse(text)


_NUMBERS = st.integers(min_value=0, max_value=10**18 - 1)
_VERSIONS = st.integers(min_value=0, max_value=10**9 - 1)


@given(_NUMBERS, _VERSIONS, st.sampled_from(ids.More))
def test_what_a_button_about_a_case_says_is_read_back(
    number: int, version: int, what: ids.More
) -> None:
    button = ids.CaseButton(number, version)
    assert ids.CaseButton.parse(str(button)) == button
    assert ids.parse_more(ids.more_value(what, button)) == (what, button)


@pytest.mark.parametrize(
    "value", ["", "case:1", "case:1@", "case:-1@2", "case:1@2 ", "page:1@2", "case:0x1@2",
              "CASE-1042", "case:١@٢"]
)  # fmt: skip
def test_a_value_about_no_case_is_none(value: str) -> None:
    assert ids.CaseButton.parse(value) is None
    assert ids.parse_more(f"assign|{value}") is None


@pytest.mark.parametrize("value", ["", "|", "assign", "case:1@2", "gone|case:1@2", "assign|"])
def test_an_option_that_is_none_of_ours_is_none(value: str) -> None:
    assert ids.parse_more(value) is None


def test_no_two_ids_are_the_same() -> None:
    """Bolt takes the first listener that fits."""
    named = [
        value for name, value in vars(ids).items() if name.isupper() and isinstance(value, str)
    ]
    assert len(named) == len(set(named))
    others = set(named) - {ids.FIELD_PREFIX}
    assert not any(value.startswith(ids.FIELD_PREFIX) for value in others)
