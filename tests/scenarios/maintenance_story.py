"""What stories about `/maintenance` do: ask, press, and look at windows."""

from __future__ import annotations

from datetime import UTC, datetime

from story import Story, central
from window_calls import change_window

from bot.domain.window import Window
from bot.domain.window_changes import Change
from bot.sandbox import Channel, OpenView, Person, Reply
from bot.services.maintenance import Changed

TEST, PROD, ROUTINE = "test-2026-12-17", "prod-2026-12-03", "routine-2026-12-14"
PROD_AT_NINE = (
    'weekday = "friday"\nstarts = "20:00"',
    'weekday = "friday"\nstarts = "21:00"',
)


def utc(text: str) -> datetime:
    """An instant by the office's wall clock, in UTC."""
    return central(text).astimezone(UTC)


def change(story: Story, key: str, how: Change) -> Changed:
    """Ana changes a window."""
    made = change_window(story.desk.bot.services.maintenance, key, how, story.ana.id)
    story.desk.rest()
    return made


def window(story: Story, key: str) -> Window:
    with story.desk.bot.store.reading() as tx:
        found = tx.windows.get(key)
    assert found is not None
    return found


def ask(person: Person, text: str = "", channel: Channel | None = None) -> str:
    """What Casebell answers privately to `/maintenance` and these words."""
    reply = person.command("/maintenance", text, channel)
    assert reply.ok, reply.problem
    assert all(message.only_for is person for message in reply.messages)
    return reply.messages[-1].shown_to(person) if reply.messages else reply.text


def year(person: Person, text: str = "12", channel: Channel | None = None) -> OpenView:
    """The months ahead."""
    reply = person.command("/maintenance", text, channel)
    assert reply.ok, reply.problem
    return top(person)


def press(person: Person, button: str) -> Reply:
    """Press a button of the newest private answer; those to manage a window go by its key."""
    reply = person.click(person.ephemerals[-1], button)
    assert reply.ok, reply.problem
    return reply


def top(person: Person) -> OpenView:
    """The form in front of somebody."""
    assert person.modal is not None
    return person.modal
