"""Settings are read once, complain all at once, and never show a value."""

from __future__ import annotations

import base64
import json
import stat
from datetime import time
from pathlib import Path

import pytest

from services.errors import SettingsError
from services.settings import Settings, load_settings

NEEDED = {"GOOGLE_CLIENT_ID": "client", "GOOGLE_CLIENT_SECRET": "hush", "SLACK_BOT_TOKEN": "xoxb-1"}
KEY = base64.urlsafe_b64encode(b"k" * 32).decode()


def load(tmp_path: Path, **values: str) -> Settings:
    return load_settings({"DATA_DIR": str(tmp_path), **NEEDED, **values}, env_file=None)


def test_defaults_are_the_real_services_and_seoul_at_nine(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.gmail_api_url == "https://gmail.googleapis.com"
    assert settings.slack_api_url == "https://slack.com/api/"
    assert (settings.briefing_time, settings.briefing_timezone) == (time(9), "Asia/Seoul")
    assert settings.required_scopes == ("https://www.googleapis.com/auth/gmail.readonly",)


def test_every_problem_is_named_in_one_message_and_no_value_is_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(
            {
                "DATA_DIR": str(tmp_path),
                "GOOGLE_CLIENT_SECRET": "do-not-show",
                "BRIEFING_TIME": "quarter past",
                "BRIEFING_TIMEZONE": "Mars/Olympus",
                "DEFAULT_LOCALE": "fr",
                "PORTAL_URL": "localhost:8501",
                "WORKER_CONCURRENCY": "none",
                "TOKEN_ENCRYPTION_KEYS": "c2hvcnQ=",
                "DATABASE_URL": "mysql://do-not-show@db/x",
            },
            env_file=None,
        )
    message = str(caught.value)
    for name in (
        "GOOGLE_CLIENT_ID",
        "SLACK_BOT_TOKEN",
        "BRIEFING_TIME",
        "BRIEFING_TIMEZONE",
        "DEFAULT_LOCALE",
        "PORTAL_URL",
        "WORKER_CONCURRENCY",
        "TOKEN_ENCRYPTION_KEYS",
        "DATABASE_URL",
        "COOKIE_SECRET",
    ):
        assert name in message
    assert "do-not-show" not in message


def test_secrets_are_made_once_privately_and_stay_the_same(tmp_path: Path) -> None:
    first, second = load(tmp_path), load(tmp_path)
    assert first.token_encryption_keys == second.token_encryption_keys
    assert first.cookie_secret.get_secret_value() not in ("", first.cron_secret.get_secret_value())
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_damaged_secrets_file_is_an_error_and_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{", encoding="utf-8")
    with pytest.raises(SettingsError, match="DATA_DIR"):
        load(tmp_path)
    assert (tmp_path / "secrets.json").read_text(encoding="utf-8") == "{"


def test_with_a_database_the_shared_secrets_are_required(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, DATABASE_URL="postgresql://db/x")
    assert all(
        name in str(caught.value) for name in ("COOKIE_SECRET", "TOKEN_ENCRYPTION_KEYS", "CRON_SECRET")
    )
    assert not (tmp_path / "secrets.json").exists()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_postgresql_address_is_taken(tmp_path: Path, scheme: str) -> None:
    shared = {"COOKIE_SECRET": "c", "TOKEN_ENCRYPTION_KEYS": KEY, "CRON_SECRET": "s"}
    settings = load(tmp_path, DATABASE_URL=f"{scheme}://u:p@db:5432/x", **shared)
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql+psycopg://u:p@db:5432/x"


def test_a_secret_may_come_from_a_file_but_not_from_two_places(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("xoxb-file\n", encoding="utf-8")
    only_file = {name: value for name, value in NEEDED.items() if name != "SLACK_BOT_TOKEN"}
    only_file |= {"DATA_DIR": str(tmp_path), "SLACK_BOT_TOKEN_FILE": str(tmp_path / "token")}
    assert load_settings(only_file, env_file=None).slack_bot_token.get_secret_value() == "xoxb-file"
    with pytest.raises(SettingsError, match="both set"):
        load(tmp_path, SLACK_BOT_TOKEN_FILE=str(tmp_path / "token"))
    with pytest.raises(SettingsError, match="CRON_SECRET_FILE cannot be read"):
        load(tmp_path, CRON_SECRET_FILE=str(tmp_path / "nothing"))


@pytest.mark.parametrize(
    "address", ["hooks.example/do-not-show", "ftp://hooks.example/do-not-show", "http://"]
)
def test_an_alarm_address_that_is_none_is_named_and_not_shown(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError, match="ALERT_WEBHOOK_URL: must be") as caught:
        load(tmp_path, ALERT_WEBHOOK_URL=address)
    assert "do-not-show" not in str(caught.value)


def test_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("BRIEFING_TIME=07:30\nDEFAULT_LOCALE=en\nUNRELATED=1\n", encoding="utf-8")
    settings = load_settings(
        {"DATA_DIR": str(tmp_path), "BRIEFING_TIME": "08:00", **NEEDED}, env_file=env_file
    )
    assert (settings.briefing_time, settings.default_locale) == (time(8), "en")


def test_lists_are_comma_separated_and_addresses_lower_case(tmp_path: Path) -> None:
    settings = load(
        tmp_path, ADMIN_EMAILS=" Min@Example.com, lee@example.com ,", NEWS_FEEDS="https://a.example/rss"
    )
    assert settings.admin_emails == ("min@example.com", "lee@example.com")
    assert settings.news_feeds == ("https://a.example/rss",)


@pytest.mark.parametrize("name", ["GOOGLE_TOKEN_URI", "GMAIL_API_URL"])
def test_google_over_plain_http_is_for_loopback_only(tmp_path: Path, name: str) -> None:
    loopback = load(tmp_path, **{name: "http://127.0.0.1:9000/token"})
    assert getattr(loopback, name.lower()) == "http://127.0.0.1:9000/token"
    with pytest.raises(SettingsError, match=name):
        load(tmp_path, **{name: "http://stand-in.example/token"})


@pytest.mark.parametrize(
    "address", ["https://models.example/v1", "http://127.0.0.1:11434/v1", "http://ollama:11434/v1"]
)
def test_a_model_is_at_any_address_that_keeps_mail_private(tmp_path: Path, address: str) -> None:
    assert load(tmp_path, LLM_URL=address, LLM_MODEL="small").llm_url == address


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"LLM_URL": "http://models.example/v1", "LLM_MODEL": "small"}, "LLM_URL: plain http"),
        ({"LLM_URL": "models.example", "LLM_MODEL": "small"}, "LLM_URL: must be"),
        ({"LLM_URL": "https://models.example/v1"}, "LLM_URL and LLM_MODEL"),
        ({"LLM_MODEL": "small"}, "LLM_URL and LLM_MODEL"),
    ],
)
def test_half_a_model_is_refused(tmp_path: Path, given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(tmp_path, **given)


def test_secrets_do_not_show_in_a_settings_repr(tmp_path: Path) -> None:
    settings = load(tmp_path)
    shown = repr(settings) + settings.model_dump_json()
    stored = json.loads((tmp_path / "secrets.json").read_text(encoding="utf-8"))
    assert not any(secret in shown for secret in [*stored.values(), "hush", "xoxb-1"])


def test_every_address_over_plain_http_is_named_beside_other_problems(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(
            tmp_path,
            GOOGLE_TOKEN_URI="http://a.example/token",
            GMAIL_API_URL="http://b.example",
            NEWS_FEEDS="ftp://c.example/rss",
            FEED_ALLOWED_HOSTS="http://d.example",
            LEASE_SECONDS="1",
        )
    names = ("GOOGLE_TOKEN_URI", "GMAIL_API_URL", "NEWS_FEEDS", "FEED_ALLOWED_HOSTS", "LEASE_SECONDS")
    assert all(f"  {name}: " in str(caught.value) for name in names)


@pytest.mark.parametrize("seconds", ["0", "1.9", "601", "inf", "nan", "-1"])
def test_a_lease_too_short_for_a_post_or_that_hardly_ends_is_refused(tmp_path: Path, seconds: str) -> None:
    with pytest.raises(SettingsError, match="LEASE_SECONDS"):
        load(tmp_path, LEASE_SECONDS=seconds)


@pytest.mark.parametrize(("seconds", "timeout"), [("2", 1), ("21", 5), ("60", 15), ("600", 15)])
def test_a_lease_outlives_opening_a_dm_and_a_post(tmp_path: Path, seconds: str, timeout: int) -> None:
    settings = load(tmp_path, LEASE_SECONDS=seconds)
    assert settings.slack_timeout == timeout
    assert 2 * timeout <= settings.lease_seconds


@pytest.mark.parametrize("seconds", ["0", "61", "-1", "x"])
def test_a_tick_comes_at_least_each_minute(tmp_path: Path, seconds: str) -> None:
    with pytest.raises(SettingsError, match="TICK_SECONDS"):
        load(tmp_path, TICK_SECONDS=seconds)


@pytest.mark.parametrize(
    "feed", ["a.example/rss", "file:///etc/passwd", "https://", "http://[", "http://a:x/"]
)
def test_a_feed_that_is_no_web_address_is_refused_by_its_place(tmp_path: Path, feed: str) -> None:
    with pytest.raises(SettingsError, match="NEWS_FEEDS: entry 2"):
        load(tmp_path, NEWS_FEEDS=f"https://good.example/rss,{feed}")


@pytest.mark.parametrize(
    "host", ["http://a.example", "a.example/rss", "a.example:", "a:b", "a:99999", "u@a", "["]
)
def test_an_allowed_host_is_a_host_and_perhaps_a_port(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError, match="FEED_ALLOWED_HOSTS: entry 1"):
        load(tmp_path, FEED_ALLOWED_HOSTS=host)


def test_hosts_with_and_without_port_are_taken(tmp_path: Path) -> None:
    hosts = ("intranet", "127.0.0.1:8080", "[::1]:80", "::1", "피드.example")
    assert load(tmp_path, FEED_ALLOWED_HOSTS=",".join(hosts)).feed_allowed_hosts == hosts
