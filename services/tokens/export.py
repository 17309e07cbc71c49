"""The health page and the access log as CSV: no secret is in either, and no cell is a formula."""

from __future__ import annotations

from dataclasses import asdict, replace

from services import audit
from services.access import Actor, still_admin
from services.db.engine import transaction
from services.runtime import Runtime
from services.spreadsheet import csv_file
from services.tokens import overview

TOKEN_COLUMNS = (
    *("user_id", "name", "active", "status", "reason", "detail", "mailbox", "scopes", "can_read", "can_send"),
    *("slack_user_id", "robing_id", "last_briefing_at", "next_briefing_at", "expiry", "dies_at"),
    "last_refresh_at",
)
ACCESS_COLUMNS = ("at", "actor", "actor_name", "action", "subject", "subject_name", "source")


def tokens_csv(runtime: Runtime, actor: Actor, asked: overview.Filter) -> bytes:
    """Everybody that a filter lets through, as UTF-8 with a mark for spreadsheets; noted in the access log.

    Raises Forbidden, also where the admin has ceased to be one since the page was drawn.
    """
    with transaction(runtime.sessions) as session:
        still_admin(session, actor)
        rows = list(overview.each_row(session, runtime.settings, actor, asked))
        audit.record(
            session,
            actor=actor.user_id,
            action="export_tokens",
            subject=audit.EVERYBODY,
            # Without the words searched for: they may be somebody's name.
            detail={"filter": asdict(replace(asked, text="")), "rows": len(rows)},
        )
    return csv_file(TOKEN_COLUMNS, ([getattr(row, name) for name in TOKEN_COLUMNS] for row in rows))


def access_csv(runtime: Runtime, actor: Actor, asked: audit.Filter) -> bytes:
    """The lines of the access log that a filter lets through; noted in it. Raises Forbidden."""
    with transaction(runtime.sessions) as session:
        still_admin(session, actor)
        rows = list(audit.each_entry(session, actor, asked))
        audit.record(
            session,
            actor=actor.user_id,
            action="export_access_log",
            subject=audit.EVERYBODY,
            detail={"rows": len(rows)},
        )
    return csv_file(ACCESS_COLUMNS, ([getattr(row, name) for name in ACCESS_COLUMNS] for row in rows))
