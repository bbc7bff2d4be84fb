"""What the forms about maintenance windows send, read into what the services take."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import timedelta

from bot.domain.form import is_seen
from bot.errors import FormError, UserError
from bot.messages import window_ids, window_terms
from bot.messages.window_ids import Asked, Do, YearPage
from handlers import payloads
from handlers.payloads import Body

_HOURS = re.compile(r"\d{1,4}(\.\d{1,9})?")


def key(body: Body) -> str:
    """The window of the button that was pressed."""
    return str(body["actions"][0].get("value", ""))


def months(body: Body) -> YearPage:
    """The page of the months ahead that a button asks for.

    Raises:
        UserError: it is none of ours.
    """
    found = YearPage.parse(str(body["actions"][0].get("value", "")))
    if found is None:
        raise UserError(payloads.TOO_OLD)
    return found


def asked_by_button(body: Body) -> Asked:
    """What a button of the list asks for.

    Raises:
        UserError: it is none of ours.
    """
    return _known(str(body["actions"][0].get("value", "")), payloads.TOO_OLD)


def carried(body: Body) -> Asked:
    """What a form or a preview carries.

    Raises:
        UserError: it is none of ours.
    """
    return _known(str(body["view"].get("private_metadata", "")), payloads.FORM_TOO_OLD)


def chosen(body: Body) -> Asked:
    """What shall happen with the window that a form is about."""
    do = Do(payloads.typed(body, window_ids.WHAT_TO_DO))
    return Asked(do, str(body["view"].get("private_metadata", "")))


def filled(body: Body) -> Asked:
    """What a form asks for, with what was filled in.

    Raises:
        UserError: the form is none of ours.
        FormError: what was filled in makes no sense.
    """
    asked = carried(body)
    if asked.do is Do.ADD:
        return _addition(body, asked)
    if asked.do in window_ids.NEED_START:
        return replace(asked, start=payloads.moment(body, window_ids.START))
    return replace(asked, end=payloads.moment(body, window_ids.END))


def _addition(body: Body, asked: Asked) -> Asked:
    start, hours = payloads.moment(body, window_ids.START), payloads.typed(body, window_ids.HOURS)
    if not _HOURS.fullmatch(hours):
        raise FormError({window_ids.HOURS: "Please write a number of hours, such as 4 or 1.5."})
    return replace(
        asked,
        start=start,
        end=start + timedelta(minutes=round(float(hours) * 60)),
        sector=_sector(body),
        what=_line(body, window_ids.WHAT, window_terms.WORDS),
        affected=_line(body, window_ids.AFFECTED, window_terms.WORDS),
    )


def _sector(body: Body) -> str | None:
    sector = payloads.typed(body, window_ids.SECTOR)
    other = _line(body, window_ids.OTHER_SECTOR, window_terms.SECTOR)
    if sector == window_ids.ANOTHER:
        if not other:
            raise FormError({window_ids.OTHER_SECTOR: "Please name the sector."})
        return other
    if other:
        raise FormError(
            {window_ids.OTHER_SECTOR: "Choose that it is another one above, or leave this empty."}
        )
    return None if sector == window_ids.EVERYTHING else sector


def _line(body: Body, block_id: str, most: int) -> str:
    """A line of somebody's words, without what nobody sees; the form carries it, so it is short."""
    typed = " ".join(payloads.typed(body, block_id).split())
    shown = "".join(mark for mark in typed if unicodedata.category(mark) != "Cc")
    return shown[:most] if is_seen(shown) else ""


def _known(value: str, otherwise: str) -> Asked:
    asked = Asked.parse(value)
    if asked is None:
        raise UserError(otherwise)
    return asked
