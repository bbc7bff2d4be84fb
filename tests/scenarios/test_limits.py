"""The worst that people type, and the most that fits: nothing is lost, and nobody is called."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from story import ERROR_ANSWERS, SEVERITY, Story, one

from bot.policy import Policy, load_policy
from bot.policy_rules import MOST_FIELDS
from bot.sandbox import Message, Person

Tell = Callable[..., Story]
SEVERE = "Business severely impacted"
STOPPED = "Business Stopped"
SHIPPED = (Path(__file__).parents[2] / "bot" / "policy.toml").read_text("utf-8")

# From about 13,200 on Slack says msg_blocks_too_long (github.com/slackapi/bolt-js/issues/2509).
ROOM = 13_200
MOST_BLOCKS = 50

# {ivy} is somebody in every channel who has nothing to do with any of this.
WORST = {
    "entities": "&<>*_~|`" * 375,
    "calls": "<!channel> <!here> {ivy} ```\n<!subteam^S1> @here\n``` <https://e.example|ok> " * 40,
    "other scripts": "\u202eالأسعار {ivy} اختفت\u202c 👩\u200d👩 :boom: \u200b <!here> " * 60,
    "quotes": '"\n' * 1400 + "<!channel>",
}


def by_casebell(story: Story) -> Iterator[Message]:
    ws = story.workspace
    for room in ws.conversations.values():
        yield from (m for m in room.messages if m.author is ws.bot)
    yield from ws.ephemerals


def refused_by_slack(story: Story) -> list[tuple[str, object]]:
    calls = story.workspace.calls
    return [(c.method, c.response) for c in calls if c.response and c.response.get("ok") is False]


def check_that_slack_takes_all(story: Story) -> None:
    assert refused_by_slack(story) == []
    for message in by_casebell(story):
        versions = (message.blocks, *(list(version.blocks) for version in message.edits))
        for blocks in versions:
            bare = [{k: v for k, v in block.items() if k != "block_id"} for block in blocks]
            assert len(blocks) <= MOST_BLOCKS
            assert len(json.dumps(bare, ensure_ascii=False)) <= ROOM, message.text[:80]


def check_that_nobody_is_called(story: Story, person: Person) -> None:
    for message in by_casebell(story):
        assert not message.pings(person), message.shown[:200]
    assert not [m for m in person.notifications if m.author is story.workspace.bot]


def use(person: Person, answers: dict[str, object]) -> None:
    """Fill the form in front of somebody and submit it; fields take as much as they take."""
    assert person.modal is not None
    person.modal.fill(answers)
    submission = person.modal.submit()
    assert submission.ok, submission


def a_life_in(story: Story, text: str) -> str:
    """Whatever can be typed anywhere about a case is this text; it is called by its name."""
    joined = next(m for m in story.team.messages if "I am in it now" in m.shown)
    story.dora.click(joined, "Set up")
    use(story.dora, {"Whose channel is it?": text[:80], "Who are they?": "partner"})
    story.desk.advance(seconds=2)
    words = dict.fromkeys(("Click-path", "Steps to reproduce"), text[:3000])
    answers = {
        **ERROR_ANSWERS,
        **words,
        "Logik.io URL": "https://acme.logik.io/" + "a" * 1970,
        "What did you expect to happen?": text[:3000],
        "Anything else that may help?": text[:3000],
        "On whose behalf?": text[:100],
        "Summary": " ".join(text.split())[:150],
    }
    name = story.open_case(STOPPED, answers=answers)
    card, team_card = story.card(name), story.team_card(name)
    said = story.carla.post(story.acme, text, card)
    story.carla.upload(story.acme, text[:200] + ".har", text=text, thread=card, size=2**30)
    story.emil.post(story.acme, f"{story.workspace.bot.mention} {text}", card)
    story.carla.post(story.carla.dm, text)
    story.carla.post(story.acme, f"{story.workspace.bot.mention} {text}")
    story.desk.advance(seconds=10)
    story.carla.edit(said, text[::-1])
    story.dora.click(team_card, "Reply")
    use(story.dora, {"Your reply": text[:3000]})
    story.desk.advance(seconds=5)
    story.dora.choose(team_card, "case_more", "Change severity…")
    use(story.dora, {"Severity": SEVERE, "Why?": text[:500]})
    story.desk.advance(seconds=5)
    story.dora.choose(team_card, "case_more", "Assign to…")
    use(story.dora, {"Who takes care of it?": story.ben})
    story.dora.click(team_card, "Resolve")
    use(story.dora, {"What was it, and what has been done?": text[:3000]})
    story.desk.advance(seconds=5)
    story.carla.click(card, f"It is now {STOPPED}")
    use(story.carla, {"What has changed?": text[:1000]})
    story.desk.advance(minutes=20)
    return name


@pytest.mark.parametrize("worst", WORST.values(), ids=WORST.keys())
def test_the_worst_words_call_nobody_and_slack_takes_them(tell: Tell, worst: str) -> None:
    story = tell("2026-11-21 02:00")
    ivy = story.workspace.add_person("Ivy")
    story.team.invite(ivy)
    story.acme.invite(ivy)
    story.desk.rest()
    text = worst.replace("{ivy}", ivy.mention)[:2999]
    name = a_life_in(story, text)
    for person, place in ((story.carla, story.acme), (story.dora, story.team)):
        person.open_home()
        for words in ("list", name, f"why {name}"):
            assert person.command("/case", words, place).ok
    story.desk.rest()
    assert person.home is not None
    check_that_slack_takes_all(story)
    check_that_nobody_is_called(story, ivy)
    shown = "\n".join(message.shown for message in story.team.messages)
    visible = " ".join(text.split())[:60]
    assert visible in " ".join(shown.split())
    assert story.rung(), "on-call reads it too"


@pytest.mark.parametrize(
    "words",
    [
        "\u00a0\u3000",
        "\u200b",
        "\u200b\u2060\ufeff",
    ],
    ids=["spaces", "no width", "no width at all"],
)
def test_a_summary_that_nobody_can_see_is_not_taken(tell: Tell, words: str) -> None:
    story = tell("2026-11-23 10:00")
    submission = story.submit(SEVERE, {**ERROR_ANSWERS, "Summary": words})
    assert "fill this in" in submission.errors["Summary"]


def wide_policy(folder: Path, label: str, option: str = "Rule") -> Policy:
    """As many fields as a form may have, each with this label and hint; all of them required."""
    head, _, rest = SHIPPED.partition("[[form.fields]]")
    tail = rest[rest.index('# Source: "How about Planned Maintenance"') :]
    blocks = [
        f'key = "severity"\nlabel = "{SEVERITY}"\nkind = "severity"',
        'key = "summary"\nlabel = "Summary"\nkind = "line"\nmax_length = 150',
    ]
    for n in range(MOST_FIELDS - 2):
        letter = chr(ord("a") + n)
        shown = (letter + label)[:2000]
        blocks.append(
            f'key = "field_{letter}"\nlabel = "{shown}"\nhint = "{label[:2000]}"\nkind = "text"'
        )
    fields = "\n\n".join(f"[[form.fields]]\n{block}" for block in blocks)
    longest = SHIPPED[SHIPPED.index('label = "Business severely impacted"') :].partition("\n")[0]
    path = folder / "policy.toml"
    text = f"{head}{fields}\n\n{tail}".replace(longest, f'label = "{"S" * 75}"')
    path.write_text(text, "utf-8")
    return load_policy(path)


def test_a_form_of_twenty_fields_with_long_labels_makes_cards_that_slack_takes(
    tell: Tell, tmp_path: Path
) -> None:
    """With the longest that the policy may have; it begins with a letter of its own."""
    policy = wide_policy(tmp_path, "L" * 299)
    story = tell("2026-11-23 10:00", policy=policy)
    form = story.open_form()
    asked = {given.label for given in form.inputs} - {SEVERITY, "Summary"}
    assert len(asked) == MOST_FIELDS - 2
    answers = dict.fromkeys(asked, "&<" * 1499)
    form.fill({SEVERITY: "S" * 75, "Summary": "&" * 150, **answers})
    assert form.submit().ok
    story.carla.modal.close()  # type: ignore[union-attr]
    story.desk.advance(seconds=60)
    name = "CASE-1001"
    story.now_is("2026-11-23 14:00:05")
    card = story.team_card(name)
    assert all(letter + "L" in card.shown for letter in "abcdefghijklmnopqr")
    assert len(card.thread) == len(asked), "what is long stands whole in the thread"
    for person, place in ((story.carla, story.acme), (story.ana, story.team)):
        for words in ("list", name, f"why {name}", "help"):
            assert person.command("/case", words, place).ok
        person.open_home()
    story.desk.rest()
    assert story.ana.home is not None
    assert story.carla.home is not None
    check_that_slack_takes_all(story)


def test_a_person_without_a_name_opens_a_case_and_answers_one(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    ws = story.workspace
    nobody, agent = ws.add_person("", guest=True), ws.add_person("")
    story.acme.invite(nobody)
    story.team.invite(agent)
    story.desk.rest()
    name = story.open_case(SEVERE, person=nobody)
    nobody.post(story.acme, "hello", story.card(name))
    story.desk.advance(seconds=3)
    story.dora.post(story.acme, f"hello {nobody.mention}", story.card(name))
    story.desk.advance(seconds=3)
    agent.click(story.team_card(name), "Take")
    agent.click(story.team_card(name), "Reply")
    use(agent, {"Your reply": "Hello from nobody."})
    story.desk.advance(seconds=3)
    reply = one(m for m in story.card(name).thread if "Hello from nobody." in m.shown)
    assert (reply.username or "").endswith("(Logik.io)")
    assert (reply.username or "") != "(Logik.io)"
    nobody.open_home()
    story.desk.rest()
    check_that_slack_takes_all(story)


@pytest.mark.parametrize("where", ["channel", "DM"])
def test_a_deactivated_reporter_stops_nothing(tell: Tell, where: str) -> None:
    story = tell("2026-11-23 10:00")
    place = story.acme if where == "channel" else story.carla.dm
    name = story.open_case(SEVERE, channel=place)
    story.carla.deactivate()
    story.desk.rest()
    story.dora.click(story.team_card(name), "Reply")
    use(story.dora, {"Your reply": "It is solved."})
    story.desk.advance(minutes=2)
    if where == "channel":
        assert any("It is solved." in m.shown for m in story.card(name).thread)
        assert "Answered" in story.team_card(name).shown
    else:
        told = [words for words in story.news() if "did not reach the customer" in words]
        assert len(told) == 1
        assert name in told[0]
        assert "Waiting for our first response" in story.team_card(name).shown
    story.dora.click(story.team_card(name), "Resolve")
    use(story.dora, {"What was it, and what has been done?": "Solved."})
    story.desk.advance(minutes=2)
    assert "Resolved by @Dora" in story.team_card(name).shown


def test_a_deactivated_teammate_leaves_their_cases_to_the_team(tell: Tell) -> None:
    """Seen when Casebell looks who is in TEAM_CHANNEL: every hour, and at its start."""
    story = tell("2026-11-23 10:00")
    names = [story.open_case(SEVERE) for _ in range(3)]
    for name in names[:2]:
        story.ben.click(story.team_card(name), "Take")
    story.desk.advance(seconds=3)
    story.ben.deactivate()
    story.desk.stop_bot()
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    told = one(m for m in story.team.messages if "is no longer of the team" in m.shown)
    assert "2 cases have nobody now" in told.shown
    assert all(name in told.shown for name in names[:2])
    assert names[2] not in told.shown
    assert "Nobody yet" in story.team_card(names[0]).shown


def test_a_file_of_a_gigabyte_is_named_and_not_fetched(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    card = story.card(name)
    story.carla.upload(story.acme, "dump.sql", thread=card, size=10**9)
    story.emil.upload(story.acme, "setup.exe", thread=card, mimetype="application/x-msdownload")
    story.desk.advance(seconds=5)
    copies = "\n".join(message.shown for message in story.team_card(name).thread)
    assert "dump.sql (1 GB)" in copies
    assert "setup.exe" in copies
    check_that_slack_takes_all(story)


def test_an_edit_after_the_end_is_kept_and_opens_nothing(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    said = story.carla.post(story.acme, "It is the prise.", story.card(name))
    story.desk.advance(seconds=3)
    story.dora.click(story.team_card(name), "Resolve")
    use(story.dora, {"What was it, and what has been done?": "Solved."})
    story.desk.advance(seconds=3)
    story.carla.edit(said, "It is the price.")
    story.desk.advance(seconds=3)
    assert "Resolved" in story.card(name).shown
    copy = one(m for m in story.team_card(name).thread if "It is the pri" in m.shown)
    assert "It is the price." in copy.shown
    assert "(edited)" in copy.shown


def test_a_thread_of_five_hundred_replies_is_read_whole_after_an_absence(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    card = story.card(name)
    story.desk.stop_bot()
    for n in range(500):
        story.carla.post(story.acme, f"line {n}", card)
    story.workspace.settle()
    story.desk.start_bot()
    story.desk.bot.wait_until_learned(10)
    with story.desk.bot.store.reading() as tx:
        wrote = [entry for entry in tx.cases.timeline(1001) if entry.kind == "wrote"]
    assert len(wrote) == 500
