"""What people do in a simulated year: customers open cases, the team hears pages and answers."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from random import Random

import year_calendar as calendar
from year_desk import CARLA, CUSTOMERS, TEAM, YearDesk
from year_journal import Lesser, NeedsWaking, Over, Pressed, Took, TooLate
from year_plan import DAY, HOUR, MINUTE, SECOND, Planned
from year_slack import HOME

from bot.domain.case import Person, Place
from bot.domain.conversation import Said
from bot.domain.records import Submission
from bot.errors import NotReadyError, UserError
from bot.messages import ids

STOPPED = "business_stopped"
LESSER = ("no_impact", "little_impact", "severe_impact")
PLACE = Place(HOME, CUSTOMERS)


class YearPeople(Planned):
    """A desk, what is planned for it, and the people around it, who draw lots for what they do."""

    def __init__(self, url: str, seed: int, start: datetime) -> None:
        super().__init__(Random(seed))
        self.desk: YearDesk = YearDesk(url, Random(seed + 1), start)
        self.desk.heard = self._heard
        self._severity: dict[int, str] = {}
        self._forms = count(1)
        self._deaf_until: dict[int, datetime] = {}
        self._unheard: list[int] = []  # cases that were answered while nobody listened

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
        asked = Submission(Person(CARLA.team_id, CARLA.user_id), PLACE, view, answers, now)
        number = intake.open_case(intake.store(asked, {})).case.number
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
        if stale and any(p > button.page_id and c == case for p, c in self.desk.pages.items()):
            return True  # that page is over, whatever a newer one of the case does
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
