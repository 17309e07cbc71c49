"""What `make dev` runs, from the environment and `.env`: the sandbox, or the real Google and Slack."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from dev.part import Program
from dev.ports import HOST
from sandbox.__main__ import DEFAULT_PORT
from sandbox.cast.people import SUJIN
from sandbox.environment import environment
from sandbox.world import World
from services.settings import Settings, load_settings

ROOT = Path(__file__).parents[1]
PORTAL_PORT = 8501
# Whoever has set one of these means the real ones.
CREDENTIALS = ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "SLACK_BOT_TOKEN")
SANDBOX_FEEDS = ("korea", "tech")
# Streamlit's own settings are made for production; see .streamlit/config.toml.
STREAMLIT = {
    "STREAMLIT_SERVER_ADDRESS": HOST,
    "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "auto",
    "STREAMLIT_SERVER_RUN_ON_SAVE": "true",
    "STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "full",
}
# Streamlit shows a changed page by itself. At any change it also loads all modules anew that it watches, and
# so would make a second runtime in the same process: for changes of these the portal starts again instead.
_PAGES_ONLY = tuple(f"--server.folderWatchBlacklist={ROOT / name}" for name in ("portal", "services"))


@dataclass(frozen=True, slots=True)
class Plan:
    """`sandbox_url` is empty where the real Google and Slack are used."""

    settings: Settings
    programs: tuple[Program, ...]
    portal_port: int
    sandbox_port: int
    sandbox_url: str


def make_plan(environ: Mapping[str, str], env_file: Path | None = Path(".env")) -> Plan:
    """Decide what to run. Raises SettingsError with every problem named."""
    stored = dotenv_values(env_file) if env_file is not None and env_file.is_file() else {}
    given = {name: value for name, value in {**stored, **environ}.items() if value}
    if any(given.get(name) or given.get(f"{name}_FILE") for name in CREDENTIALS):
        return _planned(given, load_settings(given, env_file=None), sandbox_port=0)
    sandbox_port = _port(given.get("SANDBOX_PORT", ""), DEFAULT_PORT)
    given |= _for_sandbox(given, f"http://{HOST}:{sandbox_port}")
    return _planned(given, load_settings(given, env_file=None), sandbox_port=sandbox_port)


def _port(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() and 0 < int(text) < 65536 else otherwise


def _for_sandbox(given: Mapping[str, str], base: str) -> dict[str, str]:
    """Everything points at the sandbox; its people have a database of their own; one of them is the admin."""
    feeds = ",".join(f"{base}/feeds/{name}.xml" for name in SANDBOX_FEEDS)
    defaults = {
        "NEWS_FEEDS": feeds,
        "FEED_ALLOWED_HOSTS": urlsplit(base).netloc,
        "ADMIN_EMAILS": SUJIN.google_email,
    }
    data_dir = Path(given.get("DATA_DIR", ".data")) / "sandbox"
    return (
        environment(World(base))
        | {n: v for n, v in defaults.items() if n not in given}
        | {"DATA_DIR": str(data_dir)}
    )


def _planned(given: Mapping[str, str], settings: Settings, *, sandbox_port: int) -> Plan:
    address = urlsplit(settings.portal_url)
    portal_port = address.port or PORTAL_PORT
    environ = {
        "LOG_FORMAT": "console",
        **os.environ,
        **given,
        **STREAMLIT,
        "STREAMLIT_SERVER_PORT": str(portal_port),
        # What Streamlit prints: signing in works at the address that is registered, not at 127.0.0.1.
        "STREAMLIT_BROWSER_SERVER_ADDRESS": address.hostname or "localhost",
        "PYTHONUNBUFFERED": "1",
    }
    python, services = sys.executable, ROOT / "services"
    portal = Program(
        "portal",
        (python, "-m", "streamlit", "run", "portal/app.py", *_PAGES_ONLY),
        environ,
        watched=(ROOT / "portal", services),
        probe=f"http://{HOST}:{portal_port}/readyz",
    )
    scheduler = Program(
        "scheduler", (python, "scheduler.py"), environ, watched=(ROOT / "scheduler.py", services)
    )
    if not sandbox_port:
        return Plan(settings, (portal, scheduler), portal_port, 0, "")
    base = f"http://{HOST}:{sandbox_port}"
    stand_in = Program(
        "sandbox",
        (python, "-m", "dev.sandbox", str(sandbox_port), settings.portal_url, f"http://{HOST}:{portal_port}"),
        environ,
        watched=(ROOT / "sandbox", ROOT / "dev" / "sandbox.py"),
        probe=f"{base}/slack",
    )
    return Plan(settings, (stand_in, portal, scheduler), portal_port, sandbox_port, base)
