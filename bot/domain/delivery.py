"""What becomes of a message that Slack did not take: try again, and when, or give up."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.outbox import GiveUp, Priority, RetryAt

# Seconds that a send, and looking for one whose answer was lost, may take.
SEND_TIMEOUT = 4
FIND_TIMEOUT = 3
# More than both may take together: whoever holds a message longer is gone, or its answer was lost.
LEASE = timedelta(seconds=8)

# Whatever Slack or a route asks for. To ask once too often costs a refusal; and what waits longer
# waits for a clock that was set back (see `audit.LONGEST_RETRY`).
LONGEST_WAIT = timedelta(minutes=5)

# Refusals that no waiting will change (docs.slack.dev/reference/methods/chat.postMessage).
PERMANENT = frozenset(
    {
        "access_denied",
        "cannot_dm_bot",
        "cant_update_message",
        "channel_is_limited_access",
        "channel_not_found",
        "edit_window_closed",
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_user_combination",
        "is_archived",
        "is_inactive",
        "message_not_found",
        "messages_tab_disabled",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "not_in_channel",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "slack_connect_canvas_sharing_blocked",
        "thread_not_found",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
        "users_list_not_supplied",
    }
)

# A code that is in no table is retried, so that a new word of Slack's loses nothing; not for ever.
MOST_TRIES_UNKNOWN = 20

# These are tried again for ever: an outage ends, a token is renewed, a scope is granted.
TEMPORARY = frozenset(
    {
        "account_inactive",
        "fatal_error",
        "internal_error",
        "invalid_auth",
        "missing_scope",
        "no_answer",
        "not_authed",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
        "token_expired",
        "token_revoked",
    }
)


def after_error(
    code: str,
    *,
    now: datetime,
    attempts: int,
    priority: Priority,
    retry_after: float | None = None,
    in_doubt: bool = False,
) -> RetryAt | GiveUp:
    """What to do after Slack answered with an error, or not at all.

    Args:
        code: Slack's word for it; `no_answer` when there was none.
        attempts: how often it has been tried, this time included.
        retry_after: the seconds that were asked for, if any; waited for up to LONGEST_WAIT.
        in_doubt: Slack may have done it all the same.
    """
    if code in PERMANENT or (code not in TEMPORARY and attempts >= MOST_TRIES_UNKNOWN):
        return GiveUp(code)
    if retry_after is not None:
        wait = timedelta(seconds=min(retry_after, LONGEST_WAIT.total_seconds()))
        return RetryAt(now + wait, code, in_doubt)
    longest = 5 if priority is Priority.PAGE else 60
    seconds = min(longest, 2 ** min(attempts - 1, 6))
    return RetryAt(now + timedelta(seconds=seconds), code, in_doubt)
