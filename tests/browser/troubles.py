"""The nine ways in which a connection goes wrong: how each comes about, and what others do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from dev.plan import make_plan
from sandbox.world import Person, World
from services.db.engine import transaction
from services.people.sign_in import SignInClaims, sign_in
from services.runtime import Runtime, open_runtime
from services.tokens import health, keepalive
from tests.browser.conftest import Product
from tests.integration.journeys import Sandbox, connect

EVERYTHING_REFRESHED = "an action for all"
ONE_BY_ONE = "an admin, for one person"
PREVIEW = "its owner's preview"
AT_ONCE = "the passing of time"


@dataclass(frozen=True, slots=True)
class Backstage:
    """The product's own database, and the sandbox's controls."""

    runtime: Runtime
    sandbox: Sandbox

    def execute(self, statement: str, **values: object) -> None:
        with transaction(self.runtime.sessions) as session:
            session.execute(text(statement), values)

    def has_signed_in(self, person: Person) -> str:
        """Somebody of the tests' own, who has been at the portal before; their id."""
        known = {name: getattr(person, name) for name in ("key", "name", "locale", "timezone")}
        self.sandbox.control("/people", known | {"slack_user_id": person.slack_user_id})
        claims = SignInClaims(
            issuer=self.sandbox.world.base_url,
            subject=person.google_sub,
            email=person.google_email,
            email_verified=True,
            name=person.name,
            locale=person.locale,
            slack_user_id="",
            slack_team_id="",
            digest=f"before {person.key}",
        )
        return sign_in(self.runtime, claims, now=datetime.now(UTC)).id

    def has_connected(self, trouble: Trouble) -> str:
        """Whom something is to happen to: they connected Gmail when all was well; their id."""
        user_id = self.has_signed_in(trouble.person)
        self.sandbox.control("/clients", {"testing": trouble.testing})
        connect(self.runtime, self.sandbox, user_id, trouble.person.key)
        self.sandbox.control("/clients", {"testing": False})
        return user_id

    def open_alerts(self, user_id: str) -> list[str]:
        """What the product holds to be wrong with somebody's connection."""
        statement = text("SELECT kind FROM alerts WHERE subject = :user AND resolved_at IS NULL")
        with transaction(self.runtime.sessions) as session:
            return list(session.scalars(statement, {"user": user_id}))


Step = Callable[[Backstage, Person, str], None]


@contextmanager
def backstage(product: Product) -> Iterator[Backstage]:
    """Beside the running product, until this is left."""
    settings = make_plan(product.running.environ, None).settings
    with open_runtime(settings) as runtime:
        yield Backstage(runtime, Sandbox(World(product.sandbox)))


def nothing(stage: Backstage, person: Person, user_id: str) -> None:
    """Connecting again is all that it takes."""


def revoke(stage: Backstage, person: Person, user_id: str) -> None:
    stage.sandbox.control(f"/people/{person.key}/revoke")


def refuse(**failure: object) -> Step:
    def step(stage: Backstage, person: Person, user_id: str) -> None:
        stage.sandbox.control(f"/people/{person.key}/refresh-failure", failure)

    return step


def allow(stage: Backstage, person: Person, user_id: str) -> None:
    """What the Workspace admin does in the Admin console."""
    stage.sandbox.control(f"/people/{person.key}/refresh-failure", method="DELETE")


def delete_client(stage: Backstage, person: Person, user_id: str) -> None:
    stage.sandbox.control("/clients", {"deleted": True})


def restore_client(stage: Backstage, person: Person, user_id: str) -> None:
    """What the team's admin does in the Google Cloud console."""
    stage.sandbox.control("/clients", {"deleted": False})


def take_reading_back(stage: Backstage, person: Person, user_id: str) -> None:
    rule = {"op": "gmail.*", "person": person.key, "status": 403, "reason": "insufficientPermissions"}
    for inner in (False, True):
        stage.sandbox.control("/faults", rule | {"inner": inner})


def lose_the_refresh_token(stage: Backstage, person: Person, user_id: str) -> None:
    stage.execute(
        "UPDATE gmail_tokens SET token_data = token_data - 'refresh_token' WHERE user_id = :user",
        user=user_id,
    )


