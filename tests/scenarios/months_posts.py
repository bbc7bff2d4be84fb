"""Holds each post of simulated months against what was so at that instant, and who may read it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from months_calendar import Calendar, Difference
from months_channels import BEFORE_ALL, Known, Place
from months_journal import Redrawn, Said
from months_reading import INTERNAL, Line, NotTold, PolicyDiffers, Post, clock, length, read
from months_rules import Rules, Window

# Casebell cannot know whether words that Slack dated then were chosen before or after a change.
AT_ONCE = timedelta(seconds=15)


@dataclass
class Posts:
    """What was said where, and what is wrong with it."""

    calendar: Calendar = field(default_factory=Calendar)
    next_rules: Rules = field(default_factory=Rules)
    places: dict[str, Place] = field(default_factory=dict)
    objections: list[str] = field(default_factory=list)
    listed: dict[str, datetime] = field(
        default_factory=dict
    )  # when the team heard who does not know
    asked: set[Difference] = field(default_factory=set)  # what the team was asked about
    now: datetime = BEFORE_ALL

    def object(self, words: str) -> None:
        self.objections.append(f"{self.now:%a %d %b %Y %H:%M:%S}: {words}")

    def count(self, what: str) -> None:
        self.counts[what] += 1  # type: ignore[attr-defined]

    def paid(self, place: Place, key: str, *what: str, ts: str | None = None) -> None:
        raise NotImplementedError

    # A new post

    def said(self, entry: Said) -> None:
        place = self.places[entry.channel]
        words = "\n".join((entry.text, *entry.blocks))
        if not place.is_team and (found := INTERNAL.search(words)):
            self.object(f"#{place.name} reads what is internal, {found[0]!r}: {words}")
        if not place.is_in:
            self.object(f"#{place.name} is told something, where Casebell is not: {entry.text}")
        if place.refuses and place.is_for_good:
            self.object(f"#{place.name} takes nothing, and has {entry.text}")
        post = read(entry.text, entry.blocks)
        match post:
            case NotTold():
                self._listed(post)
            case PolicyDiffers():
                self._asked_about(post)
            case Post(kind=kind):
                self.count(f"post, {kind}")
                self._told(place, post, entry)
            case None:
                self.object(f"nobody can read that: {words}")

    def _told(self, place: Place, post: Post, entry: Said) -> None:
        about = self._about(place, post)
        if about is None:
            known = [w for w in self.calendar.windows.values() if w.name == post.name]
            near = [w for w in known if abs(w.start - self.now) < timedelta(days=9)]
            self.object(f"#{place.name} reads what is not so: {post} {near}")
            return
        if not self._is_so(post, about):
            self.object(f"#{place.name} reads {post.headline!r}, which is not so: {about}")
        self._is_due(place, post, about)
        self._others_are_so(place, post, about)
        keys = {about.key: about.stands}
        place.knows[about.key] = Known(about.stands, about.off)
        if post.kind == "off" and post.was:
            keys[about.key] = post.was
        for line in post.lines[1:]:
            if other := self._line_is_so(place, line):
                keys[other.key] = other.stands
                place.knows[other.key] = Known(other.stands)
                self._is_told_beside(place, other, post)
        for line in post.others:
            if other := self._line_is_so(place, line):
                keys[other.key] = other.stands
                place.knows[other.key] = Known(other.stands)
                if line is not post.next_one:
                    self._is_told_beside(place, other, post)
        place.posts[entry.ts] = keys
        routine = (w for w in self.calendar.windows.values() if w.kind == "routine" and w.changed)
        if any(abs(self.now - (w.changed or self.now)) < AT_ONCE for w in routine):
            place.doubtful.add(entry.ts)
        for key in keys:
            if place.is_right_of(self.calendar.windows[key]):
                self.paid(place, key, "news")

    def _about(self, place: Place, post: Post) -> Window | None:
        """The window that a post is about, as it stands."""
        if post.kind == "off":
            found = (
                window
                for window in self.calendar.windows.values()
                if window.off and window.name == post.name
                if (known := place.knows.get(window.key)) and known.when == post.was
            )
            return next(found, None)
        if not post.lines or post.lines[0].name != post.name or post.lines[0].when is None:
            return None
        return self._line_is_so(place, post.lines[0])

    def _line_is_so(self, place: Place, line: Line) -> Window | None:
        """The window that a line tells of, if it does take place then."""
        window = self.calendar.named(line.name, *line.when) if line.when else None
        if window is None:
            self.object(f"#{place.name} reads what is not so: {line}")
            return None
        lasts = length(window.end - window.start)
        if line.length != lasts or line.clocks != (clock(window.start), clock(window.end)):
            self.object(f"#{place.name} reads {line}, and it is {lasts}, from {window.start}")
        return window

    def _is_so(self, post: Post, window: Window) -> bool:
        """Whether the headline is true."""
        said, start, end = post.said, window.start, window.end
        match post.kind:
            case "days":
                return said["at"] == clock(start) and self.now < start
            case "soon":
                return abs(_wait(said["wait"]) - (start - self.now)) <= timedelta(minutes=1)
            case "started":
                return start <= self.now < end
            case "begun":
                return start <= self.now and window.by_hand is not None
            case "over":
                return end <= self.now
            case "added" | "moved":
                return said["at"] == clock(start) and self.now < start
            case "resized":
                return said["at"] == clock(end) and said["length"] == length(end - start)
            case "late":
                return said["at"] == clock(end) and start <= self.now < end
            case "off":
                return said["off"].split()[0] == window.off
        return False

    def _is_due(self, place: Place, post: Post, window: Window) -> None:
        """Whether that channel was to be told that, now, and for the first time."""
        knew = place.knows.get(window.key)
        if post.is_news:
            self._is_news(place, post, window, knew)
            return
        if not place.hears(window, self.calendar):
            self.object(f"#{place.name} does not follow that, and reads {post.headline!r}")
        duties = window.duties(self.calendar.rules)
        due = next((d for d in duties if d.due <= self.now < d.until and _fits(post, d.tag)), None)
        if due is None:
            self.object(f"#{place.name} reads {post.headline!r}, and nothing called for it now")
            return
        anchor = window.end if due.tag == "over" else window.start
        self._for_the_first_time(place, window, due.tag, anchor, post)
        has_news = knew is not None and place.changes.get(window.key, BEFORE_ALL) >= due.due
        if has_news:
            self.object(f"#{place.name} was told of a change since, and reads {post.headline!r}")

    def _for_the_first_time(
        self, place: Place, window: Window, tag: str, anchor: datetime, post: Post
    ) -> None:
        if (window.key, tag, anchor) in place.told:
            self.object(f"#{place.name} reads a second time: {post.headline!r} of {window.key}")
        place.told.add((window.key, tag, anchor))
        self.paid(place, window.key, tag)

    def _is_news(self, place: Place, post: Post, window: Window, knew: Known | None) -> None:
        # What was on its way when its window was changed is told as the change.
        was_to_know = window.key in place.meant or window.key in place.changes
        if knew is None and post.kind != "added" and not (was_to_know and post.kind != "off"):
            self.object(f"#{place.name} had never heard of it, and reads {post.headline!r}")
        elif knew is not None and knew == Known(window.stands, window.off):
            self.object(f"#{place.name} knows that already, and reads {post.headline!r}")
        elif knew is None and post.kind == "added" and not place.hears(window, self.calendar):
            self.object(f"#{place.name} does not follow that, and reads {post.headline!r}")
        elif knew is not None and post.was != knew.when:
            self.object(f"#{place.name} knew {knew}, and reads that it was {post.was}")
        if self.now >= max(window.end, knew.when[1] if knew else window.end) and (
            post.kind != "over"
        ):
            self.object(f"#{place.name} reads {post.headline!r} after all that")
        if post.kind == "late":
            was_over = bool(knew and window.changed and knew.when[1] <= window.changed)
            if was_over is not ("not_over" in post.said):
                self.object(f"#{place.name} knew {knew}, and reads {post.headline!r}")
        if post.kind in ("over", "started"):
            anchor = window.end if post.kind == "over" else window.start
            self._for_the_first_time(place, window, post.kind, anchor, post)
        elif post.kind != "off" and window.start <= self.now:
            # Whoever reads then from when to when it is need not read that it has begun.
            self.paid(place, window.key, "started")

    def _others_are_so(self, place: Place, post: Post, about: Window) -> None:
        """The next one of its sector, and what stays as it is."""
        goes_on = any(line.when and line.when[1] > self.now for line in post.lines[1:])
        if post.goes_on is not (post.kind == "over" and goes_on):
            self.object(f"#{place.name} reads {post}: does the routine maintenance go on?")
        following = self.calendar.next_of(about)
        if post.next_one is not None:
            if following is None or following is not self._line_is_so(place, post.next_one):
                self.object(f"#{place.name} reads of {post.next_one} as the next, not {following}")
        elif following and self._has_to_name_the_next(post, about):
            self.object(f"#{place.name} does not read in {post.headline!r} of {following}")

    def _has_to_name_the_next(self, post: Post, about: Window) -> bool:
        """Whether all that could be the next one has been as it is since that was to be told."""
        changed = about.changed or BEFORE_ALL
        is_early = post.was is not None and about.end <= changed
        if not (post.kind == "off" or (post.kind == "over" and (is_early or not post.was))):
            return False
        since = max(changed, BEFORE_ALL if post.kind == "off" else about.end)
        others = (w for w in self.calendar.windows.values() if w is not about and w.is_like(about))
        return all((w.by_hand or BEFORE_ALL) < since for w in others)

    def _is_told_beside(self, place: Place, window: Window, post: Post) -> None:
        """A window that stands in another's post: whatever of its own is due then is said."""
        if not place.hears(window, self.calendar):
            self.object(f"#{place.name} does not follow {window.key}, and reads of it")
        for duty in window.duties(self.calendar.rules):
            is_said = duty.tag.endswith("d") if post.is_news else duty.tag == "1d"
            if duty.due <= self.now < duty.until and is_said:
                place.told.add((window.key, duty.tag, window.start))
                self.paid(place, window.key, duty.tag)

    def is_said_with_work(self, place: Place, routine: Window, due: datetime) -> bool:
        """Whether the post about some work inside says at that instant what its own would."""
        return any(
            duty.due == due and duty.tag.endswith("d")
            for work in self.calendar.around(routine)
            if place.hears(work, self.calendar)
            if place.changes.get(work.key, BEFORE_ALL) < due
            for duty in work.duties(self.calendar.rules)
        )

    # A post that reads otherwise than before

    def redrawn(self, entry: Redrawn) -> None:
        place = self.places[entry.channel]
        told = place.posts.get(entry.ts)
        post = read(entry.text, entry.blocks)
        if told is None or not isinstance(post, Post):
            self.object(f"#{place.name}: a post now reads {entry.text!r} {entry.blocks}")
            return
        self.count("redrawn")
        for key, when in told.items():
            window = self.calendar.windows[key]
            if any(_is_true_of(window, when, line, post) for line in _lines(post)):
                self.paid(place, key, "redraw", ts=entry.ts)
            else:
                self.object(f"#{place.name} now reads what is not so of {window}: {post}")

    # The team

    def _asked_about(self, post: PolicyDiffers) -> None:
        self.count("post, differs")
        self.calendar.follow(self.now)
        for key, says in self.calendar.differences.items():
            window = self.calendar.windows[key]
            if (window.name, window.stands, says) == (f"Logik.io {post.name}", post.stands,
                                                      post.says):  # fmt: skip
                difference = key, window.by_hand, says
                if difference in self.asked:
                    self.object(f"the team is asked a second time: {post}")
                self.asked.add(difference)
                return
        self.object(f"the team is asked about what is not so: {post}")

    def unknowing(self, window: Window, before: datetime) -> set[str]:
        """The channels that were to know of a window and do not, by their names."""
        return {
            place.name
            for place in self.places.values()
            if place.meant.get(window.key, before) < before
            and place.is_in
            and not place.is_team
            and not place.is_right_of(window)
        }

    def _listed(self, post: NotTold) -> None:
        self.count("post, not told")
        window = self.calendar.named(post.name, *post.when) or next(
            (
                w
                for w in self.calendar.windows.values()
                if w.off and (w.name, w.stands) == (post.name, post.when)
            ),
            None,
        )
        if window is None:
            self.object(f"the team is told of a window that is not so: {post}")
            return
        self.listed[window.key] = self.now
        named = {place.name: place for place in self.places.values()}
        for name in post.channels:
            if named[name].is_right_of(window):
                self.object(f"#{name} is said not to know of {window.key}, and does: {post}")
        if missing := self.unknowing(window, window.start - timedelta(hours=1)) - post.channels:
            self.object(f"{missing} do not know of {window.key} either: {post}")
        for place in self.places.values():
            if place.is_team:
                self.paid(place, window.key, "not told")


def _fits(post: Post, tag: str) -> bool:
    return post.kind == {"60m": "soon", "started": "started", "over": "over"}.get(tag, "days")


def _lines(post: Post) -> tuple[Line, ...]:
    return post.lines


def _is_true_of(window: Window, told: tuple[datetime, datetime], line: Line, post: Post) -> bool:
    """Whether a line of an older post says how a window stands, and how that was told then."""
    if line.name != window.name:
        return False
    if window.off:
        return (line.off == window.off or post.kind == "off") and line.was == told
    return line.when == window.stands and line.was == (None if told == window.stands else told)


def _wait(words: str) -> timedelta:
    """ "an hour", "25 minutes", "1 h 30 min" """
    if words == "an hour":
        return timedelta(hours=1)
    amounts = {unit: int(number) for number, unit in re.findall(r"(\d+) (h|min)", words)}
    return timedelta(hours=amounts.get("h", 0), minutes=amounts.get("min", 0))
