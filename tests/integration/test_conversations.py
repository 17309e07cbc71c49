"""The conversation log: kept once as it is in Slack, found by what it says, forgotten for good."""

from __future__ import annotations

import csv
import io
import json
import threading
import unicodedata
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text, update

from services.access import Actor
from services.conversations import aging, export, forgetting, log
from services.conversations.reading import (
    MOST,
    Place,
    Said,
    Wanted,
    days,
    own_messages,
)
from services.db.engine import transaction
from services.db.models import ConversationAmendment, ConversationMessage, JsonList, OutboundMessage, User
from services.errors import Forbidden, PreferenceRefused
from services.people import delete_person
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive


@pytest.fixture
def seoyeon(runtime: Runtime, sandbox: Sandbox) -> str:
    return arrive(runtime, sandbox.person("seoyeon"))


@pytest.fixture
def minjun(runtime: Runtime, sandbox: Sandbox) -> str:
    return arrive(runtime, sandbox.person("minjun"))


def say(
    runtime: Runtime,
    user_id: str,
    ts: str,
    words: str,
    *,
    role: str = "user",
    kind: str = "request",
    blocks: JsonList | None = None,
) -> bool:
    with transaction(runtime.sessions) as session:
        return log.add(
            session,
            user_id=user_id,
            channel=f"D{user_id}",
            ts=ts,
            role=role,
            kind=kind,
            text=words,
            blocks=blocks,
        )


def edit(runtime: Runtime, user_id: str, ts: str, words: str, edited_ts: str | None = None) -> bool:
    with transaction(runtime.sessions) as session:
        return log.edited(session, channel=f"D{user_id}", ts=ts, text=words, edited_ts=edited_ts)


def delete(runtime: Runtime, user_id: str, ts: str) -> bool:
    with transaction(runtime.sessions) as session:
        return log.deleted(session, channel=f"D{user_id}", ts=ts)


def read(
    runtime: Runtime, user_id: str, looked_for: str = "", *, before: Place | None = None, **more: object
) -> list[Said]:
    limit = int(str(more.pop("limit", 50)))
    with transaction(runtime.sessions) as session:
        wanted = Wanted(looked_for, **more)  # type: ignore[arg-type]
        return own_messages(session, Actor(user_id), user_id, wanted, before=before, limit=limit)


def texts(runtime: Runtime, user_id: str, looked_for: str = "", **more: object) -> list[str]:
    return [message.text for message in read(runtime, user_id, looked_for, **more)]  # type: ignore[arg-type]


def ago(**length: float) -> str:
    return f"{(datetime.now(UTC) - timedelta(**length)).timestamp():.6f}"


def count(runtime: Runtime, model: type) -> int:
    with transaction(runtime.sessions) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_message_is_kept_once_however_often_it_comes(runtime: Runtime, seoyeon: str) -> None:
    assert [say(runtime, seoyeon, "1.1", "hello") for _ in range(3)] == [True, False, False]
    assert texts(runtime, seoyeon) == ["hello"]


@pytest.mark.parametrize(
    ("order", "left"),
    [
        ("add edit1 edit2", ["second"]),
        ("add edit2 edit1", ["second"]),
        ("edit1 add edit2", ["second"]),
        ("edit2 edit1 add", ["second"]),
        ("edit2 add edit1 add", ["second"]),
        ("add edit0", ["unfurled"]),
        ("add edit2 edit0", ["second"]),
        ("edit0 add", ["unfurled"]),
        ("add delete", []),
        ("delete add", []),
        ("delete edit2 add", []),
        ("edit2 delete add edit1", []),
        ("add delete edit1 delete add", []),
    ],
)
def test_edits_and_deletions_in_whatever_order(
    runtime: Runtime, seoyeon: str, order: str, left: list[str]
) -> None:
    steps = {
        "add": lambda: say(runtime, seoyeon, "1.1", "first"),
        "edit0": lambda: edit(runtime, seoyeon, "1.1", "unfurled"),
        "edit1": lambda: edit(runtime, seoyeon, "1.1", "older", "2.1"),
        "edit2": lambda: edit(runtime, seoyeon, "1.1", "second", "3.1"),
        "delete": lambda: delete(runtime, seoyeon, "1.1"),
    }
    for step in order.split():
        steps[step]()
    assert texts(runtime, seoyeon) == left
    assert texts(runtime, seoyeon, left[0] if left else "first") == left
    if not left:
        with transaction(runtime.sessions) as session:
            (known,) = session.scalars(select(ConversationAmendment))
            assert (known.deleted, known.text, known.blocks) == (True, None, None)


