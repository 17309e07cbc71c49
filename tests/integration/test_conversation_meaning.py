"""Messages related by meaning: in the background, one's own, as the model is now, gone with the message."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text, update

from sandbox.model.routes import REFUSED
from sandbox.model.talks import KEY
from services import jobs
from services.access import Actor
from services.conversations import embedding, forgetting, log, meaning
from services.conversations.embedding import EmbeddingUnavailable
from services.conversations.reading import own_messages
from services.db.engine import transaction
from services.db.models import ConversationMessage
from services.errors import Forbidden
from services.people import delete_person
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive

SAID = ("견적서 보내 주세요", "한빛테크 견적서 보냈습니다", "점심 뭐 먹지", "lunch at noon?")


def with_model(runtime: Runtime, sandbox: Sandbox, **settings: object) -> Runtime:
    """The same runtime with an embedding model configured."""
    known = {
        "embedding_url": f"{sandbox.world.base_url}/v1",
        "embedding_model": "pairs",
        "embedding_api_key": runtime.settings.llm_api_key.__class__(KEY),
    }
    return replace(runtime, settings=runtime.settings.model_copy(update={**known, **settings}))


@pytest.fixture
def modelled(runtime: Runtime, sandbox: Sandbox) -> Runtime:
    return with_model(runtime, sandbox)


@pytest.fixture
def seoyeon(runtime: Runtime, sandbox: Sandbox) -> str:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    say(runtime, user_id, *SAID)
    return user_id


def say(runtime: Runtime, user_id: str, *said: str, first: int = 1) -> None:
    with transaction(runtime.sessions) as session:
        for number, words in enumerate(said, first):
            log.add(
                session,
                user_id=user_id,
                channel=f"D{user_id}",
                ts=f"{number}.1",
                role="user",
                kind="request",
                text=words,
            )


def id_of(runtime: Runtime, user_id: str, words: str) -> int:
    with transaction(runtime.sessions) as session:
        (found,) = [one.id for one in own_messages(session, Actor(user_id), user_id) if one.text == words]
        return found


def related(runtime: Runtime, user_id: str, words: str) -> list[str]:
    found = meaning.related(runtime, Actor(user_id), user_id, id_of(runtime, user_id, words))
    return [message.text for message in found.messages] if found else []


def vectors(runtime: Runtime) -> int:
    with transaction(runtime.sessions) as session:
        return int(session.scalar(text("SELECT count(*) FROM conversation_vectors")) or 0)


def has_table(runtime: Runtime) -> bool:
    with transaction(runtime.sessions) as session:
        return session.scalar(text("SELECT to_regclass('conversation_vectors')")) is not None


def test_without_a_model_nothing_is_made(runtime: Runtime, seoyeon: str) -> None:
    with transaction(runtime.sessions) as session:
        meaning.take_up(session, runtime.settings)
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
    assert meaning.run(runtime) == 0
    assert not has_table(runtime)
    assert related(runtime, seoyeon, SAID[0]) == []


def test_what_is_close_is_found_once_a_worker_has_been_there(modelled: Runtime, seoyeon: str) -> None:
    assert related(modelled, seoyeon, SAID[0]) == []
    with transaction(modelled.sessions) as session:
        meaning.take_up(session, modelled.settings)
        meaning.take_up(session, modelled.settings)
    asyncio.run(jobs.run_worker(modelled, wait=False))
    assert vectors(modelled) == len(SAID)
    assert related(modelled, seoyeon, SAID[0])[0] == SAID[1]
    found = meaning.related(modelled, Actor(seoyeon), seoyeon, id_of(modelled, seoyeon, SAID[0]))
    assert found is not None
    assert (found.model, found.dimensions) == ("pairs", 64)


def test_nobody_sees_anothers(modelled: Runtime, seoyeon: str, sandbox: Sandbox) -> None:
    minjun = arrive(modelled, sandbox.person("minjun"))
    say(modelled, minjun, "견적서 보내 주세요!", "minjun's own")
    meaning.run(modelled)
    assert set(related(modelled, seoyeon, SAID[0])) <= set(SAID)
    hers = id_of(modelled, seoyeon, SAID[0])
    assert meaning.related(modelled, Actor(minjun), minjun, hers) is None
    for stranger in (Actor(minjun), Actor(minjun, is_admin=True)):
        with pytest.raises(Forbidden):
            meaning.related(modelled, stranger, seoyeon, hers)


def test_an_edit_and_another_model_make_vectors_anew(
    modelled: Runtime, seoyeon: str, sandbox: Sandbox
) -> None:
    assert meaning.run(modelled) == len(SAID)
    assert meaning.run(modelled) == 0
    with transaction(modelled.sessions) as session:
        log.edited(session, channel=f"D{seoyeon}", ts="4.1", text="견적서 언제 보내요?", edited_ts="9.1")
    assert meaning.run(modelled) == 1
    assert "견적서 언제 보내요?" in related(modelled, seoyeon, SAID[0])[:2]
    other = with_model(modelled, sandbox, embedding_model="another", embedding_dimensions=8)
    assert related(other, seoyeon, SAID[0]) == []
    assert meaning.run(other) == len(SAID)
    found = meaning.related(other, Actor(seoyeon), seoyeon, id_of(other, seoyeon, SAID[0]))
    assert found is not None
    assert (found.model, found.dimensions) == ("another", 8)
    assert vectors(other) == len(SAID)


def test_vectors_are_deleted_with_their_messages(modelled: Runtime, seoyeon: str) -> None:
    meaning.run(modelled)
    with transaction(modelled.sessions) as session:
        forgetting.delete_message(session, Actor(seoyeon), seoyeon, _any_id(session))
    assert vectors(modelled) == len(SAID) - 1
    delete_person(modelled, seoyeon, Actor(seoyeon))
    assert vectors(modelled) == 0


def _any_id(session: object) -> int:
    found = session.execute(text("SELECT min(id) FROM conversation_log"))  # type: ignore[attr-defined]
    return int(found.scalar_one())


def test_a_text_that_is_never_taken_holds_up_no_other(modelled: Runtime, seoyeon: str) -> None:
    say(modelled, seoyeon, f"x {REFUSED}", first=50)
    assert meaning.run(modelled) == len(SAID) + 1
    assert vectors(modelled) == len(SAID)
    assert meaning.run(modelled) == 0


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "{base}/nowhere"])
def test_a_model_that_is_away_is_asked_again_later(
    modelled: Runtime, seoyeon: str, sandbox: Sandbox, url: str
) -> None:
    away = with_model(modelled, sandbox, embedding_url=url.format(base=sandbox.world.base_url))
    with pytest.raises(EmbeddingUnavailable):
        meaning.run(away)
    with transaction(away.sessions) as session:
        meaning.take_up(session, away.settings)
    asyncio.run(jobs.run_worker(away, wait=False))
    assert meaning.run(modelled) == len(SAID)


def test_a_message_edited_while_the_model_thinks_keeps_no_old_vector(
    modelled: Runtime, seoyeon: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = embedding.embed

    def slow(settings: object, texts: object) -> object:
        answer = made(settings, texts)  # type: ignore[arg-type]
        with transaction(modelled.sessions) as session:
            session.execute(
                update(ConversationMessage).values(edited_ts="5.1").where(ConversationMessage.ts == "1.1")
            )
            session.execute(text("DELETE FROM conversation_log WHERE ts = '2.1'"))
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(meaning, "embed", slow)
        patched.setattr(meaning, "SECONDS", 0.001)
        meaning.run(modelled)
    assert vectors(modelled) == len(SAID) - 2
    assert meaning.run(modelled) == 1
