"""What a person sees and does, over the page's own requests, without a browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from visitor import ERROR

from bot.errors import UserError
from bot.sandbox import Person
from bot.sandbox.browser import actions, screen, time_machine, world
from bot.sandbox.browser.desk import Desk
from bot.sandbox.browser.fields import Fields

SEVERITY = "How badly is your business affected?"


class Eyes:
    """A desk, and what people see and do there."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.cast = desk.cast

    def sees(self, person: Person, room_id: str = "", thread_ts: str = "") -> dict[str, Any]:
        drawn = screen.draw(self.desk, person, room_id, thread_ts)
        json.dumps(drawn)
        return drawn

    def room(self, person: Person, room_id: str) -> dict[str, Any]:
        found: dict[str, Any] = next(r for r in self.sees(person)["rooms"] if r["id"] == room_id)
        return found

    def does(self, person: Person, what: str, **fields: Any) -> dict[str, Any]:
        told = actions.act(self.desk, person, Fields({"do": what, **fields}))
        self.desk.playground.rest()
        return told

    def says(self, person: Person, text: str, room_id: str = "", **fields: Any) -> dict[str, Any]:
        return self.does(person, "say", room=room_id or self.cast.acme.id, text=text, **fields)

    def files_case(self, person: Person, severity: str) -> str:
        """By the pinned button and the form; the name of the case."""
        pinned = self.cast.acme.pins[0]
        button = pinned.blocks[-2]["elements"][0]
        block_id = pinned.blocks[-2]["block_id"]
        where = {"room": self.cast.acme.id, "ts": pinned.ts, "block": block_id}
        assert self.does(person, "press", **where, action=button["action_id"]) == {}
        assert person.modal is not None
        person.modal.fill({SEVERITY: severity, **ERROR})
        told = self.does(person, "submit", view=person.modal.view.id)
        assert told == {"errors": {}}
        name = person.modal.title
        person.modal.close()
        self.desk.travel_to(self.desk.clock.now() + timedelta(seconds=5))
        return name


@pytest.fixture
def eyes(desk: Desk) -> Iterator[Eyes]:
    return Eyes(desk)


def test_customers_learn_no_name_of_the_teams_own_channel(eyes: Eyes) -> None:
    for person in (eyes.cast.carla, eyes.cast.emil, eyes.cast.paula):
        assert "support-team" not in json.dumps(eyes.sees(person))
    assert "northwind-partner" not in json.dumps(eyes.sees(eyes.cast.carla))
    assert "support-team" in json.dumps(eyes.sees(eyes.cast.dora))


def test_a_conversation_of_others_is_not_opened(eyes: Eyes) -> None:
    team = eyes.desk.playground.team_channel.id
    assert eyes.sees(eyes.cast.carla, team)["room"] is None
    assert eyes.sees(eyes.cast.carla, eyes.cast.dora.dm.id)["room"] is None
    assert eyes.sees(eyes.cast.dora, team)["room"]["messages"]


def test_everything_is_read_to_begin_with_and_what_comes_is_not(eyes: Eyes) -> None:
    carla, dora, acme = eyes.cast.carla, eyes.cast.dora, eyes.cast.acme
    assert not any(r["is_unread"] for p in eyes.cast.roles for r in eyes.sees(p.person)["rooms"])
    eyes.says(carla, "Hello @Dora")
    assert eyes.room(dora, acme.id)["is_unread"]
    assert eyes.room(dora, acme.id)["rang"] == 1
    eyes.does(dora, "look", room=acme.id, ts=acme.messages[-1].ts)
    assert not eyes.room(dora, acme.id)["is_unread"]
    assert eyes.room(dora, acme.id)["rang"] == 0


def test_a_reply_is_news_until_its_thread_was_looked_at(eyes: Eyes) -> None:
    carla, dora, acme = eyes.cast.carla, eyes.cast.dora, eyes.cast.acme
    root = acme.messages[0]
    eyes.says(carla, "A question", thread=root.ts)
    assert eyes.room(dora, acme.id)["is_unread"]
    assert not any(m["has_news"] for m in eyes.sees(carla, acme.id)["room"]["messages"])
    assert eyes.sees(dora, acme.id)["room"]["messages"][0]["has_news"]
    last = root.thread[-1].ts
    eyes.does(dora, "look", room=acme.id, thread=root.ts, ts=last)
    assert not eyes.sees(dora, acme.id)["room"]["messages"][0]["has_news"]
    thread = eyes.sees(dora, acme.id, root.ts)["thread"]
    assert [m["text"] for m in thread[1:]] == ["A question"]


