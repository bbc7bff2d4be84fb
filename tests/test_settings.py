"""The environment: what has to be set, what it may look like, and what is said of the rest."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import (
    HOW_TO_GET,
    Settings,
    environment,
    load_offline_settings,
    load_settings,
)

COMPLETE = {
    "SLACK_BOT_TOKEN": "xoxb-secret-1",
    "SLACK_SIGNING_SECRET": "secret-2",
    "TEAM_CHANNEL": "C0TEAM",
}


KEY = urlsafe_b64encode(b"k" * 32).decode()
TO_INSTALL = {
    "CASEBELL_CLIENT_ID": "1.2",
    "CASEBELL_CLIENT_SECRET": "secret-3",
    "ENCRYPTION_KEY": KEY,
    "PUBLIC_URL": "https://casebell.example",
}


@pytest.fixture(autouse=True)
def complete(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment with everything that has to be set, and no `.env` of anybody's."""
    monkeypatch.chdir(tmp_path)
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)


def test_three_variables_are_enough() -> None:
    settings = load_settings()
    assert settings.slack_bot_token.get_secret_value() == "xoxb-secret-1"
    assert settings.slack_app_token is None
    assert settings.slack_api_url == "https://slack.com/api/"
    assert settings.database_url == "sqlite:///casebell.db"
    assert (settings.port, settings.log_level, settings.policy_file) == (3000, "INFO", None)


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_a_variable_that_is_missing_has_a_line_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value) == f"{name} is not set: {HOW_TO_GET[name]}."


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_an_empty_variable_counts_as_missing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "")
    with pytest.raises(SettingsError, match=f"{name} is not set: "):
        load_settings()


def test_everything_that_is_missing_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in COMPLETE:
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    named = [line.partition(" ")[0] for line in str(refused.value).splitlines()]
    assert sorted(named) == sorted(COMPLETE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-a-persons-token"),
        ("SLACK_BOT_TOKEN", "xapp-an-app-token"),
        ("SLACK_APP_TOKEN", "xoxb-a-bot-token"),
        ("SLACK_BOT_TOKEN", "xoxb-"),
        ("SLACK_APP_TOKEN", "xapp-"),
        ("SLACK_API_URL", "slack.com/api/"),
        ("SLACK_API_URL", "https://slack.com/api"),
        ("TEAM_CHANNEL", "#support"),
        ("TEAM_CHANNEL", "support"),
        ("TEAM_CHANNEL", "U0123ABC"),
        ("TEAM_CHANNEL", "C"),
        ("PUBLIC_URL", "casebell.example"),
        ("PUBLIC_URL", "ftp://casebell.example"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://casebell .example"),
        ("WEBHOOK_SECRET", "fifteen letters"),
        ("ENCRYPTION_KEY", "a password of mine"),
        ("ENCRYPTION_KEY", f"{KEY};{KEY}"),
        ("ENCRYPTION_KEY", f"{KEY},"),
        ("HEARTBEAT_URL", "watch.example/uuid"),
        ("HEARTBEAT_URL", "http://watch.example/uuid"),
        ("HEARTBEAT_URL", "https://user:password@watch.example/uuid"),
        ("HEARTBEAT_URL", "file:///etc/passwd"),
        ("HEARTBEAT_URL", "https://"),
        ("PORT", "http"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_LEVEL", "info"),
    ],
)
def test_a_wrong_value_is_told_with_how_to_get_it_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value) == f"{name} is not right: {HOW_TO_GET[name]}."