def test_an_edit_under_way_when_its_message_arrives_is_not_lost(runtime: Runtime, seoyeon: str) -> None:
    """The message is stored and not committed; the edit comes in another transaction."""
    editing = threading.Thread(target=edit, args=(runtime, seoyeon, "1.1", "edited", "2.1"))
    with transaction(runtime.sessions) as session:
        log.add(
            session,
            user_id=seoyeon,
            channel=f"D{seoyeon}",
            ts="1.1",
            role="user",
            kind="request",
            text="first",
        )
        editing.start()
        editing.join(0.3)
        assert editing.is_alive()
    editing.join()
    assert texts(runtime, seoyeon) == ["edited"]
    assert read(runtime, seoyeon)[0].edited


@pytest.mark.parametrize("words", ["a\0b", "\ud83d", "x" * 200_000, "", "' ; --"])
def test_any_text_can_be_kept(runtime: Runtime, seoyeon: str, words: str) -> None:
    assert say(runtime, seoyeon, "1.1", words)
    edit(runtime, seoyeon, "1.1", words + "!", "2.1")
    assert len(read(runtime, seoyeon)) == 1


SAID = (
    "오늘 회의록을 보내 주세요",
    "견적서는 어디 있나요?",
    "100% 확실, a_b 그리고 C:\\temp",
    "Invoice for STRASSE",
    unicodedata.normalize("NFD", "분해된 한글"),
    "견적서 회의록 둘 다",
)


@pytest.mark.parametrize(
    ("looked_for", "found"),
    [
        ("회의록", [5, 0]),
        ("회의", [5, 0]),
        ("회", [5, 0]),
        ("견적서 회의록", [5]),
        ("회의록   견적서", [5]),
        ("의록", [5, 0]),
        ("invoice", [3]),
        ("straße", [3]),
        ("%", [2]),
        ("_", [2]),
        ("\\", [2]),
        ("0%", [2]),
        ("a_b", [2]),
        ("axb", []),
        ("\\temp", [2]),
        ("한글", [4]),
        (unicodedata.normalize("NFD", "한글"), [4]),
        ("어디 없나요", []),
        ("회 의", [5, 0]),
        ("   ", [5, 4, 3, 2, 1, 0]),
        ("\0", [5, 4, 3, 2, 1, 0]),
        ("꿩", []),
    ],
)
# How many are read one by one, hits of the index looked at, and read then: which way each search goes.
@pytest.mark.parametrize(
    "ways", [(600, 500, 6_000), (0, 500, 0), (0, 0, 6_000), (0, 0, 0)], ids=["newest", "few", "more", "index"]
)
def test_search_finds_what_is_said(
    runtime: Runtime,
    seoyeon: str,
    minjun: str,
    monkeypatch: pytest.MonkeyPatch,
    looked_for: str,
    found: list[int],
    ways: tuple[int, int, int],
) -> None:
    for name, number in zip(("READ_FIRST", "FEW", "READ_ON"), ways, strict=True):
        monkeypatch.setattr(f"services.conversations.reading.{name}", number)
    for number, words in enumerate(SAID):
        say(runtime, seoyeon, f"{number}.1", words)
        say(runtime, minjun, f"{number}.1", words)
    assert texts(runtime, seoyeon, looked_for) == [SAID[number] for number in found]


def test_what_is_shown_of_blocks_is_found_and_the_fallback_is_not(runtime: Runtime, seoyeon: str) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "<https://x.example|월간 *보고*>"}}]
    say(runtime, seoyeon, "1.1", "Your briefing", blocks=blocks)
    assert texts(runtime, seoyeon, "월간 보고") == ["Your briefing"]
    assert texts(runtime, seoyeon, "example") == []
    assert texts(runtime, seoyeon, "your") == []


def test_filters_go_together(runtime: Runtime, seoyeon: str) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("Asia/Seoul")).timestamp()
    for day in range(4):
        say(runtime, seoyeon, f"{noon + 86_400 * day}", f"question {day}")
        say(runtime, seoyeon, f"{noon + 86_400 * day + 60}", f"answer {day}", role="assistant", kind="reply")
    since, until = days(date(2026, 3, 3), date(2026, 3, 4), ZoneInfo("Asia/Seoul"))
    assert texts(runtime, seoyeon, since=since, until=until, role="user") == ["question 2", "question 1"]
    assert texts(runtime, seoyeon, "2", kinds=("reply", "briefing")) == ["answer 2"]
    assert texts(runtime, seoyeon, "2", since=until) == []
    assert days(None, date.max, ZoneInfo("Asia/Seoul")) == (None, None)


def test_pages_follow_one_another_whatever_is_deleted_meanwhile(runtime: Runtime, seoyeon: str) -> None:
    for ts in ("300.1", "100.1", "500.1", "200.1", "400.1"):
        say(runtime, seoyeon, ts, f"number {ts}")
    first = read(runtime, seoyeon, "number", limit=2)
    assert [one.ts for one in first] == ["500.1", "400.1"]
    delete(runtime, seoyeon, "400.1")
    second = read(runtime, seoyeon, "number", before=first[-1].place, limit=2)
    assert [one.ts for one in second] == ["300.1", "200.1"]


