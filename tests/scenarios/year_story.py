"""What happens in a simulated year: drawn from a seed, most of it where days and shifts change."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, time, timedelta
from itertools import count
from random import Random

import year_calendar as calendar
from year_desk import CARLA, CUSTOMERS, TEAM, YearDesk
from year_journal import (
    Entry,
    Lesser,
    NeedsWaking,
    Over,
    OverrideCancelled,
    OverrideSet,
    Pressed,
    RotationSet,
    Shown,
    SlackAway,
    SlackBack,
    Took,
    TooLate,
)
from year_slack import HOME

from bot.domain.case import Person, Place
from bot.domain.conversation import Said
from bot.domain.records import Submission
from bot.domain.rotation import HandoffTime, Rotation
from bot.domain.schedule import Override, OverrideKind
from bot.domain.segments import Segment
from bot.errors import NotReadyError, SlackError, UserError
from bot.messages import ids

SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1),
)  # fmt: skip
STOPPED = "business_stopped"
LESSER = ("no_impact", "little_impact", "severe_impact")
HANDOFFS = (  # weekday or None for daily, hour, minute, the days of a shift
    (0, 9, 0, 7), (0, 9, 0, 14), (6, 1, 30, 7), (6, 2, 30, 7), (4, 18, 0, 7), (0, 7, 0, 7),
    (None, 9, 0, 1), (None, 2, 30, 1), (None, 1, 30, 3), (None, 18, 0, 2),
)  # fmt: skip
Action = Callable[[], bool]
"""Something that somebody does; False: they could not, and try again later."""


class YearStory:
    """Plans everything ahead, lets it happen, and follows up what it leads to.

    Args:
        start: when it begins, in UTC; a few days after `end` all has settled.
        times: how much more happens in a day than in a usual year.
    """

    def __init__(
        self, url: str, seed: int, start: datetime, end: datetime, *, times: float = 1
    ) -> None:
        self.chance = Random(seed)
        self.desk = YearDesk(url, Random(seed + 1), start)
        self.desk.heard = self._heard
        self._start, self._end, self._times = start, end, times
        self._plan: list[tuple[datetime, int, Action]] = []
        self._numbers = count()
        self._cases: list[int] = []
        self._severity: dict[int, str] = {}
        self._laid: list[int] = []
        self._forms = count(1)
        self._deaf_until: dict[int, datetime] = {}
        self._unheard: list[int] = []  # cases that were answered while nobody listened
        self.desk.died = self._died

    def tell(self) -> list[Entry]:
        """Live through it; what happened."""
        days = (self._end - self._start).days
        for level in calendar.LEVELS:
            self._set_rotation(level)
        self._plan_all(days)
        while self._plan and (due := self._next()) < self._end + 6 * DAY:
            self.desk.turn_to(due)
            acted = False
            while self._plan and self._plan[0][0] <= self.desk.time:
                _, number, action = heapq.heappop(self._plan)
                if not action() and self.desk.time < self._end + 5 * DAY:
                    wait = self.chance.uniform(20, 400) * SECOND
                    heapq.heappush(self._plan, (self.desk.time + wait, number, action))
                acted = True
            if acted:
                self.desk.observe()
            self.desk.rest()
        self._look_at_the_pages()
        return self.desk.journal

    def _next(self) -> datetime:
        due = self.desk.next_due()
        return min(self._plan[0][0], due) if due else self._plan[0][0]

    def _at(self, when: datetime, action: Action) -> None:
        heapq.heappush(self._plan, (when, next(self._numbers), action))

    def _after(self, wait: timedelta, action: Action) -> None:
        self._at(self.desk.time + wait, action)

    # Planning

    def _plan_all(self, days: int) -> None:
        chance = self.chance
        for share, make in (
            (0.13, self._a_stopped_business),
            (0.06, self._a_lesser_case),
            (0.06, self._a_case_at_dawn),
            (0.15, self._an_override),
            (0.04, self._a_cancelling),
            (0.03, self._a_rotation),
            (0.025, self._nobody_at_all),
            (0.06, self._a_refusal),
            (0.07, self._slack_goes_away),
            (0.06, self._a_restart),
            (0.06, self._a_death),
            (0.04, self._a_wrong_clock),
        ):
            for _ in range(max(1, round(share * days * self._times))):
                when = self._some_instant()
                # At its cleanest the clock strikes exactly; mostly people are not so exact.
                make(when + chance.choice([0, 0, -1, 1, chance.randint(-900, 900)]) * SECOND)
        self._at(self._end, self._everybody_is_well)
        self._at(self._end + 5 * DAY, lambda: True)

    def _some_instant(self) -> datetime:
        """Any, or one of those at which something changes."""
        chance = self.chance
        kind = chance.random()
        if kind < 0.35:
            return chance.choice(calendar.edges(self._start, self._end))
        if kind < 0.45:
            changes = [c for c, _ in calendar.OFFSETS if self._start < c < self._end]
            if changes:
                return chance.choice(changes) + chance.randint(-180, 180) * MINUTE
        if kind < 0.55:
            free = [d for d in calendar.HOLIDAYS if self._start.date() < d < self._end.date()]
            if free:
                noon = calendar.instant(chance.choice(sorted(free)), time(12))
                return noon + chance.randint(-720, 720) * MINUTE
        if kind < 0.7:
            weekday, hour, minute, _ = chance.choice(HANDOFFS)
            days = [self._start.date() + n * DAY for n in range((self._end - self._start).days)]
            fitting = [day for day in days if weekday in (None, day.weekday())]
            return calendar.instant(chance.choice(fitting), time(hour, minute))
        return self._start + chance.random() * (self._end - self._start)

    def _a_stopped_business(self, when: datetime) -> None:
        for _ in range(self.chance.choice([1, 1, 1, 1, 2, 3])):
            self._at(when, lambda: self._open_case(STOPPED))

    def _a_case_at_dawn(self, when: datetime) -> None:
        """So that the office opens while it rings."""
        opening = calendar.next_opening(when)
        early = self.chance.uniform(0, 70) * MINUTE
        self._at(opening - early, lambda: self._open_case(STOPPED))

    def _a_lesser_case(self, when: datetime) -> None:
        severity = self.chance.choice(LESSER)
        self._at(when, lambda: self._open_case(severity))

    def _an_override(self, when: datetime) -> None:
        self._at(when, self._lay_override)

    def _a_cancelling(self, when: datetime) -> None:
        self._at(when, self._cancel_override)

    def _a_rotation(self, when: datetime) -> None:
        level = self.chance.choice(calendar.LEVELS)
        self._at(when, lambda: self._set_rotation(level))

    def _nobody_at_all(self, when: datetime) -> None:
        """For some hours everybody is off, and of course a business stops in them."""
        length = self.chance.uniform(0.1, 6) * HOUR
        self._at(when, lambda: self._everybody_off(length))
        self._at(when + self.chance.random() * length, lambda: self._open_case(STOPPED))

    def _a_refusal(self, when: datetime) -> None:
        who = set(self.chance.sample(TEAM, self.chance.choice([1, 1, 2, 6])))
        length = self.chance.uniform(0.1, 3 if len(who) > 2 else 30) * HOUR
        self._at(when, lambda: self._refuse(who))
        self._at(when + length, lambda: self._take_again(who))

    def _slack_goes_away(self, when: datetime) -> None:
        self._at(when, self._slack_away)
        self._at(when + self.chance.uniform(5, 600) * SECOND, self._slack_back)

    def _a_restart(self, when: datetime) -> None:
        self._at(when, self._stop)
        length = self.chance.choice([5 * SECOND, 90 * SECOND, 20 * MINUTE, 3 * HOUR])
        self._at(when + length * self.chance.uniform(0.5, 1.5), self._start_again)

    def _a_death(self, when: datetime) -> None:
        self._at(when, self._will_die)

    def _a_wrong_clock(self, when: datetime) -> None:
        amount = self.chance.choice([2, -2, 3, -3, 600, -600, 3600, -3600]) * SECOND
        length = self.chance.uniform(5, 50) * MINUTE
        self._at(when, lambda: self._set_clock(amount))
        self._at(when + self.chance.random() * length, lambda: self._open_case(STOPPED))
        self._at(when + length, lambda: self._set_clock(0 * SECOND))

    # Cases

    @property
    def _can_click(self) -> bool:
        return self.desk.is_up and not self.desk.slack.is_away

    def _open_case(self, severity: str) -> bool:
        if not self._can_click:
            return False
        now, intake = self.desk.now(), self.desk.services.intake
        answers = {"severity": severity, "issue_type": "Question", "area": "API",
                   "first_noticed": (now - MINUTE).isoformat(), "summary": "Help"}  # fmt: skip
        view = f"V{next(self._forms)}"
        asked = Submission(Person(CARLA.team_id, CARLA.user_id), _PLACE, view, answers, now)
        number = intake.open_case(intake.store(asked, {})).case.number
        self._cases.append(number)
        self._severity[number] = severity
        self._note_severity(number)
        chance = self.chance
        if severity == STOPPED:
            self._after(chance.uniform(0.5, 9) * HOUR, lambda: self._team_looks(number))
            if chance.random() < 0.12:
                self._after(chance.uniform(0, 3) * HOUR, lambda: self._change(number))
            if chance.random() < 0.1:  # nobody hears anything of it for a while
                self._deaf_until[number] = self.desk.time + chance.uniform(1, 14) * HOUR
        elif chance.random() < 0.4:
            self._after(chance.uniform(0, 20) * HOUR, lambda: self._change(number, STOPPED))
        self._after(chance.uniform(0.3, 4) * DAY, lambda: self._resolve(number))
        return True

    def _note_severity(self, number: int) -> None:
        entry = NeedsWaking if self._severity[number] == STOPPED else Lesser
        self.desk.journal.append(entry(self.desk.now(), number))

    def _button(self, number: int) -> ids.CaseButton:
        return ids.CaseButton(number, self.desk.services.handling.case(number).version)

    def _change(self, number: int, to: str | None = None) -> bool:
        if not self._can_click:
            return False
        case = self.desk.services.handling.case(number)
        to = to or self.chance.choice(LESSER)
        if case.is_resolved or case.severity == to:
            return True
        by = self.chance.choice(TEAM)
        was_answered = case.answered_at is not None
        form = f"F{next(self._forms)}"
        self.desk.services.handling.change_severity(self._button(number), by, to, "So it is.", form)
        self._severity[number] = to
        if to == STOPPED:
            self._note_severity(number)
            self._after(self.chance.uniform(0.2, 9) * HOUR, lambda: self._team_looks(number))
        else:
            self.desk.journal.append(Over(self.desk.now(), number, "lowered"))
            if not was_answered and self.chance.random() < 0.5:
                self._after(self.chance.uniform(0, 2) * HOUR, lambda: self._change(number, STOPPED))
        return True

    def _resolve(self, number: int) -> bool:
        if not self._can_click:
            return False
        by, form = self.chance.choice(TEAM), f"F{next(self._forms)}"
        if self.desk.services.handling.case(number).is_resolved:
            return True
        self.desk.services.handling.resolve(self._button(number), by, "Done.", form)
        self.desk.journal.append(Over(self.desk.now(), number, "resolved"))
        return True

    def _team_looks(self, number: int) -> bool:
        """Somebody of the team answers, most likely while the office is open."""
        if self.chance.random() < (0.8 if calendar.is_open(self.desk.time) else 0.3):
            return self._answer(number, self.chance.choice(TEAM))
        if not self.desk.services.handling.case(number).awaits_response:
            return True
        self._after(self.chance.uniform(0.5, 6) * HOUR, lambda: self._team_looks(number))
        return True

    def _answer(self, number: int, by: str) -> bool:
        """By the case's thread, which needs no bot that is up; or by Reply, which does."""
        desk = self.desk
        if desk.slack.is_away or not desk.clock_is_right:
            return False
        case = desk.services.handling.case(number)
        if case.thread_ts is None:
            return False
        if self.chance.random() < 0.3:
            if not desk.is_up:
                return False
            button, form = ids.CaseButton(number, case.version), f"F{next(self._forms)}"
            desk.services.handling.reply(button, Person(HOME, by), "On it.", form)
        else:
            where = (CUSTOMERS, case.thread_ts)
            said = Said(*where, desk.slack.ts(), Person(HOME, by), "We look into it.")
            if not self._wrote(said, number):
                return False
            desk.slack.said.setdefault(where, []).append(said)
        if self.chance.random() < 0.2:
            self._after(self.chance.uniform(0.1, 6) * HOUR, lambda: self._still_down(number))
        return True

    def _wrote(self, said: Said, number: int) -> bool:
        if not self.desk.is_up:
            self._unheard.append(number)
            return True
        try:
            assert self.desk.services.conversation.wrote(f"E{said.ts}", said)
        except NotReadyError:
            return False
        self.desk.journal.append(Over(self.desk.now(), number, "answered"))
        return True

    def _still_down(self, number: int) -> bool:
        """The customer says that it is worse, or still down."""
        if not self._can_click:
            return False
        try:
            self.desk.services.alarms.sound(number, Person(CARLA.team_id, CARLA.user_id), "Down!")
        except UserError:
            return True
        self._severity[number] = STOPPED
        self._note_severity(number)
        self._after(self.chance.uniform(0.2, 5) * HOUR, lambda: self._team_looks(number))
        return True

    # Pages

    def _heard(self, key: str, user: str) -> None:
        """A page has reached somebody's phone."""
        if user not in TEAM:
            return
        chance, roll = self.chance, self.chance.random()
        if roll < 0.36:
            self._after(chance.uniform(3, 280) * SECOND, lambda: self._acknowledge(key, user))
            if chance.random() < 0.2:  # on the phone and on the desk
                self._after(chance.uniform(3, 280) * SECOND, lambda: self._acknowledge(key, user))
        elif roll < 0.43:
            self._after(chance.uniform(3, 280) * SECOND, lambda: self._escalate(key, user))

    def _page_button(self, key: str) -> ids.PageButton | None:
        posted = self.desk.slack.where(key)
        assert posted is not None
        for block in self.desk.slack.messages[posted].message.blocks:
            for element in block.get("elements", ()):
                if element.get("action_id") == ids.ACKNOWLEDGE:
                    return ids.PageButton.parse(element["value"])
        return None

    def _acknowledge(self, key: str, user: str) -> bool:
        if not self._can_click:
            return False
        button = self._page_button(key)
        if button is None:
            return True
        case = self.desk.pages[button.page_id]
        if self.desk.time < self._deaf_until.get(case, self.desk.time):
            return True
        stale = self.desk.services.paging.acknowledge(button.page_id, user)
        entry = TooLate if stale else Took
        self.desk.journal.append(entry(self.desk.now(), case, user))
        if stale is None and self.chance.random() < 0.75:
            self._after(self.chance.uniform(1, 45) * MINUTE, lambda: self._answer(case, user))
        return True

    def _escalate(self, key: str, user: str) -> bool:
        if not self._can_click:
            return False
        button = self._page_button(key)
        if button is None:
            return True
        paging, case = self.desk.services.paging, self.desk.pages[button.page_id]
        if paging.escalate(button.page_id, button.version, user) is None:
            self.desk.journal.append(Pressed(self.desk.now(), case, user))
        return True

    # The schedule

    def _set_rotation(self, level: str) -> bool:
        if not self.desk.is_up:
            return False
        chance = self.chance
        weekday, hour, minute, every_days = chance.choice(HANDOFFS)
        members = tuple(chance.sample(TEAM, chance.randint(1, 5)))
        ahead = chance.choice([-30 * DAY, 0 * DAY, chance.random() * 20 * DAY])
        with self.desk.services.shifts.changing(None) as change:
            starts_at = change.now + ahead
            handoff = HandoffTime(weekday, time(hour, minute))
            zone = self.desk.policy.hours.zone
            rotation = Rotation(level, members, handoff, zone, starts_at, every_days)
            change.tx.schedule.add_rotation(rotation, change.now)
        self.desk.journal.append(
            RotationSet(change.now, level, members, weekday, hour, minute, every_days, starts_at)
        )
        return True

    def _lay_override(self) -> bool:
        if not self.desk.is_up:
            return False
        chance = self.chance
        kind = chance.choice(list(OverrideKind))
        level = chance.choice(calendar.LEVELS)
        start = self.desk.now() + chance.choice([-1, 0, 1, 100]) * chance.random() * HOUR
        end = start + chance.choice([1, 8, 60, 200]) * chance.uniform(0.2, 1.5) * HOUR
        on_then = self.desk.services.shifts
        with self.desk.services.desk.store.reading() as tx:
            on = on_then.schedule(tx, self.desk.now()).staff(max(start, self.desk.now()))
        comes, other = chance.sample(TEAM, 2)
        goes: str | None = chance.choice([*on.get(level, ()), other])
        match kind:
            case OverrideKind.ADD:
                self._lay(level, kind, comes, None, start, end)
            case OverrideKind.REMOVE:
                self._lay(level, kind, None, goes, start, end)
            case OverrideKind.REPLACE:
                goes = None if goes == comes or chance.random() < 0.3 else goes
                self._lay(level, kind, comes, goes, start, end)
        return True

    def _lay(
        self, level: str, kind: OverrideKind, comes: str | None, goes: str | None,
        start: datetime, end: datetime,
    ) -> None:  # fmt: skip
        with self.desk.services.shifts.changing(comes) as change:
            laid = change.tx.schedule.add_override(
                Override(0, level, kind, comes, goes, Segment(start, end), change.now, "ULEE")
            )
        self._laid.append(laid.id)
        self.desk.journal.append(
            OverrideSet(change.now, laid.id, level, str(kind), comes, goes, start, end)
        )

    def _everybody_off(self, length: timedelta) -> bool:
        if not self.desk.is_up:
            return False
        now = self.desk.now()
        for level in calendar.LEVELS:
            with self.desk.services.desk.store.reading() as tx:
                on = self.desk.services.shifts.schedule(tx, now).staff(now).get(level, ())
            for user in on:
                self._lay(level, OverrideKind.REMOVE, None, user, now, now + length)
        return True

    def _cancel_override(self) -> bool:
        if not self.desk.is_up:
            return False
        if self._laid:
            number = self._laid.pop(
                self.chance.randrange(max(0, len(self._laid) - 6), len(self._laid))
            )
            with self.desk.services.shifts.changing("ULEE") as change:
                change.tx.schedule.cancel_overrides([number], "ULEE", change.now)
            self.desk.journal.append(OverrideCancelled(change.now, number))
        return True

    # What goes wrong

    def _refuse(self, who: set[str]) -> bool:
        self.desk.slack.refusing |= who
        return True

    def _take_again(self, who: set[str]) -> bool:
        self.desk.slack.refusing -= who
        return True

    def _slack_away(self) -> bool:
        self.desk.slack.is_away = True
        self.desk.journal.append(SlackAway(self.desk.now()))
        return True

    def _slack_back(self) -> bool:
        self.desk.slack.is_away = False
        self.desk.journal.append(SlackBack(self.desk.now()))
        return True

    def _stop(self) -> bool:
        self.desk.stop()
        return True

    def _start_again(self) -> bool:
        """As the real start does, it first looks for answers that were given meanwhile."""
        if not self.desk.is_up:
            self.desk.start()
            self._catch_up()
        return True

    def _catch_up(self) -> bool:
        if not self._unheard or not self.desk.is_up:
            return True
        try:
            self.desk.services.conversation.catch_up(lambda _seconds: None)
        except SlackError:
            self._after(30 * SECOND, self._catch_up)
            return True
        for number in self._unheard:
            self.desk.journal.append(Over(self.desk.now(), number, "answered"))
        self._unheard.clear()
        return True

    def _will_die(self) -> bool:
        self.desk.will_die(self.chance)
        return True

    def _died(self) -> None:
        self._after(self.chance.uniform(1, 200) * SECOND, self._start_again)

    def _set_clock(self, wrong_by: timedelta) -> bool:
        self.desk.set_clock(wrong_by)
        return True

    def _everybody_is_well(self) -> bool:
        self.desk.slack.refusing.clear()
        self._slack_back()
        self._set_clock(0 * SECOND)
        return self._start_again()

    def _look_at_the_pages(self) -> None:
        """How the messages of the year's rings begin, after everything has settled."""
        for shown in list(self.desk.slack.messages.values()):
            if shown.key in self.desk.redrawn:
                title = shown.message.text.partition(":")[0]
                self.desk.journal.append(Shown(self.desk.now(), shown.key, title))


_PLACE = Place(HOME, CUSTOMERS)
