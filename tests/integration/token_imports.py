"""Importing old tokens, for the tests beside this file."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import select, text, update

from services.access import Actor
from services.db.engine import transaction
from services.db.models import GmailToken, User
from services.runtime import Runtime
from services.tokens import importing
from services.tokens.importing import Outcome, Plan
from services.tokens.importing.documents import Found, in_files

ADMIN = Actor("an admin", is_admin=True)
GARBAGE = {"name": "package", "version": "1"}


def found(runtime: Runtime, *files: tuple[str, object]) -> list[Found]:
    contents = [(name, json.dumps(document).encode()) for name, document in files]
    return in_files(contents, token_uri=runtime.settings.google_token_uri, now=datetime.now(UTC))


def plan_of(runtime: Runtime, *files: tuple[str, object], **asked: bool) -> Plan:
    return importing.dry_run(runtime, found(runtime, *files), ADMIN, **asked)


def bring_in(runtime: Runtime, *files: tuple[str, object], **asked: bool) -> Outcome:
    return importing.carry_out(runtime, plan_of(runtime, *files, **asked), ADMIN)


def verdicts(plan: Plan) -> list[str]:
    return [line.verdict for line in plan.lines]


def row(runtime: Runtime, user_id: str) -> GmailToken:
    with transaction(runtime.sessions) as session:
        return session.scalars(select(GmailToken).where(GmailToken.user_id == user_id)).one()


def everything(runtime: Runtime) -> list[str]:
    """All that an import could change, to compare."""
    tables = ("gmail_tokens", "token_imports", "users", "token_events", "access_log")
    with transaction(runtime.sessions) as session:
        return [
            str(line)
            for table in tables
            for line in session.scalars(text(f"SELECT t::text FROM {table} t ORDER BY 1"))
        ]


def waiting_ids(runtime: Runtime) -> list[str]:
    return [each.import_id for each in importing.waiting(runtime, ADMIN).rows]


def make_username(runtime: Runtime, user_id: str, username: str) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(update(User).where(User.id == user_id).values(username=username))
