"""Signing in and out: who gets in, as whom, and when a cookie stops working."""

from __future__ import annotations

import asyncio
import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text

from services import jobs, people, previews
from services.db.engine import transaction
from services.db.models import BriefingSettings, SignIn, User
from services.errors import SignInRefused, SlackError
from services.people import SignInClaims, slack_account
from services.people.sign_in import LIFETIME
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive, settled

NOW = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
HANA = SignInClaims(
    issuer="https://accounts.google.com",
    subject="1001",
    email="hana@example.com",
    email_verified=True,
    name="Hana",
    locale="en-US",
    slack_user_id="",
    slack_team_id="",
    digest="d1",
)


def enter(runtime: Runtime, claims: SignInClaims = HANA) -> User:
    return people.sign_in(runtime, claims, now=NOW)


def refusal(runtime: Runtime, claims: SignInClaims = HANA) -> str:
    with pytest.raises(SignInRefused) as caught:
        enter(runtime, claims)
    return caught.value.code


def again(digest: str, **changes: object) -> SignInClaims:
    return dataclasses.replace(HANA, digest=digest, **changes)  # type: ignore[arg-type]


def count(runtime: Runtime, model: type) -> int:
    with transaction(runtime.sessions) as session:
        return session.execute(select(func.count()).select_from(model)).scalar_one()


def with_settings(runtime: Runtime, **changes: object) -> Runtime:
    return dataclasses.replace(runtime, settings=runtime.settings.model_copy(update=changes))


def from_slack(runtime: Runtime, sandbox: Sandbox, key: str, digest: str = "s1") -> SignInClaims:
    person = sandbox.person(key)
    issuer = runtime.settings.slack_oidc_metadata_url.removesuffix("/.well-known/openid-configuration")
    return again(
        digest,
        issuer=issuer,
        subject=person.slack_user_id,
        email=person.slack_email,
        slack_user_id=person.slack_user_id,
        slack_team_id=sandbox.slack.team_id,
    )


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("America/New_York", "America/New_York"),
        ("", "Asia/Seoul"),
        ("Nowhere/Else", "Asia/Seoul"),
        ("../../etc/passwd", "Asia/Seoul"),
        ("x\0y", "Asia/Seoul"),
        ("America", "Asia/Seoul"),
        ("한국", "Asia/Seoul"),
    ],
)
def test_a_newcomers_briefing_comes_by_their_browsers_clock(runtime: Runtime, said: str, stored: str) -> None:
    user = enter(runtime, again("d1", timezone=said))
    assert user.timezone == stored
    with transaction(runtime.sessions) as session:
        due = session.get_one(BriefingSettings, user.id).next_due_at
    assert due is not None
    assert due.astimezone(ZoneInfo(stored)).hour == 9


def test_a_browser_elsewhere_moves_nobody_who_is_known(runtime: Runtime) -> None:
    assert enter(runtime, again("d1", timezone="Europe/London")).timezone == "Europe/London"
    assert enter(runtime, again("d2", timezone="America/New_York")).timezone == "Europe/London"


def test_the_first_sign_in_makes_the_person_with_a_briefing(runtime: Runtime) -> None:
    user = enter(runtime)
    assert (user.email, user.display_name, user.locale, user.role) == (
        "hana@example.com",
        "Hana",
        "en",
        "member",
    )
    with transaction(runtime.sessions) as session:
        assert session.get_one(BriefingSettings, user.id).next_due_at is not None


def test_later_sign_ins_lead_to_the_same_person_though_the_address_has_changed(runtime: Runtime) -> None:
    first = enter(runtime)
    assert enter(runtime).id == first.id
    assert enter(runtime, again("d2", email="hana.kim@example.com")).id == first.id
    assert (count(runtime, User), count(runtime, SignIn)) == (1, 2)


def test_requests_of_a_first_page_make_one_person(runtime: Runtime) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = {user.id for user in pool.map(lambda n: enter(runtime, again(f"d{n % 2}")), range(8))}
    assert len(ids) == count(runtime, User) == 1


def test_the_same_address_of_another_provider_is_somebody_else(runtime: Runtime) -> None:
    mine = enter(runtime)
    assert enter(runtime, again("d2", issuer="https://elsewhere.example", subject="x")).id != mine.id


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email_verified": False}, "email_unverified"),
        ({"email": ""}, "email_unverified"),
        ({"email": "hana@other.example"}, "domain_not_allowed"),
        ({"email": "hana@example.com.evil.example"}, "domain_not_allowed"),
    ],
)
def test_who_is_not_let_in(runtime: Runtime, changes: dict[str, object], code: str) -> None:
    strict = with_settings(runtime, allowed_email_domains=("example.com",))
    assert refusal(strict, again("d1", **changes)) == code
    assert count(runtime, User) == 0


def test_a_deactivated_person_is_out_at_once_and_cannot_come_back(runtime: Runtime) -> None:
    user = enter(runtime)
    with transaction(runtime.sessions) as session:
        session.get_one(User, user.id).active = False
    assert refusal(runtime) == refusal(runtime, again("d2")) == "deactivated"


def test_signing_out_ends_this_sign_in_only(runtime: Runtime) -> None:
    user = enter(runtime)
    enter(runtime, again("d2"))
    with transaction(runtime.sessions) as session:
        people.sign_out(session, "d1")
    assert refusal(runtime) == "signed_out"
    assert enter(runtime, again("d2")).id == user.id


