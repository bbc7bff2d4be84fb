"""Whose installation a request is for, and what customers' workspaces do with theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from slack_bolt import App, BoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError

from bot.errors import UserError
from bot.messages import ids
from bot.services.install_ends import InstallEnds
from bot.services.installed import Installed
from bot.services.ports import Identity
from handlers.middleware import authorization
from handlers.payloads import Body

BODY = "casebell_body"  # under this name Bolt's context has the payload

Team: TypeAlias = Mapping[str, Any] | str | None

# Only who has installed Casebell can call these; Slack lets nobody else.
_CALLED = frozenset({"shortcut", "message_action"})


def installed_by(body: Body) -> tuple[str, ...]:
    """The workspaces, then the organisations, by whose installation Slack sends this; surest first.

    A form belongs to the installation that opened it, whoever submits it: in submissions the
    payload's own team is the submitter's. Without that word, a submission says nothing of it.
    An organisation counts where the installation is one for all its workspaces
    (docs.slack.dev/apis/slack-connect, docs.slack.dev/enterprise/organization-ready-apps).
    """
    match body.get("authorizations"):
        case [Mapping() as first, *_]:
            return _unique(_installer(first))
    view = _object(body, "view")
    if in_view := view.get("app_installed_team_id"):
        return _unique([in_view, *_organisations(body)])
    if body.get("type") in ("view_submission", "view_closed"):
        return ()
    return _unique(_installer(body))


def has_to_be_installed(body: Body) -> bool:
    """Whether nobody but that installation's token can do what is asked for."""
    if "command" in body or body.get("type") in _CALLED:
        return True
    is_in_form = bool(_object(body, "view").get("app_installed_team_id"))
    return is_in_form and body.get("type") == "block_actions"


# What Slack says when a token that is not the installation's own opens a form.
_NOT_OUR_TRIGGER = "invalid_trigger_id"


@dataclass(frozen=True)
class Authorization:
    """Our own token for what our own workspace is asked, or a customer's for theirs.

    Not Bolt's mode for many workspaces: it looks an installation up by a submission's enterprise,
    which in a shared channel may be the submitter's.

    Args:
        keep: takes a form that cannot be drawn any more, and offers its words to its writer.
    """

    identity: Callable[[], Identity | None]
    home_token: str = field(repr=False)
    installed: Installed
    ends: InstallEnds
    keep: Callable[[Body], None]

    def __call__(self, context: BoltContext) -> AuthorizeResult:
        """Whose token opens what is asked for.

        Raises:
            NotReadyError: Slack has not said yet who Casebell is.
            UserError: the workspace that asks has Casebell no more, or cannot be served.
        """
        home = authorization(self.identity(), self.home_token)
        body: Body = context[BODY]
        teams = self._teams(body)
        if not teams or home.team_id in teams:
            return home
        if token := self.installed.token_of(teams):
            return AuthorizeResult(enterprise_id=None, team_id=teams[0], bot_token=token)
        is_theirs = self.installed.is_on or self.installed.knows(teams)
        if is_theirs and has_to_be_installed(body):
            raise self._not_served(teams, body)
        return home

    def ended(self, error: Exception, body: Body, token: str) -> Exception:
        """What is told of an error; where Slack took a customer's token no more, that it is so.

        Args:
            token: by which Slack was asked.
        """
        if not isinstance(error, SlackApiError):
            return error
        code, teams = str(error.response.get("error")), self._teams(body)
        if token == self.home_token:
            identity = self.identity()
            is_ours = identity is None or identity.team_id in teams
            is_over = code == _NOT_OUR_TRIGGER and not is_ours
        else:
            is_over = self.ends.refused(teams, token, code)
        return self._not_served(teams, body) if is_over else error

    def _not_served(self, teams: Sequence[str], body: Body) -> UserError:
        if _object(body, "view").get("callback_id") == ids.FORM:
            self.keep(body)
        return self.installed.not_served(teams)

    def _teams(self, body: Body) -> Sequence[str]:
        """By whose token it is answered: of events, only the Home tab is drawn by a customer's."""
        is_event = body.get("type") == "event_callback"
        if is_event and _object(body, "event").get("type") != "app_home_opened":
            return ()
        return installed_by(body)


@dataclass(frozen=True)
class InstallListeners:
    """What Slack tells when a workspace wants Casebell no more."""

    ends: InstallEnds

    def removed(self, body: dict[str, Any]) -> None:
        """Somebody took Casebell out of their workspace."""
        if named := named_by(body):
            self.ends.removed(named, _at(body))

    def revoked(self, body: dict[str, Any], event: dict[str, Any]) -> None:
        """Tokens are good no more; those of people are none of ours."""
        if (event.get("tokens") or {}).get("bot"):
            self.removed(body)


def register(app: App, listeners: InstallListeners) -> None:
    """Serve the end of an installation."""
    app.event("app_uninstalled")(listeners.removed)
    app.event("tokens_revoked")(listeners.revoked)


def named_by(body: Body) -> str:
    """Whose installation is over: of it there is no authorization left, only the envelope.

    Its workspace; where it names none, its organisation, for all of which it was installed.
    """
    return str(body.get("team_id") or body.get("enterprise_id") or "")


def _at(body: Body) -> datetime:
    return datetime.fromtimestamp(int(body["event_time"]), UTC)


def _installer(found: Mapping[str, Any]) -> list[str | None]:
    return [_id(found.get("team")) or found.get("team_id"), *_organisations(found)]


def _organisations(found: Mapping[str, Any]) -> list[str | None]:
    if str(found.get("is_enterprise_install", "")).lower() != "true":
        return []
    team = found.get("team")
    of_team = team.get("enterprise_id") if isinstance(team, Mapping) else None
    return [_id(found.get("enterprise")) or found.get("enterprise_id") or of_team]


def _id(found: Team) -> str | None:
    return found.get("id") if isinstance(found, Mapping) else found


def _object(body: Body, name: str) -> Mapping[str, Any]:
    """A part of the payload; empty where it has none, or none that is an object."""
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}


def _unique(ids: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one) for one in ids if one))
