"""The intake form: which fields it asks, what it says of wrong answers, what makes the case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.form import SEVERITY, Answers, Field, FieldKind, Form, ShownWhen, is_seen

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
SEVERITIES = ("low", "high")

FORM = Form(
    (
        Field("severity", "Severity", FieldKind.SEVERITY),
        Field("area", "Area", FieldKind.CHOICE, options=("API", "Integration")),
        Field(
            "integration",
            "Integration with",
            FieldKind.CHOICE,
            options=("ThreeKit", "Another app"),
            shown_when=ShownWhen("area", ("Integration",)),
        ),
        Field(
            "app",
            "Which app?",
            FieldKind.LINE,
            max_length=10,
            shown_when=ShownWhen("integration", ("Another app",)),
        ),
        Field("summary", "Summary", FieldKind.LINE, max_length=20),
        Field("url", "URL", FieldKind.URL, max_length=60),
        Field("noticed", "First noticed", FieldKind.PAST_MOMENT),
        Field("other", "Anything else?", FieldKind.TEXT, max_length=50, optional=True),
    )
)
GOOD: Answers = {
    "severity": "high",
    "area": "API",
    "summary": "Prices are gone",
    "url": "https://acme.example/quotes/7",
    "noticed": "2026-11-23T15:59:00+00:00",
}

CHOOSE = "Please choose one: we need it to help you."
FILL_IN = "Please fill this in; spaces alone do not help us find the problem."
NO_SUCH_OPTION = "Please choose one of the options."
NO_SUCH_SEVERITY = "Please choose one of the severities."
NO_URL = "Please give a web address that starts with https:// or http://."
NO_MOMENT = "Please choose a date and a time."
IN_FUTURE = "This lies in the future. When did you first notice it?"


def problems(**changed: str) -> dict[str, str]:
    return FORM.problems({**GOOD, **changed}, severities=SEVERITIES, now=NOW)


def test_a_good_form_has_no_problems() -> None:
    assert problems() == {}


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        pytest.param({}, [], id="nothing chosen"),
        pytest.param({"area": "API"}, [], id="another option"),
        pytest.param({"area": "Integration"}, ["integration"], id="the option"),
        pytest.param(
            {"area": "Integration", "integration": "ThreeKit"}, ["integration"], id="no deeper"
        ),
        pytest.param(
            {"area": "Integration", "integration": "Another app"},
            ["integration", "app"],
            id="two deep",
        ),
        pytest.param(
            {"area": "API", "integration": "Another app", "app": "Sap"},
            [],
            id="a hidden choice hides what hangs on it",
        ),
        pytest.param({"area": "integration"}, [], id="options go letter by letter"),
    ],
)
def test_a_choice_shows_the_fields_that_hang_on_it(answers: Answers, shown: list[str]) -> None:
    always = {"severity", "area", "summary", "url", "noticed", "other"}
    assert [field.key for field in FORM.visible(answers) if field.key not in always] == shown
    assert always <= {field.key for field in FORM.visible(answers)}


def test_fields_are_asked_in_the_order_of_the_policy() -> None:
    asked = [f.key for f in FORM.visible({"area": "Integration", "integration": "Another app"})]
    assert asked == [field.key for field in FORM.fields]


def test_the_severity_and_choices_with_followers_steer_the_form() -> None:
    assert FORM.steering == {"severity", "area", "integration"}


@pytest.mark.parametrize(
    ("key", "text", "problem"),
    [
        pytest.param("severity", "", CHOOSE, id="no severity"),
        pytest.param("severity", "urgent", NO_SUCH_SEVERITY, id="a severity of another policy"),
        pytest.param("area", "", CHOOSE, id="no choice"),
        pytest.param("area", "Blueprint", NO_SUCH_OPTION, id="unknown option"),
        pytest.param("area", "api", NO_SUCH_OPTION, id="an option in other letters"),
        pytest.param("summary", "", FILL_IN, id="empty"),
        pytest.param("summary", "   ", FILL_IN, id="spaces"),
        pytest.param("summary", "\n\t\u00a0\u2003", FILL_IN, id="spaces of all kinds"),
        pytest.param("summary", "\u200b", FILL_IN, id="a mark of no width"),
        pytest.param(
            "summary", " \u200b\u2060\ufeff\u00ad\u200d\x00", FILL_IN, id="nothing to see"
        ),
        pytest.param("summary", "\u200bx", None, id="a letter among marks of no width"),
        pytest.param("severity", "\u200b", CHOOSE, id="no severity to see"),
        pytest.param("noticed", "\u200b", NO_MOMENT, id="no moment to see"),
        pytest.param("summary", "x" * 20, None, id="as long as fits"),
        pytest.param("summary", f"  {'x' * 20}  ", None, id="spaces around do not count"),
        pytest.param(
            "summary", "x" * 21, "This is 1 character too long; 20 fit here.", id="one over"
        ),
        pytest.param(
            "summary",
            "x" * 3000,
            "This is 2,980 characters too long; 20 fit here.",
            id="far over",
        ),
        pytest.param("other", "", None, id="optional and empty"),
        pytest.param("other", "  ", None, id="optional and spaces"),
        pytest.param("other", "\u200b" * 99, None, id="optional and nothing to see"),
        pytest.param(
            "other",
            "x" * 51,
            "This is 1 character too long; 50 fit here.",
            id="optional is no excuse for too long",
        ),
        pytest.param("noticed", "", NO_MOMENT, id="no moment"),
        pytest.param("noticed", "yesterday", NO_MOMENT, id="no date"),
        pytest.param("noticed", "2026-11-23T16:00:00+00:00", None, id="this very moment"),
        pytest.param("noticed", "2026-11-23T16:00:01+00:00", IN_FUTURE, id="a second ahead"),
        pytest.param("noticed", "2026-11-23T10:00:00-06:00", None, id="now, in another zone"),
        pytest.param("noticed", "2026-11-23T10:01:00-06:00", IN_FUTURE, id="future, by offset"),
        pytest.param("noticed", "9999-12-31T23:59:00+00:00", IN_FUTURE, id="the last year"),
    ],
)
def test_each_wrong_answer_has_its_sentence(key: str, text: str, problem: str | None) -> None:
    assert problems(**{key: text}).get(key) == problem


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.example",
        "http://acme.example:8080/a?b=c#d",
        "HTTPS://ACME.EXAMPLE/",
        "https://bücher.example/straße",
        "https://xn--bcher-kva.example/",
        "https://192.0.2.7/",
        "http://[2001:db8::1]/",
        "https://localhost",
        "  https://acme.example  ",
        "https://user@acme.example/",
    ],
)
def test_a_web_address_is_taken(url: str) -> None:
    assert problems(url=url) == {}


@pytest.mark.parametrize(
    "url",
    [
        "acme.example",
        "www.acme.example/quotes",
        "javascript:alert(1)",
        "ftp://acme.example/",
        "mailto:a@acme.example",
        "file:///etc/hosts",
        "https://",
        "https:///path",
        "https://:443/",
        "https://?q",
        "//acme.example/",
        "http:acme.example",
        "https://acme.example/a b",
        "https://acme .example",
        "https://acme.example/\nhttps://other.example/",
        "ht\ntps://acme.example",
        "http://[",
        "http://[::1",
        "http://[acme]/",
        "http://]",
        "<https://acme.example>",
        "see https://acme.example",
    ],
)
def test_what_is_no_web_address_is_refused_with_an_example(url: str) -> None:
    assert problems(url=url) == {"url": NO_URL}


def test_every_problem_is_told_at_once() -> None:
    assert set(FORM.problems({}, severities=SEVERITIES, now=NOW)) == {
        "severity",
        "area",
        "summary",
        "url",
        "noticed",
    }


def test_a_hidden_field_has_no_problems() -> None:
    assert problems(area="API", integration="Nonsense", app="x" * 99) == {}


def test_hidden_and_blank_answers_do_not_make_the_case() -> None:
    typed = {**GOOD, "integration": "Another app", "app": "Sap", "other": " \n ", "hack": "x"}
    assert FORM.accepted(typed) == dict(GOOD)
    assert FORM.accepted({**typed, "other": "\u200b\ufeff"}) == dict(GOOD)


@pytest.mark.parametrize(
    "text", ["x", "0", ".", "…", "👩\u200d👧", "価", "\u200f\u05d0", "e\u0301", "\ue000"], ids=ascii
)
def test_what_can_be_seen_is_an_answer(text: str) -> None:
    """Marks of no width belong to some of it: they hold emoji together, and turn the direction."""
    assert is_seen(text)
    assert FORM.accepted({**GOOD, "other": text})["other"] == text


@pytest.mark.parametrize(
    "text",
    ["", " ", "\t\r\n", "\u00a0\u3000", "\u200b", "\u200e\u202e", "\u2028\u2029", "\ufeff", "\x00"],
    ids=ascii,
)
def test_what_cannot_be_seen_is_none(text: str) -> None:
    assert not is_seen(text)


def test_answers_are_trimmed_but_not_inside() -> None:
    accepted = FORM.accepted({**GOOD, "summary": "  two  words \n"})
    assert accepted["summary"] == "two  words"


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00-14:00"])
def test_a_moment_at_the_edge_of_time_is_no_crash(text: str) -> None:
    problems(noticed=text)


texts = st.text() | st.sampled_from(
    [
        "Integration",
        "Another app",
        "ThreeKit",
        "high",
        "https://a.example",
        " ",
        "\u200b",
        "http://[",
    ]
)
any_answers = st.dictionaries(
    st.sampled_from([field.key for field in FORM.fields]) | st.text(max_size=5), texts
)


@given(any_answers, st.tuples(*[st.text(max_size=5)] * 2))
def test_no_text_breaks_the_form(answers: dict[str, str], severities: tuple[str, ...]) -> None:
    visible = {field.key for field in FORM.visible(answers)}
    assert set(FORM.problems(answers, severities=severities, now=NOW)) <= visible


@given(any_answers)
def test_what_makes_the_case_was_asked_and_is_not_blank(answers: dict[str, str]) -> None:
    accepted = FORM.accepted(answers)
    visible = {field.key for field in FORM.visible(answers)}
    assert set(accepted) <= visible
    for key, text in accepted.items():
        assert is_seen(text)
        assert text == answers[key].strip()


@given(any_answers)
def test_nothing_typed_into_a_visible_field_is_lost(answers: dict[str, str]) -> None:
    typed = {f.key for f in FORM.visible(answers) if is_seen(answers.get(f.key, ""))}
    assert set(FORM.accepted(answers)) == typed


@given(any_answers)
def test_judging_what_was_accepted_again_changes_nothing(answers: dict[str, str]) -> None:
    """A stored case can be read by the same rules as the form that made it."""
    accepted = FORM.accepted(answers)
    assert FORM.accepted(accepted) == accepted
    judged = (FORM.problems(a, severities=SEVERITIES, now=NOW) for a in (answers, accepted))
    assert next(judged) == next(judged)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 - made aware below
def test_a_moment_is_refused_exactly_when_it_is_after_now(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    found = problems(noticed=moment.isoformat())
    assert found == ({"noticed": IN_FUTURE} if moment - NOW > timedelta(0) else {})


def test_the_severity_is_a_field_like_any_other_in_what_makes_the_case() -> None:
    assert FORM.accepted(GOOD)[SEVERITY] == "high"
