"""What the services need of the world; storage, the Slack gateway and the clock provide it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from bot.domain.access import Member, Reach
from bot.domain.audit import Counts, OpenPage, Waiting
from bot.domain.case import Case, Person, Place
from bot.domain.conversation import CaseMessage, File, Said
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.handoff import Handoff
from bot.domain.installation import Grant, Installation, InstallLink, InstallState
from bot.domain.ledger import LedgerLine, LineState
from bot.domain.outbox import Claim, Draft, MessageKind, Posted, Sending, Settlement, Written
from bot.domain.page import EscalationPolicy, Page
from bot.domain.records import (
    Channel,
    ChannelKind,
    KeptDraft,
    Mark,
    NewCase,
    PageRow,
    Submission,
)
from bot.domain.rotation import Rotation
from bot.domain.route import RouteAction, RouteCall
from bot.domain.schedule import Override, Schedule
from bot.domain.segments import Segment
from bot.domain.shift_request import ShiftRequest
from bot.domain.timers import DueTimer, Timer, TimerKind
from bot.domain.window import Window
from bot.domain.window_changes import WindowChange
from bot.messages.kit import Message


class Submissions(Protocol):
    """Forms as they arrived, and answers that wait for a form to ask for them again."""

    def add(self, submission: Submission, body: Mapping[str, Any]) -> int: ...
    def get(self, submission_id: int) -> tuple[Submission, str | None]: ...
    def is_repeated(self, submission_id: int) -> bool:
        """Whether the same form came again later, from the same person."""
        ...

    def settle(self, submission_id: int, outcome: str, case_number: int | None) -> None: ...
    def draft(self, key: str) -> KeptDraft | None:
        """The answers kept under a key: a form's id, or what a button carries."""
        ...

    def save_draft(
        self,
        key: str,
        person: Person,
        answers: Mapping[str, str],
        now: datetime,
        *,
        drawn_for: str = "",
        place: Place | None = None,
    ) -> None:
        """Keep answers: those of a form, by the action that it was last drawn for; or those that
        a button brings back, with where their form was asked for."""
        ...

    def drawn_for(self, key: str) -> str | None: ...
    def purge(self, *, raw_before: datetime, drafts_before: datetime, limit: int) -> int: ...


class Cases(Protocol):
    """The cases and their timelines."""

    def open(self, case: NewCase) -> tuple[Case, bool]: ...
    def get(self, number: int, *, lock: bool = False) -> Case: ...
    def find(self, number: int, *, lock: bool = False) -> Case | None:
        """The case of that number, if there is one."""
        ...

    def save(self, case: Case) -> None:
        """Store what has changed of a case that was locked."""
        ...

    def in_thread(self, channel_id: str, thread_ts: str) -> int | None: ...
    def without_card(self, channel_id: str) -> list[int]: ...
    def to_catch_up(self, since: datetime) -> list[Case]:
        """Cases with a thread in which something may be said: those that wait come first.

        They await a response, or something happened since then; none that was resolved before.
        """
        ...

    def queue(
        self,
        *,
        channel_ids: Sequence[str] | None = None,
        reporter_id: str | None = None,
        assignee_id: str | None = None,
        severities: Collection[str] | None = None,
        first: int = 0,
        most: int,
    ) -> tuple[list[Case], int]:
        """Cases that are not resolved, and how many there are in all.

        Those that await a response come first, by due time; then the others by number. With
        `channel_ids` or `reporter_id`, those of any of these channels or of that reporter.
        """
        ...

    def unresolved_after(self, number: int, *, most: int) -> list[Case]:
        """Cases of higher numbers that are not resolved, in order."""
        ...

    def urgent(self, severities: Collection[str], *, due_before: datetime) -> list[Case]:
        """Cases that are not resolved, of these severities or with a response due by then.

        Those that await a response come first, by due time; then the others by number.
        """
        ...

    def assignees(self) -> list[str]:
        """Whose the cases are that are not resolved."""
        ...

    def record(self, entry: TimelineEntry) -> int:
        """Add to a case's timeline; the entry's id."""
        ...

    def entry(self, entry_id: int) -> TimelineEntry: ...
    def timeline(
        self, number: int, kinds: Collection[EventKind] | None = None
    ) -> list[TimelineEntry]: ...
    def timelines(
        self, numbers: Collection[int], kinds: Collection[EventKind]
    ) -> list[TimelineEntry]:
        """What of these kinds happened to several cases, in order."""
        ...


