"""Settings: read once from the environment and `.env`, frozen, failing with every problem named.

Any secret may also come from a file: `SLACK_BOT_TOKEN_FILE=/run/secrets/slack` in place of
`SLACK_BOT_TOKEN`. Without `DATABASE_URL` the product runs on an embedded PostgreSQL and makes the secrets
it needs for itself once, in `DATA_DIR/secrets.json` (mode 0600). With `DATABASE_URL` they are required:
several machines must share them.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from services.errors import SettingsError
from services.own_secrets import GENERATED, generated_secrets
from services.setting_values import LOOPBACK, LowerTexts, Texts, Url, is_host, is_url

SECRETS = (
    "DATABASE_URL",
    "COOKIE_SECRET",
    "TOKEN_ENCRYPTION_KEYS",
    "GOOGLE_CLIENT_SECRET",
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_APP_TOKEN",
    "SLACK_CLIENT_SECRET",
    "CRON_SECRET",
    "ALERT_WEBHOOK_URL",
    "LLM_API_KEY",
    "EMBEDDING_API_KEY",
)


class Settings(BaseSettings):
    """Every setting of the product; see `docs/settings.md` for what each is for."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    data_dir: Path = Path(".data")
    database_url: SecretStr | None = None

    portal_url: Url = "http://localhost:8501"
    cookie_secret: SecretStr = SecretStr("")
    token_encryption_keys: SecretStr = SecretStr("")

    google_client_id: str = ""
    google_client_secret: SecretStr = SecretStr("")
    google_oidc_metadata_url: Url = "https://accounts.google.com/.well-known/openid-configuration"
    google_auth_uri: Url = "https://accounts.google.com/o/oauth2/auth"
    google_token_uri: Url = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    google_revoke_uri: Url = "https://oauth2.googleapis.com/revoke"
    gmail_api_url: Url = "https://gmail.googleapis.com"
    calendar_api_url: Url = "https://www.googleapis.com"
    required_scopes: Texts = ("https://www.googleapis.com/auth/gmail.readonly",)

    slack_bot_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_client_id: str = ""
    slack_client_secret: SecretStr = SecretStr("")
    slack_oidc_metadata_url: Url = "https://slack.com/.well-known/openid-configuration"
    slack_api_url: Url = "https://slack.com/api/"

    admin_emails: LowerTexts = ()
    allowed_email_domains: LowerTexts = ()
    cron_secret: SecretStr = SecretStr("")
    alert_webhook_url: SecretStr = SecretStr("")
    feed_allowed_hosts: LowerTexts = ()

    llm_url: str = ""
    llm_model: str = ""
    llm_api_key: SecretStr = SecretStr("")
    embedding_url: str = ""
    embedding_model: str = ""
    embedding_api_key: SecretStr = SecretStr("")
    embedding_dimensions: int = Field(default=0, ge=0, le=16_000)  # as many as a vector of pgvector has

    briefing_time: time = time(9, 0)
    briefing_timezone: str = "Asia/Seoul"
    default_locale: str = "ko"
    news_feeds: Texts = ()

    worker_concurrency: int = Field(default=10, ge=1, le=200)
    gmail_units_per_minute: int = Field(default=1_200_000, ge=1)
    gmail_units_per_person: int = Field(default=6_000, ge=1)
    slack_messages_per_minute: int = Field(default=240, ge=1)
    briefing_deadline_hours: float = Field(default=9, gt=0, le=24)
    retention_days: int = Field(default=365, ge=1)
    metrics_address: str = ""
    lease_seconds: float = Field(default=45, ge=2, le=600, allow_inf_nan=False)
    tick_seconds: int = Field(default=60, ge=1, le=60)

    @property
    def slack_timeout(self) -> int:
        """Seconds that a call of Slack may take: the lease outlives it and the wait for its turn before."""
        return max(1, min(15, int(self.lease_seconds / 4)))

    @property
    def development(self) -> bool:
        """Whether Google is a stand-in on this machine, as in `make dev` without credentials."""
        return urlsplit(self.google_token_uri).hostname in LOOPBACK

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load_settings` hands in: it has already merged environment, `.env` and files."""
        return (init_settings,)

    @field_validator("required_scopes")
    @classmethod
    def _full_scope_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """`gmail.readonly` is short for Google's full scope address."""
        return tuple(s if "/" in s else f"https://www.googleapis.com/auth/{s}" for s in value)

    @field_validator("briefing_timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            raise ValueError(f"{value!r} is not an IANA time zone such as Asia/Seoul") from exc
        return value

    @field_validator("default_locale")
    @classmethod
    def _known_locale(cls, value: str) -> str:
        if value not in {"ko", "en"}:
            raise ValueError("must be ko or en")
        return value

    @field_validator("portal_url", "gmail_api_url", "calendar_api_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("google_token_uri", "google_revoke_uri", "gmail_api_url", "calendar_api_url")
    @classmethod
    def _plain_http_on_loopback_only(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("plain http is allowed on loopback only")
        return value

    @field_validator("news_feeds")
    @classmethod
    def _addresses_of_feeds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for number, feed in enumerate(value, 1):
            if not is_url(feed):
                raise ValueError(f"entry {number} must be an http:// or https:// address")
        return value

    @field_validator("feed_allowed_hosts")
    @classmethod
    def _hosts_without_scheme(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for number, host in enumerate(value, 1):
            if not is_host(host):
                raise ValueError(f"entry {number} must be host or host:port, without http:// and path")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _trailing_slash(cls, value: str) -> str:
        return value.rstrip("/") + "/"

    @field_validator("database_url")
    @classmethod
    def _postgresql_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        scheme, _, rest = value.get_secret_value().partition("://")
        if scheme not in {"postgresql", "postgres", "postgresql+psycopg"} or not rest:
            raise ValueError("must be a postgresql:// address")
        return SecretStr(f"postgresql+psycopg://{rest}")

    @field_validator("alert_webhook_url")
    @classmethod
    def _webhook_address(cls, value: SecretStr) -> SecretStr:
        address = value.get_secret_value()
        if address and not is_url(address):
            raise ValueError("must be an http:// or https:// address")
        return value

    @field_validator("metrics_address")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not (host and port.isdecimal() and is_host(value)):
            raise ValueError("must be host:port, such as 127.0.0.1:9464")
        return value

    @field_validator("llm_url", "embedding_url")
    @classmethod
    def _address_fit_for_mail(cls, value: str) -> str:
        """Mail goes there: unencrypted only on this machine or to a name without a dot, a container's."""
        if value and not is_url(value):
            raise ValueError("must be an http:// or https:// address")
        parts = urlsplit(value)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK and "." in (parts.hostname or ""):
            raise ValueError("plain http is allowed on loopback and to a container only")
        return value

    @model_validator(mode="after")
    def _address_and_model(self) -> Self:
        if bool(self.llm_url) != bool(self.llm_model):
            raise ValueError("LLM_URL and LLM_MODEL are set together or not at all")
        if bool(self.embedding_url) != bool(self.embedding_model):
            raise ValueError("EMBEDDING_URL and EMBEDDING_MODEL are set together or not at all")
        return self

    @field_validator("token_encryption_keys")
    @classmethod
    def _usable_keys(cls, value: SecretStr) -> SecretStr:
        for number, key in enumerate(filter(None, value.get_secret_value().split(",")), 1):
            try:
                raw = base64.urlsafe_b64decode(key.strip().replace("+", "-").replace("/", "_") + "==")
            except (binascii.Error, ValueError) as exc:
                raise ValueError(f"key {number} is not base64") from exc
            if len(raw) != 32:
                raise ValueError(f"key {number} has {len(raw)} bytes instead of 32")
        return value


def load_settings(
    environ: Mapping[str, str] | None = None,
    *,
    env_file: Path | None = Path(".env"),
    need: tuple[str, ...] = ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "SLACK_BOT_TOKEN"),
) -> Settings:
    """Read the settings once; the environment wins over `.env`.

    `need` names what this process cannot do without. Raises SettingsError with every problem, a line each,
    naming the variables and never their values.
    """
    values, problems = _merged(os.environ if environ is None else environ, env_file)
    data_dir = Path(values.get("DATA_DIR", ".data"))
    if "DATABASE_URL" not in values and not all(values.get(name) for name in GENERATED):
        values = generated_secrets(data_dir, problems) | values
    need += GENERATED if "DATABASE_URL" in values else ()
    problems += [f"{name} is missing" for name in need if not values.get(name)]
    try:
        given: dict[str, Any] = {name.lower(): value for name, value in values.items()}
        settings = Settings(**given)
    except ValidationError as exc:
        problems += [_described(error) for error in exc.errors(include_input=False, include_url=False)]
    if problems:
        raise SettingsError("Settings need attention:\n" + "\n".join(f"  {problem}" for problem in problems))
    return settings


def _described(error: Any) -> str:
    name = ".".join(str(part) for part in error["loc"]).upper()
    message = error["msg"].removeprefix("Value error, ")
    return f"{name}: {message}" if name else message


def _merged(environ: Mapping[str, str], env_file: Path | None) -> tuple[dict[str, str], list[str]]:
    """Our own variables from the environment over `.env`, with `NAME_FILE` read; and what went wrong."""
    known = {name.upper() for name in Settings.model_fields}
    raw = (dotenv_values(env_file) if env_file is not None and env_file.is_file() else {}) | dict(environ)
    values = {name: value for name, value in raw.items() if name in known and value}
    problems = []
    for name in SECRETS:
        path = raw.get(f"{name}_FILE")
        if not path:
            continue
        if name in values:
            problems.append(f"{name} and {name}_FILE are both set; keep one")
            continue
        try:
            values[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            problems.append(f"{name}_FILE cannot be read: {type(exc).__name__}")
    return values, problems