@pytest.mark.parametrize(("asked", "given"), [(0, 1), (-5, 1), (10_000, 3)])
def test_a_page_is_bounded(runtime: Runtime, seoyeon: str, asked: int, given: int) -> None:
    for number in range(3):
        say(runtime, seoyeon, f"{number}.1", "x")
    assert len(read(runtime, seoyeon, limit=asked)) == given
    assert MOST < 10_000


def test_the_index_answers_a_search(runtime: Runtime, seoyeon: str) -> None:
    """PostgreSQL asks the index and does not read the table, which would work out grams row by row."""
    with transaction(runtime.sessions) as session:
        session.execute(
            text(
                "INSERT INTO conversation_log (user_id, channel, ts, role, kind, text, searched, said_at)"
                " SELECT :me, 'D1', n::text, 'user', 'request', 'x', 'word ' || n, now()"
                " FROM generate_series(1, 3000) n"
            ),
            {"me": seoyeon},
        )
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE conversation_log"))
    with transaction(runtime.sessions) as session:
        plan = session.execute(
            text(
                "EXPLAIN SELECT id FROM conversation_log"
                " WHERE conversation_grams(user_id, searched) @> conversation_grams(:me, 'word 1234')"
            ),
            {"me": seoyeon},
        )
        seen = list(plan.scalars())
    assert any("ix_conversation_log_grams" in line for line in seen), seen
    assert texts(runtime, seoyeon, "1234") == ["x"]


def test_nobody_else_reads_deletes_or_exports(runtime: Runtime, seoyeon: str, minjun: str) -> None:
    say(runtime, seoyeon, "1.1", "a secret")
    (secret,) = read(runtime, seoyeon)
    for stranger in (Actor(minjun), Actor(minjun, is_admin=True)):
        with transaction(runtime.sessions) as session:
            for act in (own_messages, forgetting.delete_all, forgetting.kept_for):
                with pytest.raises(Forbidden):
                    act(session, stranger, seoyeon)
            with pytest.raises(Forbidden):
                forgetting.delete_message(session, stranger, seoyeon, secret.id)
            assert not forgetting.delete_message(session, stranger, minjun, secret.id)
        with pytest.raises(Forbidden):
            export.as_json(runtime, stranger, seoyeon)
    assert texts(runtime, seoyeon) == ["a secret"]


def test_a_message_deleted_here_does_not_come_back(runtime: Runtime, seoyeon: str) -> None:
    say(runtime, seoyeon, "1.1", "a secret")
    say(runtime, seoyeon, "2.1", "kept")
    secret = read(runtime, seoyeon, "secret")[0]
    with transaction(runtime.sessions) as session:
        assert forgetting.delete_message(session, Actor(seoyeon), seoyeon, secret.id)
        assert not forgetting.delete_message(session, Actor(seoyeon), seoyeon, secret.id)
    assert not say(runtime, seoyeon, "1.1", "a secret")
    assert texts(runtime, seoyeon) == ["kept"]


def test_after_deleting_everything_only_what_is_said_later_is_kept(runtime: Runtime, seoyeon: str) -> None:
    early, late = ago(hours=2), ago(hours=-1)
    say(runtime, seoyeon, early, "one")
    say(runtime, seoyeon, ago(hours=1), "two")
    with transaction(runtime.sessions) as session:
        assert forgetting.delete_all(session, Actor(seoyeon), seoyeon) == 2
    assert not say(runtime, seoyeon, early, "one")
    assert not say(runtime, seoyeon, ago(hours=3), "was never here")
    assert say(runtime, seoyeon, late, "new")
    with transaction(runtime.sessions) as session:  # Slack's clock is ahead of ours
        assert forgetting.delete_all(session, Actor(seoyeon), seoyeon) == 1
    assert not say(runtime, seoyeon, late, "new")
    assert texts(runtime, seoyeon) == []


def test_nothing_of_it_is_left_where_it_was_sent_from(runtime: Runtime, seoyeon: str) -> None:
    for number, status in ((1, "sent"), (2, "sent"), (3, "queued")):
        with transaction(runtime.sessions) as session:
            session.add(
                OutboundMessage(
                    id=f"m{number}",
                    dedupe_key=f"k{number}",
                    user_id=seoyeon,
                    kind="reply",
                    content={"text": f"secret {number}"},
                    status=status,
                    channel=f"D{seoyeon}",
                    slack_ts=f"{number}.1",
                    deadline_at=func.now(),
                )
            )
        say(runtime, seoyeon, f"{number}.1", f"secret {number}", role="assistant")

    def left() -> list[str]:
        with transaction(runtime.sessions) as session:
            found = session.scalars(select(OutboundMessage).order_by(OutboundMessage.id))
            return [str(message.content.get("text")) for message in found]

    delete(runtime, seoyeon, "1.1")
    assert left() == ["None", "secret 2", "secret 3"]
    with transaction(runtime.sessions) as session:
        forgetting.delete_all(session, Actor(seoyeon), seoyeon)
    assert left() == ["None", "None", "secret 3"]