class Messages(Protocol):
    """What was said in the threads of cases; each message once, whatever tells of it."""

    def add(self, case_number: int, said: Said, *, by_team: bool) -> int | None:
        """The message's id, or None: it is on record."""
        ...

    def add_reply(
        self, case_number: int, channel_id: str, author: Person, text: str, now: datetime
    ) -> int:
        """A reply that Casebell is to post for somebody of the team."""
        ...

    def posted(self, message_id: int, posted: Posted) -> None:
        """Where Slack has a reply."""
        ...

    def get(self, message_id: int) -> CaseMessage: ...
    def find(self, channel_id: str, ts: str) -> CaseMessage | None: ...
    def edit(self, message_id: int, text: str, files: Sequence[File], at: datetime) -> None:
        """A newer wording; the older one is kept."""
        ...

    def delete(self, message_id: int, at: datetime) -> None:
        """Its author took it back: no wording is kept."""
        ...

    def written_since(self, case_number: int, since: datetime) -> list[CaseMessage]:
        """What people wrote themselves after an instant, and have not taken back."""
        ...

    def newest(self, case_number: int) -> datetime | None:
        """When the last message on record was written."""
        ...


class Pages(Protocol):
    """The pages, as the page machine left them."""

    def add(self, case_number: int, policy: EscalationPolicy, page: Page, now: datetime) -> int: ...
    def get(self, page_id: int, *, lock: bool = False) -> PageRow | None: ...
    def save(self, page_id: int, page: Page) -> None: ...
    def latest_of(self, case_number: int, *, lock: bool = False) -> PageRow | None: ...
    def open(self) -> list[PageRow]:
        """Those that are not over, in the order in which they were opened."""
        ...

    def last_rung(self, *, first: int = 0, most: int) -> list[tuple[int, int]]:
        """Pages that rang somebody, or should have, and their cases; the newest first."""
        ...

    def rung_between(self, since: datetime, until: datetime) -> list[tuple[int, int]]:
        """Pages that did so in a stretch of time, and their cases; the oldest first."""
        ...


class Roster(Protocol):
    """What is known of people and channels."""

    def member(self, user_id: str) -> Member | None: ...
    def learn_member(self, member: Member, now: datetime) -> None: ...
    def set_team(self, user_ids: Iterable[str], asked_at: datetime) -> None: ...
    def learned_since(self, user_ids: Iterable[str], since: datetime) -> set[str]: ...
    def reach(self, user_id: str) -> Reach:
        """What Slack said of reaching somebody; nothing against it of whom it was not asked."""
        ...

    def learn_reach(self, user_id: str, reach: Reach) -> None:
        """What Slack says of reaching a person who is known."""
        ...

    def quiet(self, user_ids: Collection[str], at: datetime) -> frozenset[str]:
        """For whom of them Slack keeps quiet at an instant, as far as is known."""
        ...

    def channel(self, channel_id: str) -> Channel | None:
        """What is known of a channel, by its present id or an older one."""
        ...

    def learn_channel(self, channel: Channel, now: datetime) -> Channel:
        """What Slack says of a channel; whose it is and its kind stay. As it is known now."""
        ...

    def describe_channel(self, channel_id: str, account: str, kind: ChannelKind) -> None:
        """What the team says of a channel."""
        ...

    def follow(self, channel_id: str, unfollowed: frozenset[str], *, routine_always: bool) -> None:
        """Of which maintenance the team wants a channel told."""
        ...

    def leave_channel(self, channel_id: str, *, for_now: bool = False) -> None:
        """Casebell can post there no more; `for_now`: while it is archived."""
        ...

    def member_channels(self) -> list[Channel]: ...
    def set_member_channels(self, channels: Sequence[Channel], asked_at: datetime) -> list[Channel]:
        """The channels that Casebell is in, by Slack's answer; those that it is in no more."""
        ...


