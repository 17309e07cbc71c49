"""Who it is that writes: registered by the first message, recognised by every other one."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from services.db.engine import transaction
from services.db.models import ConversationMessage, User, UserIdentity
from services.people import NewPerson, register, slack_person
from services.runtime import Runtime
from tests.integration.assistant_talk import Talk, count, hurry, work
from tests.integration.journeys import Sandbox, arrive


def signed_in(runtime: Runtime, email: str, *, active: bool = True, subject: str = "1") -> str:
    """Somebody whose provider vouches for the address, and who has no Slack account yet."""
    new = NewPerson(display_name="Signed in", email=email, locale="en", timezone="Europe/London")
    with transaction(runtime.sessions) as session:
        user = register(session, new, runtime.settings, now=datetime.now(UTC))
        user.active = active
        session.add(UserIdentity(issuer="https://idp.example", subject=subject, user_id=user.id, email=email))
        return user.id


@pytest.mark.parametrize(
    ("key", "language", "zone", "hello"),
    [
        ("jiwoo", "ko", "Asia/Seoul", "안녕하세요, 이지우님!"),
        ("oliver", "en", "America/Los_Angeles", "Hello, Oliver Grant!"),
    ],
)
def test_the_first_message_registers_and_is_answered(
    runtime: Runtime, sandbox: Sandbox, key: str, language: str, zone: str, hello: str
) -> None:
    talk = Talk(runtime, sandbox, key)
    said = talk.ask("하이" if language == "ko" else "hi")
    person = talk.person
    assert hello in said
    assert (person.locale, person.timezone, person.slack_channel) == (language, zone, talk.channel)
    assert (person.display_name, person.role) == (sandbox.person(key).name, "member")
    assert talk.log == [("user", "request"), ("assistant", "reply")]


def test_a_language_of_nobody_here_is_the_default_one(runtime: Runtime, sandbox: Sandbox) -> None:
    sandbox.control("/people", {"key": "yuki", "name": "Yuki", "slack_user_id": "U0YUKI0000"})
    sandbox.world.people["yuki"] = dataclasses.replace(sandbox.person("yuki"), timezone="Asia/Tokyo")
    talk = Talk(runtime, sandbox, "yuki")
    talk.ask("?")
    assert (talk.person.locale, talk.person.timezone) == ("ko", "Asia/Tokyo")


@pytest.mark.parametrize("active", [True, False])
def test_who_signed_in_with_the_address_that_slack_confirms_is_the_same_person(
    runtime: Runtime, sandbox: Sandbox, active: bool
) -> None:
    known = signed_in(runtime, sandbox.person("emma").slack_email, active=active)
    said = Talk(runtime, sandbox, "emma").ask("hello")
    assert Talk(runtime, sandbox, "emma").person.id == known
    assert ("turned off" in said) is not active
    assert count(runtime, User) == 1


def test_an_address_of_two_people_joins_none_of_them(runtime: Runtime, sandbox: Sandbox) -> None:
    address = sandbox.person("emma").slack_email
    two = {signed_in(runtime, address, subject=subject) for subject in ("1", "2")}
    talk = Talk(runtime, sandbox, "emma")
    talk.ask("hello")
    assert talk.person.id not in two


def test_an_address_of_somebody_who_is_on_slack_otherwise_joins_nobody(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    known = signed_in(runtime, sandbox.person("emma").slack_email)
    with transaction(runtime.sessions) as session:
        session.get_one(User, known).slack_user_id = "U0ANOTHER0"
    talk = Talk(runtime, sandbox, "emma")
    talk.ask("hello")
    assert talk.person.id != known


def test_an_address_that_only_the_person_gave_joins_nobody(runtime: Runtime, sandbox: Sandbox) -> None:
    new = NewPerson("Somebody", sandbox.person("emma").slack_email, "en", "Europe/London")
    with transaction(runtime.sessions) as session:
        other = register(session, new, runtime.settings, now=datetime.now(UTC)).id
    talk = Talk(runtime, sandbox, "emma")
    talk.ask("hello")
    assert talk.person.id != other


@pytest.mark.parametrize("set_", ["guests", "deactivated"])
def test_guests_and_accounts_that_ended_are_left_alone(runtime: Runtime, sandbox: Sandbox, set_: str) -> None:
    talk = Talk(runtime, sandbox, "emma")
    getattr(sandbox.slack, set_).add(talk.slack_user_id)
    talk.say("hello")
    work(runtime)
    assert (talk.messages(), talk.states(), count(runtime, User)) == ([], ["handled"], 0)
    assert count(runtime, ConversationMessage) == 0


def test_who_was_shut_out_hears_one_sentence_and_changes_nothing(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("jiwoo"))
    with transaction(runtime.sessions) as session:
        session.get_one(User, user_id).active = False
    said = Talk(runtime, sandbox, "jiwoo").ask("브리핑 꺼줘")
    assert "관리자에게 문의" in said
    assert "다음 브리핑" not in said


def test_slack_that_does_not_say_who_it_is_is_asked_again(runtime: Runtime, sandbox: Sandbox) -> None:
    talk = Talk(runtime, sandbox, "emma")
    sandbox.fault(op="users.info", status=503, times=1)
    talk.say("hello")
    work(runtime)
    assert talk.states() == ["received"]
    hurry(runtime)
    work(runtime)
    assert "Hello, Emma Clarke!" in talk.messages()[0].text


def test_two_workers_register_one_person(runtime: Runtime, sandbox: Sandbox) -> None:
    person = sandbox.person("emma")

    def meet(_: int) -> str | None:
        found = slack_person.recognise(runtime, person.slack_user_id, "D0EMMA00000", now=datetime.now(UTC))
        return found.id if found else None

    with ThreadPoolExecutor(8) as pool:
        met = set(pool.map(meet, range(8)))
    with transaction(runtime.sessions) as session:
        assert set(session.scalars(select(User.id))) == met


HOSTILE = "*<!channel>* <https://evil.example|a> @here\u202e :x:"


def test_a_name_is_shown_as_it_is_and_calls_nobody(runtime: Runtime, sandbox: Sandbox) -> None:
    sandbox.world.people["emma"] = dataclasses.replace(sandbox.person("emma"), name=HOSTILE)
    Talk(runtime, sandbox, "emma").ask("hello")
    said = str(Talk(runtime, sandbox, "emma").messages()[0].blocks)
    assert "<!channel>" not in said
    assert "<https://evil.example" not in said
    assert "&lt;!channel&gt;" in said
