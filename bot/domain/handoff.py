"""The pager goes from one person to the next, who says that they have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.page import Staff
from bot.domain.schedule import Schedule, handoffs

# So long after the message that asks for it, a tap that has not come is missed.
HANDOFF_PATIENCE = timedelta(minutes=15)


@dataclass(frozen=True)
class Handoff:
    """Somebody has come on call at a level.

    Args:
        at: since when they are on call; aware, in UTC, as all instants here.
        user: who has come on.
        outgoing: who has gone off; nobody where the level was empty.
        told_at: when Slack had the message that asks for their tap.
        confirmed_at: when they tapped "I have it", or came on by a press of their own.
        missed_at: when others were told that they had not.
    """

    level: str
    at: datetime
    user: str
    outgoing: tuple[str, ...] = ()
    told_at: datetime | None = None
    confirmed_at: datetime | None = None
    missed_at: datetime | None = None

    @property
    def reached_in(self) -> timedelta | None:
        """How long a message of ours took to be answered; None where none was."""
        if self.told_at is None or self.confirmed_at is None:
            return None
        return max(self.confirmed_at - self.told_at, timedelta(0))

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is to be done about a tap: it came, or others know."""
        return self.confirmed_at is not None or self.missed_at is not None

    def patience_ends(self, now: datetime) -> datetime:
        """Until when their tap is waited for; it counts from when Slack had the message."""
        return (self.told_at or now) + HANDOFF_PATIENCE


@dataclass(frozen=True)
class Exchange:
    """A level has other people than when it was looked at last.

    Args:
        at: since when it has those whom it has now.
        came: who has come on, and since when they are on.
        went: who has gone off.
        on: everybody who is on now; nobody is `()`.
    """

    level: str
    at: datetime
    came: Mapping[str, datetime]
    went: tuple[str, ...]
    on: tuple[str, ...]


def exchanges(
    schedule: Schedule, levels: Sequence[str], known: Staff, since: datetime, now: datetime
) -> tuple[Exchange, ...]:
    """The levels whose people are others now than those who are known, who were on at `since`.

    Who came and went again in between is in none of them.
    """
    staff = schedule.staff(now)
    found = []
    for level in levels:
        before, after = known.get(level, ()), staff.get(level, ())
        if set(before) != set(after):
            in_between = handoffs(schedule, level, since, now + timedelta.resolution)
            came = {
                user: max(
                    (c.at for c in in_between if user in c.after and user not in c.before),
                    default=now,
                )
                for user in after
                if user not in before
            }
            at = max((change.at for change in in_between), default=now)
            went = tuple(user for user in before if user not in after)
            found.append(Exchange(level, at, came, went, after))
    return tuple(found)


@dataclass(frozen=True)
class Told:
    """Who hears that somebody has not said that they have the pager."""

    users: tuple[str, ...]
    team_channel: bool


def who_is_told(handoff: Handoff, levels: Sequence[str], staff: Staff) -> Told:
    """Those before them, and the next level up that has anybody; else the team's channel.

    Of the last level the team's channel hears in any case: nobody is above it.
    """
    above = levels[levels.index(handoff.level) + 1 :] if handoff.level in levels else ()
    next_up = next((staff[level] for level in above if staff.get(level)), ())
    users = dict.fromkeys((*handoff.outgoing, *next_up))
    others = tuple(user for user in users if user != handoff.user)
    return Told(others, team_channel=not above or not others)
