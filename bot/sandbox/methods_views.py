"""The Web API methods that show views, and what the answer to a submission does to them.

https://docs.slack.dev/surfaces/modals
"""

from __future__ import annotations

import time
from typing import Any

from bot.sandbox import blocks, inputs, wire
from bot.sandbox.arguments import Args, Refusal, find_user, with_ids
from bot.sandbox.exchange import View
from bot.sandbox.model import Install, Json, User
from bot.sandbox.state import State

MOST_IN_STACK = 3


def views_open(state: State, args: Args) -> Json:
    """views.open: a new form before the person whose trigger this is."""
    body = _checked(args)
    person = _exchange_trigger(state, args)
    for view in state.modals.get(person.id, [])[-1:]:
        close(state, view, whole_stack=True)
    return {"view": wire.view(state, push(state, person, body, args.install))}


def views_push(state: State, args: Args) -> Json:
    """views.push: another form on top of the one that is open."""
    body = _checked(args)
    person = _exchange_trigger(state, args)
    if not state.modals.get(person.id):
        raise Refusal("view_not_found")
    return {"view": wire.view(state, push(state, person, body, args.install))}


def views_update(state: State, args: Args) -> Json:
    """views.update: by view id, or by the external id the app gave."""
    if "view_id" in args:
        view = state.views.get(args.needed("view_id"))
    else:
        wanted = args.needed("external_id")
        views = state.views.values()
        view = next((view for view in views if view.body.get("external_id") == wanted), None)
    if view is None or view.install is not args.install:
        raise Refusal("not_found")
    if "hash" in args and args["hash"] != view.hash:
        raise Refusal("hash_conflict")
    redraw(state, view, _checked(args))
    return {"view": wire.view(state, view)}


def views_publish(state: State, args: Args) -> Json:
    """views.publish: the Home tab of one person."""
    if not state.manifest.home_tab:
        raise Refusal("not_enabled")
    person = find_user(state, args.needed("user_id"))
    key = (person.id, args.install.team.id)
    home = state.homes.get(key)
    if home and "hash" in args and args["hash"] != home.hash:
        raise Refusal("hash_conflict")
    body = _checked(args)
    if home:
        redraw(state, home, body)
    else:
        home = state.homes[key] = _draw(state, person, body, args.install)
    return {"view": wire.view(state, home)}


def push(state: State, person: User, body: Json, install: Install) -> View:
    """Put a form on top of a person's stack.

    Raises:
        Refusal: `push_limit_reached`, `duplicate_external_id`.
    """
    stack = state.modals.setdefault(person.id, [])
    if len(stack) >= MOST_IN_STACK:
        raise Refusal("push_limit_reached")
    view = _draw(state, person, body, install)
    view.previous = stack[-1] if stack else None
    stack.append(view)
    return view


def redraw(state: State, view: View, body: Json) -> None:
    """Show a view anew; what was typed stays where block_id and action_id stay."""
    drawn = with_ids(state, body["blocks"])
    view.body = {**body, "blocks": drawn}
    view.values = inputs.initial(drawn, view.values)
    view.hash = state.new_hash()


def close(state: State, view: View, *, whole_stack: bool = False) -> None:
    """Take a form, if it is still there, off the screen; or with it all that lie under it."""
    stack = state.modals[view.owner.id]
    for gone in stack[:] if whole_stack else [view] if view in stack else []:
        stack.remove(gone)
        del state.views[gone.id]


def check(body: Any) -> Json:
    """A view as an app sent it.

    Raises:
        Refusal: `invalid_arguments`, with what is wrong.
    """
    if found := blocks.problems_of_view(body):
        raise Refusal.of_problems("invalid_arguments", found)
    return dict(body)


def _checked(args: Args) -> Json:
    args.needed("view")
    return check(args.object("view"))


def _draw(state: State, person: User, body: Json, install: Install) -> View:
    wanted = body.get("external_id")
    if wanted and any(view.body.get("external_id") == wanted for view in state.views.values()):
        raise Refusal("duplicate_external_id")
    drawn = with_ids(state, body["blocks"])
    view = View(
        state.new_id("V"),
        person,
        install,
        {**body, "blocks": drawn},
        state.new_hash(),
        inputs.initial(drawn),
    )
    state.views[view.id] = view
    return view


def _exchange_trigger(state: State, args: Args) -> User:
    trigger = state.triggers.get(args.needed("trigger_id"))
    if trigger is None or trigger.install is not args.install:
        raise Refusal("invalid_trigger_id")
    if trigger.used:
        raise Refusal("exchanged_trigger_id")
    if time.monotonic() - trigger.given > state.trigger_ttl:
        raise Refusal("expired_trigger_id")
    trigger.used = True
    return trigger.user