def test_a_case_of_the_night_rings_and_is_swallowed_by_do_not_disturb(eyes: Eyes) -> None:
    ana, mia = eyes.cast.ana, eyes.cast.mia
    eyes.desk.travel_to(
        time_machine.moment("saturday_night", eyes.desk.clock.now(), eyes.desk.office)
    )
    name = eyes.files_case(eyes.cast.emil, "Business Stopped")
    rings = eyes.sees(eyes.cast.carla)["rings"]
    pages = [r for r in rings if r["person"] == ana.id and r["text"].startswith("Page:")]
    assert [(r["room"], r["silent"]) for r in pages] == [(ana.dm.id, False)]
    assert name in pages[0]["text"]
    eyes.desk.travel_to(eyes.desk.clock.now() + timedelta(minutes=15))
    silent = [r for r in eyes.sees(eyes.cast.carla)["rings"] if r["silent"]]
    assert {r["person"] for r in silent} == {mia.id}
    assert all(r["person"] != mia.id for r in eyes.sees(ana)["rings"] if not r["silent"])
    eyes.does(mia, "sleep", on=False)
    eyes.desk.travel_to(eyes.desk.clock.now() + timedelta(minutes=20))
    assert any(r["person"] == mia.id and not r["silent"] for r in eyes.sees(ana)["rings"])


@pytest.mark.parametrize("command", ["/case", "/oncall", "/maintenance list"])
def test_slack_keeps_commands_from_people_of_other_organisations(eyes: Eyes, command: str) -> None:
    told = eyes.says(eyes.cast.emil, command)
    assert told["problem"].startswith(f"{command.split(maxsplit=1)[0]} is not a valid command.")
    assert "press Open a case" in told["problem"]
    assert eyes.sees(eyes.cast.emil)["commands"] == []


def test_guests_of_the_workspace_have_commands(eyes: Eyes) -> None:
    assert eyes.says(eyes.cast.carla, "/case") == {}
    assert eyes.sees(eyes.cast.carla)["modal"]["title"] == "Open a case"
    assert eyes.sees(eyes.cast.dora)["modal"] is None


def test_a_command_in_a_thread_is_refused_as_slack_does(eyes: Eyes) -> None:
    root = eyes.cast.acme.messages[0].ts
    told = eyes.says(eyes.cast.carla, "/case", thread=root)
    assert told == {"problem": "/case is not supported in threads. Sorry!"}


def test_names_after_an_at_sign_call_on_those_who_are_there(eyes: Eyes) -> None:
    carla, acme = eyes.cast.carla, eyes.cast.acme
    eyes.says(carla, "@dora @Paula a@Dora @casebell <@here>")
    bot, dora = eyes.desk.workspace.bot, eyes.cast.dora
    typed = next(m for m in acme.messages if m.author is carla)
    assert typed.text == f"<@{dora.id}> @Paula a@Dora <@{bot.id}> &lt;<!here>&gt;"
    assert acme.messages[-1].author is bot, "a mention is answered"


def test_a_file_is_told_of_by_name_and_size(eyes: Eyes) -> None:
    files = [{"name": "trace.txt", "size": 2048}, {"name": "screen.png", "size": 9}]
    assert eyes.says(eyes.cast.carla, "Here", files=files) == {}
    shown = eyes.sees(eyes.cast.dora, eyes.cast.acme.id)["room"]["messages"][-1]
    assert [(f["name"], f["size"]) for f in shown["files"]] == [
        ("trace.txt", 2048),
        ("screen.png", 9),
    ]


def test_ones_own_words_can_be_changed_and_taken_back(eyes: Eyes) -> None:
    carla, acme = eyes.cast.carla, eyes.cast.acme
    eyes.says(carla, "Helo")
    ts = acme.messages[-1].ts
    eyes.does(carla, "edit", room=acme.id, ts=ts, text="Hello")
    assert acme.messages[-1].text == "Hello"
    assert "problem" in eyes.does(eyes.cast.dora, "delete", room=acme.id, ts=ts)
    assert eyes.does(carla, "delete", room=acme.id, ts=ts) == {}
    assert all(m.ts != ts for m in acme.messages)


def test_errors_stand_by_the_block_that_they_are_about(eyes: Eyes) -> None:
    carla = eyes.cast.carla
    eyes.says(carla, "/case")
    view = eyes.sees(carla)["modal"]
    told = eyes.does(carla, "submit", view=view["id"])
    assert set(told["errors"].values()) == {"Please complete this required field."}
    labels = {b["block_id"]: b["label"]["text"] for b in view["blocks"] if b["type"] == "input"}
    assert SEVERITY in {labels[block] for block in told["errors"]}


