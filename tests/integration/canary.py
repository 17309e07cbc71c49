"""Everything that came out of the product, searched for secrets."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import httpx

from services.db.embedded_place import shipped_installation
from services.runtime import Runtime
from tests.integration.conftest import KEY
from tests.integration.journeys import Sandbox
from tests.integration.portal_process import (
    COOKIE_SECRET,
    CRON_SECRET,
    ROOT,
)

NEW_KEY = base64.urlsafe_b64encode(b"fedcba9876543210fedcba9876543210").decode()
OLD_SECRET = "GOCSPX-canary-of-an-old-client"
DATABASE_PASSWORD = "canary-password-of-the-database"


def secrets_of(sandbox: Sandbox) -> dict[str, str]:
    """What must be nowhere. Tokens are known by the beginning that all of the sandbox's have."""
    environment = sandbox.environment()
    named = ("GOOGLE_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_SECRET")
    return {
        **{name: environment[name] for name in named},
        "access token": "ya29.sandbox-",
        "refresh token": "1//sandbox-",
        "COOKIE_SECRET": COOKIE_SECRET,
        "CRON_SECRET": CRON_SECRET,
        "TOKEN_ENCRYPTION_KEYS": KEY,
        "the raw key": base64.urlsafe_b64decode(KEY).decode(),
        "the new key": NEW_KEY,
        "the raw new key": base64.urlsafe_b64decode(NEW_KEY).decode(),
        "an old client's secret": OLD_SECRET,
        "the database's password": DATABASE_PASSWORD,
    }


def spellings(secret: str) -> list[bytes]:
    """A secret as it is, and as it is written in addresses, in JSON and in base64."""
    raw = secret.encode()
    shifted = [base64.b64encode(b"\0" * skip + raw)[4 : len(raw)] for skip in range(3)]
    encoded = [part for part in shifted if len(part) > 10]
    return [raw, quote(secret, safe="").encode(), raw.replace(b"/", b"\\/"), raw.hex().encode(), *encoded]


@dataclass
class Heard:
    """Everything that came out, by where it came from."""

    pieces: list[tuple[str, bytes]] = field(default_factory=list)

    def note(self, where: str, content: str | bytes) -> None:
        self.pieces.append((where, content.encode() if isinstance(content, str) else content))

    def answer(self, response: httpx.Response) -> httpx.Response:
        """One answer over HTTP, headers and all."""
        self.note(
            f"{response.request.method} {response.request.url.path}", str(response.headers.multi_items())
        )
        self.note(f"{response.request.method} {response.request.url.path}", response.content)
        return response

    def size(self, beginning: str) -> int:
        """How much there is from places that begin so."""
        return sum(len(content) for where, content in self.pieces if where.startswith(beginning))

    def found(self, secrets: dict[str, str]) -> list[str]:
        """Which secret is where, with what is around it cut short."""
        return [
            f"{name} in {where}: …{content[max(0, place - 60) : place + 12]!r}"
            for where, content in self.pieces
            for name, secret in secrets.items()
            for spelling in spellings(secret)
            if (place := content.find(spelling)) >= 0
        ]


def run_command(arguments: list[str], settings: dict[str, str], heard: Heard) -> None:
    """What a command prints, as it goes well."""
    environ = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "en_US.UTF-8", **settings}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        timeout=120,
        check=False,
    )
    heard.note(f"command {arguments[0]}", done.stdout + done.stderr)
    assert done.returncode == 0, done.stderr.decode()


def answers_in(har: Path, portal_url: str, heard: Heard) -> None:
    """The portal's answers of a recorded session in the browser, headers and all."""
    for entry in json.loads(har.read_text())["log"]["entries"]:
        if not entry["request"]["url"].startswith(portal_url):
            continue
        where, answer = f"browser {entry['request']['url']}", entry["response"]
        heard.note(where, json.dumps([answer["headers"], answer["redirectURL"]]))
        content = answer["content"]
        body = content.get("text", "")
        encoded = content.get("encoding") == "base64"
        heard.note(where, base64.b64decode(body) if encoded else body)


def dump(runtime: Runtime) -> bytes:
    """The whole database as pg_dump writes it."""
    url = runtime.database_url.replace("postgresql+psycopg", "postgresql")
    done = subprocess.run(
        [shipped_installation() / "bin" / "pg_dump", url], capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
