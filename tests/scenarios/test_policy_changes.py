"""An edited policy file bends no promise that was made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from story import Story

from bot.policy import Policy, load_policy

Tell = Callable[..., Story]
SHIPPED = (Path(__file__).parents[2] / "bot" / "policy.toml").read_text("utf-8")


def edited(folder: Path, *changes: tuple[str, str]) -> Policy:
    text = SHIPPED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "policy.toml"
    path.write_text(text, "utf-8")
    return load_policy(path)


def restarted_with(story: Story, policy: Policy) -> None:
    story.desk.stop_bot()
    story.desk.policy = policy
    story.desk.start_bot()


def test_a_target_is_stamped_on_the_case(tell: Tell, tmp_path: Path) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case("Business severely impacted")
    restarted_with(story, edited(tmp_path, ('"4 business hours"', '"1 business hour"')))
    story.now_is("2026-11-23 11:59")
    assert story.news() == []
    story.now_is("2026-11-23 14:00:02")
    assert any("overdue" in words for words in story.news())
    assert "4 business hours" in story.team_card(name).shown


def test_an_escalation_policy_is_stamped_on_the_page(tell: Tell, tmp_path: Path) -> None:
    story = tell("2026-11-21 02:00")
    story.open_case("Business Stopped")
    restarted_with(story, edited(tmp_path, ("after_minutes = 10,", "after_minutes = 7,")))
    story.now_is("2026-11-21 02:09")
    assert story.rung() == ["Ana", "Ana"]


def test_a_severity_that_is_gone_still_has_a_name_on_its_cases(tell: Tell, tmp_path: Path) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case("Business severely impacted")
    restarted_with(story, edited(tmp_path, ('key = "severe_impact"', 'key = "severe"')))
    story.answer(story.ana, name)
    assert "Severe impact" in story.card(name).shown
    assert "Answered" in story.card(name).shown


def test_an_answer_to_a_question_that_is_gone_stays_on_the_card(tell: Tell, tmp_path: Path) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case("Business severely impacted")
    restarted_with(story, edited(tmp_path, ('key = "click_path"', 'key = "path_to_it"')))
    story.answer(story.ana, name)
    assert "Click path\nQuotes > 7 > Prices" in story.team_card(name).shown
