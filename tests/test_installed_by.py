"""By whose installation Slack sends a payload: shapes of docs.slack.dev, of every kind."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.installing import Authorization, has_to_be_installed, installed_by, named_by

HOME, ACME, ORG = "T0HOME", "T0ACME", "E0ACME"
THEIRS = {"user": {"id": "U1", "team_id": ACME}}
ORG_WIDE = {"is_enterprise_install": True, "enterprise": {"id": ORG, "name": "Acme Holding"}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"command": "/case", "team_id": HOME}, (HOME,), id="a command of ours"),
        pytest.param({"command": "/case", "team_id": ACME}, (ACME,), id="a customer's command"),
        pytest.param(
            {"command": "/case", "team_id": ACME, "enterprise_id": ORG,
             "is_enterprise_install": "false"},
            (ACME,), id="in one workspace of an organisation",
        ),
        pytest.param(
            {"command": "/case", "team_id": ACME, "enterprise_id": ORG,
             "is_enterprise_install": "true"},
            (ACME, ORG), id="installed for a whole organisation",
        ),
        pytest.param(
            {"type": "block_actions", "team": {"id": HOME}, **THEIRS}, (HOME,),
            id="a customer presses our button",
        ),
        pytest.param(
            {"type": "block_actions", "team": None, **THEIRS, **ORG_WIDE}, (ORG,),
            id="a click where all of an organisation has it",
        ),
        pytest.param(
            {"type": "block_actions", "team": {"id": ACME, "enterprise_id": ORG},
             "is_enterprise_install": True, "enterprise": None},
            (ACME, ORG), id="the organisation is named with the workspace alone",
        ),
        pytest.param(
            {"type": "block_actions", "team": {"id": ACME},
             "view": {"app_installed_team_id": HOME}, **THEIRS},
            (HOME,), id="a choice in a form that our token opened",
        ),
        pytest.param(
            {"type": "view_submission", "team": {"id": ACME},
             "view": {"app_installed_team_id": HOME}, **THEIRS},
            (HOME,), id="a customer submits a form that our button opened",
        ),
        pytest.param(
            {"type": "view_submission", "team": {"id": ACME, "enterprise_id": ORG},
             "enterprise": {"id": ORG}, "is_enterprise_install": False,
             "view": {"app_installed_team_id": HOME}, **THEIRS},
            (HOME,), id="the submitter's organisation is not asked",
        ),
        pytest.param(
            {"type": "view_submission", "team": {"id": HOME},
             "view": {"app_installed_team_id": ACME}, **THEIRS},
            (ACME,), id="a form that a customer's command opened",
        ),
        pytest.param(
            {"type": "view_submission", "team": {"id": ACME}, "view": {}, **THEIRS}, (),
            id="a submission that does not say",
        ),
        pytest.param(
            {"type": "shortcut", "team": {"id": ACME}, **THEIRS}, (ACME,), id="a shortcut"
        ),
        pytest.param(
            {"type": "event_callback", "team_id": "T0ORIGIN",
             "authorizations": [{"team_id": ACME, "enterprise_id": ORG,
                                 "is_enterprise_install": False}]},
            (ACME,), id="an event is for whom it is authorized",
        ),
        pytest.param(
            {"type": "event_callback", "team_id": ACME,
             "authorizations": [{"team_id": None, "enterprise_id": ORG,
                                 "is_enterprise_install": True}]},
            (ORG,), id="an event for an organisation",
        ),
        pytest.param({}, (), id="nothing at all"),
        pytest.param({"team": "T0ACME"}, (ACME,), id="a team as a text"),
    ],
)  # fmt: skip
def test_whose_installation_it_is(body: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert installed_by(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"command": "/case"}, True),
        ({"type": "shortcut"}, True),
        ({"type": "message_action"}, True),
        ({"type": "block_actions", "view": {"app_installed_team_id": ACME}}, True),
        ({"type": "block_actions", "message": {}}, False),
        ({"type": "view_submission", "view": {"app_installed_team_id": ACME}}, False),
        ({"type": "view_closed", "view": {"app_installed_team_id": ACME}}, False),
        ({"type": "event_callback"}, False),
    ],
)
def test_what_needs_that_installations_token(body: dict[str, Any], expected: bool) -> None:
    assert has_to_be_installed(body) is expected


def test_our_own_token_is_not_in_what_a_log_shows_of_it() -> None:
    made = Authorization(lambda: None, "xoxb-ours", *[None] * 3)  # type: ignore[arg-type]
    assert "xoxb-ours" not in repr(made)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"team_id": ACME}, ACME, id="a workspace"),
        pytest.param({"team_id": ACME, "enterprise_id": ORG}, ACME, id="one of an organisation's"),
        pytest.param({"team_id": None, "enterprise_id": ORG}, ORG, id="an organisation"),
        pytest.param({"team_id": ORG, "enterprise_id": ORG}, ORG, id="an organisation, twice"),
        pytest.param({"team_id": "", "enterprise_id": None}, "", id="nobody"),
        pytest.param({}, "", id="nothing"),
    ],
)
def test_whose_installation_an_event_says_is_over(body: dict[str, Any], expected: str) -> None:
    assert named_by(body) == expected


@pytest.mark.parametrize("garbled", [True, 1, "x", [], [1], {}, None])
@pytest.mark.parametrize("name", ["authorizations", "view"])
def test_a_part_that_is_no_object_says_nothing(name: str, garbled: Any) -> None:
    body = {"type": "block_actions", "team": {"id": HOME}, name: garbled}
    assert installed_by(body) == (HOME,)
    assert not has_to_be_installed(body)
