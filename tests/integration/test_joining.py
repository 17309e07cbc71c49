"""Two people become one: a link from the DM lets somebody ask, and only the DM's owner says yes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select, update

from services import jobs, people, retention
from services.access import Actor
from services.assistant import buttons
from services.db.engine import transaction
from services.db.models import OutboundMessage, SlackLink, User, UserIdentity
from services.people import joining, slack_account, slack_link
from services.runtime import Runtime
from tests.integration.joining_people import (
    NOW,
    by_dm,
    by_google,
    last_dm,
    link_of,
    presses,
    state_of,
    work,
)
from tests.integration.journeys import Sandbox, settled

HOUR = joining.PATIENCE


@pytest.fixture
def taeho(runtime: Runtime, sandbox: Sandbox) -> str:
    """Known by a DM; Slack has an address of his that nobody signs in with."""
    return by_dm(runtime, sandbox, "taeho")


@pytest.fixture
def slack_id(sandbox: Sandbox) -> str:
    return sandbox.person("taeho").slack_user_id


@pytest.fixture
def me(runtime: Runtime) -> str:
    """Taeho in the portal, by another address."""
    return by_google(runtime, "ty")


def exists(runtime: Runtime, user_id: str) -> bool:
    with transaction(runtime.sessions) as session:
        return session.get(User, user_id) is not None


def change_link(runtime: Runtime, **values: object) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(update(SlackLink).values(**values))


def test_a_link_is_an_address_of_the_portal_and_only_its_digest_is_kept(runtime: Runtime, taeho: str) -> None:
    with transaction(runtime.sessions) as session:
        user = session.get_one(User, taeho)
        url = slack_link.issue(session, runtime.settings, user, add="calendar")
    parts = urlsplit(url)
    token = parse_qs(parts.query)["slack"][0]
    assert url.startswith(f"{runtime.settings.portal_url}/connect?")
    assert parse_qs(parts.query)["add"] == ["calendar"]
    with transaction(runtime.sessions) as session:
        link = session.scalars(select(SlackLink)).one()
        now = session.execute(select(func.now())).scalar_one()
    assert timedelta(0) < link.expires_at - now <= slack_link.LIFETIME
    assert token not in str({column.key: getattr(link, column.key) for column in SlackLink.__table__.columns})


def test_somebody_without_slack_gets_the_plain_address(runtime: Runtime, me: str) -> None:
    with transaction(runtime.sessions) as session:
        url = slack_link.issue(session, runtime.settings, session.get_one(User, me))
        assert session.scalar(select(func.count()).select_from(SlackLink)) == 0
    assert url == f"{runtime.settings.portal_url}/connect"


def test_the_owner_says_yes_in_the_dm_and_the_two_are_one(
    runtime: Runtime, sandbox: Sandbox, taeho: str, me: str, slack_id: str
) -> None:
    token = link_of(runtime, taeho)
    assert state_of(runtime, me, token) == "open"
    joining.ask(runtime, me, token)
    assert state_of(runtime, me, token) == "asked"
    work(runtime)
    asked = str(last_dm(sandbox, "taeho"))
    assert "ty@private.example" in asked.replace("\u2060", "")
    assert buttons.JOIN_YES in asked
    assert buttons.JOIN_NO in asked
    assert "합치고 있습니다" in presses(runtime, slack_id, yes=True)
    assert state_of(runtime, me, token) == "confirmed"
    work(runtime)
    assert state_of(runtime, me, token) == "own"
    work(runtime)
    assert "두 계정을 하나로 합쳤습니다" in last_dm(sandbox, "taeho")["text"]
    assert settled(runtime, me).slack_user_id == slack_id
    assert not exists(runtime, taeho)


def test_a_stolen_link_joins_nobody(runtime: Runtime, taeho: str, slack_id: str) -> None:
    thief = by_google(runtime, "thief")
    token = link_of(runtime, taeho)
    joining.ask(runtime, thief, token)
    work(runtime)
    assert exists(runtime, taeho)
    assert settled(runtime, thief).slack_user_id is None
    presses(runtime, slack_id, yes=False)
    work(runtime)
    assert state_of(runtime, thief, token) == "refused"
    joining.ask(runtime, thief, token)
    work(runtime)
    assert exists(runtime, taeho)
    assert settled(runtime, thief).slack_user_id is None


def test_a_stolen_link_that_was_asked_with_is_of_no_use_to_its_owner(
    runtime: Runtime, taeho: str, me: str
) -> None:
    thief = by_google(runtime, "thief")
    token = link_of(runtime, taeho)
    joining.ask(runtime, thief, token)
    assert state_of(runtime, me, token) == "unusable"
    assert state_of(runtime, me, link_of(runtime, taeho)) == "open"


def test_looking_at_a_link_any_number_of_times_changes_nothing(runtime: Runtime, taeho: str, me: str) -> None:
    token = link_of(runtime, taeho)
    others = [by_google(runtime, name) for name in ("a", "b")]
    assert {state_of(runtime, user_id, token) for user_id in (*others, me, me)} == {"open"}
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(SlackLink.status)).all() == ["issued"]


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "a" * 5_000, "' OR 1=1 --"])
def test_an_unknown_link_is_unusable(runtime: Runtime, me: str, token: str) -> None:
    assert state_of(runtime, me, token) == "unusable"
    joining.ask(runtime, me, token)


def test_an_expired_link_is_unusable_to_all_but_its_owner(runtime: Runtime, taeho: str, me: str) -> None:
    token = link_of(runtime, taeho)
    change_link(runtime, expires_at=NOW)
    assert state_of(runtime, me, token) == "unusable"
    assert state_of(runtime, taeho, token) == "own"
    joining.ask(runtime, me, token)
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(SlackLink.status)).all() == ["issued"]


def test_a_question_that_nobody_answers_ends(runtime: Runtime, taeho: str, me: str, slack_id: str) -> None:
    token = link_of(runtime, taeho)
    joining.ask(runtime, me, token)
    with transaction(runtime.sessions) as session:
        until, now = session.execute(select(SlackLink.expires_at, func.now())).one()
    assert until - now <= HOUR
    change_link(runtime, expires_at=NOW)
    presses(runtime, slack_id, yes=True)
    work(runtime)
    assert exists(runtime, taeho)
    assert state_of(runtime, me, token) == "unusable"


@pytest.mark.parametrize("value", ["", "x", "\0", "another"])
def test_nobody_else_answers_for_the_owner(
    runtime: Runtime, sandbox: Sandbox, taeho: str, me: str, slack_id: str, value: str
) -> None:
    by_dm(runtime, sandbox, "jiwoo")
    joining.ask(runtime, me, link_of(runtime, taeho))
    presses(runtime, sandbox.person("jiwoo").slack_user_id, yes=True)
    presses(runtime, "U0NOBODY", yes=True)
    presses(runtime, slack_id, yes=True, value=value)
    work(runtime)
    assert exists(runtime, taeho)


def test_an_answer_counts_once(runtime: Runtime, taeho: str, me: str, slack_id: str) -> None:
    joining.ask(runtime, me, link_of(runtime, taeho))
    refused = presses(runtime, slack_id, yes=False)
    again = presses(runtime, slack_id, yes=True)
    work(runtime)
    assert refused != again
    assert exists(runtime, taeho)


def test_of_two_browsers_with_one_link_one_asks(runtime: Runtime, taeho: str) -> None:
    token = link_of(runtime, taeho)
    both = [by_google(runtime, name) for name in ("a", "b")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda user_id: joining.ask(runtime, user_id, token), both))
    assert sorted(state_of(runtime, user_id, token) for user_id in both) == ["asked", "unusable"]
    with transaction(runtime.sessions) as session:
        assert session.scalar(select(func.count()).select_from(OutboundMessage)) == 1


def test_a_used_link_goes_on_for_whoever_joined_with_it(
    runtime: Runtime, taeho: str, me: str, slack_id: str
) -> None:
    token = link_of(runtime, taeho)
    joining.ask(runtime, me, token)
    presses(runtime, slack_id, yes=True)
    work(runtime)
    assert state_of(runtime, me, token) == "own"
    assert state_of(runtime, by_google(runtime, "a"), token) == "unusable"


def test_whoever_is_on_slack_already_is_not_joined_with_another(
    runtime: Runtime, sandbox: Sandbox, taeho: str, slack_id: str
) -> None:
    jiwoo = by_dm(runtime, sandbox, "jiwoo")
    token = link_of(runtime, taeho)
    assert state_of(runtime, jiwoo, token) == "other_slack"
    joining.ask(runtime, jiwoo, token)
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(SlackLink.status)).all() == ["issued"]


@pytest.mark.parametrize(
    ("who", "values", "error"),
    [
        ("taeho", {"active": False}, "deactivated"),
        ("me", {"active": False}, "deactivated"),
        ("me", {"slack_user_id": "U0ELSE"}, "other_slack"),
        ("taeho", {"slack_user_id": "U0ELSE"}, "gone"),
    ],
)
def test_what_has_changed_since_the_question_counts(
    runtime: Runtime, taeho: str, me: str, slack_id: str, who: str, values: dict[str, object], error: str
) -> None:
    joining.ask(runtime, me, link_of(runtime, taeho))
    presses(runtime, slack_id, yes=True)
    with transaction(runtime.sessions) as session:
        session.execute(update(User).where(User.id == {"taeho": taeho, "me": me}[who]).values(**values))
    work(runtime)
    with transaction(runtime.sessions) as session:
        assert session.execute(select(SlackLink.status, SlackLink.error)).one() == ("failed", error)
    assert exists(runtime, taeho)


@pytest.mark.parametrize(("change", "said"), [("gone", "삭제"), ("deactivated", "비활성화")])
def test_a_yes_that_comes_to_nothing_is_told_so(
    runtime: Runtime, sandbox: Sandbox, taeho: str, me: str, slack_id: str, change: str, said: str
) -> None:
    joining.ask(runtime, me, link_of(runtime, taeho))
    work(runtime)
    presses(runtime, slack_id, yes=True)
    if change == "gone":
        people.delete_person(runtime, me, Actor(me))
    else:
        with transaction(runtime.sessions) as session:
            session.execute(update(User).where(User.id == me).values(active=False))
    for _ in range(2):
        work(runtime)
    told = last_dm(sandbox, "taeho")["text"]
    assert "합치지 못했습니다" in told
    assert said in told


def test_who_was_not_asked_is_told_nothing(runtime: Runtime, sandbox: Sandbox, taeho: str) -> None:
    same = by_google(runtime, "same", email=sandbox.person("taeho").slack_email)
    joining.ask(runtime, same, link_of(runtime, taeho))
    for _ in range(2):
        work(runtime)
    assert not exists(runtime, taeho)
    assert sandbox.dms("taeho") == []


def test_a_deactivated_person_is_not_joined(runtime: Runtime, taeho: str, me: str) -> None:
    token = link_of(runtime, taeho)
    with transaction(runtime.sessions) as session:
        session.execute(update(User).where(User.id == taeho).values(active=False))
        assert joining.look(session, me, token).error == "deactivated"


@pytest.mark.parametrize("leaves", ["taeho", "me"])
def test_a_link_ends_with_either_of_the_two(
    runtime: Runtime, taeho: str, me: str, slack_id: str, leaves: str
) -> None:
    joining.ask(runtime, me, link_of(runtime, taeho))
    gone = {"taeho": taeho, "me": me}[leaves]
    people.delete_person(runtime, gone, Actor(gone))
    presses(runtime, slack_id, yes=True)
    work(runtime)
    assert exists(runtime, {"taeho": me, "me": taeho}[leaves])


def test_a_link_taken_while_its_person_is_being_deleted_joins_nobody(
    runtime: Runtime, taeho: str, me: str, slack_id: str
) -> None:
    joining.ask(runtime, me, link_of(runtime, taeho))
    presses(runtime, slack_id, yes=True)
    with ThreadPoolExecutor(2) as pool:
        leaving = pool.submit(people.delete_person, runtime, taeho, Actor(taeho))
        pool.submit(work, runtime).result()
        leaving.exception()
    work(runtime)
    assert not exists(runtime, taeho)
    assert exists(runtime, me)


def test_the_same_address_at_both_sides_needs_no_question(
    runtime: Runtime, sandbox: Sandbox, taeho: str, slack_id: str
) -> None:
    me = by_google(runtime, "ty", email=sandbox.person("taeho").slack_email)
    token = link_of(runtime, taeho)
    joining.ask(runtime, me, token)
    assert state_of(runtime, me, token) == "confirmed"
    work(runtime)
    assert state_of(runtime, me, token) == "own"
    assert not any(buttons.JOIN_YES in str(message.blocks) for message in sandbox.dms("taeho"))


def test_where_slack_says_nothing_of_the_address_the_question_is_needed(
    runtime: Runtime, sandbox: Sandbox, taeho: str
) -> None:
    sandbox.fault(op="users.info", status=500, times=1)
    me = by_google(runtime, "ty", email=sandbox.person("taeho").slack_email)
    token = link_of(runtime, taeho)
    joining.ask(runtime, me, token)
    assert state_of(runtime, me, token) == "asked"


def test_a_sign_in_by_slack_itself_needs_no_question(
    runtime: Runtime, taeho: str, me: str, slack_id: str
) -> None:
    issuer = runtime.settings.slack_oidc_metadata_url.removesuffix("/.well-known/openid-configuration")
    with transaction(runtime.sessions) as session:
        session.add(UserIdentity(issuer=issuer, subject=slack_id, user_id=me))
    token = link_of(runtime, taeho)
    joining.ask(runtime, me, token)
    assert state_of(runtime, me, token) == "confirmed"


def test_who_signs_in_with_the_address_of_a_dm_is_that_person_at_once(
    runtime: Runtime, sandbox: Sandbox, taeho: str, slack_id: str
) -> None:
    me = by_google(runtime, "ty", email=sandbox.person("taeho").slack_email)
    work(runtime)
    assert settled(runtime, me).slack_user_id == slack_id
    assert not exists(runtime, taeho)


def test_who_signs_in_by_themselves_is_never_joined_without_asking(
    runtime: Runtime, sandbox: Sandbox, taeho: str
) -> None:
    with transaction(runtime.sessions) as session:
        session.add(UserIdentity(issuer="https://elsewhere.example", subject="t", user_id=taeho))
    me = by_google(runtime, "ty", email=sandbox.person("taeho").slack_email)
    assert slack_account.find(runtime, me) is None
    assert exists(runtime, taeho)


def test_a_link_that_is_followed_before_anything_is_found_out_goes_on_by_itself(
    runtime: Runtime, sandbox: Sandbox, taeho: str
) -> None:
    """The page asks while the job is joining them anyway: either way they are one."""
    me = by_google(runtime, "ty", email=sandbox.person("taeho").slack_email)
    token = link_of(runtime, taeho)
    with ThreadPoolExecutor(2) as pool:
        working = pool.submit(work, runtime)
        joining.ask(runtime, me, token)
        working.result()
    work(runtime)
    assert state_of(runtime, me, token) == "own"
    assert not exists(runtime, taeho)


def test_everything_in_the_question_is_shown_literally(
    runtime: Runtime, sandbox: Sandbox, taeho: str, me: str
) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(
            update(User).where(User.id == me).values(display_name="<!channel> *you* <http://x|y>")
        )
    joining.ask(runtime, me, link_of(runtime, taeho))
    work(runtime)
    asked = str(last_dm(sandbox, "taeho"))
    assert "<!channel>" not in asked
    assert "<http" not in asked


def test_old_links_are_forgotten(runtime: Runtime, taeho: str) -> None:
    link_of(runtime, taeho)
    retention.forget_old(runtime.sessions, runtime.settings)
    with transaction(runtime.sessions) as session:
        session.execute(update(SlackLink).values(expires_at=func.now() - slack_link.REMEMBERED - HOUR))
        link = session.scalars(select(SlackLink)).one()
    assert link.status == "issued"
    retention.forget_old(runtime.sessions, runtime.settings)
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(SlackLink)).all() == []


def test_a_link_that_waits_to_be_carried_out_is_swept_up(
    runtime: Runtime, taeho: str, me: str, slack_id: str
) -> None:
    joining.ask(runtime, me, link_of(runtime, taeho))
    change_link(runtime, status="confirmed")
    with transaction(runtime.sessions) as session:
        jobs.sweep(session)
    work(runtime)
    assert settled(runtime, me).slack_user_id == slack_id
