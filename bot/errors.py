"""Every error that Casebell raises on purpose: a sentence that a person can act on."""

from __future__ import annotations


class CasebellError(Exception):
    """The family. `str(error)` names the thing, the reason and the next step."""


class SettingsError(CasebellError):
    """The environment is incomplete or wrong: Casebell does not start (exit code 2)."""


class PolicyError(SettingsError):
    """The policy file breaks a rule: Casebell does not start."""


class UserError(CasebellError):
    """Something a person asked for cannot be done; the sentence is shown to them, privately."""


class FormError(CasebellError):
    """Answers of the form are wrong; each sentence is shown under its input.

    Args:
        problems: a sentence for each field, by its key.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{key}: {text}" for key, text in problems.items()))
        self.problems = problems


class NotReadyError(CasebellError):
    """Something has to be learned from Slack first; it is asked until it answers."""


class StorageUnavailableError(CasebellError):
    """The database did not answer in time; nothing of the transaction was saved."""


class StorageBusyError(StorageUnavailableError):
    """Somebody else holds what a statement needs for too long; the rest of the database answers."""


class StorageRefusedError(CasebellError):
    """The database does not take a statement: a mistake of ours."""


class NotOpenedError(CasebellError):
    """A form is stored, but it could not be made a case yet; it will be, without the person."""


class SlackError(CasebellError):
    """Slack refused a call, or did not answer it.

    Args:
        code: Slack's code for why, such as `user_not_found`; `no_answer` when there was none.
        retry_after: the seconds after which Slack takes it again, if it said so.
        in_doubt: Slack may have done it all the same: its answer was lost.
    """

    def __init__(
        self, method: str, code: str, *, retry_after: float | None = None, in_doubt: bool = False
    ) -> None:
        silent = code == "no_answer"
        super().__init__(
            f"Slack does not answer ({method})." if silent else f"Slack refuses {method}: {code}."
        )
        self.method = method
        self.code = code
        self.retry_after = retry_after
        self.in_doubt = in_doubt


class RouteError(CasebellError):
    """A route was not rung. It names the route and the host: the rest may be secret.

    Args:
        code: `no_answer`, `no_secret`, or the HTTP status, as in `http_503`.
        retry_after: the seconds after which the other end takes it again, if it said so.
        in_doubt: the other end may have it all the same.
        is_permanent: no waiting will change it.
    """

    def __init__(
        self,
        route: str,
        host: str,
        code: str,
        why: str,
        *,
        retry_after: float | None = None,
        in_doubt: bool = False,
        is_permanent: bool = False,
    ) -> None:
        super().__init__(f"Route {route} ({host}): {why}")
        self.code = code
        self.retry_after = retry_after
        self.in_doubt = in_doubt
        self.is_permanent = is_permanent
