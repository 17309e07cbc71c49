"""Whose mailbox an imported token opens is Gmail's to say, before anything is read with it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from services import jobs
from services.access import Actor
from services.connect.connection import Connection, connection_of
from services.connect.disconnect import disconnect
from services.db.engine import transaction
from services.db.models import AccessLog, GmailToken, TokenEvent
from services.errors import NotConnected, SourceUnavailable
from services.runtime import Runtime
from services.tokens import importing
from services.tokens.refresh import credentials_for, refresh_now
from tests.integration.journeys import Sandbox, arrive, connect
from tests.integration.old_tokens import authorized_user
from tests.integration.token_imports import ADMIN, bring_in, row, waiting_ids

LATER = "2999-01-01T00:00:00Z"


@pytest.fixture
def oliver(runtime: Runtime, sandbox: Sandbox) -> str:
    return arrive(runtime, sandbox.person("minjun"))


def bring_daniels(runtime: Runtime, sandbox: Sandbox, oliver: str, **more: Any) -> None:
    """A file that says of itself to be one person's, with another one's token in it."""
    document = authorized_user(sandbox, runtime.settings, "jiwoo", user_id=oliver, **more)
    bring_in(runtime, ("a.json", document))


def connection(runtime: Runtime, user_id: str) -> Connection | None:
    with transaction(runtime.sessions) as session:
        return connection_of(session, runtime.settings, user_id)


def has_token(runtime: Runtime, user_id: str) -> bool:
    with transaction(runtime.sessions) as session:
        owner = GmailToken.user_id == user_id
        return session.scalar(select(GmailToken.id).where(owner)) is not None


@pytest.mark.parametrize("due", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_a_token_that_opens_another_mailbox_than_it_says_is_taken_away_and_waits_for_an_admin(
    runtime: Runtime, sandbox: Sandbox, oliver: str, due: bool, known: bool
) -> None:
    claimed = sandbox.person("minjun").google_email
    more: dict[str, Any] = {} if due else {"expiry": LATER}
    if known:
        arrive(runtime, sandbox.person("jiwoo"))
    bring_daniels(runtime, sandbox, oliver, account=claimed, **more)
    with pytest.raises(NotConnected) as caught:
        credentials_for(runtime, oliver)
    assert caught.value.code == "not_connected"
    assert connection(runtime, oliver) is None
    (parked,) = importing.waiting(runtime, ADMIN).rows
    assert parked.mailbox == sandbox.person("jiwoo").google_email.lower()
    assert (parked.taken_from, parked.name, parked.old_user_id) == (sandbox.person("minjun").name, "", "")
    with transaction(runtime.sessions) as session:
        assert "wrong_mailbox" in session.scalars(select(TokenEvent.kind)).all()
        logged = session.execute(select(AccessLog.actor, AccessLog.subject_user_id, AccessLog.action)).all()
    assert ("system:import", oliver, "wrong_mailbox") in logged


def test_an_admin_gives_what_was_taken_away_to_whose_it_is(
    runtime: Runtime, sandbox: Sandbox, oliver: str
) -> None:
    bring_daniels(runtime, sandbox, oliver, account="somebody@else.example")
    with pytest.raises(NotConnected):
        refresh_now(runtime, oliver, ADMIN)
    daniel = arrive(runtime, sandbox.person("jiwoo"))
    (import_id,) = waiting_ids(runtime)
    importing.assign(runtime, import_id, daniel, ADMIN)
    assert credentials_for(runtime, daniel).token
    assert (row(runtime, daniel).details or {})["email"] == sandbox.person("jiwoo").google_email.lower()


@pytest.mark.parametrize("how", ["signs in with it", "has connected it"])
@pytest.mark.parametrize("claimed", [True, False])
def test_somebody_elses_mailbox_is_nobodys_to_read_whatever_a_file_claims(
    runtime: Runtime, sandbox: Sandbox, oliver: str, how: str, claimed: bool
) -> None:
    person = sandbox.person("jiwoo")
    if how == "signs in with it":
        arrive(runtime, person)
    else:
        connect(runtime, sandbox, arrive(runtime, sandbox.person("seoyeon")), "jiwoo")
    bring_daniels(runtime, sandbox, oliver, **({"account": person.google_email} if claimed else {}))
    with pytest.raises(NotConnected):
        credentials_for(runtime, oliver)
    assert len(waiting_ids(runtime)) == 1


@pytest.mark.parametrize("claimed", [True, False])
def test_a_mailbox_that_is_as_claimed_or_nobody_elses_is_asked_for_once(
    runtime: Runtime, sandbox: Sandbox, oliver: str, claimed: bool
) -> None:
    mailbox = sandbox.person("jiwoo").google_email
    bring_daniels(runtime, sandbox, oliver, **({"account": mailbox.upper()} if claimed else {}))
    before = sandbox.calls("gmail.users.getProfile")
    assert credentials_for(runtime, oliver).token
    assert credentials_for(runtime, oliver).token
    assert sandbox.calls("gmail.users.getProfile") == before + 1
    shown = connection(runtime, oliver)
    assert shown is not None
    assert (shown.mailbox, shown.imported) == (mailbox.lower(), True)


def test_while_gmail_is_silent_nothing_is_handed_out(runtime: Runtime, sandbox: Sandbox, oliver: str) -> None:
    bring_daniels(runtime, sandbox, oliver)
    sandbox.fault(op="gmail.users.getProfile", status=503, times=1)
    with pytest.raises(SourceUnavailable):
        credentials_for(runtime, oliver)
    assert row(runtime, oliver).status == "failing"
    assert credentials_for(runtime, oliver).token


def test_an_access_token_that_is_refused_before_its_time_is_renewed_for_the_question(
    runtime: Runtime, sandbox: Sandbox, oliver: str
) -> None:
    bring_daniels(runtime, sandbox, oliver, token="ya29.long-dead-token", expiry=LATER)
    assert credentials_for(runtime, oliver).token != "ya29.long-dead-token"


def test_it_is_known_soon_after_the_import_and_before_anybody_asks(
    runtime: Runtime, sandbox: Sandbox, oliver: str
) -> None:
    bring_daniels(runtime, sandbox, oliver, account=sandbox.person("minjun").google_email)
    asyncio.run(jobs.run_worker(runtime, wait=False))
    assert not has_token(runtime, oliver)
    assert len(waiting_ids(runtime)) == 1


def test_who_disconnects_before_that_ends_nobody_elses_grant(
    runtime: Runtime, sandbox: Sandbox, oliver: str
) -> None:
    bring_daniels(runtime, sandbox, oliver)
    assert not disconnect(runtime, oliver, Actor(oliver)).revoked
    assert sandbox.calls("oauth.revoke") == 0
    assert not has_token(runtime, oliver)
