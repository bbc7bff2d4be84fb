"""What somebody sees in their browser when they install Casebell in their own workspace.

No page names an account: whoever opens one may be anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from http import HTTPStatus

from bot.domain.installation import Verdict
from bot.manifest import COMMANDS, SHORTCUTS, TEAM_COMMANDS
from bot.policy_file import Vendor
from bot.web_page import WebPage, page

_NOTHING = "Nothing was installed."


def installed(vendor: Vendor, workspace: str) -> WebPage:
    """It is installed: what that is, what it sees and does not see, and how to remove it."""
    where = workspace.strip()[:80] or "your workspace"
    name = escape(vendor.name)
    return page(
        f"Casebell is installed in {where}.",
        f"<p>Type <b>/case</b> in a channel that you share with {name}, and the form opens. All"
        " else is as before: the pinned button works, and answers come in the channel.</p>",
        f"<h2>What was installed</h2><p>{_what_is_there()} {_bold(sorted(TEAM_COMMANDS))} answers"
        f" {name}'s own team alone.</p>",
        "<h2>What it can see</h2><p>What somebody types after its commands, a message on which"
        " somebody chooses its shortcut, what is filled in on its forms, and who did that.</p>",
        "<h2>What it cannot see</h2><p>Your messages, channels, files and people. It has one"
        " permission in your workspace, <b>commands</b>, and cannot post there. The channels that"
        f" you share with {name} are shared as before, by {name}'s own Casebell.</p>",
        "<h2>How to remove it</h2><p>In Slack, open your workspace's settings,"
        " <b>Manage apps</b>, <b>Casebell</b>, <b>Remove app</b>. Your cases stay, and the pinned"
        " button goes on working.</p>",
        '<p class="soft">You can close this page.</p>',
    )


def cancelled(vendor: Vendor) -> WebPage:
    """They said no at Slack."""
    return page(
        _NOTHING,
        "<p>You said no, and that is fine: the pinned button in the channel that you share with"
        f" {escape(vendor.name)} opens the same form. If you change your mind, the link you came by"
        " works until somebody has used it.</p>",
    )


def stopped(vendor: Vendor) -> WebPage:
    """Slack let it in no further, and not because they said no."""
    return page(
        _NOTHING,
        "<p>Slack stopped before Casebell was let in. In many workspaces an admin has to approve"
        " apps first: ask yours. Then open the link that you were sent once more; if it stops"
        f" again, ask your contact at {escape(vendor.name)}. Meanwhile the pinned button in the"
        " channel that you share opens the same form.</p>",
        status=HTTPStatus.CONFLICT,
    )


def bad_link(vendor: Vendor) -> WebPage:
    """The link, or what comes back from Slack, is good no more; why, is nobody's business."""
    return page(
        "This link does not work.",
        "<p>It is incomplete, too old, was used already, or a newer one took its place; or it was"
        " opened in one browser and finished in another. Nothing has changed: what was installed a"
        " moment ago still is. Open the link that you were sent once more, or ask your contact at"
        f" {escape(vendor.name)} for a new one.</p>",
        status=HTTPStatus.NOT_FOUND,
    )


def refused(vendor: Vendor, verdict: Verdict) -> WebPage:
    """Slack let it in, and it was not taken: why, and what to do."""
    match verdict:
        case Verdict.OF_ANOTHER_ACCOUNT:
            return page(
                "Casebell is in your workspace already.",
                "<p>Nothing has changed. <b>/case</b> works in each channel that you share with"
                f" {escape(vendor.name)}.</p>",
            )
        case Verdict.HOME:
            return page(
                _NOTHING,
                f"<p>This is {escape(vendor.name)}'s own workspace. The link is for a customer's:"
                " choose that one at the top right of Slack's page.</p>",
                status=HTTPStatus.CONFLICT,
            )
        case Verdict.ACCOUNT_HAS_ONE:
            why = (
                "the link belongs to a customer who has Casebell in another workspace. Remove it"
                f" there first, or ask your contact at {escape(vendor.name)}"
            )
        case Verdict.NOT_CONNECTED:
            why = (
                f"the channel for which the link was made is not shared with this workspace by"
                f" {escape(vendor.name)}. Open the link once more, and choose the workspace that"
                " it is shared with at the top right of Slack's page"
            )
        case Verdict.TOO_MUCH:
            why = (
                "Slack offered more than the permission <b>commands</b>, and Casebell takes no"
                " more than that. Remove the app from your workspace if it is there, then open the"
                " link once more, as it was sent"
            )
        case _:
            why = "Casebell needs the permission <b>commands</b>, and that was not given"
    return page(_NOTHING, f"<p>It was not kept: {why}.</p>", status=HTTPStatus.CONFLICT)


def sorry(vendor: Vendor, status: HTTPStatus) -> WebPage:
    """Something failed on our side, or Slack's."""
    return page(
        "It did not work.",
        "<p>Something failed on our side, or on Slack's. Open the link that you were sent once"
        f" more in a minute; or write to {escape(vendor.support_email)}.</p>",
        status=status,
    )


def _what_is_there() -> str:
    commands = [one["command"] for one in COMMANDS if one["command"] not in TEAM_COMMANDS]
    anywhere, on_messages = (
        [one["name"] for one in SHORTCUTS if one["type"] == kind] for kind in ("global", "message")
    )
    return (
        f"The commands {_bold(commands)}, the shortcut {_bold(anywhere)}, and"
        f" {_bold(on_messages)} in the menu of a message."
    )


def _bold(names: Sequence[object]) -> str:
    return " and ".join(f"<b>{escape(str(name))}</b>" for name in names)
