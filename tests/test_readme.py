"""The README says what is true."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from installs import Customers
from story import ERROR_ANSWERS, Story

from bot.__main__ import _parser, main
from bot.domain.installation import SCOPE
from bot.manifest import REDIRECT_PATH
from bot.policy import load_policy
from bot.sandbox import Message, Person
from bot.sandbox.reading import Page
from bot.settings import Settings
from tests.frames import WIDTH, drawn, drawn_web, frame

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def table(first_column: str) -> list[list[str]]:
    """The rows of the table whose first column has that name."""
    lines = README.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_the_severities_are_those_of_the_policy() -> None:
    expected = [
        [
            severity.label,
            severity.definition,
            str(severity.target),
            "around the clock" if severity.target.around_the_clock else "support hours",
        ]
        for severity in load_policy().severities
    ]
    assert table("severity") == expected


def test_the_variables_are_those_of_the_settings() -> None:
    documented = {row[0].strip("`") for row in table("variable")}
    assert documented == {name.upper() for name in Settings.model_fields}


def test_the_commands_are_those_of_the_command_line() -> None:
    documented = {row[0].strip("`").removeprefix("python -m bot ") for row in table("command")}
    subcommands = next(
        action.choices for action in _parser()._actions if isinstance(action.choices, dict)
    )
    assert documented == set(subcommands)


def test_examples_print_what_the_readme_shows(capsys: pytest.CaptureFixture[str]) -> None:
    examples = re.findall(r"^\$ python -m bot (.+)\n((?:.+\n)+?)```", README, re.MULTILINE)
    assert examples
    for command, shown in examples:
        assert main(shlex.split(command)) == 0
        assert capsys.readouterr().out == shown


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_what_a_customers_admin_is_asked_is_shown() -> None:
    section = README.partition("### `/case` for customers\n")[2].partition("\n## ")[0]
    assert f"`PUBLIC_URL{REDIRECT_PATH}`" in section
    assert "*Activate Public Distribution*" in " ".join(section.split())
    assert f"• {SCOPE}: " in section
    assert len(re.findall(r"^\d\. ", section, re.MULTILINE)) == 5


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"\bmake ([a-z]+)\b", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_file_that_the_readme_names_exists() -> None:
    for name in re.findall(r"`((?:bot|handlers|storage|tests)/[\w/.]*)`", README):
        assert (ROOT / name).exists(), name


# --- pictures ------------------------------------------------------------------------------------

QUOTES = {**ERROR_ANSWERS, "Summary": "Quotes show last month's prices"}
NOTE = "What was it, and what has been done?"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What people see at their screens during a case of Saturday night; name and picture."""
    folder = tmp_path_factory.mktemp("readme")
    story = Story(f"sqlite:///{folder}/casebell.db", "2026-11-20 16:40")
    customers = Customers(f"sqlite:///{folder}/customers.db")
    try:
        yield dict([*_pictures(story.start()), *_asked(customers)])
    finally:
        story.stop()
        customers.stop()


def _asked(desk: Customers) -> Iterator[tuple[str, str]]:
    desk.start()
    page = desk.ask(desk.emil)
    yield "what an admin of a customer's Slack is asked", frame(drawn_web(page.html))


def _pictures(story: Story) -> Iterator[tuple[str, str]]:
    ana, dora = story.ana, story.dora
    first = story.open_case(answers=QUOTES)
    dora.click(story.team_card(first), "Take")
    story.now_is("2026-11-21 02:00")
    case = story.open_case("Business Stopped")
    yield "the page", frame(_message(story.pages(ana)[0], ana))
    card = _message(story.team_card(case), ana)
    yield "the team's card", frame([*card[: card.index("Application area")], "…"])
    dora.open_home()
    story.desk.rest()
    assert dora.home is not None
    yield "the team's Home tab", frame(drawn(dora.home.blocks, _screen(story, dora)))

    story.now_is("2026-11-21 02:20")
    form = story.team_form(dora, case, "Reply")
    form.fill({"Your reply": "Hello Carla, I see it too. The price server is being replaced."})
    assert form.submit().ok
    story.now_is("2026-11-21 03:05")
    form = story.team_form(dora, case, "Resolve")
    form.fill({NOTE: "The price server had no memory left. There are two of them now."})
    assert form.submit().ok
    story.now_is("2026-11-21 03:06")
    card = story.card(case)
    thread = [_message(reply, story.carla, with_author=True) for reply in card.thread]
    yield "the customer's card and its thread", frame(_message(card, story.carla), *thread)


def _message(message: Message, reader: Person, *, with_author: bool = False) -> list[str]:
    state = message.conversation.state
    author = message.username or message.author.name
    screen = Page(reader.tz, state.now(), state.name_of)
    return drawn(message.blocks, screen, author if with_author else "")


def _screen(story: Story, reader: Person) -> Page:
    return Page(reader.tz, story.desk.clock.now(), story.workspace.name_of)


def test_every_picture_is_one_of_those_that_casebell_draws(pictures: dict[str, str]) -> None:
    frames = re.findall(r"^```\n(┌(?:.+\n)+?)```", README, re.MULTILINE)
    assert sorted(frames) == sorted(pictures.values()), "\n".join(
        f"{name}: README.md has to show\n{picture}"
        for name, picture in pictures.items()
        if picture not in frames
    )


def test_a_picture_fits_its_page(pictures: dict[str, str]) -> None:
    assert {len(line) for text in pictures.values() for line in text.splitlines()} == {WIDTH}
