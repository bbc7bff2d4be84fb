"""What people do with the schedule, and what they are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from slack_sdk import WebClient
from story import Story, central, one

from bot.domain.schedule import Override, Schedule
from bot.domain.shift_request import ShiftRequest
from bot.messages import ids
from bot.sandbox import Message, OpenView, Person, Reply, Submission
from bot.sandbox.playground import BOT_TOKEN

LEVEL, FROM, UNTIL = "Level", "From", "Until"
NOTE = "Anything they should know?"
MINE, THEIRS = "Your shift", "For theirs"
TAKE_IT, CANCEL = "I take it", "Cancel the request"
SWAP, NO_THANKS = "Swap", "No, thanks"
NOT_TEAM = "Only people of the support team can do this."
# "Ana, Ben and Dora take weeks in turn"; the first of them begins with this handoff.
FIRST_DAY = "2026-11-16"


def rotate(story: Story, level: str, *people: Person) -> None:
    """Set a weekly rotation; the first of the people is on call in the week of the story."""
    story.desk.bot.services.on_call.set(
        level, [person.id for person in people], first_day=central(FIRST_DAY).date()
    )
    story.desk.rest()


def a_rota(story: Story) -> Story:
    """Ana, Ben and Dora in turn as primary, from Mon 16 Nov; Ben as secondary, Mia as manager."""
    rotate(story, "primary", story.ana, story.ben, story.dora)
    story.desk.advance(seconds=3)
    return story


def press(story: Story, person: Person, action_id: str, value: str = "") -> Reply:
    """Press a button that stands in a message of another part, or that somebody made up."""
    button: dict[str, Any] = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": "Press"},
    }
    client = WebClient(BOT_TOKEN, base_url=story.workspace.api_url)
    blocks = [{"type": "actions", "elements": [button | ({"value": value} if value else {})]}]
    ts = client.chat_postMessage(channel=person.dm.id, text="buttons", blocks=blocks)["ts"]
    message = person.dm.message(ts)
    reply = person.click(message, "Press")
    person.dm.messages.remove(message)
    story.desk.advance(seconds=3)
    return reply


def form(story: Story, person: Person, action_id: str) -> OpenView:
    """The form behind a button of `/oncall`."""
    reply = press(story, person, action_id)
    assert person.modal is not None, reply.text
    return person.modal


def send(story: Story, opened: OpenView, answers: Mapping[str, Any] | None = None) -> Submission:
    """Fill a form in, submit it, and let what follows happen."""
    opened.fill(answers or {})
    submission = opened.submit()
    story.desk.advance(seconds=3)
    return submission


def ask_cover(story: Story, person: Person, start: str, end: str, note: str = "") -> Submission:
    """Ask to be covered, at the level that the form proposes."""
    opened = form(story, person, ids.ONCALL_COVER)
    answers = {FROM: central(start), UNTIL: central(end), NOTE: note or None}
    submission = send(story, opened, answers)
    receipt = person.modal
    if receipt is not None:
        receipt.close()
    return submission


def take(story: Story, person: Person, until: str, level: str = "primary") -> Submission:
    """Take the pager."""
    opened = form(story, person, ids.ONCALL_TAKE)
    submission = send(story, opened, {LEVEL: level, UNTIL: central(until)})
    opened.close()
    return submission


def asked(story: Story, person: Person) -> Message:
    """The only message in somebody's DM that asks something of them, or that they asked."""
    return one(m for m in person.dms if "asks you" in m.text or "somebody to cover" in m.text
               or "You asked" in m.text)  # fmt: skip


def asked_team(story: Story) -> list[Message]:
    """The messages of the team's channel that ask for cover."""
    return [m for m in story.team.messages if "somebody to cover" in m.text]


def click(story: Story, person: Person, message: Message, button: str) -> str:
    """Press a button of a message; what is answered privately."""
    reply = person.click(message, button)
    story.desk.advance(seconds=3)
    assert reply.ok
    return reply.text


def told(person: Person, words: str) -> list[Message]:
    """The messages in somebody's DM that say so."""
    return [m for m in person.dms if words in m.shown_to(person)]


def changes(person: Person) -> list[str]:
    """What somebody was told of their shifts, oldest first."""
    return [m.shown_to(person) for m in told(person, "Your on-call shifts have changed.")]


def schedule(story: Story) -> Schedule:
    with story.desk.bot.store.reading() as tx:
        return tx.schedule.load()


def overrides(story: Story) -> tuple[Override, ...]:
    return schedule(story).overrides


def request(story: Story, number: int = 1) -> ShiftRequest:
    with story.desk.bot.store.reading() as tx:
        found = tx.requests.get(number)
    assert found is not None
    return found


def on_call(story: Story, at: str | datetime, level: str = "primary") -> list[str]:
    """Who is on call at an instant, by name."""
    instant = central(at) if isinstance(at, str) else at
    people = (story.ana, story.ben, story.mia, story.dora)
    names = {person.id: person.name for person in people}
    return sorted(names[user] for user in schedule(story).staff(instant).get(level, ()))
