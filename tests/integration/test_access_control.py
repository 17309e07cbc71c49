"""Who may do what in the services: every action that takes an actor, as another person, the owner, an admin.

The table is complete by test: an action that is new and has no line in it fails here.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import func, select

import services
from services import audit
from services.access import Actor
from services.connect import admin_sessions
from services.db.engine import transaction
from services.db.models import AccessLog, AuthSession, BriefingSettings, GmailToken, User
from services.delivery import overview as deliveries
from services.errors import Forbidden, PortalError
from services.i18n import translator
from services.runtime import Runtime
from services.tokens import overview
from services.tokens.importing.plan import Plan
from tests.integration.journeys import Sandbox

KINDS = ("another", "owner", "admin")

OWN = {"owner", "admin"}
ADMINS = {"admin"}
OWNER = {"owner"}
ACTIONS: dict[str, set[str]] = {
    "services.audit.each_entry": ADMINS,
    "services.audit.entries": ADMINS,
    "services.audit.own_entries": OWN,
    "services.connect.admin_sessions.auth_sessions": ADMINS,
    "services.connect.admin_sessions.complete_by_hand": ADMINS,
    "services.connect.admin_sessions.expire": ADMINS,
    "services.connect.disconnect.disconnect": OWN,
    "services.connect.timeline.read_for": OWN,
    "services.conversations.export.as_csv": OWNER,
    "services.conversations.export.as_json": OWNER,
    "services.conversations.forgetting.delete_all": OWNER,
    "services.conversations.forgetting.delete_message": OWNER,
    "services.conversations.forgetting.keep_for": OWNER,
    "services.conversations.forgetting.kept_for": OWNER,
    "services.conversations.meaning.related": OWNER,
    "services.conversations.reading.kinds": OWNER,
    "services.conversations.reading.own_messages": OWNER,
    "services.delivery.days.calendar": ADMINS,
    "services.delivery.days.today": ADMINS,
    "services.delivery.overview.deliveries": ADMINS,
    "services.delivery.overview.story": ADMINS,
    "services.delivery.own.content_of": OWNER,
    "services.delivery.own.own_briefings": OWNER,
    "services.delivery.retrying.retry": ADMINS,
    "services.delivery.retrying.retryable": ADMINS,
    "services.mail_reading.read_recent_mail": OWNER,
    "services.people.deletion.delete_person": OWN,
    "services.people.directory.list_people": ADMINS,
    "services.people.directory.set_active": ADMINS,
    "services.people.directory.set_role": ADMINS,
    "services.people.directory.unmap_from_slack": ADMINS,
    "services.people.export_all.everything": OWNER,
    "services.people.slack_account.assign": ADMINS,
    "services.people.slack_account.search": ADMINS,
    "services.tokens.actions.end_connection": ADMINS,
    "services.tokens.actions.map_to_slack": ADMINS,
    "services.tokens.actions.refresh": ADMINS,
    "services.tokens.actions.send_link": ADMINS,
    "services.tokens.actions.set_robing_id": ADMINS,
    "services.tokens.bulk.count": ADMINS,
    "services.tokens.bulk.failures": ADMINS,
    "services.tokens.bulk.read": ADMINS,
    "services.tokens.bulk.recent": ADMINS,
    "services.tokens.bulk.start": ADMINS,
    "services.tokens.bulk.stop": ADMINS,
    "services.tokens.export.access_csv": ADMINS,
    "services.tokens.export.tokens_csv": ADMINS,
    "services.tokens.history.history": OWN,
    "services.tokens.importing.plan.dry_run": ADMINS,
    "services.tokens.importing.waiting.assign": ADMINS,
    "services.tokens.importing.waiting.assign_to_new_person": ADMINS,
    "services.tokens.importing.waiting.discard": ADMINS,
    "services.tokens.importing.waiting.waiting": ADMINS,
    "services.tokens.importing.writing.carry_out": ADMINS,
    "services.tokens.overview.each_row": ADMINS,
    "services.tokens.overview.read_row": ADMINS,
    "services.tokens.overview.status_counts": ADMINS,
    "services.tokens.overview.token_health": ADMINS,
    "services.tokens.refresh.refresh_now": OWN,
    "services.tokens.trends.deaths_ahead": ADMINS,
    "services.tokens.trends.status_over_time": ADMINS,
}
# What takes an actor and decides nothing: the rules themselves, and writing a line about who did it.
RULES = {
    "services.access.admins_only",
    "services.access.allow",
    "services.access.still_admin",
    "services.conversations.reading.only_their_own",
    "services.tokens.importing.writing.note",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A running product with an owner whose data it is about."""

    runtime: Runtime
    owner: str
    auth_session: str

    def actor(self, kind: str) -> Actor:
        """`another` and `admin` are people, too: an admin is one in the database as well."""
        user_id = self.owner if kind == "owner" else str(uuid.uuid4())
        if kind != "owner":
            with transaction(self.runtime.sessions) as session:
                session.add(User(id=user_id, role="admin" if kind == "admin" else "member"))
        return Actor(user_id, is_admin=kind == "admin")

    def state(self) -> tuple[Any, ...]:
        """What must be the same after a refusal."""
        with transaction(self.runtime.sessions) as session:
            user = session.get_one(User, self.owner)
            token = session.scalar(select(GmailToken.updated_at).where(GmailToken.user_id == self.owner))
            logged = session.scalar(select(func.count()).select_from(AccessLog))
            return (user.role, user.active, user.slack_user_id, token, logged)


