"""What on-call lacks, in words: what is wrong, since when, and what to do about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from examples import NOW, POLICY, shown

from bot.domain.readiness import Finding, FindingKind
from bot.messages import readiness
from bot.sandbox import blocks as slack

LATER = NOW + timedelta(hours=2)
K = FindingKind
FOUND = {
    K.VACANT: Finding(K.VACANT, "primary", NOW),
    K.GAP: Finding(K.GAP, "primary", NOW, LATER),
    K.GONE: Finding(K.GONE, "primary", LATER, user="U0ANA"),
    K.OUTSIDE: Finding(K.OUTSIDE, "primary", NOW, user="U0ANA"),
    K.NO_DM: Finding(K.NO_DM, "primary", LATER, user="U0ANA", reason="user_not_visible"),
    K.QUIET: Finding(K.QUIET, "primary", NOW, LATER, user="U0ANA"),
    K.TWICE: Finding(K.TWICE, "primary", NOW, None, "U0ANA", "secondary"),
}
TYPED = "python -m bot oncall set primary U0123ABC"


@pytest.mark.parametrize("kind", FindingKind)
def test_every_finding_says_what_to_do(kind: FindingKind) -> None:
    words = readiness.finding(FOUND[kind], readiness.in_slack(POLICY), NOW)
    assert words.startswith("Nobody") or "<@U0ANA>" in words
    assert ("Preferences > Notifications" if kind is K.QUIET else f"`{TYPED}`") in words
    assert "None" not in words


@pytest.mark.parametrize("kind", FindingKind)
def test_a_terminal_shows_names_and_the_offices_time_without_markup(kind: FindingKind) -> None:
    voice = readiness.in_terminal(POLICY, {"U0ANA": "Ana"})
    words = readiness.finding(FOUND[kind], voice, NOW)
    assert "Nobody" in words or "Ana (U0ANA)" in words
    assert not set("<`*") & set(words)
    assert "\n" not in words


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (FOUND[K.GAP], "Nobody is primary on call now until Mon 23 Nov, 12:00 PM Central."),
        (
            Finding(K.GAP, "primary", LATER, None),
            "Nobody is primary on call from Mon 23 Nov, 12:00 PM Central and on.",
        ),
        (FOUND[K.GONE], "and primary on call from Mon 23 Nov, 12:00 PM Central on. Set"),
        (FOUND[K.OUTSIDE], "is not of the team any more, and primary on call now. Invite"),
        (FOUND[K.TWICE], "is both primary and secondary on call now and on: a page"),
    ],
)
def test_what_goes_on_and_what_ends_are_told_apart(found: Finding, words: str) -> None:
    assert words in readiness.finding(found, readiness.in_terminal(POLICY, {}), NOW)


def test_much_is_cut_short_and_says_how_much_more_there_is() -> None:
    few = readiness.readiness(POLICY, list(FOUND.values()), NOW)
    many = readiness.readiness(POLICY, [FOUND[K.NO_DM]] * 40, NOW)
    assert few.text == "On-call: 7 things to mend before somebody is needed"
    assert "No bot can break through do-not-disturb" in shown(few)
    assert "and 25 more" in shown(many)
    assert "do-not-disturb" not in shown(many)
    for message in (few, many):
        assert slack.problems_of_message(message.blocks) == []