@pytest.mark.parametrize(
    "name",
    ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "TEAM_CHANNEL", "PORT", "LOG_LEVEL", "PUBLIC_URL",
     "WEBHOOK_SECRET", "HEARTBEAT_URL", "ENCRYPTION_KEY"],
)  # fmt: skip
def test_a_wrong_value_is_not_repeated(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It may be another secret, pasted into the wrong line."""
    monkeypatch.setenv(name, "hunter-two")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert "hunter-two" not in str(refused.value)


def test_every_sentence_names_a_variable_that_exists() -> None:
    assert {name.lower() for name in HOW_TO_GET} <= set(Settings.model_fields)


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", "secret-3 of the routes")
    monkeypatch.setenv("HEARTBEAT_URL", "https://watch.example/secret-4")
    for name, value in {**TO_INSTALL, "CASEBELL_CLIENT_SECRET": "secret-5"}.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.webhook_secret_text == "secret-3 of the routes"
    for secret in ("xoxb-secret-1", "secret-2", "secret-3", "secret-4", "secret-5", KEY):
        assert secret not in repr(settings)
        assert secret not in str(settings)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1  # type: ignore[misc]


def test_a_dot_env_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TEAM_CHANNEL")
    (tmp_path / ".env").write_text("TEAM_CHANNEL=G0FILE\nSOMETHING_ELSE=1\n")
    assert load_settings().team_channel == "G0FILE"


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TEAM_CHANNEL=G0FILE\n")
    assert load_settings().team_channel == "C0TEAM"


def test_a_variable_that_the_policy_names_is_read_from_the_file_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Such as a routing key; the environment goes before the file, and nothing counts as absent."""
    (tmp_path / ".env").write_text("FROM_FILE=a key\nIN_BOTH=of the file\nEMPTY=a key\nNOTHING=\n")
    monkeypatch.setenv("IN_BOTH", "of the environment")
    monkeypatch.setenv("EMPTY", "")
    found = environment()
    assert [found.get(name) for name in ("FROM_FILE", "IN_BOTH", "EMPTY", "NOTHING")] == [
        "a key",
        "of the environment",
        "a key",
        None,
    ]


@pytest.mark.parametrize(
    "name",
    ["SLACK_APP_TOKEN", "POLICY_FILE", "PORT", "LOG_LEVEL", "PUBLIC_URL", "WEBHOOK_SECRET",
     "HEARTBEAT_URL", "CASEBELL_CLIENT_ID", "CASEBELL_CLIENT_SECRET", "ENCRYPTION_KEY"],
)  # fmt: skip
def test_an_empty_optional_variable_counts_as_absent(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    absent = getattr(load_settings(), name.lower())
    monkeypatch.setenv(name, "")
    assert getattr(load_settings(), name.lower()) == absent


def test_an_empty_policy_file_means_the_shipped_one_offline_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`POLICY_FILE=` stands in .env.example: uncommented, `why` would look for a file "."."""
    monkeypatch.setenv("POLICY_FILE", "")
    assert load_offline_settings().policy_file is None


def test_commands_without_slack_need_nothing_to_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in COMPLETE:
        monkeypatch.delenv(name)
    settings = load_offline_settings()
    assert (settings.database_url, settings.policy_file) == ("sqlite:///casebell.db", None)


@pytest.mark.parametrize(
    "url",
    ["https://casebell.example", "https://casebell.example/", "https://example.com/casebell",
     "http://127.0.0.1:3000"],
)  # fmt: skip
def test_an_address_may_have_a_port_and_a_path(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)
    assert load_settings().public_url == url


@pytest.mark.parametrize(
    "url", ["https://hc-ping.com/a-uuid", "http://127.0.0.1:8080/beat", "http://localhost/beat"]
)
def test_a_heartbeat_goes_out_encrypted_or_stays_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("HEARTBEAT_URL", url)
    found = load_settings().heartbeat_url
    assert found is not None
    assert found.get_secret_value() == url


def test_without_a_webhook_secret_its_text_is_empty() -> None:
    assert load_settings().webhook_secret_text == ""


# --- customers install it ------------------------------------------------------------------------


def test_what_customers_need_to_install_it_is_all_or_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in TO_INSTALL.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.casebell_client_id == "1.2"
    assert settings.encryption_key is not None


@pytest.mark.parametrize("missing", sorted(TO_INSTALL))
def test_one_of_it_that_is_missing_is_named_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Without a key, tokens of customers would lie open: that is no way to start."""
    for name, value in TO_INSTALL.items():
        if name != missing:
            monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    expected = (
        f"{missing} is not set, and customers are to install Casebell: {HOW_TO_GET[missing]}."
    )
    assert str(refused.value) == expected


@pytest.mark.parametrize("name", ["ENCRYPTION_KEY", "PUBLIC_URL"])
def test_what_has_other_uses_too_switches_nothing_on(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, TO_INSTALL[name])
    assert load_settings().casebell_client_id is None


@pytest.mark.parametrize(
    "url", ["http://casebell.example", "http://127.0.0.1.example", "http://localhost.example/"]
)
def test_slack_leads_back_to_https_alone(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name, value in {**TO_INSTALL, "PUBLIC_URL": url}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="has to begin with https://"):
        load_settings()


@pytest.mark.parametrize("keys", [f"{KEY},{KEY}", f" {KEY} , {KEY} "])
def test_there_may_be_older_keys(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setenv("ENCRYPTION_KEY", keys)
    assert load_settings().encryption_key is not None


def test_bolts_own_names_for_them_switch_nothing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """With these, Bolt would forget our token and look for installations in files."""
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "secret-3")
    assert load_settings().casebell_client_id is None
