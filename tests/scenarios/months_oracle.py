"""Judges simulated months of maintenance: who was to be told what, who was, and whether it was so.

It is a second opinion, written from the words of the policy. It reads posts as people do, and
shares no code with what plans, writes and words them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from months_calendar import Stretch
from months_channels import BEFORE_ALL, Debt, Place
from months_journal import (
    Added,
    Asked,
    Differs,
    Entry,
    Follows,
    Joined,
    Left,
    PolicySet,
    Recorded,
    Redrawn,
    Refusing,
    Said,
    Stumbled,
)
from months_posts import Posts
from months_rules import Duty, Window
from year_calendar import DAY
from year_journal import BotStarted, BotStopped, Rested, SlackAway, SlackBack
from year_plan import HOUR, MINUTE

PROMPT = timedelta(seconds=40)  # some posts and redraws to one channel, one a second
CHOSEN_BEFORE = timedelta(seconds=11)
GRACE = 4 * MINUTE  # after something went wrong
PLANNED_DAILY = 25 * HOUR  # at some hour of each day
TIME_TO_SEND = 5 * MINUTE
_TELLS = frozenset({"3d", "1d", "60m", "started", "over", "news"})


def judge(journal: Iterable[Entry]) -> tuple[list[str], Counter[str]]:
    """What is wrong with the months, in sentences, and how much of what there was in them."""
    oracle = Oracle()
    for entry in journal:
        oracle.read(entry)
    oracle.end()
    return oracle.objections, oracle.counts


@dataclass
class Oracle(Posts):
    counts: Counter[str] = field(default_factory=Counter)
    is_up: bool = False
    slack_is_away: bool = False
    excused: datetime = BEFORE_ALL
    debts: list[Debt] = field(default_factory=list)
    decided: set[tuple[str, str, datetime]] = field(default_factory=set)
    looked: dict[tuple[str, datetime], datetime] = field(default_factory=dict)
    changes: list[tuple[str, datetime]] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)

    # Reading

    def read(self, entry: Entry) -> None:
        self._collect(entry.at)
        self.now = entry.at
        self.counts[type(entry).__name__] += 1
        match entry:
            case PolicySet(rules=rules):
                self.next_rules = rules
            case BotStarted():
                self.is_up, self.excused = True, self.now
                self._follow_policy()
            case BotStopped():
                self.is_up = False
            case SlackAway():
                self.slack_is_away = True
            case SlackBack():
                self.slack_is_away, self.excused = False, self.now
            case Stumbled():
                self.excused = self.now
            case Joined():
                self._joined(entry)
            case Left(channel=channel):
                self._left(self.places[channel])
            case Follows():
                self._follows(entry)
            case Refusing():
                self._refusing(entry)
            case Asked():
                self._asked(entry)
            case Added():
                self._added(entry)
            case Said():
                self.said(entry)
            case Redrawn():
                self.redrawn(entry)
            case Differs(keys=keys):
                self._differs(keys)
            case Recorded():
                self.recorded.append(entry)
            case Rested():
                self._rested()

    def end(self) -> None:
        """After all has settled: what every post says, and what the ledger says of them."""
        for debt in self.debts:
            if debt.what in ("news", "redraw"):
                self.object(f"at the end {self._words(debt)}")
        there = {(place.id, ts): told for place in self.places.values() for ts, told in
                 place.posts.items()}  # fmt: skip
        lines: dict[tuple[str, str], set[str]] = {}
        for line in self.recorded:
            if line.state in ("sent", "edited"):
                lines.setdefault((line.channel, line.ts or ""), set()).add(line.key)
            elif line.state == "due":
                self.object(f"the ledger still has on its way: {line}")
        for post in there.keys() | lines.keys():
            said, recorded = set(there.get(post, ())), lines.get(post, set())
            extra = recorded - said - self._just_changed(post[1])
            if post[1] in self.places[post[0]].doubtful:
                extra = {key for key in extra if not key.startswith("routine")}
            if extra or said - recorded:
                self.object(
                    f"the ledger has {lines.get(post)} for the post {post} of {there.get(post)}"
                )

    def _just_changed(self, ts: str) -> set[str]:
        """Windows of which nobody can say whether the words of that post were chosen before."""
        posted = datetime.fromtimestamp(float(ts or 0), UTC)
        return {key for key, at in self.changes if at <= posted <= at + CHOSEN_BEFORE}

    # What people did

    def _follow_policy(self) -> None:
        if not self.calendar.windows:
            self.calendar.rules = self.next_rules
            self.calendar.begin(self.now, self.now + 460 * DAY)
        self.calendar.rules = self.next_rules
        self.calendar.follow(self.now)

    def _joined(self, entry: Joined) -> None:
        place = self.places.setdefault(entry.channel, Place(entry.channel, entry.name))
        place.is_team, place.is_in, place.excused = entry.is_team, True, self.now
        for key in place.knows:
            window = self.calendar.windows[key]
            if self.now < window.end and not place.is_right_of(window):
                self._owe_change(place, window)

    def _left(self, place: Place) -> None:
        place.is_in = False
        self._forget(place)

    def _forget(self, place: Place) -> None:
        self.debts = [debt for debt in self.debts if debt.channel != place.id]

    def _follows(self, entry: Follows) -> None:
        place = self.places[entry.channel]
        place.left_out, place.routine_always = entry.left_out, entry.routine_always
        for debt in list(self.debts):
            hears = place.hears(self.calendar.windows[debt.key], self.calendar)
            is_wanted = hears or (debt.key in place.knows and debt.what in ("news", "redraw"))
            if debt.channel == place.id and not is_wanted:
                self._expire(debt)

    def _refusing(self, entry: Refusing) -> None:
        place = self.places[entry.channel]
        place.refuses, place.is_for_good, place.excused = entry.code, entry.for_good, self.now
        if place.refuses and place.is_for_good:
            self._forget(place)

    def _asked(self, entry: Asked) -> None:
        self.calendar.follow(self.now)
        window = self.calendar.windows.get(entry.key)
        why_not = self.calendar.why_not(entry) if window else "there is none"
        if (why_not is None) != (entry.refusal is None):
            self.object(f"{entry}: it was {entry.refusal or 'done'}, but {why_not or 'why?'}")
        if window is None or entry.refusal is not None:
            return
        self.counts[f"does, {entry.do}"] += 1
        followers = [(other, other.stands) for other in self.calendar.windows.values()]
        before = (window.stands, window.off)
        self.calendar.change(entry)
        self.counts["follows its Test"] += sum(o.stands != was for o, was in followers) > 1
        if before == (window.stands, window.off):
            return
        self.changes.append((window.key, self.now))
        waiting = {
            d.channel
            for d in self.debts
            if (d.key == window.key and d.what in _TELLS) or window.key in d.mentions
        }
        alone = self._mentioned_by_reminders(window)
        self._drop(window)
        for place in self.places.values():
            if place.is_in and window.key in place.knows:
                self._owe_change(place, window)
            elif place.is_in and place.id in waiting:
                place.changes[window.key] = self.now
                # Who was only to read of it as the next one, and does not, need not know.
                if window.off is None and place.hears(window, self.calendar):
                    self._owe(Debt(place.id, window.key, "news", self.now, window.end))
        for place, routine, duty in alone:
            if place.hears(routine, self.calendar) and routine.key not in place.knows:
                self._owe(Debt(place.id, routine.key, duty.tag, self.now, duty.until))
        self._look(window)

    def _added(self, entry: Added) -> None:
        window = self.calendar.add(entry)
        window.is_told = True
        for place in self.places.values():
            if place.is_in and place.hears(window, self.calendar):
                self._owe(Debt(place.id, window.key, "news", self.now, window.end))
                place.changes[window.key] = self.now

    def _mentioned_by_reminders(self, work: Window) -> list[tuple[Place, Window, Duty]]:
        """What is still to be told of routine windows by posts that a change leaves out."""
        pending = [d for d in self.debts if d.key == work.key and d.what == "1d"]
        return [
            (self.places[debt.channel], self.calendar.windows[key], duty)
            for debt in pending
            for key in debt.mentions
            for duty in self.calendar.windows[key].duties(self.calendar.rules)
            if duty.tag == debt.what and duty.due <= self.now < duty.until
        ]

    def _drop(self, window: Window) -> None:
        """What was to be told of a window as it was before: now it is told of the change."""
        self.debts = [d for d in self.debts if d.key != window.key or d.what == "redraw"]

    def _owe_change(self, place: Place, window: Window) -> None:
        """It knows the window otherwise: it is told, and what it can still read is drawn anew."""
        place.changes[window.key] = self.now
        if not place.is_right_of(window):
            known = place.knows[window.key].when
            until = max(window.end, known[1])
            mentions = self._told_with_news(place, window, known)
            self._owe(Debt(place.id, window.key, "news", self.now, until, mentions=mentions))
        for ts, told in place.posts.items():
            if window.key in told:
                self.debts = [d for d in self.debts if (d.ts, d.key) != (ts, window.key)]
                self._owe(Debt(place.id, window.key, "redraw", self.now, None, ts))

    def _told_with_news(self, place: Place, window: Window, told: Stretch) -> frozenset[str]:
        """The windows that news of another tells of as well: those that stay, and the next."""
        is_early = window.off is None and window.end <= self.now
        is_shorter = window.stands[0] == told[0] and window.end < told[1]
        found = []
        if window.off or is_early or is_shorter or window.start != told[0]:
            found = [w for w in self.calendar.beside(window, told) if w.end > told[0]]
            found = [w for w in found if place.hears(w, self.calendar)]
        found += filter(None, [self.calendar.next_of(window)] if window.off or is_early else [])
        for other in found:
            other.is_told = True
            place.mentioned[other.key] = self.now
        return frozenset(other.key for other in found)

    def _owe(self, debt: Debt) -> None:
        place = self.places[debt.channel]
        if debt.what not in ("redraw", "not told"):
            place.meant.setdefault(debt.key, self.now)
        if not (place.refuses and place.is_for_good):
            self.debts.append(debt)

    def _differs(self, keys: frozenset[str]) -> None:
        self.calendar.follow(self.now)
        for key, says in self.calendar.differences.items():
            difference = key, self.calendar.windows[key].by_hand, says
            by = max(self.calendar.differs_since[difference] + PLANNED_DAILY, self.excused + GRACE)
            if by < self.now and not self.slack_is_away and difference not in self.asked:
                self.object(f"nobody asked the team about {difference}")
        if keys != self.calendar.differences.keys():
            self.object(f"to confirm are {set(keys)}, and not {set(self.calendar.differences)}")

    # What has to come of it

    def _rested(self) -> None:
        """Casebell had nothing more to do at this instant: what was due is decided."""
        if not self.is_up:
            return
        for window in list(self.calendar.windows.values()):
            if window.end + 5 * HOUR < self.now or self.now + 5 * DAY < window.start:
                continue
            self._look(window)
            self._look_at_who_knows(window)

    def _look(self, window: Window) -> None:
        """What is to be told of a window at this instant."""
        for duty in window.duties(self.calendar.rules):
            anchor = window.end if duty.tag == "over" else window.start
            named = (window.key, duty.tag, anchor)
            if duty.due <= self.now < duty.until and named not in self.decided:
                self.decided.add(named)
                self._decide(window, duty)

    def _decide(self, window: Window, duty: Duty) -> None:
        self.counts[f"notice, {duty.tag}"] += 1
        window.is_told = True
        if window.kind != "routine":
            for routine in self.calendar.around(window):
                routine.is_told = True
        following = self.calendar.next_of(window) if duty.tag == "over" else None
        if following is not None:
            following.is_told = True
        for place in self.places.values():
            if not place.is_in or not place.hears(window, self.calendar):
                continue
            told = max(
                place.changes.get(window.key, BEFORE_ALL),
                place.mentioned.get(window.key, BEFORE_ALL),
            )
            if told >= duty.due:
                continue  # by news, then or since
            if window.kind == "routine" and self.is_said_with_work(place, window, duty.due):
                continue
            anchor = window.end if duty.tag == "over" else window.start
            if (window.key, duty.tag, anchor) not in place.told:
                others = [following] if following else []
                if window.kind != "routine":
                    others += self.calendar.around(window)
                mentions = frozenset(other.key for other in others)
                self._owe(
                    Debt(place.id, window.key, duty.tag, self.now, duty.until, mentions=mentions)
                )

    def _look_at_who_knows(self, window: Window) -> None:
        """An hour before a window, or soon after it was moved nearer, the team hears of those
        who do not know of it.
        """
        asked = (window.key, window.start)
        if asked not in self.looked and self.now < window.start and not window.off:
            changed = window.changed or BEFORE_ALL
            at = window.start - HOUR
            self.looked[asked] = at if at >= changed else changed + TIME_TO_SEND
        due = self.looked.get(asked)
        if due is None or due == BEFORE_ALL or self.now < due:
            return
        self.looked[asked] = BEFORE_ALL
        is_listed = self.listed.get(window.key, BEFORE_ALL) >= due
        if due < window.start and self.unknowing(window, due) and not is_listed:
            team = next(place for place in self.places.values() if place.is_team)
            self._owe(Debt(team.id, window.key, "not told", self.now, window.start))

    # What came of it

    def paid(self, place: Place, key: str, *what: str, ts: str | None = None) -> None:
        self.debts = [
            debt
            for debt in self.debts
            if (debt.channel, debt.key, debt.ts) != (place.id, key, ts) or debt.what not in what
        ]

    def _collect(self, now: datetime) -> None:
        """Whatever should have been paid before this instant, with nothing in its way."""
        if not self.is_up or self.slack_is_away:
            return
        for debt in list(self.debts):
            place = self.places[debt.channel]
            by = max(debt.since + PROMPT, max(self.excused, place.excused) + GRACE)
            if place.refuses or by >= min(now, debt.until or now):
                if debt.until and debt.until <= now:
                    self._expire(debt)
                continue
            self.debts.remove(debt)
            if debt.what == "not told" and not self.unknowing(
                self.calendar.windows[debt.key], debt.since
            ):
                continue
            self.object(self._words(debt))

    def _expire(self, debt: Debt) -> None:
        """It is worth nothing any more; who has heard of nothing else need not know."""
        self.debts.remove(debt)
        place = self.places[debt.channel]
        if debt.key not in place.knows and debt.what in _TELLS:
            place.meant.pop(debt.key, None)

    def _words(self, debt: Debt) -> str:
        place, window = self.places[debt.channel], self.calendar.windows[debt.key]
        whom = f"#{place.name} {'still reads' if debt.what == 'redraw' else 'was not told'}"
        stands = window.off or f"{window.start:%a %d %b %H:%M} to {window.end:%H:%M}"
        if debt.what == "not told":
            names = self.unknowing(window, debt.since)
            return f"nobody told the team that {names} do not know of {debt.key} ({stands})"
        return (
            f"{whom} of {debt.key} ({stands}): {debt.what}, since {debt.since:%a %d %b %H:%M:%S};"
            f" it knows {place.knows.get(debt.key)}"
        )
