"""What a person does on the page, done in the workspace as Slack's own client would.

Each takes the person and the fields of the request, and gives what the page is told: `problem`
is a sentence for whoever did it, as Slack would show it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.sandbox.actor import Person
from bot.sandbox.browser.desk import Desk
from bot.sandbox.browser.fields import BadRequestError, Fields
from bot.sandbox.interactions import Address, Reply, find_element
from bot.sandbox.model import Conversation, Json, Message
from bot.sandbox.open_view import OpenView
from bot.sandbox.submission import Outcome

GONE = "This has changed in the meantime. Look at what stands there now."
LARGEST_FILE = 1_000_000_000  # bytes; only its name and its size come here
MOST_FILES = 5
_AT = re.compile(r"(?<![\w@])@([A-Za-z]\w*)")

Action = Callable[[Desk, Person, Fields], Json]


def act(desk: Desk, person: Person, fields: Fields) -> Json:
    """Do what is asked for.

    Raises:
        BadRequestError: it makes no sense.
    """
    action = _ACTIONS.get(fields.text("do"))
    if action is None:
        raise BadRequestError("there is no such thing to do")
    try:
        return action(desk, person, fields)
    except LookupError:
        return {"problem": GONE}
    except ValueError as error:
        return {"problem": f"{error}."}


def _say(desk: Desk, person: Person, fields: Fields) -> Json:
    room = _room(desk, person, fields)
    text = fields.text("text").strip()
    in_thread = bool(fields.text("thread", ""))
    given = fields.each("files", MOST_FILES)
    files = {one.text("name"): one.number("size", 0, LARGEST_FILE) for one in given}
    if text.startswith("/") and not files:
        command, _, rest = text.partition(" ")
        if in_thread:
            return {"problem": f"{command} is not supported in threads. Sorry!"}
        return _told(person.command(command, rest.strip(), room), also=_why_not(desk, person))
    root = _message(room, person, fields.text("thread")) if in_thread else None
    live = mentioned(room, text)
    if files:
        person.upload(room, *files, text=live, thread=root, size=files)
    elif text:
        person.post(room, live, root)
    return {}


def mentioned(room: Conversation, text: str) -> str:
    """Typed text in which the @names of those who are here call on them."""
    by_name = {member.name.lower(): member.mention for member in room.members}
    return _AT.sub(lambda found: by_name.get(found[1].lower(), found[0]), text)


def _edit(desk: Desk, person: Person, fields: Fields) -> Json:
    room = _room(desk, person, fields)
    message = _message(room, person, fields.text("ts"))
    person.edit(message, mentioned(room, fields.text("text").strip()))
    return {}


def _delete(desk: Desk, person: Person, fields: Fields) -> Json:
    person.delete(_message(_room(desk, person, fields), person, fields.text("ts")))
    return {}


def _press(desk: Desk, person: Person, fields: Fields) -> Json:
    message = _message(_room(desk, person, fields), person, fields.text("ts"))
    return _told(person.click(message, _address(fields)))


def _choose(desk: Desk, person: Person, fields: Fields) -> Json:
    message = _message(_room(desk, person, fields), person, fields.text("ts"))
    _, element = find_element(message.blocks, _address(fields))
    answer = _as_held(element, fields.answer(), person.tz)
    return _told(person.choose(message, _address(fields), answer))


def _press_in_view(_desk: Desk, person: Person, fields: Fields) -> Json:
    view = _view(person, fields)
    _hold(view, person, fields)
    return _told(view.click(_address(fields)))


def _choose_in_view(_desk: Desk, person: Person, fields: Fields) -> Json:
    view = _view(person, fields)
    _hold(view, person, fields)
    _, element = find_element(view.blocks, _address(fields))
    return _told(view.choose(_address(fields), _as_held(element, fields.answer(), person.tz)))


def _submit(_desk: Desk, person: Person, fields: Fields) -> Json:
    view = _view(person, fields)
    _hold(view, person, fields)
    by_label = {b["label"]["text"]: b["block_id"] for b in view.blocks if b["type"] == "input"}
    submission = view.submit()
    told: Json = {"errors": {by_label[label]: text for label, text in submission.errors.items()}}
    if submission.status is Outcome.TROUBLE:
        told["problem"] = submission.problem
    return told


def _close(_desk: Desk, person: Person, fields: Fields) -> Json:
    _view(person, fields).close(whole_stack=fields.flag("all"))
    return {}


def _open_home(_desk: Desk, person: Person, _fields: Fields) -> Json:
    person.open_home()
    return {}


def _shortcut(desk: Desk, person: Person, fields: Fields) -> Json:
    name = fields.text("name")
    if not fields.has("ts"):
        return _told(person.shortcut(name))
    message = _message(_room(desk, person, fields), person, fields.text("ts"))
    return _told(person.message_shortcut(message, name))


def _look(desk: Desk, person: Person, fields: Fields) -> Json:
    room = _room(desk, person, fields)
    desk.saw(person, room.id, fields.text("thread", ""), fields.text("ts"))
    return {}


def _sleep(desk: Desk, person: Person, fields: Fields) -> Json:
    desk.cast.switch_disturbing(person, quiet_at_night=fields.flag("on"))
    return {}


_ACTIONS: Mapping[str, Action] = {
    "say": _say,
    "edit": _edit,
    "delete": _delete,
    "press": _press,
    "choose": _choose,
    "press_in_view": _press_in_view,
    "choose_in_view": _choose_in_view,
    "submit": _submit,
    "close": _close,
    "open_home": _open_home,
    "shortcut": _shortcut,
    "look": _look,
    "sleep": _sleep,
}


def _told(reply: Reply, also: str = "") -> Json:
    return {} if reply.ok else {"problem": f"{reply.problem}{also}"}


def _why_not(desk: Desk, person: Person) -> str:
    """What Slack leaves its people to find out."""
    if person.team is desk.workspace.home:
        return ""
    return (
        " Slack keeps an app's commands from people of other organisations: press Open a case on"
        " the pinned message, or mention @casebell."
    )


def _room(desk: Desk, person: Person, fields: Fields) -> Conversation:
    room = desk.workspace.conversations.get(fields.text("room"))
    if room is None or person not in room.members:
        raise BadRequestError("there is no such room")
    return room


def _message(room: Conversation, person: Person, ts: str) -> Message:
    with room.state.changed:
        for message in room.messages_seen_by(person):
            if message.ts == ts:
                return message
    raise LookupError(ts)


def _view(person: Person, fields: Fields) -> OpenView:
    wanted = fields.text("view")
    for view in (person.modal, person.home):
        if view is not None and view.view.id == wanted:
            return view
    raise LookupError(wanted)


def _hold(view: OpenView, person: Person, fields: Fields) -> None:
    """Keep what stands in the inputs of a form, before something is told of it."""
    for typed in fields.each("held", 100):
        _, element = find_element(view.blocks, _address(typed))
        view.hold(_address(typed), _as_held(element, typed.answer(), person.tz))


def _address(fields: Fields) -> Address:
    return fields.text("block"), fields.text("action")


def _as_held(element: Json, answer: str | list[str] | None, zone: ZoneInfo) -> object:
    """An answer as inputs keep it: a wall time of the reader's becomes an instant."""
    if element["type"] != "datetimepicker" or not isinstance(answer, str):
        return answer
    typed = datetime.fromisoformat(answer)
    if typed.tzinfo is not None:
        raise BadRequestError("a moment is a wall time of the reader's")
    return typed.replace(tzinfo=zone)
