"""The README says what is true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot.__main__ import _parser, main
from bot.policy import load_policy
from bot.settings import Settings

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


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"\bmake ([a-z]+)\b", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_file_that_the_readme_names_exists() -> None:
    for name in re.findall(r"`((?:bot|handlers|storage|tests)/[\w/.]*)`", README):
        assert (ROOT / name).exists(), name


def test_pictures_show_words_that_casebell_says() -> None:
    """Each line in a frame stands in a builder's source, but for what a case fills in."""
    source = "".join(
        path.read_text("utf-8") for path in sorted((ROOT / "bot").rglob("messages/*.py"))
    )
    for words in (
        "Waiting for our first response",
        "Next response by",
        "This thread is the case's conversation: please add what you find here.",
        "Escalate now",
        "and the office is closed.",
        "Acknowledge stops the ringing; then answer in",
        "somebody is rung again",
    ):
        assert words in README
        assert words in source.replace('"\n        f"', "").replace('"\n        "', "")