class Schedules(Protocol):
    """Rotations, and the overrides laid over them; rows are only added or cancelled."""

    def load(self, since: datetime | None = None) -> Schedule:
        """The whole schedule; with `since`, overrides that are over by then are left out."""
        ...

    def add_rotation(self, rotation: Rotation, now: datetime) -> None: ...
    def add_override(self, override: Override) -> Override:
        """Store it; as it is stored, with its number."""
        ...

    def override(self, override_id: int) -> Override | None: ...
    def overrides_of(self, request_id: int) -> list[Override]:
        """What came of a request."""
        ...

    def cancel_overrides(self, override_ids: Sequence[int], by: str, now: datetime) -> None:
        """They count no more; what they made of the past stays."""
        ...


class ShiftRequests(Protocol):
    """What people asked of each other: cover and swaps."""

    def add(self, request: ShiftRequest) -> int:
        """Its number."""
        ...

    def get(self, request_id: int, *, lock: bool = False) -> ShiftRequest | None: ...
    def save(self, request_id: int, request: ShiftRequest) -> None: ...
    def open(self, now: datetime) -> list[tuple[int, ShiftRequest]]:
        """Those that can still be accepted, the earliest first, with their numbers."""
        ...


class Handoffs(Protocol):
    """Who came on call, and whether they said that they have it."""

    def add(self, handoff: Handoff) -> int | None:
        """Its number; None: it is on record."""
        ...

    def get(self, handoff_id: int) -> Handoff | None: ...
    def save(self, handoff_id: int, handoff: Handoff) -> None: ...
    def of(self, user_id: str, at: datetime) -> list[tuple[int, Handoff]]:
        """Those by which somebody came on at an instant, with their numbers: one message asks."""
        ...

    def newest(self, level: str, user_id: str) -> tuple[int, Handoff] | None:
        """The one by which somebody came on at a level the last time, with its number."""
        ...

    def last_reached(self, user_id: str) -> Handoff | None:
        """The last one of somebody whose message of ours was answered by them."""
        ...


class Marks(Protocol):
    """How far something has come that goes on by itself."""

    def get(self, name: str) -> Mark:
        """Where it stands; an empty mark where nothing was ever set."""
        ...

    def lock(self, name: str) -> Mark:
        """As `get`; until this transaction ends, nobody else has it."""
        ...

    def set(self, name: str, at: datetime, facts: Mapping[str, Any] | None = None) -> None:
        """Move it; somebody has locked it, or it does not matter who is last."""
        ...


class Windows(Protocol):
    """Maintenance windows; rows are added and changed, never taken away.

    Whoever writes has locked the calendar.
    """

    def load(self, since: datetime) -> list[Window]:
        """Those that end after an instant, or whose cycle begins then; earliest first.

        With them come the others of their cycles.
        """
        ...

    def overlapping(self, segment: Segment) -> list[Window]:
        """Those that share time with a segment, also if they were called off; earliest first."""
        ...

    def get(self, key: str) -> Window | None: ...
    def next_of(self, window: Window) -> Window | None:
        """The next window of its sector that takes place, after its end.

        After the routine window, the next one of these; work by hand on everything has none.
        """
        ...

    def add(self, window: Window) -> bool:
        """Whether it is new: a second of that key is not written."""
        ...

    def add_all(self, new: Sequence[Window]) -> None:
        """Add many at once; a second of a key is not written."""
        ...

    def save(self, window: Window) -> None: ...
    def next_extra_key(self) -> str:
        """What the next window that is added by hand is called."""
        ...

    def record(self, change: WindowChange) -> None: ...
    def changes(self, key: str) -> list[WindowChange]:
        """Everything that happened to a window, in order."""
        ...

    def revised(self, segment: Segment) -> Mapping[str, datetime]:
        """When those that share time with a segment were last changed, by key, if they were."""
        ...


