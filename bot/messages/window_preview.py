"""What a change of a maintenance window would do, before it is made; and the receipt after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from bot.domain.calendar_plan import Difference
from bot.domain.flags import Flag
from bot.domain.window import Window
from bot.messages import kit, terms, window_ids, window_terms
from bot.messages.inputs import MOST_BLOCKS, modal
from bot.messages.window_ids import Asked, Do
from bot.messages.window_list import says
from bot.messages.words import clock_time, counted
from bot.policy import Policy

View: TypeAlias = dict[str, Any]

MOST_NAMED = 10  # channels
_MOST_OTHERS = 8  # windows that move along, or that have to be confirmed then
_MOST_NOTICES = 6
_BELOW = 4  # blocks that stand below the posts

_DOES: Mapping[Do, str] = {
    Do.MOVE: "is moved",
    Do.RESIZE: "gets another length",
    Do.SKIP: "is skipped this time: it does not take place",
    Do.CANCEL: "is cancelled: it does not take place",
    Do.START: "starts now",
    Do.FINISH: "is over now",
    Do.LATE: "runs late",
    Do.FOLLOW: "follows the policy",
    Do.KEEP: "stays as it is, whatever the policy says",
    Do.ADD: "is added",
}


@dataclass(frozen=True)
class Post:
    """A message that a change posts, and the earlier ones that it changes in place.

    Args:
        channels: where, by name.
        message: as it would be posted.
        redraws: how many earlier messages are changed in place.
    """

    channels: Sequence[str]
    message: kit.Message
    redraws: int


@dataclass(frozen=True)
class ChangeFacts:
    """What a change makes of the calendar, and what is posted about it.

    Args:
        asked: what was asked for; the preview carries it.
        before: None: the window is a new one.
        followers: windows that move along, before and after.
        differences: windows that do not, and have to be confirmed then.
        stay: later windows of the cycle of one that is called off, which take place all the same.
        flags: what is to be looked at in the windows as they would be.
        posts: what is posted at once.
        notices: when the usual notices of the window are due then.
    """

    asked: Asked
    now: datetime
    before: Window | None
    after: Window
    followers: Sequence[tuple[Window, Window]] = ()
    differences: Sequence[Difference] = ()
    stay: Sequence[Window] = ()
    flags: Sequence[Flag] = ()
    posts: Sequence[Post] = ()
    notices: Sequence[datetime] = ()


def preview(policy: Policy, facts: ChangeFacts) -> View:
    """Exactly what would be posted where; one press does it."""
    above = [*_change(policy, facts), kit.divider()]
    return modal(
        window_ids.PREVIEW,
        "Preview",
        "Post it" if facts.posts else "Change it",
        *above,
        *_posts(facts, MOST_BLOCKS - len(above) - _BELOW),
        _notices(policy, facts),
        None if facts.asked.do in _WITHOUT_FORM else kit.actions(_back()),
        metadata=str(facts.asked),
    )


def receipt(policy: Policy, facts: ChangeFacts) -> View:
    """What was done."""
    places = len({name for post in facts.posts for name in post.channels})
    redraws = sum(post.redraws for post in facts.posts)
    said = []
    if places:
        said.append(_are_told(places))
    if redraws:
        said.append(f"{_earlier(redraws)} changed in place.")
    return modal(
        window_ids.RECEIPT,
        "Done",
        None,
        kit.section(f":white_check_mark: {_does(facts)}"),
        kit.section(window_terms.when(policy, facts.after)) if facts.after.takes_place else None,
        kit.context(" ".join(said) or "Nothing is posted."),
        close="Close",
    )


def done_before(policy: Policy, window: Window | None) -> View:
    """The answer to a second press: it was done already."""
    return modal(
        window_ids.RECEIPT,
        "Done",
        None,
        kit.section(":white_check_mark: That is done already. Nothing is posted twice."),
        kit.section(f"{window_terms.bold(window)}\n{window_terms.when(policy, window)}")
        if window
        else None,
        close="Close",
    )


# From these there is nothing to go back to: they are asked for by a button of the list.
_WITHOUT_FORM = frozenset({Do.FOLLOW, Do.KEEP})


def _does(facts: ChangeFacts) -> str:
    if facts.asked.do is Do.FOLLOW and not facts.after.takes_place:
        name = window_terms.bold(facts.after)
        return f"{name} is cancelled: the policy no longer plans it."
    return f"{window_terms.bold(facts.after)} {_DOES[facts.asked.do]}."


def _change(policy: Policy, facts: ChangeFacts) -> Iterator[kit.Block]:
    before, after = facts.before, facts.after
    lines = [_does(facts)]
    if before is None:
        lines += [window_terms.when(policy, after), *window_terms.details(after)]
    elif after.takes_place and after.segment != before.segment:
        lines.append(f"Was: {window_terms.when(policy, before)}")
        lines.append(f"Will be: {window_terms.when(policy, after)}")
    else:
        lines.append(window_terms.when(policy, before))
    lines += _flags(policy, facts, after)
    yield kit.section("\n".join(lines))
    for old, new in facts.followers[:_MOST_OTHERS]:
        yield kit.section("\n".join(_follower(policy, facts, old, new)))
    for difference in facts.differences[:_MOST_OTHERS]:
        yield kit.section(_difference(policy, difference))
    for window in facts.stay[:_MOST_OTHERS]:
        yield kit.section(
            f":warning: {window_terms.bold(window)} still takes place:"
            f" {terms.stretch(policy, window.segment)}. Call it off as well, if it has to be."
        )
    others = (facts.followers, facts.differences, facts.stay)
    if more := sum(max(0, len(found) - _MOST_OTHERS) for found in others):
        yield kit.context(
            f"and {counted(more, 'more window that depends', 'more windows that depend')} on it"
        )


def _flags(policy: Policy, facts: ChangeFacts, window: Window) -> list[str]:
    about = [flag for flag in facts.flags if window_terms.is_about(flag, window)]
    return [f":warning: {window_terms.flag(policy, flag, window)}" for flag in about[:_MOST_OTHERS]]


def _follower(policy: Policy, facts: ChangeFacts, old: Window, new: Window) -> Iterator[str]:
    yield f"{window_terms.bold(new)} moves along."
    yield f"Was: {window_terms.when(policy, old)}"
    yield f"Will be: {window_terms.when(policy, new)}"
    yield from _flags(policy, facts, new)


def _difference(policy: Policy, difference: Difference) -> str:
    window = difference.window
    return (
        f":warning: {window_terms.bold(window)} depends on it, but people know of it, so it stays:"
        f" {terms.stretch(policy, window.segment)}. Confirm it then with `/maintenance`:"
        f" {says(policy, difference.says)}"
    )


def _posts(facts: ChangeFacts, room: int) -> Iterator[kit.Block]:
    """The posts as they would be; those for which there is no room are counted."""
    if not facts.posts:
        yield kit.section(_nothing(facts))
        return
    for n, post in enumerate(facts.posts):
        shown = list(_post(post))
        if len(shown) + 1 > room:
            rest = counted(len(facts.posts) - n, "more message")
            yield kit.context(f"and {rest} of this kind")
            return
        room -= len(shown)
        yield from shown


def _nothing(facts: ChangeFacts) -> str:
    before = facts.before
    if before is None or before.announced_at is None:
        return "*Nobody has been told yet: nothing is posted.*"
    return "*Nothing is posted.*"


def _post(post: Post) -> Iterator[kit.Block]:
    where = terms.listed(
        [kit.line(f"#{n}", 90) for n in post.channels[:MOST_NAMED]], len(post.channels)
    )
    yield kit.section(f"*New message* in {counted(len(post.channels), 'channel')}: {where}")
    yield from map(_inert, post.message.blocks)
    if post.redraws:
        yield kit.context(f"{_earlier(post.redraws)} changed in place; that rings nobody.")


def _inert(block: kit.Block) -> kit.Block:
    """A block of a message as it looks there; its buttons are only named."""
    match block:
        case {"type": "actions", "elements": list(elements)}:
            labels = (str(found.get("text", {}).get("text", "…")) for found in elements)
            return kit.context(" ".join(f"[{kit.escape(label)}]" for label in labels))
        case _:
            return {key: block[key] for key in block if key not in ("accessory", "block_id")}


def _notices(policy: Policy, facts: ChangeFacts) -> kit.Block:
    if not facts.after.takes_place:
        return kit.context("No notice of it goes out any more.")
    if not facts.notices:
        return kit.context("No notice of it is due after that.")
    zone = policy.hours.zone
    times = [clock_time(at, zone) for at in facts.notices[:_MOST_NOTICES]]
    if len(facts.notices) > _MOST_NOTICES:
        times.append(f"{len(facts.notices) - _MOST_NOTICES} more")
    return kit.context(f"Then told as usual: {'; '.join(times)} ({policy.zone_name}).")


def _are_told(channels: int) -> str:
    told = counted(channels, "channel is", "channels are")
    return f"{told} told now{', one after the other' if channels > 1 else ''}."


def _earlier(messages: int) -> str:
    return counted(messages, "earlier message is", "earlier messages are")


def _back() -> kit.Block:
    return kit.button(window_ids.BACK, "Back")