def place(runtime: Runtime) -> Place:
    """Somebody new, with a token that nothing can open and an attempt to connect."""
    owner, auth_session = str(uuid.uuid4()), str(uuid.uuid4())
    with transaction(runtime.sessions) as session:
        session.add(User(id=owner, display_name="Owner"))
        session.flush()
        session.add(BriefingSettings(user_id=owner))
        session.add(GmailToken(user_id=owner, token_data={}, scopes=[], details={}))
        session.add(
            AuthSession(
                id=auth_session,
                user_id=owner,
                browser_hash="",
                scopes=[],
                redirect_uri="",
                expires_at=datetime.now(UTC),
            )
        )
    return Place(runtime, owner, auth_session)


def arguments(function: Callable[..., Any], at: Place, actor: Actor) -> dict[str, Any]:
    """A value for each parameter without a default, by its name."""
    known: dict[str, Any] = {
        "runtime": at.runtime,
        "settings": at.runtime.settings,
        "actor": actor,
        "user_id": at.owner,
        "session_id": at.auth_session,
        "role": "admin",
        "active": False,
        "slack_user_id": "U01EXAMPLE1",
        "text": "x",
        "source": "a test",
        "now": datetime.now(UTC),
        "asked": _filter_of(function),
        "found": [],
        "import_id": str(uuid.uuid4()),
        "plan": Plan(()),
        "params": {},
        "action": "refresh",
        "who": [at.owner],
        "bulk_id": str(uuid.uuid4()),
        "message_id": 1,
        "days": None,
        "first": date(2026, 1, 5),
        "until": date(2026, 1, 5),
        "briefing_id": str(uuid.uuid4()),
        "which": str(uuid.uuid4()),
        "t": translator("en"),
    }
    return {
        name: known[name]
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is parameter.empty and name != "session"
    }


def _filter_of(function: Callable[..., Any]) -> object:
    if function.__module__ == "services.audit" or function.__name__ == "access_csv":
        return audit.Filter()
    if function.__module__.startswith("services.delivery."):
        return deliveries.Filter()
    of_attempts = function.__module__ == "services.connect.admin_sessions"
    return admin_sessions.Filter() if of_attempts else overview.Filter()


def refuses(function: Callable[..., Any], at: Place, actor: Actor) -> bool:
    """Whether the action is forbidden to the actor; any other known end is none of ours."""
    given = arguments(function, at, actor)
    try:
        if "session" in inspect.signature(function).parameters:
            with transaction(at.runtime.sessions) as session:
                _run_out(function(session=session, **given))
        else:
            _run_out(function(**given))
    except Forbidden:
        return True
    except PortalError:
        return False
    return False


def _run_out(outcome: object) -> None:
    if isinstance(outcome, Iterator):
        list(outcome)


def actions() -> dict[str, Callable[..., Any]]:
    """Every public function of the services with a parameter that is an Actor."""
    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if ".migrations" in module.name or module.name.endswith("__main__"):
            continue
        for name, member in vars(importlib.import_module(module.name)).items():
            if not inspect.isfunction(member) or member.__module__ != module.name or name.startswith("_"):
                continue
            if any(
                one.annotation in ("Actor", Actor) for one in inspect.signature(member).parameters.values()
            ):
                found[f"{module.name}.{name}"] = member
    return found


def test_every_action_has_its_rule() -> None:
    assert sorted(set(actions()) - RULES) == sorted(ACTIONS)


def test_every_action_is_refused_to_whom_it_is_not_for(runtime: Runtime, sandbox: Sandbox) -> None:
    for name, function in actions().items():
        for kind in KINDS if name in ACTIONS else ():
            at = place(runtime)
            actor = at.actor(kind)
            before = at.state()
            refused = refuses(function, at, actor)
            assert refused is (kind not in ACTIONS[name]), (name, kind)
            assert not refused or at.state() == before, (name, kind)