class Ledger(Protocol):
    """Who was told what of maintenance; lines are added and settled, never taken away."""

    def add(self, line: LedgerLine) -> None:
        """Write a line; a second for that window, notice, channel and message is not written."""
        ...

    def of_window(self, window_key: str, channel_id: str | None = None) -> list[LedgerLine]:
        """The lines of a window, in the order in which they were written; None: all channels."""
        ...

    def of_message(self, message_id: int) -> list[LedgerLine]:
        """The lines of a message in the outbox: one for each window that it tells of."""
        ...

    def of_channel(self, channel_id: str, ending_after: datetime) -> list[LedgerLine]:
        """The lines of a channel about windows that end after an instant, or were to; in order."""
        ...

    def has(self, window_key: str, notice: str) -> bool:
        """Whether a notice of a window was written, or left out, for any channel."""
        ...

    def correct(self, message_id: int, window_key: str, told: Segment) -> None:
        """A message tells of one of its windows that it is then."""
        ...

    def leave_out(self, message_id: int, window_key: str, reason: str) -> None:
        """A message does not tell of one of its windows."""
        ...

    def settle(
        self,
        message_id: int,
        state: LineState,
        now: datetime | None,
        *,
        reason: str = "",
        posted: Posted | None = None,
    ) -> None:
        """What became of a message; `now`: since when that is so, empty while it is on its way."""
        ...


class Installations(Protocol):
    """Casebell in customers' own workspaces. One that is over stays, without its token."""

    def get(self, team_id: str) -> Installation | None:
        """The installation in a workspace, also one that is over."""
        ...

    def active(self, team_ids: Collection[str] | None = None) -> list[Installation]:
        """Those that are not over, all of them or in these workspaces."""
        ...

    def save(self, installation: Installation) -> None:
        """Store it, instead of what was known of that workspace."""
        ...

    def add_link(self, link: InstallLink) -> None: ...
    def link(self, key: str) -> InstallLink | None: ...
    def end_links(self, channel_id: str, now: datetime) -> int:
        """End the links for a channel that nobody has used; how many of them still worked."""
        ...

    def use_link(self, key: str, now: datetime) -> bool:
        """Whether it was not used before, and is now."""
        ...

    def add_state(self, state: str, found: InstallState) -> None: ...
    def take_state(self, state: str) -> InstallState | None:
        """The installation under way with that state; whoever asks next finds none."""
        ...

    def purge(self, expired_before: datetime, limit: int) -> int: ...


class Timers(Protocol):
    """Promises with a due time. Due ones are decided in the transaction that took them."""

    def add(self, timer: Timer) -> bool: ...
    def take_due(self, now: datetime, limit: int) -> list[DueTimer]: ...
    def finish(self, timer_ids: Sequence[int], now: datetime) -> None: ...
    def push(self, timer_id: int, due_at: datetime, error: str, *, failed: bool = True) -> None: ...
    def finish_all(self, kind: TimerKind, now: datetime) -> None:
        """Call off every promise of a kind: what an earlier version promised is promised anew."""
        ...

    def promised(self, dedupe_keys: Sequence[str]) -> Mapping[str, datetime]:
        """Those of the promises that are not done, and when they are due."""
        ...

    def put_off(self, until: datetime) -> int:
        """How many promises that wait briefly, or are tried again, wait until after then."""
        ...

    def hasten(self, now: datetime, until: datetime) -> int:
        """Have those be decided now; how many there were."""
        ...

    def is_promised(self, kind: TimerKind, due_at: datetime) -> bool:
        """Whether something of a kind is due at that instant, and not done."""
        ...

    def renew(self, timer: Timer) -> None:
        """Promise it, though it was done before; one that is open is due then at the latest."""
        ...

    def next_due(self) -> datetime | None: ...
    def purge(self, done_before: datetime, limit: int) -> int: ...


