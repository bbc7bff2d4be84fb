"""Casebell in a customer's own workspace: what the team, and the customer's people, are told."""

from __future__ import annotations

from datetime import datetime

from bot.domain.installation import Ending, Installation, InstallNews
from bot.domain.records import Channel
from bot.messages import kit, terms
from bot.policy import Policy

MOST_NAME = 80

SWITCHED_OFF = (
    "`/case invite` is switched off: customers cannot install me yet. Whoever operates me sets"
    " CASEBELL_CLIENT_ID, CASEBELL_CLIENT_SECRET, ENCRYPTION_KEY and PUBLIC_URL, all of them, and"
    ' starts me again: README tells how under "`/case` for customers".'
)
NOT_FOR_THIS_CHANNEL = (
    "`/case invite` makes a link for the customer's or partner's side of a channel: type it in one"
    " that is shared with another organisation, and that *Set up* says is theirs."
)


def link_to_install(
    policy: Policy, channel: Channel, url: str, expires_at: datetime
) -> kit.Message:
    """The link, for whoever of the team asked for it. Internal: whoever has it can use it."""
    account = kit.line(channel.account_name, MOST_NAME)
    return kit.message(
        "A link by which a customer's workspace gets /case",
        kit.section(
            f"*Send this to somebody at {account} who may install apps in their Slack.* Then"
            f" everybody there can type `/case` in the channels that they share with"
            f" {policy.vendor.name}. Casebell asks them for the permission `commands` alone, and"
            " reads none of their messages or channels."
        ),
        kit.section(f"`{url}`"),
        kit.context(
            f"It works once, until {terms.office(policy, expires_at)}; `/case invite revoke` ends"
            " it before. Links made earlier for this channel work no more. Your team's channel"
            " hears of it when they have installed it."
        ),
    )


def has_it(channel: Channel, installation: Installation) -> str:
    """Why no link is made. Internal."""
    return (
        f"{kit.line(channel.account_name, MOST_NAME)} has Casebell already, in their workspace"
        f" {_workspace(installation)}: they can type `/case`. For another workspace, they remove it"
        " from that one first."
    )


def installed(channel: Channel, installation: Installation) -> kit.Message:
    """A customer has it in their own workspace. Internal."""
    said = f"{_account(channel)} installed Casebell in their workspace"
    return kit.message(
        said,
        kit.section(
            f"*{said}* {_workspace(installation)}: everybody there can type `/case` in"
            f" #{kit.line(channel.name, MOST_NAME)}."
        ),
    )


def ended(channel: Channel, installation: Installation, why: Ending) -> kit.Message:
    """A customer's workspace has it no more. Internal."""
    said = f"{_account(channel)} cannot type /case in their workspace any more"
    return kit.message(
        said,
        kit.section(
            f"*{said}* {_workspace(installation)}: {_ENDINGS[why]}. {_GOES_ON[why]} Their cases"
            " stay as they are."
        ),
    )


def paused(channel: Channel, installation: Installation, *, is_on: bool) -> kit.Message:
    """A customer has it still, and cannot be served. Internal.

    Args:
        is_on: whether the settings for it are there; then it is the key that is missing.
    """
    said = f"{_account(channel)} cannot type /case for now in their workspace"
    why = (
        "no key in ENCRYPTION_KEY opens the token that is kept for it. Add the key that sealed it,"
        " or have them remove Casebell there and install it by a new `/case invite`"
        if is_on
        else "Casebell runs without CASEBELL_CLIENT_ID and what belongs to it. Set them again, or"
        " have them remove Casebell there"
    )
    return kit.message(
        said,
        kit.section(
            f":warning: *{said}* {_workspace(installation)}: {why}. Until then they open cases by"
            " the pinned button."
        ),
    )


