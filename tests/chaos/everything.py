"""Press and fill whatever there is, so that Casebell is told everything that it can be told."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from under_fire import UnderFire

from bot.sandbox import Message, OpenView, Person, reading
from bot.sandbox.interactions import find_element

COMMANDS = (
    ("/case", ""), ("/case", "help"), ("/case", "list"), ("/case", "what"), ("/oncall", ""),
    ("/oncall", "weeks"), ("/oncall", "history"), ("/oncall", "override"), ("/oncall", "swap"),
    ("/oncall", "cover"), ("/oncall", "take"), ("/maintenance", ""), ("/maintenance", "add"),
    ("/maintenance", "12"),
)  # fmt: skip
AT_MOST = 12  # messages of a place, the newest
LATER = timedelta(hours=1)
MOST_FORMS = 12  # one after the other


def use_everything(site: UnderFire) -> None:
    """Everybody types every command, presses every button and submits every form they see."""
    for person, channel in (
        (site.ana, site.acme),
        (site.carla, site.acme),
        (site.gus, site.globex),
    ):
        for command, text in COMMANDS:
            person.command(command, text, channel)
            _use_form(person)
        person.open_home()
        site.workspace.settle()
        if person.home is not None:
            _press_all(person, person.home)
    for person, channel in ((site.ana, site.team), (site.ana, site.acme), (site.carla, site.acme)):
        for room in (channel, person.dm):
            for message in room.messages[-AT_MOST:]:
                _use_message(person, message)
    thread = next(m for m in site.acme.messages if m.text.startswith("CASE-"))
    said = site.carla.post(site.acme, "It is still down.", thread)
    site.carla.edit(said, "It is up again.")
    site.carla.delete(said)
    site.carla.upload(site.acme, "screenshot.png", text="Look", thread=thread)
    for person in (site.ana, site.carla):
        person.message_shortcut(thread, "case_from_message")
        _use_form(person)
        person.shortcut("case_from_anywhere")
        _use_form(person)
    site.workspace.settle()


def use_what_is_the_teams(site: UnderFire) -> None:
    """Ana goes through all that `/oncall` and `/maintenance` offer her, and Ben answers her."""
    for command in ("/oncall", "/maintenance"):
        shown = site.ana.command(command, "", site.team).messages[-1]
        offered = list(reading.interactive(shown.blocks))
        for block, element in {e["action_id"]: (b, e) for b, e in offered}.values():
            site.ana.click(shown, (block["block_id"], element["action_id"]))
            _go_through(site.ana)
    for person in (site.ben, site.ana):
        site.workspace.wait_for(lambda p=person: any("over" in m.text for m in p.dms))
        for message in person.dms[-AT_MOST:]:
            _use_message(person, message)
    site.workspace.settle()


def _go_through(person: Person) -> None:
    """From form to form until one is the last, by every button on the way."""
    pressed: set[str] = set()
    for _ in range(MOST_FORMS):
        view = person.modal
        if view is None:
            return
        elements = [element for _, element in reading.interactive(view.blocks)]
        buttons = [e["action_id"] for e in elements if e["type"] == "button"]
        if new := [name for name in buttons if name not in pressed]:
            pressed.add(new[0])
            with suppress(LookupError):
                view.click(new[0])
            continue
        for asked in view.inputs:
            if asked.kind == "datetimepicker":
                view.fill({asked.block_id: datetime.fromtimestamp(asked.answer, UTC) + LATER})
            elif not asked.answer:
                _, element = find_element(view.blocks, asked.block_id)
                view.fill({asked.block_id: _answer(element)})
        if not view.submit().ok:
            break
    while (left := person.modal) is not None:
        left.close()


def _use_message(person: Person, message: Message) -> None:
    for _, element in reading.interactive(message.blocks):
        with suppress(LookupError):
            match element["type"]:
                case "button":
                    person.click(message, element["action_id"])
                case "overflow":
                    for option in element["options"]:
                        person.choose(message, element["action_id"], option["text"]["text"])
                        _use_form(person)
                case _:
                    person.choose(message, element["action_id"], _answer(element))
        _use_form(person)


def _press_all(person: Person, view: OpenView) -> None:
    for _, element in reading.interactive(view.blocks):
        if element["type"] == "button":
            with suppress(LookupError):
                view.click(element["action_id"])
            if view.view.body["type"] == "home":
                _use_form(person)


def _use_form(person: Person) -> None:
    """Fill whatever form is on top with whatever it takes, submit it, and close what is left."""
    view = person.modal
    if view is not None:
        for block, element in list(reading.interactive(view.blocks)):
            if block["type"] == "input":
                with suppress(LookupError, ValueError):
                    view.fill({block["block_id"]: _answer(element)})
        with suppress(LookupError):
            view.submit()
    while (left := person.modal) is not None:
        left.close()


def _answer(element: dict[str, object]) -> object:
    options = element.get("options") or [{}]
    assert isinstance(options, list)
    match element["type"]:
        case "datepicker":
            return "2031-05-06"
        case "timepicker":
            return "10:00"
        case "users_select":
            return element.get("initial_user") or ""
        case "multi_users_select":
            return element.get("initial_users") or []
        case "url_text_input":
            return "https://acme.logik.io"
        case "plain_text_input":
            return "Filled by hand"
        case _:
            return options[0].get("value", "1")