def test_what_is_typed_is_kept_when_an_answer_redraws_the_form(eyes: Eyes) -> None:
    carla = eyes.cast.carla
    eyes.says(carla, "/case")
    view = eyes.sees(carla)["modal"]
    by_label = {b["label"]["text"]: b for b in view["blocks"] if b["type"] == "input"}

    def at(label: str) -> dict[str, str]:
        block = by_label[label]
        return {"block": block["block_id"], "action": block["element"]["action_id"]}

    held = [{**at("Summary"), "answer": "Prices are gone"}]
    noticed = at("When did you first notice it?")
    held.append({**noticed, "answer": "2026-11-24T09:30"})
    kind = at("Is it an error or a question?")
    options = by_label["Is it an error or a question?"]["element"]["options"]
    told = eyes.does(
        carla, "choose_in_view", view=view["id"], **kind, answer=options[0]["value"], held=held
    )
    assert told == {}
    assert carla.modal is not None
    assert carla.modal.input("Summary").answer == "Prices are gone"
    assert carla.modal.input("Steps to reproduce"), "an error asks for more"
    moment = eyes.sees(carla)["modal"]["held"][noticed["block"]][noticed["action"]]
    assert moment["wall"] == "2026-11-24T09:30"
    assert moment["selected_date_time"] == 1795530600, "9:30 in New York"


def test_a_button_that_is_gone_says_so(eyes: Eyes) -> None:
    carla, acme = eyes.cast.carla, eyes.cast.acme
    where = {"room": acme.id, "ts": acme.messages[0].ts, "block": "none", "action": "none"}
    assert eyes.does(carla, "press", **where) == {"problem": actions.GONE}
    assert eyes.does(carla, "submit", view="V0") == {"problem": actions.GONE}


def test_the_home_tab_is_drawn_for_who_looks(eyes: Eyes) -> None:
    dora = eyes.cast.dora
    assert eyes.sees(dora)["home"] is None
    eyes.does(dora, "open_home")
    assert "On call now" in json.dumps(eyes.sees(dora)["home"]["blocks"])


def test_who_is_on_call_is_read_off_the_schedule(eyes: Eyes) -> None:
    def levels() -> dict[str, list[str]]:
        return {p["name"]: p["levels"] for p in eyes.sees(eyes.cast.carla)["people"] if p["levels"]}

    assert levels() == {"Ana": ["primary"], "Ben": ["secondary"], "Mia": ["manager"]}
    eyes.desk.playground.bot.services.on_call.set("primary", [eyes.cast.dora.id])
    assert levels() == {"Dora": ["primary"], "Ben": ["secondary"], "Mia": ["manager"]}


def test_a_screen_has_another_version_only_when_something_is_new(eyes: Eyes) -> None:
    carla = eyes.cast.carla
    first = eyes.sees(carla)["version"]
    assert eyes.sees(carla)["version"] == first
    eyes.desk.travel_to(eyes.desk.clock.now() + timedelta(minutes=1))
    second = eyes.sees(carla)["version"]
    assert second != first
    eyes.says(eyes.cast.dora, "Hello")
    assert eyes.sees(carla)["version"] != second


# --- the tour -------------------------------------------------------------------------------


def done(eyes: Eyes) -> list[list[bool]]:
    """Which tasks of each step are ticked off."""
    steps = eyes.sees(eyes.cast.carla)["tour"]
    return [[task["done"] for task in step["tasks"]] for step in steps]


def test_every_way_of_the_tour_leads_somewhere(eyes: Eyes) -> None:
    drawn = eyes.sees(eyes.cast.carla)
    moments = {moment["key"] for moment in drawn["clock"]["moments"]}
    for step in drawn["tour"]:
        for way in (way for task in step["tasks"] for way in task["ways"]):
            if way["person"]:
                person = eyes.cast.person(way["person"])
                assert way["room"] in [room["id"] for room in eyes.sees(person)["rooms"]]
            else:
                assert way["moment"] in moments or way["minutes"]


