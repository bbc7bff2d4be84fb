"""From `/case` to a stored case."""

from __future__ import annotations

from collections.abc import Callable

from story import ERROR_ANSWERS, QUESTION_ANSWERS, SEVERITY, Story

Tell = Callable[..., Story]


def test_a_customer_opens_a_case_and_everybody_sees_it(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    submission = story.submit("Business severely impacted")
    assert submission.ok
    receipt = story.carla.modal
    assert receipt is not None
    assert receipt.title == "CASE-1001"
    # Carla reads it in Berlin; the office's own time stands beside hers.
    assert "today at 9:00 PM (Mon 23 Nov, 2:00 PM Central)" in receipt.text
    story.desk.advance(seconds=3)
    card = story.card("CASE-1001").shown_to(story.carla)
    for words in ("Prices are gone", "Business severely impacted", "Waiting for our first response",
                  "today at 9:00 PM (Mon 23 Nov, 2:00 PM Central)"):  # fmt: skip
        assert words in card
    team_card = story.team_card("CASE-1001").shown_to(story.ana)
    for words in (*ERROR_ANSWERS.values(), "Carla", "4 business hours", "today at 2:00 PM"):
        assert words in team_card
    dm = story.carla.dms[-1].shown_to(story.carla)
    assert "We have your case CASE-1001" in dm
    assert "today at 9:00 PM" in dm
    assert story.rung() == []