def lose_the_key(stage: Backstage, person: Person, user_id: str) -> None:
    """The stored values name a key that nobody has any longer."""
    stage.execute(
        "UPDATE gmail_tokens SET token_data = regexp_replace(token_data::text,"
        " '(v[0-9]+)[.][0-9a-f]{8}[.]', '\\1.00000000.', 'g')::jsonb WHERE user_id = :user",
        user=user_id,
    )


def out_of_reach(stage: Backstage, person: Person, user_id: str) -> None:
    stage.sandbox.control("/faults", {"path": "/token", "person": person.key, "status": 503})


def within_reach(stage: Backstage, person: Person, user_id: str) -> None:
    """Google is back; the sidecar tries again before the next briefing, as it does each minute."""
    stage.sandbox.control("/faults", method="DELETE")
    stage.execute(
        "UPDATE gmail_tokens SET connected_at = now() - interval '1 day', created_at = now() - interval"
        " '1 day', last_used_at = now() - interval '3 hours', kept_alive_at = NULL WHERE user_id = :user",
        user=user_id,
    )
    with transaction(stage.runtime.sessions) as session:
        due = session.scalar(
            text("SELECT next_due_at FROM briefing_settings WHERE user_id = :user"), {"user": user_id}
        )
        keepalive.start_due(session, now=due - timedelta(minutes=65))


def no_fault(stage: Backstage, person: Person, user_id: str) -> None:
    stage.sandbox.control("/faults", method="DELETE")


def five_days_pass(stage: Backstage, person: Person, user_id: str) -> None:
    """Of the seven that Google gives while its app is in testing."""
    stage.execute(
        "UPDATE gmail_tokens SET connected_at = now() - interval '5 days',"
        " refresh_token_expires_at = now() + interval '2 days' WHERE user_id = :user",
        user=user_id,
    )
    with transaction(stage.runtime.sessions) as session:
        health.note_ends(session)


@dataclass(frozen=True, slots=True)
class Trouble:
    """`code` is what the product is to say; `others` what somebody else than its owner must do first."""

    code: str
    person: Person
    bring_about: Step
    others: Step = nothing
    testing: bool = False
    found_by: str = EVERYTHING_REFRESHED
    mends_itself: bool = False


def korean(key: str, name: str) -> Person:
    """Somebody of the tests' own who writes Korean."""
    return _person(key, name, "ko", "Asia/Seoul")


def english(key: str, name: str) -> Person:
    """Somebody of the tests' own who writes English."""
    return _person(key, name, "en", "Europe/London")


def _person(key: str, name: str, locale: str, timezone: str) -> Person:
    address = f"{key}@mail.example"
    return Person(key, name, address, f"U0{key.upper()[:8]:0<8}", address, locale, timezone)


TROUBLES = (
    Trouble("revoked_or_expired", korean("garam", "서가람"), revoke),
    Trouble(
        "invalid_rapt",
        english("rachel", "Rachel Moore"),
        refuse(description="reauth related error (invalid_rapt)", subtype="invalid_rapt"),
        allow,
    ),
    Trouble("missing_scope", korean("miso", "유미소"), take_reading_back, no_fault, found_by=PREVIEW),
    Trouble(
        "admin_policy",
        english("peter", "Peter Hale"),
        refuse(error="admin_policy_enforced"),
        allow,
        found_by=ONE_BY_ONE,
    ),
    Trouble("no_refresh_token", korean("narin", "문나린"), lose_the_refresh_token),
    Trouble("undecryptable", english("una", "Una Byrne"), lose_the_key),
    Trouble(
        "failing",
        korean("pyeong", "남궁평"),
        out_of_reach,
        within_reach,
        mends_itself=True,
    ),
    Trouble(
        "expiring_soon",
        english("emil", "Emil Frost"),
        five_days_pass,
        testing=True,
        found_by=AT_ONCE,
    ),
    Trouble(
        "client_changed",
        english("clara", "Clara Stone"),
        delete_client,
        restore_client,
        found_by=ONE_BY_ONE,
    ),
)
FOUND_TOGETHER = tuple(trouble for trouble in TROUBLES if trouble.found_by == EVERYTHING_REFRESHED)
