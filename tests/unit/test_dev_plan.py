"""What `make dev` runs, by what is configured."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev.plan import make_plan
from services.errors import SettingsError

REAL = {"GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET": "secret", "SLACK_BOT_TOKEN": "xoxb-1"}


def base(tmp_path: Path) -> dict[str, str]:
    return {"DATA_DIR": str(tmp_path)}


def test_without_credentials_the_sandbox_stands_in(tmp_path: Path) -> None:
    plan = make_plan(base(tmp_path) | {"GOOGLE_CLIENT_ID": ""}, env_file=None)
    assert [program.name for program in plan.programs] == ["sandbox", "portal", "scheduler"]
    assert plan.sandbox_url == "http://127.0.0.1:8502"
    assert plan.settings.google_token_uri == "http://127.0.0.1:8502/token"
    assert plan.settings.news_feeds
    assert all(feed.startswith(plan.sandbox_url) for feed in plan.settings.news_feeds)
    assert plan.settings.feed_allowed_hosts == ("127.0.0.1:8502",)
    assert plan.settings.admin_emails
    assert plan.settings.data_dir == tmp_path / "sandbox"


def test_with_credentials_the_real_ones_are_used(tmp_path: Path) -> None:
    plan = make_plan(base(tmp_path) | REAL, env_file=None)
    assert [program.name for program in plan.programs] == ["portal", "scheduler"]
    assert plan.settings.slack_api_url == "https://slack.com/api/"
    assert plan.settings.data_dir == tmp_path
    assert not plan.settings.admin_emails


@pytest.mark.parametrize("given", sorted(REAL))
def test_one_credential_asks_for_the_others(tmp_path: Path, given: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        make_plan(base(tmp_path) | {given: "x"}, env_file=None)
    for name in REAL:
        assert (f"{name} is missing" in str(refusal.value)) == (name != given)


def test_credentials_count_from_the_file_and_from_files_of_their_own(tmp_path: Path) -> None:
    env_file, secret = tmp_path / ".env", tmp_path / "slack"
    secret.write_text("xoxb-1")
    env_file.write_text(f"GOOGLE_CLIENT_ID=id\nGOOGLE_CLIENT_SECRET=secret\nSLACK_BOT_TOKEN_FILE={secret}\n")
    assert not make_plan(base(tmp_path), env_file=env_file).sandbox_url


def test_ports_and_defaults_are_where_settings_put_them(tmp_path: Path) -> None:
    chosen = {
        "PORTAL_URL": "http://localhost:9001",
        "SANDBOX_PORT": "9002",
        "ADMIN_EMAILS": "me@mail.example",
    }
    plan = make_plan(base(tmp_path) | chosen, env_file=None)
    portal = next(program for program in plan.programs if program.name == "portal")
    assert (plan.portal_port, plan.sandbox_port) == (9001, 9002)
    assert portal.environ["STREAMLIT_SERVER_PORT"] == "9001"
    assert portal.environ["STREAMLIT_SERVER_ADDRESS"] == "127.0.0.1"
    assert portal.environ["PORTAL_URL"] == "http://localhost:9001"
    assert plan.settings.admin_emails == ("me@mail.example",)


def test_a_part_is_made_of_what_it_watches(tmp_path: Path) -> None:
    plan = make_plan(base(tmp_path), env_file=None)
    root = Path(__file__).parents[2]

    def made_of(file: str) -> list[str]:
        return [program.name for program in plan.programs if program.is_made_of([root / file])]

    assert made_of("services/daily.py") == ["portal", "scheduler"]
    assert made_of("sandbox/google/api.py") == ["sandbox"]
    assert made_of("portal/routes/api.py") == ["portal"]
    assert made_of("pages/home.py") == []
