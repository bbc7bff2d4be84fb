"""The tables. Every row that names a Slack place or person carries its team."""

from __future__ import annotations

import sqlalchemy as sa

from storage.types import Instant, id_type, json_type

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# What arrived from the form, before anybody looked at it: a case can be made from it again.
submissions = sa.Table(
    "submissions",
    metadata,
    sa.Column("id", id_type(), primary_key=True),
    sa.Column("received_at", Instant, nullable=False, index=True),
    sa.Column("team_id", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("view_id", sa.Text, nullable=False),
    sa.Column("channel_team", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("answers", json_type(), nullable=False),
    sa.Column("body", json_type(), nullable=False),
    # opened, same, refused, repeated (the same form came later), failed; empty while under way
    sa.Column("outcome", sa.Text),
    sa.Column("case_number", sa.BigInteger, sa.ForeignKey("cases.number")),
)

# Answers that a form will ask for again: it was redrawn without them, or is opened anew.
drafts = sa.Table(
    "drafts",
    metadata,
    # A form's id, or what a button carries; an older version, which may run beside, says view_id.
    sa.Column("view_id", sa.Text, key="key", primary_key=True),
    sa.Column("team_id", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("answers", json_type(), nullable=False),
    sa.Column("channel_team", sa.Text),  # where the form was asked for, if a button brings it back
    sa.Column("channel_id", sa.Text),
    sa.Column("drawn_for", sa.Text, nullable=False),  # the newest action that was drawn
    sa.Column("updated_at", Instant, nullable=False, index=True),
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("number", id_type(), sa.Identity(start=1001), primary_key=True),
    sa.Column("view_id", sa.Text, nullable=False),
    sa.Column("reporter_team", sa.Text, nullable=False),
    sa.Column("reporter_id", sa.Text, nullable=False),
    sa.Column("channel_team", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False, server_default=""),
    sa.Column("on_behalf_of", sa.Text),
    sa.Column("severity", sa.Text, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("answers", json_type(), nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("waiting_since", Instant),  # empty: since the opening
    sa.Column("target", sa.Text, nullable=False),  # stamped: a changed policy bends no promise
    sa.Column("counted_from", Instant),  # empty: from the opening
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("answered_at", Instant),
    sa.Column("answered_by", sa.Text),
    sa.Column("breached_at", Instant),
    sa.Column("assignee_id", sa.Text),
    sa.Column("resolved_at", Instant),
    sa.Column("resolved_by", sa.Text),
    sa.Column("thread_ts", sa.Text),  # the customer's card, which starts the case's thread
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("view_id", "reporter_id"),
    sa.Index("ix_cases_thread", "channel_id", "thread_ts"),
    sqlite_autoincrement=True,
)
# Resolved cases come to outnumber the others, and are hardly ever listed. Whoever asks for those of
# an index asks in its words, or SQLite does not see that it serves; so with all that follow.
UNRESOLVED = cases.c.status != sa.literal_column("'resolved'")
sa.Index("ix_cases_open", cases.c.due_at, sqlite_where=UNRESOLVED, postgresql_where=UNRESOLVED)
# The auditor asks every minute for those whose clock runs and whose breach is not on record.
AWAITS = sa.and_(cases.c.answered_at.is_(None), UNRESOLVED)
sa.Index(
    "ix_cases_awaiting",
    cases.c.breached_at,
    cases.c.due_at,
    sqlite_where=AWAITS,
    postgresql_where=AWAITS,
)

# What was said in the threads of cases.
messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", id_type(), primary_key=True),
    sa.Column("case_number", sa.BigInteger, sa.ForeignKey("cases.number"), nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("ts", sa.Text),  # empty while a reply of ours is on its way
    sa.Column("author_team", sa.Text, nullable=False),
    sa.Column("author_id", sa.Text, nullable=False),
    sa.Column("by_team", sa.Boolean, nullable=False),
    sa.Column("is_reply", sa.Boolean, nullable=False, server_default=sa.false()),  # ours to post
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("files", json_type(), nullable=False),
    sa.Column("wordings", json_type(), nullable=False),  # the older ones, with their instants
    sa.Column("said_at", Instant, nullable=False),
    sa.Column("edited_at", Instant),
    sa.Column("deleted_at", Instant),
    sa.UniqueConstraint("channel_id", "ts"),
    sa.Index("ix_messages_case", "case_number", "said_at"),
)

timeline = sa.Table(
    "timeline",
    metadata,
    sa.Column("id", id_type(), primary_key=True),
    sa.Column("case_number", sa.BigInteger, sa.ForeignKey("cases.number"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("actor", sa.Text),
    sa.Column("facts", json_type(), nullable=False),
    sa.Index("ix_timeline_case", "case_number", "id"),
)

# Few entries tell of a page that rang.
RANG = timeline.c.kind.in_([sa.literal_column("'page_rang'"), sa.literal_column("'page_news'")])
sa.Index("ix_timeline_rang", timeline.c.at, sqlite_where=RANG, postgresql_where=RANG)

# Promises with a due time. Only the engine changes a row; whoever changes a plan adds a new row,
# and the old one finds at its time that it is stale. So no two transactions wait on each other.
timers = sa.Table(
    "timers",
    metadata,
    sa.Column("id", id_type(), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("facts", json_type(), nullable=False),
    sa.Column("dedupe_key", sa.Text, nullable=False, unique=True),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("done_at", Instant),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),  # why it was tried again
)
# Done rows outnumber open ones; only open ones are ever looked for.
sa.Index(
    "ix_timers_due",
    timers.c.due_at,
    sqlite_where=timers.c.done_at.is_(None),
    postgresql_where=timers.c.done_at.is_(None),
)

sa.Index(
    "ix_timers_done",
    timers.c.done_at,
    sqlite_where=timers.c.done_at.is_not(None),
    postgresql_where=timers.c.done_at.is_not(None),
)

# What Slack is to be told, written in the transaction of the fact it tells.
outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", id_type(), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("facts", json_type(), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),  # "case:1042", "page:7": to find its messages
    sa.Column("channel_id", sa.Text),  # one of channel and person
    sa.Column("user_id", sa.Text),
    sa.Column("thread_of", id_type(), sa.ForeignKey("outbox.id")),  # a message of ours; or else
    sa.Column("thread_ts", sa.Text),
    sa.Column("edits", id_type(), sa.ForeignKey("outbox.id")),
    sa.Column("lane", sa.Text, nullable=False),  # order is kept within one
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("dedupe_key", sa.Text, nullable=False, unique=True),
    sa.Column("metadata_key", sa.Text, nullable=False),  # opaque; finds a message already sent
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),  # while it is being sent: the end of the lease
    sa.Column("state", sa.Text, nullable=False),  # pending, sent, skipped, gave_up
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("in_doubt", sa.Boolean, nullable=False),  # an answer was lost: it may be there
    sa.Column("sent_channel", sa.Text),
    sa.Column("sent_ts", sa.Text),
    sa.Column("settled_at", Instant),
    sa.Column("error", sa.Text),
)
_pending = outbox.c.state == "pending"
sa.Index("ix_outbox_due", outbox.c.due_at, sqlite_where=_pending, postgresql_where=_pending)
sa.Index(
    "ix_outbox_lane",
    outbox.c.lane,
    outbox.c.id,
    sqlite_where=_pending,
    postgresql_where=_pending,
)
sa.Index("ix_outbox_sent", outbox.c.sent_channel, outbox.c.sent_ts)
sa.Index("ix_outbox_subject", outbox.c.subject, outbox.c.kind)
# When Slack took something last.
sa.Index("ix_outbox_settled", outbox.c.settled_at)
# Whoever deletes a message has the database look for what refers to it: replies, and redraws.
_replies, _redraws = outbox.c.thread_of.is_not(None), outbox.c.edits.is_not(None)
sa.Index(
    "ix_outbox_thread_of", outbox.c.thread_of, sqlite_where=_replies, postgresql_where=_replies
)
# With the instant, old redraws are found among the redraws, and not among all that was ever sent.
sa.Index(
    "ix_outbox_edits",
    outbox.c.edits,
    outbox.c.settled_at,
    sqlite_where=_redraws,
    postgresql_where=_redraws,
)

# When the next message may go to a place: Slack takes about one a second in a channel.
paces = sa.Table(
    "paces",
    metadata,
    sa.Column("place", sa.Text, primary_key=True),
    sa.Column("free_at", Instant, nullable=False),
)

pages = sa.Table(
    "pages",
    metadata,
    sa.Column("id", id_type(), primary_key=True),
    sa.Column("case_number", sa.BigInteger, sa.ForeignKey("cases.number"), nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("policy", json_type(), nullable=False),  # stamped, as the target is
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("machine", json_type(), nullable=False),  # the rest of what the page machine knows
    sa.Index("ix_pages_case", "case_number"),
)
# Closed pages come to outnumber the others.
OPEN_PAGE = pages.c.state != sa.literal_column("'closed'")
sa.Index("ix_pages_open", pages.c.due_at, sqlite_where=OPEN_PAGE, postgresql_where=OPEN_PAGE)

# Rows are only added, or cancelled: who was on call at any past instant can be answered.
rotations = sa.Table(
    "rotations",
    metadata,
    sa.Column("id", id_type(), primary_key=True),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("members", json_type(), nullable=False),
    sa.Column("handoff", sa.Text, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("every_days", sa.Integer, nullable=False, server_default="7"),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("set_at", Instant, nullable=False),
)

# What people asked of each other: to cover for them, or to swap.
shift_requests = sa.Table(
    "shift_requests",
    metadata,
    sa.Column("id", id_type(), primary_key=True),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("asked_of", sa.Text),
    sa.Column("return_starts_at", Instant),  # what a swap gives in return
    sa.Column("return_ends_at", Instant),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("settled_at", Instant),
    sa.Column("settled_by", sa.Text),
    sa.Index("ix_shift_requests_state", "state", "ends_at"),
)

overrides = sa.Table(
    "overrides",
    metadata,
    sa.Column("id", id_type(), primary_key=True),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("user_id", sa.Text),
    sa.Column("instead_of", sa.Text),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("set_at", Instant, nullable=False),
    sa.Column("set_by", sa.Text, nullable=False),
    sa.Column("cancelled_at", Instant),
    sa.Column("cancelled_by", sa.Text),
    sa.Column("request_id", sa.BigInteger, sa.ForeignKey("shift_requests.id")),
    sa.Index("ix_overrides_end", "ends_at"),
    sa.Index("ix_overrides_request", "request_id"),
)

# Who came on call, and whether they said that they have it.
handoffs = sa.Table(
    "handoffs",
    metadata,
    sa.Column("id", id_type(), primary_key=True),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("outgoing", json_type(), nullable=False),
    sa.Column("told_at", Instant),
    sa.Column("confirmed_at", Instant),
    sa.Column("missed_at", Instant),
    sa.UniqueConstraint("level", "at", "user_id"),
    sa.Index("ix_handoffs_user", "user_id", "at"),
)

# How far something has come that goes on by itself.
marks = sa.Table(
    "marks",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", Instant),
    sa.Column("facts", json_type(), nullable=False),
)

# Maintenance windows, each for good: one that is called off stays, and so does its number in
# people's calendars.
windows = sa.Table(
    "windows",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("sector", sa.Text),
    sa.Column("cycle", sa.Date),  # empty: added by hand
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("rule_starts_at", Instant),  # where the policy had it; empty: nowhere
    sa.Column("rule_ends_at", Instant),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("affected", sa.Text, nullable=False),
    sa.Column("called_off", sa.Text),
    sa.Column("announced_at", Instant),
    sa.Column("changed_at", Instant),  # by somebody of the team
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Index("ix_windows_end", "ends_at"),
    sa.Index("ix_windows_cycle", "cycle"),
)

# Who changed what, from what to what; rows are only added.
window_changes = sa.Table(
    "window_changes",
    metadata,
    sa.Column("id", id_type(), primary_key=True),
    sa.Column("window_key", sa.Text, sa.ForeignKey("windows.key"), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("by", sa.Text),  # empty: the policy
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("before", json_type()),  # SQL NULL where it was added by hand
    sa.Column("after", json_type(), nullable=False),
    sa.Index("ix_window_changes_window", "window_key", "id"),
)

# Who was told what of maintenance; it outlives the outbox. A post that tells of several windows
# has a line for each, and one that was left out says why.
maintenance_posts = sa.Table(
    "maintenance_posts",
    metadata,
    sa.Column("id", id_type(), primary_key=True),
    sa.Column("window_key", sa.Text, sa.ForeignKey("windows.key"), nullable=False),
    sa.Column("notice", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("told_starts_at", Instant, nullable=False),  # when the window is, by this post
    sa.Column("told_ends_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("settled_at", Instant),
    sa.Column("sent_channel", sa.Text),
    sa.Column("sent_ts", sa.Text),
    sa.Column("message_id", sa.BigInteger),  # in the outbox; empty: none was written
    sa.UniqueConstraint("window_key", "notice", "channel_id", "message_id"),
    sa.Index("ix_maintenance_posts_message", "message_id"),
    sa.Index("ix_maintenance_posts_channel", "channel_id"),
)

channels = sa.Table(
    "channels",
    metadata,
    sa.Column("channel_id", sa.Text, primary_key=True),
    sa.Column("team_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("is_member", sa.Boolean, nullable=False),
    sa.Column("is_ext_shared", sa.Boolean, nullable=False),
    sa.Column("account", sa.Text),  # this and the kind, the team says; the rest, Slack
    sa.Column("kind", sa.Text, nullable=False, server_default="customer"),
    sa.Column("joined_at", Instant),  # empty while Casebell is not in it
    sa.Column("learned_at", Instant, nullable=False),
    # Of which maintenance the team wants it told.
    sa.Column("unfollowed", json_type(), nullable=False, server_default="[]"),
    sa.Column("routine_always", sa.Boolean, nullable=False, server_default=sa.true()),
)

# Ids by which Slack called channels before: forms that were open then name the old one.
channel_aliases = sa.Table(
    "channel_aliases",
    metadata,
    sa.Column("old_id", sa.Text, primary_key=True),
    sa.Column("new_id", sa.Text, nullable=False),
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("user_id", sa.Text, primary_key=True),
    sa.Column("team_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("tz", sa.Text),
    sa.Column("is_bot", sa.Boolean, nullable=False),
    sa.Column("is_guest", sa.Boolean, nullable=False),
    sa.Column("is_deleted", sa.Boolean, nullable=False),
    sa.Column("in_team_channel", sa.Boolean, nullable=False),
    sa.Column("dm_channel", sa.Text),
    sa.Column("dm_refused", sa.Text),  # why Slack opens no DM to them
    sa.Column("quiet_from", Instant),  # when Slack keeps quiet for them the next time
    sa.Column("quiet_until", Instant),
    sa.Column("learned_at", Instant, nullable=False),
)

# Slack repeats events: each is handled once, whichever process it reaches.
events = sa.Table(
    "events",
    metadata,
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("received_at", Instant, nullable=False, index=True),
)

# Casebell in customers' own workspaces. One that is over stays, without its token.
installations = sa.Table(
    "installations",
    metadata,
    sa.Column("team_id", sa.Text, primary_key=True),  # an organisation's, installed org-wide
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("sealed_token", sa.Text, nullable=False),
    sa.Column("bot_user_id", sa.Text, nullable=False),
    sa.Column("installed_by", sa.Text, nullable=False),
    sa.Column("installed_at", Instant, nullable=False),
    sa.Column("checked_at", Instant),  # empty: Slack is to be asked about the token
    sa.Column("ended_at", Instant),
    sa.Column("ended_why", sa.Text),
    sa.Column("enterprise_id", sa.Text, nullable=False, server_default=""),
    sa.Column("doubted_at", Instant),
    sa.Index("ix_installations_channel", "channel_id"),
)

# Links by which customers install it; each is good for one installation.
install_links = sa.Table(
    "install_links",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
    sa.Column("used_at", Instant),
)

# Installations under way in somebody's browser. Whoever reads this can finish none: the state and
# the browser's cookie are kept as their hashes.
install_states = sa.Table(
    "install_states",
    metadata,
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("link_key", sa.Text, nullable=False),
    sa.Column("browser", sa.Text, nullable=False),
    sa.Column("expires_at", Instant, nullable=False, index=True),
)