class Outbox(Protocol):
    """Messages on their way to Slack."""

    def add(self, draft: Draft, now: datetime) -> int | None: ...
    def claim(
        self,
        now: datetime,
        lease_until: datetime,
        limit: int,
        gap: timedelta,
        *,
        for_pages: int,
        kinds: Collection[MessageKind] | None = None,
    ) -> Claim: ...
    def settle(self, sending: Sending, settlement: Settlement, now: datetime) -> bool: ...
    def put_off(self, now: datetime, until: datetime) -> int:
        """How many messages wait until after then, and were written after now, or tried before."""
        ...

    def send_now(self, now: datetime, until: datetime, lease_until: datetime) -> int:
        """Have those be sent now; how many there were.

        One that was tried may be under way at this moment: it waits until a lease would end.
        """
        ...

    def newest(self, subject: str, kind: MessageKind) -> int | None:
        """The newest message of a kind about a subject that Slack has, or will have."""
        ...

    def where(self, subject: str, kind: MessageKind) -> Posted | None:
        """Where Slack has the newest message of a kind about a subject."""
        ...

    def has_sent(self, subject: str, kind: MessageKind, *, since: datetime) -> bool:
        """Whether a message of a kind about a subject, written since then, has arrived."""
        ...

    def has_called(self, subject: str, route: str) -> bool:
        """Whether a route was told of a page."""
        ...

    def is_called_again(self, sending: Sending, now: datetime) -> bool:
        """Whether a later call of the same route about the same page is due."""
        ...

    def case_of(self, posted: Posted, kinds: Collection[MessageKind]) -> int | None:
        """The case that a message of one of these kinds is about, by where Slack has it."""
        ...

    def to_redraw(self, subject: str, kind: MessageKind) -> list[tuple[int, Draft]]: ...
    def to_redraw_of(self, message_ids: Collection[int]) -> list[tuple[int, Draft]]:
        """As `to_redraw`, of the messages with these ids."""
        ...

    def has_posts(self, subject: str, kind: MessageKind, key_prefix: str) -> bool:
        """Whether there is a message of a kind about a subject whose key begins so."""
        ...

    def is_superseded(self, sending: Sending, *, news: Collection[str] | None = None) -> bool:
        """Whether a later message waits to say the same to the same place; or any of that news."""
        ...

    def is_being_posted(
        self,
        channel_id: str,
        kind: MessageKind,
        *,
        user_id: str,
        after: datetime,
        before: datetime,
    ) -> bool: ...
    def posts_about(self, subjects: Collection[str], kind: MessageKind) -> list[Written]:
        """Every post of a kind about any of these, however it ended; the oldest first."""
        ...

    def rename(self, message_id: int, draft: Draft) -> None:
        """Give a message the subject, facts and dedupe key of a draft."""
        ...

    def purge(self, settled_before: datetime, limit: int) -> int: ...
    def next_due(self) -> datetime | None: ...


class Audits(Protocol):
    """What the auditor asks of all rows at once, each by an index."""

    def running(self, limit: int) -> list[tuple[int, datetime]]:
        """Cases that await a response and have no breach on record, the earliest due first.

        Each with its number and due time.
        """
        ...

    def open_pages(self, limit: int) -> list[OpenPage]:
        """Pages that are not over; the earliest due first."""
        ...

    def late_timers(self, due_before: datetime) -> tuple[int, datetime | None]:
        """How many promises were due before then, and the earliest due time."""
        ...

    def failing_timers(self, due_by: datetime, attempts: int) -> Mapping[str, int]:
        """How many promises of each kind have failed so often; those due by then."""
        ...

    def waiting(self) -> Waiting:
        """What waits to be sent."""
        ...

    def counts(self, now: datetime) -> Counts: ...


