"""The environment, read once and frozen. `.env` is read as well."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain.route import may_be_called
from bot.errors import SettingsError

_FILE = ".env"
_SLACK_LEADS_BACK = re.compile(r"https://|http://(127\.0\.0\.1|localhost)[:/]")

HOW_TO_GET = {
    "SLACK_BOT_TOKEN": (
        "the token that starts with xoxb-, from your Slack app's page OAuth & Permissions"
    ),
    "SLACK_SIGNING_SECRET": "from your Slack app's page Basic Information",
    "SLACK_APP_TOKEN": (
        "the token that starts with xapp-, with the scope connections:write, from Basic"
        " Information; leave it out for HTTP"
    ),
    "TEAM_CHANNEL": (
        "the id of your team's private channel (C... or G...): open its details in Slack, it stands"
        " at the bottom"
    ),
    "PORT": "a number such as 3000",
    "PUBLIC_URL": "where people reach this from outside, such as https://casebell.example",
    "WEBHOOK_SECRET": "16 characters or more that nobody can guess: openssl rand -hex 32",
    "CASEBELL_CLIENT_ID": "from your Slack app's page Basic Information",
    "CASEBELL_CLIENT_SECRET": "from your Slack app's page Basic Information",
    "ENCRYPTION_KEY": (
        "a key of Fernet's, which this makes: python -c 'from cryptography.fernet import Fernet;"
        " print(Fernet.generate_key().decode())'; to change it, write the new one before the old,"
        " with a comma"
    ),
    "HEARTBEAT_URL": (
        "an https address that expects a call every minute, of a watchdog such as healthchecks.io"
    ),
    "LOG_LEVEL": "one of DEBUG, INFO, WARNING, ERROR",
    "SLACK_API_URL": "a web address that ends with /api/",
    "POLICY_FILE": "the path of a policy file, or nothing for the one that is shipped",
    "DATABASE_URL": "such as sqlite:///casebell.db or postgresql://user:password@host/name",
}


def _starting(*prefixes: str) -> AfterValidator:
    def check(secret: SecretStr) -> SecretStr:
        found = secret.get_secret_value()
        # A prefix alone is what stands in .env.example, and nobody has filled it in.
        if not found.startswith(prefixes) or found in prefixes:
            raise ValueError("the prefix is not right")  # never the value itself
        return secret

    return AfterValidator(check)


def _callable(secret: SecretStr) -> SecretStr:
    if not may_be_called(secret.get_secret_value()):
        raise ValueError("it cannot be called")
    return secret


def _keys(secret: SecretStr) -> SecretStr:
    from bot.vault import Vault  # noqa: PLC0415 - slow to import, and few have a key

    Vault(secret.get_secret_value())
    return secret


class OfflineSettings(BaseSettings):
    """What a command needs that does not talk to Slack; an empty variable counts as absent."""

    model_config = SettingsConfigDict(
        env_file=_FILE, env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: str = "sqlite:///casebell.db"
    policy_file: Path | None = None


class Settings(OfflineSettings):
    """Everything that differs between two installations and is not policy.

    SLACK_APP_TOKEN chooses Socket Mode; PORT then serves only what does not come from Slack.
    """

    slack_bot_token: Annotated[SecretStr, _starting("xoxb-", "xoxe.")]
    slack_signing_secret: Annotated[SecretStr, Field(min_length=1)]
    slack_app_token: Annotated[SecretStr, _starting("xapp-")] | None = None
    slack_api_url: Annotated[str, Field(pattern=r"^https?://\S+/$")] = "https://slack.com/api/"
    team_channel: Annotated[str, Field(pattern="^[CG][A-Z0-9]{2,}$")]
    port: Annotated[int, Field(ge=0, le=65535)] = 3000
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$")] | None = None
    webhook_secret: Annotated[SecretStr, Field(min_length=16)] | None = None
    casebell_client_id: Annotated[str, Field(min_length=1)] | None = None
    casebell_client_secret: Annotated[SecretStr, Field(min_length=1)] | None = None
    encryption_key: Annotated[SecretStr, AfterValidator(_keys)] | None = None
    heartbeat_url: Annotated[SecretStr, AfterValidator(_callable)] | None = None
    log_level: Annotated[str, Field(pattern="^(DEBUG|INFO|WARNING|ERROR)$")] = "INFO"

    @property
    def webhook_secret_text(self) -> str:
        """What calls of routes, and links that acknowledge, are signed with; empty if not set."""
        return self.webhook_secret.get_secret_value() if self.webhook_secret else ""


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: a line for each variable that is missing or wrong, with how to get it.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(problem) for problem in error.errors())) from None
    if lacking := list(_lacking_to_install(settings)):
        raise SettingsError("\n".join(lacking))
    return settings


def _lacking_to_install(settings: Settings) -> Iterator[str]:
    """What is missing where customers are to install Casebell: half of that is no start."""
    needed = {
        "CASEBELL_CLIENT_ID": settings.casebell_client_id,
        "CASEBELL_CLIENT_SECRET": settings.casebell_client_secret,
    }
    if not any(needed.values()):
        return
    needed |= {"ENCRYPTION_KEY": settings.encryption_key, "PUBLIC_URL": settings.public_url}
    for name, value in needed.items():
        if not value:
            yield f"{name} is not set, and customers are to install Casebell: {HOW_TO_GET[name]}."
    if settings.public_url and not _SLACK_LEADS_BACK.match(settings.public_url):
        yield "PUBLIC_URL has to begin with https://: Slack leads nobody back elsewhere."


def _sentence(problem: Any) -> str:
    name = str(problem["loc"][0]).upper()
    what = "is not set" if problem["type"] == "missing" else "is not right"
    return f"{name} {what}: {HOW_TO_GET.get(name, problem['msg'])}."


def environment() -> Mapping[str, str]:
    """Every variable, for those whose names the policy gives: as settings, from `.env` as well."""
    known = {**dotenv_values(_FILE), **{name: text for name, text in os.environ.items() if text}}
    return {name: text for name, text in known.items() if text}


def load_offline_settings() -> OfflineSettings:
    """Read what commands need that do not talk to Slack; nothing of it has to be set."""
    return OfflineSettings()
