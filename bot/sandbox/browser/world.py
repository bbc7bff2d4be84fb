"""What is done to the workspace as a whole: its clock, and what is broken."""

from __future__ import annotations

from datetime import timedelta

from bot.sandbox.browser import time_machine
from bot.sandbox.browser.breakages import SlackIs
from bot.sandbox.browser.desk import Desk
from bot.sandbox.browser.fields import BadRequestError, Fields
from bot.sandbox.model import Json

MOST_MINUTES = 7 * 24 * 60


def change(desk: Desk, fields: Fields) -> Json:
    """Do what is asked for.

    Raises:
        BadRequestError: it makes no sense.
        UserError: it cannot be done now.
    """
    match fields.text("do"):
        case "travel":
            return _travel(desk, fields)
        case "next_due":
            desk.travel_to_next_due()
        case "stop_here":
            desk.stop_here()
        case "slack":
            wanted = fields.text("is")
            if wanted not in tuple(SlackIs):
                raise BadRequestError("Slack cannot be so")
            desk.breakages.make(SlackIs(wanted))
        case "stop_bot":
            desk.stop_bot()
        case "start_bot":
            desk.start_bot()
        case _:
            raise BadRequestError("there is no such thing to do")
    return {}


def _travel(desk: Desk, fields: Fields) -> Json:
    now = desk.clock.now()
    if fields.has("minutes"):
        at = now + timedelta(minutes=fields.number("minutes", 1, MOST_MINUTES))
    elif fields.has("moment"):
        try:
            at = time_machine.moment(fields.text("moment"), now, desk.office)
        except LookupError as error:
            raise BadRequestError(str(error)) from None
    else:
        try:
            at = time_machine.wall(fields.text("wall"), desk.office.zone)
        except ValueError as error:
            raise BadRequestError(str(error)) from None
    desk.travel_to(at)
    return {}