def test_signing_out_everywhere_ends_all_and_lets_a_new_one_in(runtime: Runtime) -> None:
    user = enter(runtime)
    enter(runtime, again("d2"))
    with transaction(runtime.sessions) as session:
        people.sign_out_everywhere(session, user.id)
    assert refusal(runtime) == refusal(runtime, again("d2")) == "signed_out"
    assert enter(runtime, again("d3")).id == user.id


def test_addresses_in_the_settings_are_admins_if_verified(runtime: Runtime) -> None:
    user = enter(runtime)
    chosen = with_settings(runtime, admin_emails=("hana@example.com",))
    assert enter(chosen).role == "admin"
    assert settled(runtime, user.id).role == "admin"


def test_a_slack_sign_in_finds_the_person_of_that_account(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    assert enter(runtime, from_slack(runtime, sandbox, "seoyeon")).id == user_id


def test_only_slack_can_say_who_is_who_on_slack(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    slack_user_id = sandbox.person("seoyeon").slack_user_id
    forged = again("f1", issuer="https://evil.example", slack_user_id=slack_user_id)
    stranger = enter(runtime, forged)
    assert stranger.id != user_id
    assert stranger.slack_user_id is None


def test_a_newcomer_through_slack_has_their_slack_account(runtime: Runtime, sandbox: Sandbox) -> None:
    user = enter(runtime, from_slack(runtime, sandbox, "minjun"))
    assert user.slack_user_id == sandbox.person("minjun").slack_user_id


def test_a_slack_account_of_another_workspace_proves_nothing(runtime: Runtime, sandbox: Sandbox) -> None:
    arrive(runtime, sandbox.person("seoyeon"))
    foreign = dataclasses.replace(from_slack(runtime, sandbox, "seoyeon"), slack_team_id="T0ELSEWHERE")
    assert refusal(runtime, foreign) == "other_workspace"
    assert refusal(runtime, dataclasses.replace(foreign, slack_team_id="")) == "other_workspace"
    assert (count(runtime, User), count(runtime, SignIn)) == (1, 0)


def test_google_at_the_same_address_as_slack_is_google(runtime: Runtime, sandbox: Sandbox) -> None:
    issuer = from_slack(runtime, sandbox, "seoyeon").issuer
    assert enter(runtime, again("d1", issuer=issuer)).slack_user_id is None
    assert sandbox.calls("auth.test") == 0


def test_while_slack_is_silent_nobody_new_comes_in_through_it(runtime: Runtime, sandbox: Sandbox) -> None:
    claims = from_slack(runtime, sandbox, "seoyeon")
    sandbox.fault(op="auth.test", status=503, times=1)
    assert refusal(runtime, claims) == "slack_silent"
    user = enter(runtime, claims)
    sandbox.fault(op="auth.test", status=503)
    assert enter(runtime, claims).id == user.id
    assert enter(runtime, dataclasses.replace(claims, digest="s2")).id == user.id
    assert sandbox.calls("auth.test") == 2


def test_a_forgotten_sign_in_is_not_taken_for_a_new_one(runtime: Runtime) -> None:
    assert refusal(runtime, again("d1", issued_at=NOW - LIFETIME - timedelta(seconds=1))) == "signed_out"
    enter(runtime, again("d1", issued_at=NOW - timedelta(days=30)))
    enter(runtime, again("d1", issued_at=NOW - LIFETIME * 2))  # remembered still
    assert count(runtime, SignIn) == 1


def of_google(sandbox: Sandbox, key: str) -> SignInClaims:
    """Somebody whose Google address is the one Slack has confirmed."""
    return again("g1", subject=sandbox.person(key).google_sub, email=sandbox.person(key).slack_email)


def test_the_slack_member_with_the_same_address_is_found(runtime: Runtime, sandbox: Sandbox) -> None:
    user = enter(runtime, of_google(sandbox, "seoyeon"))
    assert slack_account.find(runtime, user.id) == sandbox.person("seoyeon").slack_user_id
    assert settled(runtime, user.id).slack_user_id == sandbox.person("seoyeon").slack_user_id


def test_a_slack_account_that_somebody_has_stays_theirs(runtime: Runtime, sandbox: Sandbox) -> None:
    enter(runtime, from_slack(runtime, sandbox, "seoyeon"))
    user = enter(runtime, of_google(sandbox, "seoyeon"))
    assert slack_account.find(runtime, user.id) is None
    assert settled(runtime, user.id).slack_user_id is None


def test_without_slack_or_a_member_of_that_address_nobody_is_found(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    assert slack_account.find(runtime, enter(runtime).id) is None
    sandbox.fault(op="users.lookupByEmail", status=500, times=1)
    user = enter(runtime, of_google(sandbox, "minjun"))
    with pytest.raises(SlackError):
        slack_account.find(runtime, user.id)
    assert slack_account.find(runtime, user.id) == sandbox.person("minjun").slack_user_id


@pytest.mark.parametrize("job_is_lost", [False, True])
def test_who_came_through_google_gets_their_dm_without_anybodys_help(
    runtime: Runtime, sandbox: Sandbox, job_is_lost: bool
) -> None:
    user = enter(runtime, of_google(sandbox, "seoyeon"))
    with transaction(runtime.sessions) as session:
        if job_is_lost:
            session.execute(text("DELETE FROM procrastinate_jobs"))
        briefing_id = previews.send_now(session, user.id)
    asyncio.run(jobs.run_worker(runtime, wait=False))
    with transaction(runtime.sessions) as session:
        delivery = previews.delivery_of(session, user.id, briefing_id)
    assert delivery is not None
    assert (delivery.status, len(sandbox.dms("seoyeon"))) == ("sent", 1)