def test_who_keeps_less_keeps_less(runtime: Runtime, seoyeon: str, minjun: str) -> None:
    for user_id in (seoyeon, minjun):
        say(runtime, user_id, ago(days=8), "old")
        say(runtime, user_id, ago(days=6), "new")
    actor = Actor(seoyeon)
    with transaction(runtime.sessions) as session:
        forgetting.keep_for(session, runtime.settings, actor, seoyeon, 7)
        assert forgetting.kept_for(session, actor, seoyeon) == 7
    assert texts(runtime, seoyeon) == ["new"]
    assert not say(runtime, seoyeon, ago(days=9), "from Slack's history")
    with transaction(runtime.sessions) as session:
        session.execute(
            update(ConversationMessage).values(said_at=ConversationMessage.said_at - timedelta(days=2))
        )
    aging.forget_old(runtime.sessions, runtime.settings)
    assert texts(runtime, seoyeon) == []
    assert texts(runtime, minjun) == ["new", "old"]
    with transaction(runtime.sessions) as session:
        forgetting.keep_for(session, runtime.settings, actor, seoyeon, None)
    assert say(runtime, seoyeon, ago(days=9), "again")


@pytest.mark.parametrize("chosen", [0, -1, 3, 10_000])
def test_only_what_is_offered_can_be_chosen(runtime: Runtime, seoyeon: str, chosen: int) -> None:
    with transaction(runtime.sessions) as session, pytest.raises(PreferenceRefused):
        forgetting.keep_for(session, runtime.settings, Actor(seoyeon), seoyeon, chosen)


def test_what_is_known_of_lost_messages_is_forgotten_too(runtime: Runtime, seoyeon: str) -> None:
    edit(runtime, seoyeon, "1.1", "its message never came", "2.1")
    delete(runtime, seoyeon, "3.1")
    with transaction(runtime.sessions) as session:
        session.execute(update(ConversationAmendment).values(at=func.now() - timedelta(days=2)))
    aging.forget_old(runtime.sessions, runtime.settings)
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(ConversationAmendment.ts)).all() == ["3.1"]
        session.execute(update(ConversationAmendment).values(at=func.now() - timedelta(days=400)))
    aging.forget_old(runtime.sessions, runtime.settings)
    assert count(runtime, ConversationAmendment) == 0


def test_who_leaves_takes_the_conversation_along(runtime: Runtime, seoyeon: str) -> None:
    say(runtime, seoyeon, "1.1", "a secret")
    delete_person(runtime, seoyeon, Actor(seoyeon))
    assert count(runtime, ConversationMessage) == 0
    assert count(runtime, User) == 0


def test_an_export_is_what_was_said_oldest_first_without_formulas(runtime: Runtime, seoyeon: str) -> None:
    say(runtime, seoyeon, "1.1", "=HYPERLINK(1)")
    say(runtime, seoyeon, "2.1", "*bold* &amp; plain", role="assistant", kind="reply")
    say(runtime, seoyeon, "3.1", "another day")
    actor = Actor(seoyeon)
    rows = list(
        csv.DictReader(io.StringIO(export.as_csv(runtime, actor, seoyeon).decode("utf-8-sig"), newline=""))
    )
    assert [row["text"] for row in rows] == ["'=HYPERLINK(1)", "bold & plain", "another day"]
    assert rows[1]["said_at"].startswith("1970-01-01T00:00:02")
    (found,) = json.loads(export.as_json(runtime, actor, seoyeon, Wanted("bold")))
    assert (found["text"], found["role"], found["kind"]) == ("bold & plain", "assistant", "reply")


def test_an_export_of_many_has_each_once(runtime: Runtime, seoyeon: str) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(
            text(
                "INSERT INTO conversation_log (user_id, channel, ts, role, kind, text, said_at)"
                " SELECT :me, 'D1', n::text, 'user', 'request', 'm' || n, now() FROM generate_series(1, :n) n"
            ),
            {"me": seoyeon, "n": 2 * MOST},
        )
    lines = json.loads(export.as_json(runtime, Actor(seoyeon), seoyeon))
    assert [line["text"] for line in lines] == [f"m{n}" for n in range(1, 2 * MOST + 1)]
