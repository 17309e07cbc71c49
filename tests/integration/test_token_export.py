"""The health page as CSV: what was filtered, no secret, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import select, text

from services import audit
from services.access import Actor
from services.db.engine import transaction
from services.db.models import AccessLog, GmailToken, User
from services.errors import Forbidden
from services.runtime import Runtime
from services.tokens.export import TOKEN_COLUMNS, tokens_csv
from services.tokens.overview import Filter
from tests.integration.journeys import Sandbox, arrive, connect

ADMIN = Actor("admin", is_admin=True)


@pytest.fixture(autouse=True)
def admin(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        session.add(User(id="admin", display_name="Admin", role="admin"))


def exported(runtime: Runtime, asked: Filter) -> list[dict[str, str]]:
    content = tokens_csv(runtime, ADMIN, asked)
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_it_has_what_the_filter_lets_through_and_is_noted(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    (row,) = exported(runtime, Filter(status="healthy"))
    assert tuple(row) == TOKEN_COLUMNS
    assert (row["user_id"], row["status"], row["can_read"]) == (user_id, "healthy", "True")
    assert row["mailbox"] == sandbox.person("seoyeon").google_email
    with transaction(runtime.sessions) as session:
        noted = session.scalars(select(AccessLog)).one()
    assert (noted.actor, noted.action, noted.subject_user_id) == ("admin", "export_tokens", audit.EVERYBODY)
    assert (noted.detail["rows"], noted.detail["filter"]["status"]) == (1, "healthy")


def test_no_secret_is_in_it_not_even_sealed(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    content = tokens_csv(runtime, ADMIN, Filter()).decode()
    with transaction(runtime.sessions) as session:
        stored = session.scalars(select(GmailToken)).one()
    sealed = [*stored.token_data.values(), (stored.oauth_config or {})["client_secret"]]
    for secret in (*sealed, runtime.settings.google_client_secret.get_secret_value(), "ya29."):
        assert secret == "Bearer" or secret not in content


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", '="a"&"b"'])
def test_no_cell_is_a_formula(runtime: Runtime, name: str) -> None:
    with transaction(runtime.sessions) as session:
        session.add(User(id="u", display_name=name))
    row = next(row for row in exported(runtime, Filter()) if row["user_id"] == "u")
    assert row["name"] == f"'{name}"


def test_commas_quotes_and_lines_stay_in_their_cell(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        session.add(User(id="u", display_name='a,"b"\n길동'))
    assert [row["name"] for row in exported(runtime, Filter(text="길동"))] == ['a,"b"\n길동']


def test_many_come_each_once(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(text("INSERT INTO users (id) SELECT 'n' || n FROM generate_series(1, 2500) n"))
    ids = [row["user_id"] for row in exported(runtime, Filter())]
    assert len(ids) == len(set(ids)) == 2501


def test_only_who_is_an_admin_at_that_moment_exports(runtime: Runtime) -> None:
    with pytest.raises(Forbidden):
        tokens_csv(runtime, Actor("admin"), Filter())
    with transaction(runtime.sessions) as session:
        session.get_one(User, "admin").role = "member"
    with pytest.raises(Forbidden):
        tokens_csv(runtime, ADMIN, Filter())