class Transaction(Protocol):
    """One transaction: everything in it is stored, or nothing."""

    @property
    def submissions(self) -> Submissions: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def pages(self) -> Pages: ...
    @property
    def roster(self) -> Roster: ...
    @property
    def schedule(self) -> Schedules: ...
    @property
    def requests(self) -> ShiftRequests: ...
    @property
    def handoffs(self) -> Handoffs: ...
    @property
    def marks(self) -> Marks: ...
    @property
    def windows(self) -> Windows: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def installations(self) -> Installations: ...
    @property
    def timers(self) -> Timers: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def audit(self) -> Audits: ...
    def first_time(self, event_id: str, now: datetime) -> bool:
        """Whether an event is new; it is remembered with the transaction."""
        ...

    def forget_events(self, received_before: datetime, limit: int) -> int:
        """Forget events that Slack no longer repeats."""
        ...

    def rename_channel(self, old_id: str, new_id: str) -> None:
        """Slack calls a channel by a new id: everything that names the old one follows."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """What is done inside is undone alone when it raises."""
        ...


class Store(Protocol):
    """The database.

    Raises:
        StorageUnavailableError: from both, when the database does not answer in time.
    """

    def transaction(self) -> AbstractContextManager[Transaction]:
        """To read and write; commits at the end, rolls back when something raises."""
        ...

    def reading(self) -> AbstractContextManager[Transaction]:
        """To read, waiting for no writer."""
        ...


@dataclass(frozen=True)
class Identity:
    """Who Casebell is in the home workspace. `url` is the workspace's, ending with a slash."""

    team_id: str
    bot_id: str
    bot_user_id: str
    url: str


@dataclass(frozen=True)
class QuietHours:
    """When Slack keeps quiet for somebody: their next do-not-disturb stretch."""

    start: datetime
    end: datetime


class Routes(Protocol):
    """Other ways to ring than Slack."""

    def call(self, call: RouteCall, action: RouteAction) -> None:
        """Tell the other end.

        Raises:
            RouteError: it did not take it.
        """
        ...


class AckLinks(Protocol):
    """Addresses that acknowledge a page from outside Slack."""

    def url(self, page_id: int, user_id: str, route: str, expires_at: datetime) -> str: ...


class Vault(Protocol):
    """Keeps secrets encrypted; each is sealed for a purpose, and opens for that alone."""

    def seal(self, purpose: str, secret: str) -> str: ...
    def open(self, purpose: str, sealed: str) -> str | None:
        """The secret; None where it is none of ours, or sealed for something else."""
        ...


class SlackInstall(Protocol):
    """Slack's OAuth, for a workspace other than ours. All but `url` raise SlackError."""

    def url(self, state: str) -> str:
        """Where somebody is asked to let Casebell in."""
        ...

    def exchange(self, code: str) -> Grant:
        """What the code that came back is good for; it works once."""
        ...

    def check(self, token: str) -> None:
        """Whether Slack takes a token still."""
        ...

    def undo(self, token: str) -> None:
        """Take Casebell out of the workspace that a token is for."""
        ...


class SlackGateway(Protocol):
    """The only way out to Slack. Everything raises SlackError when Slack does not do it."""

    def identity(self) -> Identity | None:
        """Who Casebell is; None until Slack has said so once."""
        ...

    def post(
        self, channel_id: str, message: Message, *, thread_ts: str | None, metadata_key: str
    ) -> Posted: ...
    def update(self, posted: Posted, message: Message) -> None: ...
    def find(
        self, channel_id: str, metadata_key: str, *, since: datetime, thread_ts: str | None
    ) -> Posted | None:
        """Where a message with that key is, if Slack has it."""
        ...

    def pin(self, posted: Posted) -> None:
        """Pin a message of ours; one that is pinned stays so."""
        ...

    def replies(self, thread: Posted, *, since: datetime) -> list[Said]:
        """What people wrote in a thread since then, oldest first; no bot, and not its head."""
        ...

    def file(self, file_id: str) -> File:
        """What Slack tells of a file of which an event only gave the id."""
        ...

    def channels_of(self, user_id: str) -> frozenset[str]:
        """The channels that a person of the home workspace and Casebell are both in."""
        ...

    def open_dm(self, user_id: str) -> str: ...
    def member(self, user_id: str) -> Member: ...
    def channel(self, channel_id: str) -> Channel: ...
    def connected_teams(self, channel_id: str) -> frozenset[str]:
        """With whom a channel is shared: their workspaces, or organisations."""
        ...

    def channel_members(self, channel_id: str) -> list[str]: ...
    def my_channels(self) -> list[Channel]: ...
    def quiet_hours(self, user_id: str) -> QuietHours | None: ...