def test_the_tour_ticks_off_what_has_happened_however_it_came_about(eyes: Eyes) -> None:
    assert not any(any(step) for step in done(eyes))
    first = eyes.files_case(eyes.cast.emil, "Business Stopped")
    assert done(eyes)[:2] == [[True, False], [False] * 4], "by day, nobody is woken"
    card = next(m for m in eyes.cast.acme.messages if m.text.startswith(first))
    eyes.says(eyes.cast.ben, "I see it", thread=card.ts)
    assert done(eyes)[0] == [True, True]
    eyes.desk.travel_to(
        time_machine.moment("thanksgiving", eyes.desk.clock.now(), eyes.desk.office)
    )
    assert done(eyes)[1] == [True, False, False, False], "a holiday is as good as a night"
    assert done(eyes)[4] == [False], "told of maintenance, and not yet in the last step"
    eyes.files_case(eyes.cast.carla, "Business Stopped")
    assert done(eyes)[1] == [True, True, False, False]
    eyes.desk.travel_to(eyes.desk.clock.now() + timedelta(minutes=15))
    assert done(eyes)[2] == [True, True, False]


# --- the world ------------------------------------------------------------------------------


@pytest.mark.parametrize("wall", ["2026-11-24T09:59", "2020-01-01T00:00", "2027-11-24T10:00"])
def test_the_clock_goes_forward_and_not_too_far(eyes: Eyes, wall: str) -> None:
    before = eyes.desk.clock.turns
    with pytest.raises(UserError):
        world.change(eyes.desk, Fields({"do": "travel", "wall": wall}))
    assert eyes.desk.clock.turns == before


def test_the_clock_can_be_stopped_on_its_way_and_sent_one_way_at_a_time(eyes: Eyes) -> None:
    desk = eyes.desk
    travel = threading.Thread(
        target=world.change, args=(desk, Fields({"do": "travel", "wall": "2027-02-24T10:00"}))
    )
    travel.start()
    desk.workspace.wait_for(lambda: desk.travels_to is not None)
    with pytest.raises(UserError, match="on its way"):
        world.change(desk, Fields({"do": "travel", "minutes": 5}))
    with pytest.raises(UserError, match="on its way"):
        world.change(desk, Fields({"do": "stop_bot"}))
    reached = desk.cast.acme.messages[-1].ts
    desk.workspace.wait_for(lambda: desk.cast.acme.messages[-1].ts > reached, timeout=30)
    world.change(desk, Fields({"do": "stop_here"}))
    travel.join(timeout=30)
    assert not travel.is_alive()
    assert desk.clock.now() < time_machine.wall("2027-02-24T10:00", desk.office.zone)
    assert desk.clock.runs


def test_the_next_due_thing_is_one_that_people_see(eyes: Eyes) -> None:
    due = eyes.sees(eyes.cast.carla)["clock"]["due"]
    assert due["what"] == "a maintenance notice"
    world.change(eyes.desk, Fields({"do": "next_due"}))
    assert eyes.desk.clock.now().timestamp() >= due["at"]
    assert "maintenance" in eyes.cast.acme.messages[-1].text


@pytest.mark.parametrize("slack", ["rate_limiting", "failing", "away"])
def test_what_slack_did_not_take_is_there_when_it_is_mended(eyes: Eyes, slack: str) -> None:
    carla, acme = eyes.cast.carla, eyes.cast.acme
    eyes.says(carla, "/case")
    assert carla.modal is not None
    carla.modal.fill({SEVERITY: "Business severely impacted", **ERROR})
    world.change(eyes.desk, Fields({"do": "slack", "is": slack}))
    assert eyes.sees(carla)["broken"]["slack"] == slack
    assert eyes.does(carla, "submit", view=carla.modal.view.id) == {"errors": {}}
    assert not any(m.text.startswith("CASE-") for m in acme.messages)
    world.change(eyes.desk, Fields({"do": "slack", "is": "well"}))
    eyes.desk.travel_to(eyes.desk.clock.now() + timedelta(minutes=5))
    assert len([m for m in acme.messages if m.text.startswith("CASE-")]) == 1


def test_a_bot_that_is_stopped_answers_nobody_and_catches_up_when_it_is_started(
    eyes: Eyes,
) -> None:
    carla, acme = eyes.cast.carla, eyes.cast.acme
    world.change(eyes.desk, Fields({"do": "stop_bot"}))
    assert not eyes.sees(carla)["broken"]["bot_runs"]
    told = actions.act(eyes.desk, carla, Fields({"do": "say", "room": acme.id, "text": "/case"}))
    assert told["problem"]
    reminder = time_machine.moment("reminder", eyes.desk.clock.now(), eyes.desk.office)
    eyes.desk.travel_to(reminder + timedelta(minutes=30))
    assert not any("maintenance" in m.text for m in acme.messages)
    world.change(eyes.desk, Fields({"do": "start_bot"}))
    eyes.desk.travel_to(eyes.desk.clock.now() + timedelta(seconds=5))
    assert any("maintenance" in m.text for m in acme.messages), "late, and still worth it"
