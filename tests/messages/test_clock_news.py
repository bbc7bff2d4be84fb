"""What is said of response clocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from examples import POLICY, URL, WORSE_SINCE, a_case, shown

from bot.messages.clock_news import clock_news
from bot.sandbox import blocks as slack


@pytest.mark.parametrize("percent", [50, 75, 100])
@pytest.mark.parametrize(
    ("state", "owner"),
    [({}, "Nobody has taken it."), ({"assignee": "U0BEN"}, "It is @U0BEN's.")],
    ids=["nobody", "somebody"],
)
def test_a_warning_names_whose_case_it_is(
    percent: int, state: Mapping[str, Any], owner: str
) -> None:
    message = clock_news(POLICY, a_case(**state), percent, URL)
    assert owner in shown(message)
    assert "the first response is" in shown(message).lower()
    assert slack.problems_of_message(message.blocks) == []


@pytest.mark.parametrize("percent", [50, 100])
def test_a_response_that_is_not_the_first_is_not_called_so(percent: int) -> None:
    message = clock_news(POLICY, a_case(**WORSE_SINCE), percent, None)
    assert "first" not in shown(message) + message.text
