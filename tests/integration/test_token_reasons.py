"""Every way a connection can stand, brought about for real: what is said of it, and that the cure cures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import text

from services.connect.connection import Connection, connection_of
from services.crypto import SecretBox
from services.db.engine import transaction
from services.errors import PortalError, SourceRefused
from services.i18n import translator
from services.runtime import Runtime
from services.tokens import health
from services.tokens.reasons import REASONS, TESTING, explain
from services.tokens.refresh import credentials_for, prove
from tests.integration.journeys import Sandbox, arrive, connect

Break = Callable[[Runtime, Sandbox], None]


def execute(runtime: Runtime, statement: str) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(text(statement))


def revoke(runtime: Runtime, sandbox: Sandbox) -> None:
    sandbox.control("/people/seoyeon/revoke")


def seven_days_pass(runtime: Runtime, sandbox: Sandbox) -> None:
    sandbox.control("/clock", {"skew_seconds": 8 * 86_400})
    execute(
        runtime,
        "UPDATE gmail_tokens SET connected_at = connected_at - interval '8 days',"
        " refresh_token_expires_at = refresh_token_expires_at - interval '8 days'",
    )


def five_days_pass(runtime: Runtime, sandbox: Sandbox) -> None:
    execute(
        runtime,
        "UPDATE gmail_tokens SET connected_at = connected_at - interval '5 days',"
        " refresh_token_expires_at = refresh_token_expires_at - interval '5 days'",
    )
    with transaction(runtime.sessions) as session:
        health.note_ends(session)


def unused_for_months(runtime: Runtime, sandbox: Sandbox) -> None:
    execute(
        runtime,
        "UPDATE gmail_tokens SET created_at = now() - interval '300 days',"
        " last_used_at = now() - interval '178 days', last_refresh_at = now() - interval '178 days'",
    )
    with transaction(runtime.sessions) as session:
        health.note_ends(session)


def refuse(**failure: object) -> Break:
    return lambda runtime, sandbox: void(sandbox.control("/people/seoyeon/refresh-failure", failure))


def void(_: object) -> None:
    """For its effect."""


def delete_client(runtime: Runtime, sandbox: Sandbox) -> None:
    sandbox.control("/clients", {"deleted": True})


def lose_the_refresh_token(runtime: Runtime, sandbox: Sandbox) -> None:
    execute(runtime, "UPDATE gmail_tokens SET token_data = token_data - 'refresh_token'")


def lose_the_key(runtime: Runtime, sandbox: Sandbox) -> None:
    stranger = dataclasses.replace(runtime, box=SecretBox([b"x" * 32]))
    with pytest.raises(PortalError):
        credentials_for(stranger, _owner(runtime))


def refuse_the_call(runtime: Runtime, sandbox: Sandbox) -> None:
    health.refused(runtime.sessions, _owner(runtime), SourceRefused("no", code="missing_scope"))


def out_of_reach(runtime: Runtime, sandbox: Sandbox) -> None:
    sandbox.fault(path="/token", status=503)


def _owner(runtime: Runtime) -> str:
    with transaction(runtime.sessions) as session:
        return str(session.execute(text("SELECT user_id FROM gmail_tokens")).scalar_one())


# How it is brought about, whether it needs a refresh to be noticed; the code, and whether it is testing's.
CASES: dict[str, tuple[Break, bool, str, bool]] = {
    "revoked": (revoke, True, "revoked_or_expired", False),
    "seven days": (seven_days_pass, True, "revoked_or_expired", True),
    "rapt": (
        refuse(description="reauth related error (invalid_rapt)", subtype="invalid_rapt"),
        True,
        "invalid_rapt",
        False,
    ),
    "client": (delete_client, True, "client_changed", False),
    "scope": (refuse_the_call, False, "missing_scope", False),
    "policy": (refuse(error="admin_policy_enforced"), True, "admin_policy", False),
    "no refresh token": (lose_the_refresh_token, True, "no_refresh_token", False),
    "key": (lose_the_key, False, "undecryptable", False),
    "failing": (out_of_reach, True, "failing", False),
    "ends": (five_days_pass, False, "expiring_soon", True),
    "unused": (unused_for_months, False, "expiring_soon", False),
}


def look(runtime: Runtime, user_id: str) -> Connection:
    with transaction(runtime.sessions) as session:
        found = connection_of(session, runtime.settings, user_id)
    assert found is not None
    return found


def mend(sandbox: Sandbox) -> None:
    """What the admin, Google or the passing of time do before somebody connects again."""
    sandbox.control("/clients", {"deleted": False, "testing": False})
    sandbox.control("/people/seoyeon/refresh-failure", method="DELETE")
    sandbox.control("/faults", method="DELETE")
    sandbox.control("/clock", {"skew_seconds": 0})


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_named_with_its_cure_and_connecting_again_mends_it(
    runtime: Runtime, sandbox: Sandbox, case: str
) -> None:
    bring_about, by_refreshing, code, testing = CASES[case]
    sandbox.control("/clients", {"testing": testing})
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    bring_about(runtime, sandbox)
    if by_refreshing:
        with suppress(PortalError):
            prove(runtime, user_id)
    found = look(runtime, user_id)
    assert (found.reason or found.status) == code
    assert found.testing is testing
    for language in ("ko", "en"):
        said = found.explained(translator(language))
        expected = explain(
            code, translator(language), for_admin=False, testing=testing, missing=found.missing
        )
        assert said == expected
        assert said.happened
        assert said.cause
        assert said.cure
        assert "{" not in str(said)
    assert "gmail.readonly" in str(found.explained(translator("en"))) or code != "missing_scope"
    mend(sandbox)
    connect(runtime, sandbox, user_id, "seoyeon")
    mended = look(runtime, user_id)
    assert (mended.status, mended.broken, mended.ends) == ("healthy", False, None)
    prove(runtime, user_id)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("for_admin", [False, True])
def test_every_reason_says_what_happened_why_and_what_to_do(language: str, for_admin: bool) -> None:
    t = translator(language)
    for code in REASONS:
        said = explain(
            code, t, for_admin=for_admin, missing=("https://www.googleapis.com/auth/gmail.readonly",)
        )
        assert said.short
        assert said.happened
        assert (said.cause and said.cure) or code == "healthy"
        assert "{" not in str(said)
    for code in TESTING:
        said = explain(code, t, for_admin=for_admin, testing=True)
        assert "7일" in said.cause or "seven days" in said.cause
    assert "made_up" in str(explain("made_up", t, for_admin=for_admin))


def test_google_s_own_words_are_kept(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    sandbox.control(
        "/people/seoyeon/refresh-failure",
        {"error": "invalid_grant", "description": "Account has been deleted"},
    )
    with pytest.raises(PortalError):
        prove(runtime, user_id)
    with transaction(runtime.sessions) as session:
        detail = session.execute(text("SELECT status_detail FROM gmail_tokens")).scalar_one()
        event = session.execute(
            text("SELECT detail FROM token_events WHERE kind = 'reconnect_required'")
        ).scalar_one()
    assert detail == "invalid_grant: Account has been deleted"
    assert event == {"reason": "revoked_or_expired", "detail": detail}


def test_an_end_for_good_is_not_hidden_by_passing_trouble(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    health.needs_reconnect(runtime.sessions, user_id, "invalid_rapt", "")
    health.failing(runtime.sessions, user_id, "late")
    health.mark_used(runtime.sessions, user_id)
    assert look(runtime, user_id).reason == "invalid_rapt"


def test_what_is_learnt_of_an_old_grant_is_not_said_of_the_new_one(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    with transaction(runtime.sessions) as session:
        old = str(session.execute(text("SELECT grant_id FROM gmail_tokens")).scalar_one())
    connect(runtime, sandbox, user_id, "seoyeon")
    health.needs_reconnect(runtime.sessions, user_id, "revoked_or_expired", "", grant_id=old)
    health.failing(runtime.sessions, user_id, "late", grant_id=old)
    assert look(runtime, user_id).status == "healthy"
