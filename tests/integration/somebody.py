"""Somebody of whom everything is held: a row in every table that may hold something on a person."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from services import api_keys, audit
from services.conversations import log
from services.db.engine import transaction
from services.db.models import (
    Alert,
    AuthSession,
    AuthSessionEvent,
    Briefing,
    BriefingSettings,
    BulkAction,
    BulkActionItem,
    NewsFeed,
    OutboundMessage,
    PendingRequest,
    Preview,
    Run,
    SignIn,
    SlackEvent,
    SlackLink,
    TokenImport,
    User,
    UserIdentity,
)
from services.deferral import defer
from services.runtime import Runtime
from tests.integration.journeys import CALENDAR, Sandbox, arrive, connect

CANARY = "kanarienvogel"  # in everything that only its owner may read
ADDRESS = "zaphod@elsewhere.example"
USERNAME = "zaphod-user"
OLD_NAME = "Zaphod Beeblebrox"
DM = "D0CANARY001"
FEED = "https://feeds.example/own?key=beeblebrox"
SOON = datetime.now(UTC) + timedelta(hours=9)


def traces(runtime: Runtime, user_id: str) -> dict[str, str]:
    """What must be nowhere once they have left, by what it is."""
    with transaction(runtime.sessions) as session:
        user = session.get_one(User, user_id)
        return {
            "the id": user_id,
            "the name": user.display_name,
            "the address": str(user.email),
            "the Slack account": str(user.slack_user_id),
            "the DM": DM,
            "the username": USERNAME,
            "the other address": ADDRESS,
            "the feed": FEED,
            "the old name": OLD_NAME,
            "what was said": CANARY,
        }


def furnish(runtime: Runtime, sandbox: Sandbox, key: str, *, admin_id: str) -> str:
    """Have one of the cast connect and fill every table with something of theirs; their id."""
    user_id = arrive(runtime, sandbox.person(key))
    connect(runtime, sandbox, user_id, key, scopes=(CALENDAR,))
    with transaction(runtime.sessions) as session:
        user = session.get_one(User, user_id)
        user.slack_channel = DM
        user.username = USERNAME
        _signs_in(session, user)
        _chooses(session, user)
        _gets_briefings(session, user)
        _talks(session, user)
        _is_known_to_admins(session, user, admin_id)
    return user_id


def _signs_in(session: Session, user: User) -> None:
    session.add(UserIdentity(issuer="https://idp.example", subject=user.id, user_id=user.id, email=ADDRESS))
    session.add(SignIn(digest=uuid.uuid4().hex, user_id=user.id))
    api_keys.create(session, user.id, f"{CANARY} key")
    attempt = AuthSession(
        id=str(uuid.uuid4()),
        user_id=user.id,
        status="failed",
        browser_hash="b",
        scopes=[],
        redirect_uri="https://portal.example",
        login_hint=user.email,
        google_email=ADDRESS,
        expires_at=SOON,
    )
    session.add(attempt)
    session.flush()
    session.add(AuthSessionEvent(auth_session_id=attempt.id, message="failed", detail={"email": ADDRESS}))


def _chooses(session: Session, user: User) -> None:
    chosen = {"vips": [ADDRESS], "muted": [f"muted.{ADDRESS}"], "feeds": [FEED]}
    session.execute(update(BriefingSettings).where(BriefingSettings.user_id == user.id).values(**chosen))
    session.add(
        NewsFeed(url=FEED, items=[{"title": CANARY, "link": FEED, "feed": CANARY, "summary": CANARY}])
    )


def _gets_briefings(session: Session, user: User) -> None:
    content = {"text": CANARY, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": CANARY}}]}
    run = Run(id=str(uuid.uuid4()), kind="manual", requested_by=user.id)
    session.add(run)
    session.flush()
    briefing = Briefing(
        id=str(uuid.uuid4()),
        user_id=user.id,
        run_id=run.id,
        kind="daily",
        local_date=date(2026, 1, 2),
        status="sent",
        due_at=SOON,
        deadline_at=SOON,
        content=content,
    )
    session.add(briefing)
    session.add(Preview(id=str(uuid.uuid4()), user_id=user.id, status="done", content=content))
    session.flush()
    message = OutboundMessage(
        id=str(uuid.uuid4()),
        dedupe_key=f"briefing:{briefing.id}",
        user_id=user.id,
        briefing_id=briefing.id,
        kind="briefing",
        content=content,
        status="sent",
        channel=DM,
        slack_ts="1700000000.000001",
        deadline_at=SOON,
    )
    session.add(message)
    session.add(Alert(kind="token_broken", subject=user.id, reason="revoked_or_expired"))
    for task, row_id in (
        ("keep_alive", user.id),
        ("handle_slack", f"{DM}:1700000000.000004"),
        ("x", "others"),
    ):
        defer(session, task, row_id)


def _talks(session: Session, user: User) -> None:
    for ts, role, kind in (
        ("1700000000.000001", "assistant", "briefing"),
        ("1700000000.000002", "user", "request"),
    ):
        log.add(session, user_id=user.id, channel=DM, ts=ts, role=role, kind=kind, text=f"{CANARY} {ts}")
    log.deleted(session, channel=DM, ts="1700000000.000003")
    log.edited(session, channel=DM, ts="1700000000.000009", text=f"{CANARY} edited")
    session.add(
        SlackEvent(
            id=f"{DM}:1700000000.000004",
            kind="message",
            slack_user_id=str(user.slack_user_id),
            channel=DM,
            ts="1700000000.000004",
            content={"text": CANARY},
        )
    )
    session.add(
        PendingRequest(
            user_id=user.id,
            text=CANARY,
            asks="mail",
            needs="mail",
            channel=DM,
            ts="1700000000.000004",
            asked_at=SOON,
            expires_at=SOON,
        )
    )
    session.add(
        SlackLink(
            digest=uuid.uuid4().hex, user_id=user.id, slack_user_id=DM, status="issued", expires_at=SOON
        )
    )


def _is_known_to_admins(session: Session, user: User, admin_id: str) -> None:
    bulk = BulkAction(id=str(uuid.uuid4()), requested_by=user.id, action="refresh", total=1)
    session.add(bulk)
    session.flush()
    session.add(BulkActionItem(bulk_id=bulk.id, user_id=user.id, status="done"))
    session.add(
        TokenImport(
            id=str(uuid.uuid4()),
            digest=uuid.uuid4().hex,
            status="assigned",
            source=f"{ADDRESS}_gmail.json",
            old_user_id=OLD_NAME,
            scopes=[],
            details={"email": ADDRESS},
            user_id=user.id,
            imported_by=user.id,
        )
    )
    link = SlackLink(
        digest=uuid.uuid4().hex,
        user_id=admin_id,
        slack_user_id="U0SUJIN000",
        status="asked",
        expires_at=SOON,
        used_by=user.id,
    )
    session.add(link)
    session.flush()
    _tell(session, admin_id, "digest", "digest:2026-01-02", "1700000000.000101", user)
    _tell(session, admin_id, "reply", f"join:{link.id}", "1700000000.000102", user)
    audit.record(session, actor=admin_id, action="view_token", subject=user.id)


def _tell(session: Session, admin_id: str, kind: str, key: str, ts: str, about: User) -> None:
    """An admin has been told of the person, under a name that they have no longer."""
    said = f"{OLD_NAME} ({about.email})"
    session.add(
        OutboundMessage(
            id=str(uuid.uuid4()),
            dedupe_key=key,
            user_id=admin_id,
            kind=kind,
            content={"text": said, "blocks": []},
            status="sent",
            channel="D0ADMIN",
            slack_ts=ts,
            deadline_at=SOON,
        )
    )
    log.add(session, user_id=admin_id, channel="D0ADMIN", ts=ts, role="assistant", kind=kind, text=said)
