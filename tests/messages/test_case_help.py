"""The answer to `/case help`."""

from __future__ import annotations

from examples import POLICY

from bot.messages.case_help import help_text


def test_the_help_names_every_severity_and_both_ways_to_write() -> None:
    text = help_text(POLICY)
    for words in (*(s.label for s in POLICY.severities), "/case", POLICY.vendor.support_email):
        assert words in text
