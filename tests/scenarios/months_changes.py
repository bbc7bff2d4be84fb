"""What the team does in simulated months of maintenance, and what breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from random import Random

from months_desk import MonthsDesk
from months_journal import Added, Asked, Follows, PolicySet, Refusing
from months_rules import Rules
from test_policy_changes import edited
from window_calls import add_window, change_window
from year_plan import DAY, HOUR, MINUTE, SECOND, Planned

from bot.domain.calendar_plan import Difference
from bot.domain.following import ToldOf
from bot.domain.records import ChannelKind
from bot.domain.segments import Segment
from bot.domain.window import Window
from bot.domain.window_changes import (
    Cancel,
    Change,
    FinishNow,
    Follow,
    Keep,
    Move,
    Resize,
    RunLate,
    Skip,
    StartNow,
)
from bot.errors import UserError
from bot.messages import window_ids
from bot.policy import load_policy
from bot.sandbox import CutAfter, CutBefore, HttpError, Outcome, RateLimited, Refused
from bot.sandbox.faults import Fault

CUSTOMERS = ("acme", "beta", "corso", "delta")
LATECOMER = "erie"
SECTORS = ("test", "prod")
WITH_START, WITH_END = ("move",), ("resize", "late")
LABELS = {
    "move": "Move it",
    "resize": "Change its length",
    "skip": "Skip it this time",
    "cancel": "Cancel it",
    "start": "Start it now",
    "finish": "Finish it early",
    "late": "Say that it runs late",
}
Edits = tuple[tuple[str, str], ...]
PROD = 'after_days = 13\nweekday = "friday"\nstarts = "20:00"\nhours = 4'
TEST = 'after_days = 0\nweekday = "thursday"\nstarts = "20:00"\nhours = 4'


class MonthsChanges(Planned):
    """The team at work on the calendar, channels that come and go, and plugs that are pulled."""

    def __init__(self, url: str, seed: int, start: datetime, folder: Path) -> None:
        super().__init__(Random(seed))
        self._folder, self._known_edges = folder, list[datetime]()
        self._rules = Rules()
        self._refusing: set[str] = set()  # channels
        self.desk: MonthsDesk = MonthsDesk(url, load_policy(), start, CUSTOMERS)
        self.desk.journal.insert(0, PolicySet(start, self._rules))
        self.desk.died = self._died

    # The calendar

    def _coming(self) -> list[Window]:
        assert self.desk.store is not None
        with self.desk.store.reading() as tx:
            found = self.desk.services.maintenance.calendar(tx, self.desk.now()).windows
        return [w for w in found if w.segment.start < self.desk.now() + 12 * DAY]

    def _just_over(self) -> list[Window]:
        """The windows that ended not long ago: of most it can be said that they go on."""
        assert self.desk.store is not None
        now = self.desk.now()
        with self.desk.store.reading() as tx:
            found = tx.windows.load(now - 1.2 * HOUR)
        return [w for w in found if w.takes_place and now - 1.2 * HOUR < w.segment.end <= now]

    def _change_something(self) -> bool:
        """Mostly what is near, and mostly what can be done; some things nobody can do."""
        if not self.desk.is_up:
            return False
        chance, now = self.chance, self.desk.now()
        windows = self._coming()
        if chance.random() < 0.2 and (over := self._just_over()):
            window = chance.choice(over)
            self._ask(window, "late", self._when(window, "late"))
            return True
        if not windows:
            return True
        window = chance.choice(windows[: chance.choice([2, 4, 20])])
        has_begun = window.segment.start <= now
        likely = ("finish", "late", "late") if has_begun else (
            "move", "move", "move", "resize", "skip", "cancel", "start")  # fmt: skip
        do = chance.choice(likely) if chance.random() < 0.9 else chance.choice(list(LABELS))
        self._ask(window, do, self._when(window, do))
        return True

    def _when(self, window: Window, do: str) -> datetime | None:
        chance, segment = self.chance, window.segment
        minutes = chance.choice([-30, 15, 60, 240, -120, 24 * 60])
        match do:
            case "move":
                soon = self.desk.now() + chance.choice([10, 45, 90, 60 * 20]) * MINUTE
                # Two windows of one name at one time could not be told apart.
                days = chance.choice([-2, -1, 1, 2, 3, 7 + chance.uniform(0.01, 0.2)]) * DAY
                when = chance.choice([segment.start + days, segment.start + minutes * MINUTE, soon])
            case "resize" | "late":
                when = segment.end + minutes * MINUTE
            case _:
                return None
        return when.astimezone(UTC).replace(second=0, microsecond=0)

    def _ask(
        self, window: Window, do: str, when: datetime | None, until: datetime | None = None
    ) -> None:
        """By the forms, or without them."""
        can_click = not self.desk.slack.away and do in LABELS
        refusal: str | None = None
        try:
            if can_click and self.chance.random() < 0.25:
                refusal = self._by_forms(window.key, do, when)
            else:
                how = _change(do, when, until)
                change_window(self.desk.services.maintenance, window.key, how, self.desk.ana.id)
        except UserError as error:
            refusal = str(error)
        except LookupError:
            return  # the form does not offer it, or the list not that window
        self.desk.journal.append(Asked(self.desk.now(), window.key, do, when, until, refusal))
        self.desk.observe()

    def _by_forms(self, key: str, do: str, when: datetime | None) -> str | None:
        """As Ana does it in Slack; what she is told if it cannot be."""
        ana = self.desk.ana
        while ana.modal is not None:
            ana.modal.close(whole_stack=True)
        assert ana.command("/maintenance", "", self.desk.channels["support-team"]).ok
        assert ana.click(ana.ephemerals[-1], key).ok
        form = ana.modal
        if form is None:
            raise LookupError("Slack did not open it")
        form.fill({"What shall happen?": LABELS[do]})
        submitted = form.submit()
        if when is not None and submitted.status is Outcome.UPDATED and form.title != "Preview":
            form.fill({window_ids.START if do in WITH_START else window_ids.END: when})
            submitted = form.submit()
        if submitted.status is Outcome.UPDATED:
            assert form.title == "Preview", form.text
            submitted = form.submit()
        if submitted.status is Outcome.ERRORS:
            return "; ".join(submitted.errors.values())
        assert submitted.ok, submitted
        if submitted.status is Outcome.PUSHED:
            assert ana.modal is not None
            return ana.modal.text
        assert form.title == "Done", form.text
        return None

    def _add_something(self) -> bool:
        if not self.desk.is_up:
            return False
        chance = self.chance
        start = (
            self.desk.now() + chance.choice([1, 5, 30, 100, 200]) * chance.uniform(0.5, 1) * HOUR
        )
        start = start.replace(second=0, microsecond=0)
        end = start + chance.choice([1, 2, 6]) * HOUR
        sector = chance.choice(["Prod", "Test", "Search", None])
        outcome = add_window(
            self.desk.services.maintenance,
            sector,
            Segment(start, end),
            self.desk.ana.id,
            what="New disks",
            affected="Exports",
        )
        self.desk.journal.append(Added(self.desk.now(), outcome.after.key, sector, start, end))
        self.desk.observe()
        return True

    def _look_at_differences(self) -> bool:
        """Some are settled."""
        if not self.desk.is_up:
            return False
        self.desk.note_differences()
        found = self._differences()
        if found and self.chance.random() < 0.6:
            one = self.chance.choice(found)
            says = (one.says.start, one.says.end) if one.says else (None, None)
            self._ask(one.window, self.chance.choice(["follow", "keep"]), *says)
        return True

    def _differences(self) -> Sequence[Difference]:
        assert self.desk.store is not None
        with self.desk.store.reading() as tx:
            return self.desk.services.maintenance.calendar(tx, self.desk.now()).differences

    # The policy

    def editions(self) -> Sequence[tuple[Rules, Edits]]:
        """The policy file is edited twice."""
        later = PROD.replace("20:00", "21:00").replace("hours = 4", "hours = 5")
        on_wednesday = TEST.replace("thursday", "wednesday")
        first = Rules(prod=(4, time(21), 5))
        second = Rules(prod=(4, time(21), 5), test=(2, time(20), 4), remind_at=time(9))
        remind = 'days_before = [3, 1]\nat = "10:00"'
        return (
            (first, ((PROD, later),)),
            (second, ((PROD, later), (TEST, on_wednesday), (remind, remind.replace("10", "09")))),
        )

    def _edit_once_told(self, rules: Rules, edits: Edits, settled: str) -> bool:
        """Edit it as soon as customers were told of what it changes; the team then settles that."""
        sector = "Prod" if settled == "keep" else "Test"
        soonest = self.desk.now() + 6 * HOUR
        if not self.desk.is_up or not any(
            (w.sector, w.takes_place) == (sector, True)
            and w.by_rule
            and w.announced_at
            and w.segment.start > soonest
            for w in self._coming()
        ):
            self._after(HOUR, lambda: self._edit_once_told(rules, edits, settled))
            return True
        if not self._edit_policy(rules, edits):
            return False
        self._after(self.chance.uniform(1, 3) * HOUR, lambda: self._settle(sector, settled))
        return True

    def _settle(self, sector: str, do: str) -> bool:
        if not self.desk.is_up:
            return False
        for one in self._differences():
            if one.window.sector == sector and one.says:
                self._ask(one.window, do, one.says.start, one.says.end)
                break
        return True

    def _edit_policy(self, rules: Rules, edits: Edits) -> bool:
        due = self.desk.next_due()
        if not self.desk.is_up or due is None or due <= self.desk.time:
            return False
        self.desk.stop()
        self.desk.policy, self._rules = edited(self._folder, *edits), rules
        self.desk.journal.append(PolicySet(self.desk.now(), rules))
        return self._start_again()

    # The channels

    def _choose(self, name: str) -> bool:
        """The team says of what a channel is told."""
        if not self.desk.is_up:
            return False
        followed = self.chance.choice([SECTORS, SECTORS, ("test",), ("prod",), ()])
        return self._follow(name, followed, always=self.chance.random() < 0.5)

    def _follow(self, name: str, followed: Sequence[str], *, always: bool) -> bool:
        if not self.desk.is_up:
            return False
        channel = self.desk.channels[name]
        told_of = ToldOf(frozenset(followed), always)
        describe = self.desk.services.channels.describe
        describe(channel.id, name.title(), ChannelKind.CUSTOMER, told_of)
        left_out = frozenset(SECTORS) - frozenset(followed)
        self.desk.journal.append(Follows(self.desk.now(), channel.id, left_out, always))
        return True

    def _a_new_channel(self) -> bool:
        self.desk.new_channel(LATECOMER, joined=False)
        return self._invite(LATECOMER)

    def _archive(self, name: str) -> bool:
        return self._if(lambda c: not c.archived and self._is_in(name), name, "archive")

    def _unarchive(self, name: str) -> bool:
        return self._if(lambda c: c.archived, name, "unarchive")

    def _kick(self, name: str) -> bool:
        can = self._is_in(name)
        return self._if(lambda c: can and not c.archived, name, "kick", self.desk.slack.bot)

    def _invite(self, name: str) -> bool:
        is_in = self._is_in(name)
        return self._if(lambda c: not is_in and not c.archived, name, "invite", self.desk.slack.bot)

    def _is_in(self, name: str) -> bool:
        return self.desk.slack.bot in self.desk.channels[name].members

    def _if(self, can: Callable[..., bool], name: str, do: str, *who: object) -> bool:
        if self.desk.slack.away:
            return False
        channel = self.desk.channels[name]
        if can(channel):
            getattr(channel, do)(*who)
            self.desk.listen()
        return True

    # What goes wrong

    def _refuse(self, name: str, code: str) -> bool:
        """Whatever is sent to a channel is refused, or not answered."""
        here = self.desk.channels[name].id
        if here in self._refusing:
            return True
        faults: dict[str, Fault] = {
            "ratelimited": RateLimited(20),
            "no_answer": CutBefore(),
            "no_answer_after": HttpError(503),
        }
        fault = faults.get(code) or Refused(code)
        for method in ("chat.postMessage", "chat.update"):
            self.desk.slack.faults.add(
                method, fault, times=None, when=lambda args: args.get("channel") == here
            )
        self._refusing.add(here)
        for_good = code not in faults
        self.desk.journal.append(Refusing(self.desk.now(), here, code, for_good))
        return True

    def _take_again(self, name: str) -> bool:
        """All is well again, in every channel."""
        self.desk.slack.faults.clear()
        self._refusing.clear()
        for channel in self.desk.channels.values():
            self.desk.journal.append(Refusing(self.desk.now(), channel.id, None))
        return True

    def _stumble(self) -> bool:
        """The next calls go wrong, in one way or another."""
        kinds: list[Fault] = [RateLimited(3), HttpError(500), CutBefore(), CutAfter(), CutAfter()]
        here = self._refusing
        for _ in range(self.chance.choice([1, 2, 4])):
            method = self.chance.choice(
                ["chat.postMessage", "chat.postMessage", "chat.update", "*"]
            )
            fault = self.chance.choice(kinds)
            # What is refused for hours stays refused.
            self.desk.slack.faults.add(method, fault, when=lambda a: a.get("channel") not in here)
        self.desk.will_stumble()
        return True

    def _slack_away(self) -> bool:
        self.desk.set_away(away=True)
        return True

    def _slack_back(self) -> bool:
        self.desk.set_away(away=False)
        return True

    def _start_again(self) -> bool:
        if not self.desk.is_up:
            self.desk.start()
        return True

    def _died(self) -> None:
        self._after(self.chance.uniform(1, 200) * SECOND, self._start_again)

    def _everybody_is_well(self) -> bool:
        self._slack_back()
        self._take_again("")
        for name in (*CUSTOMERS, LATECOMER):
            self._unarchive(name)
            self._invite(name)
        return self._start_again()


def _change(do: str, when: datetime | None, until: datetime | None) -> Change:
    says = Segment(when, until) if when and until else None
    match do:
        case "follow" | "keep":
            return Follow(says) if do == "follow" else Keep(says)
        case "move" | "resize" | "late":
            assert when is not None
            return {"move": Move, "resize": Resize, "late": RunLate}[do](when)
    return {"skip": Skip, "cancel": Cancel, "start": StartNow, "finish": FinishNow}[do]()
