"""What the tests of the language model share: a product with a model, mail, an answer's links."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, datetime
from email.message import EmailMessage

import httpx
from sqlalchemy import text

from sandbox.model.routes import environment
from services.assistant import model
from services.briefing.model import SlackMessage
from services.db.engine import transaction
from services.db.models import User
from services.i18n import translator
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, settled

# What a look of one's own leaves behind: that the token was used, and when.
LEFT_BY_LOOKING: dict[str, set[str] | None] = {
    "gmail_tokens": {"last_used_at", "updated_at"},
    "rate_limits": None,
    "token_events": None,
}


def with_model(runtime: Runtime, sandbox: Sandbox, **changes: object) -> Runtime:
    """The same product with the sandbox's model."""
    named = environment(sandbox.world)
    settings = type(runtime.settings)(
        **{
            **runtime.settings.model_dump(),
            **{name.lower(): value for name, value in named.items()},
            **changes,
        }
    )
    return dataclasses.replace(runtime, settings=settings)


def ask(runtime: Runtime, user_id: str, question: str) -> SlackMessage | None:
    """What the model says to a person's question, in their language."""
    user: User = settled(runtime, user_id)
    return model.understand(runtime, user, question, now=datetime.now(UTC), t=translator(user.locale))


def receive(
    sandbox: Sandbox, key: str, body: str, *, subject: str = "Hello", sender: str = "", html: str = ""
) -> None:
    """A mail from a stranger arrives now."""
    mail = EmailMessage()
    mail["From"] = sender or "Stranger <stranger@evil.example>"
    mail["To"] = sandbox.person(key).google_email
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{abs(hash((subject, body, html)))}@evil.example>"
    mail.set_content(html or body, subtype="html" if html else "plain")
    answer = httpx.post(
        f"{sandbox.world.base_url}/_control/people/{key}/mail",
        params={"received_at": datetime.now(UTC).isoformat()},
        content=mail.as_bytes(),
        headers={"Content-Type": "message/rfc822"},
    )
    assert answer.json()["added"] == 1, answer.text


def everything(runtime: Runtime) -> dict[str, list[str]]:
    """Every row of every table, but for what looking leaves behind."""
    with transaction(runtime.sessions) as session:
        tables = session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        ).all()
        rows = {}
        for table in tables:
            left = LEFT_BY_LOOKING.get(table, set())
            if left is not None:
                found = session.execute(text(f'SELECT to_jsonb(t) FROM "{table}" t')).scalars()
                kept = ({k: v for k, v in row.items() if k not in left} for row in found)
                rows[table] = sorted(json.dumps(row, sort_keys=True) for row in kept)
    return rows


def shown(message: SlackMessage) -> str:
    """All of a message as it goes to Slack."""
    return json.dumps([message.text, message.blocks], ensure_ascii=False)


def targets(message: SlackMessage) -> set[str]:
    """Where its links and buttons lead."""
    written = shown(message)
    return set(re.findall(r"<([a-z]+:[^|>]+)[|>]", written)) | set(
        re.findall(r'"(?:url|image_url)": "([^"]+)"', written)
    )
