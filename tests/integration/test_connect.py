"""Connecting Gmail through the real consent and exchange; every way it can end."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select, text, update

from services.connect import flow, sessions
from services.crypto import SecretBox
from services.db.engine import transaction
from services.db.models import AuthSession, AuthSessionEvent, GmailToken
from services.errors import ConnectError
from services.runtime import Runtime, open_runtime
from services.tokens import store
from tests.integration.journeys import CALENDAR, Sandbox, arrive, callback_of, connect

READONLY = "https://www.googleapis.com/auth/gmail.readonly"


def token_of(runtime: Runtime, user_id: str) -> store.StoredToken:
    with transaction(runtime.sessions) as session:
        token = store.load(session, runtime.box, runtime.settings, user_id)
    assert token is not None
    return token


def timeline(runtime: Runtime, user_id: str) -> list[str]:
    with transaction(runtime.sessions) as session:
        rows = session.scalars(
            select(AuthSessionEvent.message)
            .join(AuthSession, AuthSession.id == AuthSessionEvent.auth_session_id)
            .where(AuthSession.user_id == user_id)
            .order_by(AuthSessionEvent.id)
        )
        return list(rows)


def state_of(runtime: Runtime, user_id: str) -> tuple[str, str | None]:
    with transaction(runtime.sessions) as session:
        row = session.scalars(select(AuthSession).where(AuthSession.user_id == user_id)).one()
        return row.status, row.error_code


def test_a_consent_ends_with_tokens_that_work(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    attempt = connect(runtime, sandbox, user_id, "seoyeon")
    assert (attempt.status, attempt.google_email) == ("authorized", sandbox.person("seoyeon").google_email)
    token = token_of(runtime, user_id)
    assert token.access_token.startswith("ya29.")
    assert token.refresh_token is not None
    assert token.status == "healthy"
    assert READONLY in token.scopes
    assert sandbox.calls("gmail.users.getProfile") == 1
    assert timeline(runtime, user_id) == ["started", "consent_requested", "authorized"]


def test_no_secret_is_stored_in_the_clear(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    token = token_of(runtime, user_id)
    with transaction(runtime.sessions) as session:
        tables = ("gmail_tokens", "auth_sessions", "auth_session_events", "token_events")
        dump = " ".join(
            str(row)
            for table in tables
            for row in session.execute(text(f"SELECT to_jsonb(t) FROM {table} t"))
        )
    assert token.refresh_token is not None
    for secret in (token.access_token, token.refresh_token, token.client_secret):
        assert secret not in dump


def test_a_token_copied_to_another_person_does_not_decrypt(runtime: Runtime, sandbox: Sandbox) -> None:
    one, other = (arrive(runtime, sandbox.person(key)) for key in ("seoyeon", "minjun"))
    connect(runtime, sandbox, one, "seoyeon")
    connect(runtime, sandbox, other, "minjun")
    with transaction(runtime.sessions) as session:
        stolen = session.scalars(select(GmailToken.token_data).where(GmailToken.user_id == one)).one()
        session.execute(update(GmailToken).where(GmailToken.user_id == other).values(token_data=stolen))
    with pytest.raises(Exception, match="does not decrypt"):
        token_of(runtime, other)


def test_denial_is_an_end_of_its_own(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    with pytest.raises(ConnectError) as caught:
        connect(runtime, sandbox, user_id, "seoyeon", deny=True)
    assert caught.value.code == "access_denied"
    assert state_of(runtime, user_id) == ("denied", "access_denied")


def test_an_unticked_scope_is_named(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    with pytest.raises(ConnectError) as caught:
        connect(runtime, sandbox, user_id, "seoyeon", unticked=[READONLY])
    assert caught.value.code == "missing_scope"
    assert state_of(runtime, user_id) == ("failed", "missing_scope")


def test_an_optional_scope_left_unticked_does_not_matter(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon", scopes=(CALENDAR,), unticked=[CALENDAR])
    assert CALENDAR not in token_of(runtime, user_id).scopes


def test_asking_for_the_calendar_later_keeps_gmail(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    connect(runtime, sandbox, user_id, "seoyeon", scopes=(CALENDAR,))
    assert {READONLY, CALENDAR} <= set(token_of(runtime, user_id).scopes)


def test_what_is_added_to_a_connection_that_works_is_asked_for_alone(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    user_id, hint = arrive(runtime, sandbox.person("seoyeon")), sandbox.person("seoyeon").google_email
    connect(runtime, sandbox, user_id, "seoyeon")

    def asked(login_hint: str | None, *added: str) -> set[str]:
        url = flow.begin(runtime, user_id, scopes=added, login_hint=login_hint).url
        return {READONLY, CALENDAR} & set(parse_qs(urlsplit(url).query)["scope"][0].split())

    assert asked(hint, CALENDAR) == {CALENDAR}
    assert asked(None, CALENDAR) == {READONLY, CALENDAR}  # another account
    assert asked(hint) == {READONLY}
    connect(runtime, sandbox, user_id, "seoyeon", scopes=(CALENDAR,))
    assert {READONLY, CALENDAR} <= set(token_of(runtime, user_id).scopes)
    with transaction(runtime.sessions) as session:
        session.execute(update(GmailToken).values(status="reconnect_required"))
    assert asked(hint, CALENDAR) == {READONLY, CALENDAR}


def test_a_state_is_taken_once(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    consent = flow.begin(runtime, user_id)
    back = sandbox.control("/consent", {"url": consent.url, "person": "seoyeon"})["location"]
    callback = callback_of(back, user_id, consent.browser_secret)
    flow.finish(runtime, callback)
    with pytest.raises(ConnectError) as caught:
        flow.finish(runtime, dataclasses.replace(callback, code="another code"))
    assert caught.value.code == "state_used"
    assert state_of(runtime, user_id) == ("authorized", None)


def test_the_same_callback_again_gets_what_the_first_came_to(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    consent = flow.begin(runtime, user_id)
    back = sandbox.control("/consent", {"url": consent.url, "person": "seoyeon"})["location"]
    callback = callback_of(back, user_id, consent.browser_secret)
    sandbox.fault(path="/token", latency_ms=500, times=1)
    with ThreadPoolExecutor(3) as pool:
        attempts = list(pool.map(lambda _: flow.finish(runtime, callback), range(3)))
    assert {attempt.id for attempt in attempts} == {consent.session_id}
    assert sandbox.calls("oauth.token") == 1
    assert timeline(runtime, user_id) == ["started", "consent_requested", "authorized"]


def test_a_denial_that_is_reloaded_stays_a_denial(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    consent = flow.begin(runtime, user_id)
    back = sandbox.control("/consent", {"url": consent.url, "person": "seoyeon", "deny": True})["location"]
    for _ in range(2):
        with pytest.raises(ConnectError) as caught:
            flow.finish(runtime, callback_of(back, user_id, consent.browser_secret))
        assert caught.value.code == "access_denied"


def test_auth_sessions_that_nobody_came_back_to_end(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    flow.begin(runtime, user_id)
    for expected in ("consent_requested", "expired"):
        with transaction(runtime.sessions) as session:
            sessions.expire_overdue(session)
        assert state_of(runtime, user_id)[0] == expected
        with transaction(runtime.sessions) as session:
            session.execute(text("UPDATE auth_sessions SET expires_at = now() - interval '1 second'"))
    assert timeline(runtime, user_id)[-1] == "expired"


def test_who_comes_back_to_a_used_link_without_its_cookie_gets_what_it_came_to(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    consent = flow.begin(runtime, user_id)
    back = sandbox.control("/consent", {"url": consent.url, "person": "seoyeon"})["location"]
    flow.finish(runtime, callback_of(back, user_id, consent.browser_secret))
    assert flow.finish(runtime, callback_of(back, user_id, "")).id == consent.session_id
    with pytest.raises(ConnectError) as caught:
        flow.finish(runtime, callback_of(back, "somebody else", consent.browser_secret))
    assert caught.value.code == "foreign_browser"
    assert sandbox.calls("oauth.token") == 1


def test_a_portal_that_restarts_meanwhile_goes_on(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    consent = flow.begin(runtime, user_id)
    back = sandbox.control("/consent", {"url": consent.url, "person": "seoyeon"})["location"]
    with open_runtime(runtime.settings) as restarted:
        taken = flow.finish(restarted, callback_of(back, user_id, consent.browser_secret))
    assert (taken.id, taken.status) == (consent.session_id, "authorized")


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ("access_denied", "denied", "access_denied"),
        ("admin_policy_enforced", "failed", "admin_policy_enforced"),
        ("server_error", "failed", "server_error"),
        ("\0", "failed", "refused"),
        ("x" * 5_000, "failed", "refused"),
        ("<b>no</b>", "failed", "refused"),
    ],
)
def test_whatever_google_says_instead_of_a_code_ends_the_attempt(
    runtime: Runtime, sandbox: Sandbox, said: str, status: str, code: str
) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    consent = flow.begin(runtime, user_id)
    state = parse_qs(urlsplit(consent.url).query)["state"][0]
    with pytest.raises(ConnectError) as caught:
        flow.finish(runtime, flow.Callback(state, consent.browser_secret, user_id, error=said))
    assert caught.value.code == code
    assert state_of(runtime, user_id) == (status, code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "made-up"}, "unknown_state"),
        ({"browser_secret": "another browser"}, "foreign_browser"),
        ({"user_id": "somebody else"}, "foreign_browser"),
    ],
)
def test_a_foreign_callback_changes_nothing(
    runtime: Runtime, sandbox: Sandbox, change: dict[str, str], code: str
) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    consent = flow.begin(runtime, user_id)
    back = sandbox.control("/consent", {"url": consent.url, "person": "seoyeon"})["location"]
    callback = callback_of(back, user_id, consent.browser_secret)
    with pytest.raises(ConnectError) as caught:
        flow.finish(runtime, dataclasses.replace(callback, **change))
    assert caught.value.code == code
    assert state_of(runtime, user_id) == ("consent_requested", None)
    assert flow.finish(runtime, callback).status == "authorized"  # the right browser can still go on


def test_after_ten_minutes_the_session_has_expired(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    consent = flow.begin(runtime, user_id)
    back = sandbox.control("/consent", {"url": consent.url, "person": "seoyeon"})["location"]
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE auth_sessions SET expires_at = now() - interval '1 second'"))
    with pytest.raises(ConnectError) as caught:
        flow.finish(runtime, callback_of(back, user_id, consent.browser_secret))
    assert caught.value.code == "expired"
    assert state_of(runtime, user_id)[0] == "expired"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 500}, "unavailable"),
        ({"status": 200, "body": "<html>login</html>"}, "unavailable"),
        ({"drop": "before"}, "unavailable"),
    ],
)
def test_a_token_endpoint_in_trouble_fails_the_session_and_says_so(
    runtime: Runtime, sandbox: Sandbox, fault: dict[str, object], code: str
) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    sandbox.fault(path="/token", **fault)
    with pytest.raises(ConnectError) as caught:
        connect(runtime, sandbox, user_id, "seoyeon")
    assert caught.value.code == code
    assert state_of(runtime, user_id) == ("failed", code)


def test_tokens_that_do_not_work_are_not_stored(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    sandbox.fault(op="gmail.users.getProfile", status=403, reason="domainPolicy")
    with pytest.raises(ConnectError):
        connect(runtime, sandbox, user_id, "seoyeon")
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(GmailToken)).all() == []


def test_a_lost_key_is_told_from_a_wrong_row(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    stranger = dataclasses.replace(runtime, box=SecretBox([b"x" * 32]))
    with pytest.raises(Exception, match="not among TOKEN_ENCRYPTION_KEYS"):
        token_of(stranger, user_id)


def test_no_step_leads_out_of_an_end(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    attempt = connect(runtime, sandbox, user_id, "seoyeon")
    with transaction(runtime.sessions) as session:
        sessions.advance(session, attempt.id, "completed", "completed")
    for state in sessions.NEXT:
        with transaction(runtime.sessions) as session:
            assert sessions.advance(session, attempt.id, state, "late") is None
    assert state_of(runtime, user_id) == ("completed", None)


def test_another_google_account_than_before_is_noticed_and_stores_nothing(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    before = token_of(runtime, user_id)
    consent = flow.begin(runtime, user_id, login_hint=sandbox.person("seoyeon").google_email)
    back = sandbox.control("/consent", {"url": consent.url, "person": "minjun"})["location"]
    with pytest.raises(ConnectError) as caught:
        flow.finish(runtime, callback_of(back, user_id, consent.browser_secret))
    assert caught.value.code == "other_account"
    assert token_of(runtime, user_id).access_token == before.access_token


def test_another_google_account_is_taken_where_it_was_asked_for(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    assert connect(runtime, sandbox, user_id, "minjun").google_email == sandbox.person("minjun").google_email
    assert token_of(runtime, user_id).email == sandbox.person("minjun").google_email