def not_taken(channel: Channel, team_id: str, news: InstallNews) -> kit.Message:
    """A workspace wanted to install it by a channel's link, and was refused. Internal."""
    said, what, next_step = _NOT_TAKEN[news]
    title = f"{said} {_account(channel)}"
    return kit.message(
        title,
        kit.section(
            f":warning: *{title}*, by the link that was made for"
            f" #{kit.line(channel.name, MOST_NAME)} (Slack calls the workspace"
            f" {kit.line(team_id, MOST_NAME)}). {what} {next_step}"
        ),
    )


def of_another_account(channel: Channel, installation: Installation, account: str) -> kit.Message:
    """A workspace wanted to install it by a channel's link, and has it already. Internal.

    Args:
        account: for which it has it.
    """
    said = f"A workspace that has Casebell already wanted to install it as {_account(channel)}"
    return kit.message(
        said,
        kit.section(
            f":warning: *{said}*, by the link that was made for"
            f" #{kit.line(channel.name, MOST_NAME)}: {_workspace(installation)}, which has it for"
            f" {kit.line(account, MOST_NAME)}. Nothing has changed: they can type `/case` in each"
            f" channel that they share with you. If {_account(channel)} has a workspace of its own,"
            " have them choose that one at the top right of Slack's page: the link still works."
        ),
    )


def revoked(channel: Channel, ended: int) -> str:
    """What became of a channel's links. Internal."""
    name = kit.line(channel.name, MOST_NAME)
    if not ended:
        return f"There is no link for #{name} that still works."
    return f"The link for #{name} works no more. `/case invite` makes a new one."


def not_installed(policy: Policy) -> str:
    """To people who still see our commands, in a workspace that has Casebell no more."""
    vendor = policy.vendor
    return (
        "Casebell is no longer installed in your workspace, so it cannot open its form for you."
        " Press *Open a case* on the message that is pinned in the channel that you share with"
        f" {vendor.name}, or write to {vendor.support_email}."
    )


def paused_for_now(policy: Policy) -> str:
    """To people whose workspace has Casebell, where we cannot serve it: it is for us to mend."""
    vendor = policy.vendor
    return (
        "Casebell cannot answer commands in your workspace at the moment; that is on our side."
        " Press *Open a case* on the message that is pinned in the channel that you share with"
        f" {vendor.name}, or write to {vendor.support_email}."
    )


def _account(channel: Channel) -> str:
    return kit.line(channel.account_name, MOST_NAME)


def _workspace(installation: Installation) -> str:
    name = kit.line(installation.name, MOST_NAME)
    return f"{name} ({installation.team_id})" if name else installation.team_id


_ENDINGS = {
    Ending.REMOVED: "somebody there removed Casebell",
    Ending.REFUSED: "Slack does not accept its token there any more",
    Ending.DISCONNECTED: "the channel is no longer shared with them",
}
_NOT_TAKEN = {
    InstallNews.SECOND: (
        "A second workspace wanted to install Casebell as",
        "It was not taken: an account has one.",
        "If it is theirs, have them remove Casebell from the other first.",
    ),
    InstallNews.NOT_CONNECTED: (
        "A workspace that is not in their channel wanted to install Casebell as",
        "It was not taken. If nobody of theirs knows of it, end the link by `/case invite revoke`"
        " in the channel.",
        "If it is theirs, have them choose the workspace that shares the channel with you.",
    ),
    InstallNews.TOO_MUCH: (
        "A workspace let Casebell in with more than it asks for, as",
        "It was not taken: Casebell asks for the permission `commands` alone.",
        "Have them remove the app if it is there, and open a link once more, as it was sent.",
    ),
    InstallNews.LEFT_IN: (
        "Casebell could not be taken out again of a workspace that wanted it as",
        "It holds no token of that workspace, and answers no commands there.",
        "Have them remove it: *Manage apps*, *Casebell*, *Remove app*.",
    ),
}
_BY_BUTTON = "They open cases by the pinned button; `/case invite` makes a new link."
_GOES_ON = {
    Ending.REMOVED: _BY_BUTTON,
    Ending.REFUSED: _BY_BUTTON,
    Ending.DISCONNECTED: "If it is shared again, `/case invite` makes a new link.",
}
