"""How a case is opened, where that can be done, and what the team hears of channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bot.domain.case import Case
from bot.domain.records import Channel, ChannelKind, ChannelNews, NotServed
from bot.messages import ids, kit, terms
from bot.messages.inputs import modal, radio, select_several, text_input
from bot.policy import Policy

MOST_ACCOUNT = 80
MOST_CASES = 5


def welcome(policy: Policy, *, installed_in: str | None = None) -> kit.Message:
    """What is pinned in a channel: anybody there can press it, whoever they work for.

    Args:
        installed_in: the customer's own workspace, if Casebell is installed there.
    """
    vendor = policy.vendor
    places = f"{vendor.name}'s Slack"
    if installed_in:
        places += f", or in that of {kit.line(installed_in, MOST_ACCOUNT)},"
    return kit.message(
        f"{vendor.name} support: open a case here",
        kit.section(
            f"*{vendor.name} support*\nPress the button to open a case. Our team answers in this"
            " channel, in the case's thread, and the card there says by when."
        ),
        kit.actions(_open_button()),
        kit.context(
            "Everybody in this channel can press it, whichever company they work for. Whoever has"
            f" an account in {places} can type `/case` too. Or write to"
            f" {vendor.support_email}."
        ),
        is_pinned=True,
    )


def invitation(
    policy: Policy, key: str, cases: Sequence[Case] = (), *, author: str | None = None
) -> kit.Message:
    """The answer to a mention, or to a DM.

    Args:
        key: of the draft that keeps their words; empty where there were none.
        cases: those that they may mean, in a DM.
        author: who wrote them, where others can press the button too.
    """
    filled = ""
    if key:
        filled = (
            f" What {kit.person(author)} wrote is filled in for them."
            if author
            else " Your words are filled in."
        )
    return kit.message(
        "To open a case, press the button",
        kit.section(f"To open a case, press the button.{filled}"),
        kit.actions(_open_button(key)),
        kit.section(_perhaps_about(cases)) if cases else None,
        kit.context(f"Or write to {policy.vendor.support_email}."),
    )


def resume(policy: Policy, key: str) -> kit.Message:
    """To somebody whose form could not be made a case: their words are not lost."""
    days = policy.keep_drafts.days
    return kit.message(
        "Your case was not opened, but your words are kept",
        kit.section(
            "*Something went wrong on our side, and your case was not opened.* Your words are kept"
            f" for {days} days: press the button, look them over and submit them again."
        ),
        kit.actions(kit.button(ids.OPEN_CASE, "Resume my draft", key, style="primary")),
        kit.context(f"If it does not work again, write to {policy.vendor.support_email}."),
    )


def set_aside(policy: Policy, key: str) -> kit.Message:
    """To somebody whose form is not drawn any more: their workspace is served no longer."""
    days = policy.keep_drafts.days
    return kit.message(
        "Your form stopped half-way, and your words are kept",
        kit.section(
            "*Your form stopped half-way*: Casebell cannot redraw it in your workspace now. Every"
            f" word that you typed is kept for {days} days: press the button, and go on with your"
            " case here. If you have submitted it since, all is well."
        ),
        kit.actions(kit.button(ids.OPEN_CASE, "Resume my draft", key, style="primary")),
        kit.context(f"Or write to {policy.vendor.support_email}."),
    )


def not_served(policy: Policy, reason: NotServed) -> str:
    """Why no case can be opened there, and what else to do."""
    email = policy.vendor.support_email
    match reason:
        case NotServed.BLOCKED:
            return f"Cases are not taken from this channel. Please write to {email}: we help you there."  # noqa: E501
        case NotServed.NOT_SHARED:
            return f"Cases are opened in the channel that you share with {policy.vendor.name}, and this is not one: please try again there, or write to {email}."  # noqa: E501
        case NotServed.UNKNOWN:
            return f"I am not in this channel, so I could not answer you here. Type `/invite @casebell` and try again, or write to {email}."  # noqa: E501


def channel_news(
    policy: Policy,
    channel: Channel,
    news: ChannelNews,
    cases: Sequence[Case],
    total: int | None = None,
) -> kit.Message:
    """What became of a channel, and whose it is. Internal.

    Args:
        cases: those of the channel that are not resolved, or the first of them.
        total: how many there are.
    """
    name = kit.line(channel.name, 80)  # a link to a private channel shows no name to others
    names = [case.name for case in cases]
    count = len(names) if total is None else total
    is_lost, said = news in _LOST, _CHANNEL_NEWS[news]
    if news is ChannelNews.JOINED and channel.is_blocked:
        said = "I am in it, and take no cases from there"
    return kit.message(
        f"#{name}: {said}",
        kit.section(f"*#{name}*: {said}."),
        kit.fields(
            ("Whose it is", kit.line(channel.account_name, MOST_ACCOUNT) or "–"),
            ("They are", _KINDS[channel.kind][0]),
            None if is_lost else ("Maintenance that they are told of", _told_of(policy, channel)),
        ),
        kit.section(_open_there(policy, names, count, is_lost=is_lost)) if names else None,
        None if is_lost else kit.actions(_setup_button(channel)),
    )


def setup_form(policy: Policy, channel: Channel) -> dict[str, Any]:
    """Whose a channel is, what they are to us, and of which maintenance they are told."""
    options = [kit.option(kind, label, text) for kind, (label, text) in _KINDS.items()]
    return modal(
        ids.CHANNEL_FORM,
        "Set up a channel",
        "Save",
        kit.section(f"*#{kit.line(channel.name, 80)}*"),
        text_input(
            ids.ACCOUNT,
            "Whose channel is it?",
            max_length=MOST_ACCOUNT,
            initial=channel.account_name,
            hint="The customer's or partner's name, as the team's cards shall show it.",
        ),
        radio(ids.KIND, "Who are they?", options, channel.kind),
        kit.context("It counts for cases that are opened from now on."),
        *_maintenance_inputs(policy, channel),
        metadata=channel.channel_id,
    )


def not_opened_team(person_id: str) -> kit.Message:
    """A form that somebody sent could not be made a case. Internal."""
    return kit.message(
        "A form that was sent could not be made a case",
        kit.section(
            f":warning: *A form of {kit.person(person_id)} could not be made a case.* They are told"
            " by DM, with a button that brings their words back. If no case of theirs follows soon,"
            " please ask them."
        ),
    )


def _maintenance_inputs(policy: Policy, channel: Channel) -> Iterator[kit.Block]:
    rules = policy.maintenance
    if rules.upgrades:
        names = [rule.sector for rule in rules.upgrades]
        yield select_several(
            ids.SECTORS,
            "Which upgrades are they told of?",
            [kit.option(name.lower(), name) for name in names],
            {name.lower() for name in names} - channel.unfollowed,
            hint="Work that concerns all of it is told in any case.",
        )
    if rules.routine is not None:
        options = [kit.option(value, label) for value, label in _ROUTINE.items()]
        chosen = ids.EACH_WEEK if channel.routine_always else ids.WITH_WORK
        yield radio(ids.ROUTINE, "When are they told of the routine window?", options, chosen)


def _told_of(policy: Policy, channel: Channel) -> str:
    """Of which maintenance a channel is told, in a few words."""
    rules = policy.maintenance
    names = [rule.sector for rule in rules.upgrades]
    followed = [name for name in names if name.lower() not in channel.unfollowed]
    if followed == names:
        words = "All of it"
    else:
        of = kit.joined(kit.line(name, 40) for name in followed) if followed else "No sector"
        words = f"{of}, and what concerns all"
    if rules.routine is None or channel.routine_always:
        return words
    return f"{words}; the routine window only with work in it"


def _open_button(key: str = "") -> kit.Block:
    return kit.button(ids.OPEN_CASE, "Open a case", key, style="primary")


def _perhaps_about(cases: Sequence[Case]) -> str:
    if len(cases) == 1:
        return f"If this is about {_short(cases[0])}, write in its thread."
    lines = [f"• {_short(case)}" for case in cases[:MOST_CASES]]
    more = ["and others"] if len(cases) > MOST_CASES else []
    return "\n".join(["If this is about one of these, write in its thread:", *lines, *more])


def _short(case: Case) -> str:
    return f"{case.name} ({kit.line(case.summary, 80)})"


def _setup_button(channel: Channel) -> kit.Block:
    return kit.button(ids.CHANNEL_SETUP, "Set up", channel.channel_id)


def _open_there(policy: Policy, names: Sequence[str], total: int, *, is_lost: bool) -> str:
    listed = f"Open there: {terms.listed(names, total)}."
    if not is_lost:
        return listed
    return (
        f"{listed} They stay with us, and their clocks run on. What is said to these customers"
        f" goes to their reporters by DM; or write to them from {policy.vendor.support_email}."
    )


_ROUTINE = {ids.EACH_WEEK: "Each week", ids.WITH_WORK: "Only when work is planned in it"}
_LOST = frozenset({ChannelNews.REMOVED, ChannelNews.ARCHIVED})
_CHANNEL_NEWS = {
    ChannelNews.JOINED: "I am in it now, and take cases from there",
    ChannelNews.REMOVED: "I am not in it any more, and cannot post there",
    ChannelNews.ARCHIVED: "it was archived, so nobody can write there any more",
    ChannelNews.UNARCHIVED: "it is in use again",
    ChannelNews.UNSHARED: (
        "it is no longer shared with an organisation, whose people do not see its threads any more"
    ),
}
_KINDS = {
    ChannelKind.CUSTOMER: ("A customer", "They open cases of their own."),
    ChannelKind.PARTNER: ("A partner", "They open cases for their customers: the form asks whose."),
    ChannelKind.INTERNAL: ("Our own people", "They open cases for themselves or for a customer."),
    ChannelKind.BLOCKED: ("Blocked", "No cases from there: they get the support e-mail instead."),
}
