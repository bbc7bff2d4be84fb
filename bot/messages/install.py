"""Casebell in a customer's own workspace: what the team, and the customer's people, are told."""

from __future__ import annotations

from datetime import datetime

from bot.domain.installation import Ending, Installation
from bot.domain.records import Channel
from bot.messages import kit, terms
from bot.policy import Policy

MOST_NAME = 80

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
            " reads nothing."
        ),
        kit.section(f"`{url}`"),
        kit.context(
            f"It works once, until {terms.office(policy, expires_at)}. You hear of it here when"
            " they have installed it."
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


def second_workspace(channel: Channel, team_id: str) -> kit.Message:
    """Another workspace wanted to be an account's, and was refused. Internal."""
    said = f"A second workspace wanted to install Casebell as {_account(channel)}"
    return kit.message(
        said,
        kit.section(
            f":warning: *{said}*, by the link that was made for"
            f" #{kit.line(channel.name, MOST_NAME)} (Slack calls the workspace"
            f" {kit.line(team_id, MOST_NAME)}). Nothing was installed there: an account"
            " has one. If it is theirs, have them remove Casebell from the other first."
        ),
    )


def not_installed(policy: Policy) -> str:
    """To people who still see our commands, in a workspace that has Casebell no more."""
    vendor = policy.vendor
    return (
        "Casebell is no longer installed in your workspace, so it cannot open its form for you."
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
_BY_BUTTON = "They open cases by the pinned button; `/case invite` makes a new link."
_GOES_ON = {
    Ending.REMOVED: _BY_BUTTON,
    Ending.REFUSED: _BY_BUTTON,
    Ending.DISCONNECTED: "If it is shared again, `/case invite` makes a new link.",
}
