"""Mailboxes as Google has them: searches that mean what they say, quota, scopes, faults, people apart."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from google.oauth2.credentials import Credentials

from services.briefing.model import Mark
from services.briefing.rank import Reader, rank_mails
from services.errors import SourceError, SourceRefused, SourceUnavailable
from services.sources.gmail.client import get_profile
from services.sources.gmail.fetch import fetch_mail
from services.sources.gmail.search import search_mail
from services.sources.records import MailBatch
from tests.integration.google_client import EMAIL, METADATA, READ, REDIRECT, Client, code_in, running

SEOYEON, EMMA = "seoyeon@mail.example", "emma@mail.example"


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Client]:
    with running() as client:
        yield client


@pytest.fixture
def sandbox(running_sandbox: Client) -> Client:
    """A sandbox as at its start, with nothing in the mailboxes that these tests look at."""
    running_sandbox.control("POST", "/reset")
    for key in ("seoyeon", "emma"):
        running_sandbox.control("DELETE", f"/people/{key}/mail")
    return running_sandbox


def receive(
    sandbox: Client,
    key: str = "seoyeon",
    *,
    subject: str,
    labels: str = "Inbox,Unread",
    to: str = SEOYEON,
    sender: str = "lee@example.com",
    age: timedelta = timedelta(hours=1),
    message_id: str = "",
    reply_to: str = "",
) -> None:
    mail = EmailMessage()
    if message_id:
        mail["Message-ID"] = message_id
    if reply_to:
        mail["In-Reply-To"] = mail["References"] = reply_to
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = format_datetime(sandbox.world.now() - age)
    mail["X-Gmail-Labels"] = labels
    mail.set_content(f"본문: {subject}")
    path = f"{sandbox.base}/_control/people/{key}/mail"
    answer = sandbox.http.post(path, content=mail.as_bytes(), headers={"content-type": "message/rfc822"})
    assert answer.json()["added"] == 1, answer.text


def token(sandbox: Client, key: str = "seoyeon", scopes: Sequence[str] = (READ,)) -> Credentials:
    asked = {
        "client_id": sandbox.client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": " ".join(scopes),
        "state": "s",
    }
    url = f"{sandbox.base}/o/oauth2/v2/auth?{urlencode(asked)}"
    code = code_in(sandbox.control("POST", "/consent", url=url, person=key)["location"])
    answer = sandbox.token_call(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    return Credentials(token=answer.json()["access_token"])  # type: ignore[no-untyped-call]


def fetch(
    sandbox: Client,
    credentials: Credentials,
    owner: str = SEOYEON,
    *,
    since: timedelta = timedelta(days=1),
    now: datetime | None = None,
    seen: frozenset[str] = frozenset(),
) -> MailBatch:
    moment = now or sandbox.world.now()
    return fetch_mail(
        credentials,
        root=sandbox.base,
        owner=owner,
        since=moment - since,
        now=moment,
        seen_ids=seen,
        sleep=lambda seconds: None,
    )


def subjects(batch: MailBatch) -> list[str]:
    return [mail.subject for mail in batch.mails]


def test_important_mail_to_me_comes_before_marked_before_personal_before_the_rest(sandbox: Client) -> None:
    hours = (timedelta(hours=n) for n in range(1, 20))
    receive(sandbox, subject="newsletter", labels="Inbox,Category Promotions", age=next(hours))
    receive(sandbox, subject="to a list", to="team@example.com", age=next(hours))
    receive(sandbox, subject="to me", age=next(hours))
    receive(sandbox, subject="starred", labels="Inbox,Starred", to="team@example.com", age=next(hours))
    receive(sandbox, subject="important to me", labels="Inbox,Important", age=next(hours))
    receive(sandbox, subject="archived", labels="Important", age=next(hours))
    receive(sandbox, subject="my own", sender=SEOYEON, labels="Inbox,Important,Sent", age=next(hours))
    receive(sandbox, subject="old", labels="Inbox,Important", age=timedelta(days=2))
    batch = fetch(sandbox, token(sandbox))
    assert subjects(batch) == ["important to me", "starred", "to me", "newsletter", "to a list"]
    assert (len(batch.new_ids), len(batch.candidate_ids)) == (5, 3)


def test_a_full_inbox_costs_200_units_and_two_round_trips(sandbox: Client) -> None:
    for n in range(30):
        receive(sandbox, subject=f"mail {n}", labels="Inbox,Important" if n % 2 else "Inbox")
    credentials = token(sandbox)
    sandbox.control("DELETE", "/requests")
    batch = fetch(sandbox, credentials)
    counted = sandbox.control("GET", "/counters")
    requests = sandbox.control(
        "GET",
        "/requests",
    )["requests"]
    assert (len(batch.mails), len(batch.new_ids)) == (9, 30)
    assert counted["units"] == {"seoyeon": 200}
    assert batch.units == 200
    assert len([r for r in requests if not r["inner"] and r["path"] == "/batch"]) == 2
    assert len([r for r in requests if not r["inner"] and r["person"] == "seoyeon"]) == 2


@pytest.mark.parametrize(("wrote_again", "awaits"), [(False, False), (True, True)])
def test_what_was_answered_awaits_no_reply_until_the_other_writes_again(
    sandbox: Client, wrote_again: bool, awaits: bool
) -> None:
    asked, replied = "<asked@example.com>", "<replied@example.com>"
    hours = (timedelta(hours=n) for n in (3, 2, 1))
    receive(sandbox, subject="Lunch on Friday?", age=next(hours), message_id=asked)
    own = {"sender": SEOYEON, "to": "lee@example.com", "labels": "Sent"}
    receive(
        sandbox, subject="Re: Lunch on Friday?", age=next(hours), message_id=replied, reply_to=asked, **own
    )
    if wrote_again:
        receive(sandbox, subject="Lunch on Friday, at noon?", age=next(hours), reply_to=replied)
    batch = fetch(sandbox, token(sandbox))
    reader = Reader(frozenset({SEOYEON}))
    for item in rank_mails(batch.mails, reader, batch.settled_threads).items[:1]:
        assert (Mark.AWAITING in item.marks) is awaits
    (unsettled,) = rank_mails(batch.mails[:1], reader).items
    assert Mark.AWAITING in unsettled.marks


def test_a_second_look_leaves_out_what_the_first_has_seen(sandbox: Client) -> None:
    for n in range(12):
        receive(sandbox, subject=f"mail {n}")
    credentials = token(sandbox)
    first = fetch(sandbox, credentials)
    second = fetch(sandbox, credentials, seen=frozenset(first.new_ids[:11]))
    assert len(first.new_ids) == 12
    assert second.new_ids == first.new_ids[11:]
    assert len(second.mails) == 1


def test_more_than_500_are_counted_as_more(sandbox: Client) -> None:
    day = format_datetime(sandbox.world.now() - timedelta(hours=1))
    mbox = "".join(
        f"From x@example.com Sat Nov 21 00:00:00 2026\nFrom: x@example.com\nTo: {SEOYEON}\nSubject: {n}\n"
        f"Date: {day}\nMessage-ID: <{n}@example.com>\nX-Gmail-Labels: Inbox\n\nbody\n\n"
        for n in range(520)
    )
    path = f"{sandbox.base}/_control/people/seoyeon/mail"
    sandbox.http.post(path, content=mbox.encode(), headers={"content-type": "application/mbox"})
    batch = fetch(sandbox, token(sandbox))
    assert (len(batch.new_ids), batch.more_than_counted) == (500, True)


@pytest.mark.parametrize("skew", [-300, 300])
def test_clocks_that_differ_by_five_minutes_change_nothing(sandbox: Client, skew: int) -> None:
    """The token's life is Google's to judge; ours may say that it has expired."""
    sandbox.control("POST", "/clock", skew_seconds=skew)
    receive(sandbox, subject="fresh", age=timedelta(seconds=1))
    batch = fetch(sandbox, token(sandbox), now=sandbox.world.now() - timedelta(seconds=skew))
    assert subjects(batch) == ["fresh"]


def test_people_never_see_each_others_mail(sandbox: Client) -> None:
    for n in range(12):
        receive(sandbox, subject=f"서연 {n}")
        receive(sandbox, "emma", subject=f"Emma {n}", to=EMMA)
    seen: dict[str, set[str]] = {}

    def look(key: str, owner: str) -> None:
        credentials = token(sandbox, key)
        batches = [fetch(sandbox, credentials, owner) for _ in range(10)]
        seen[key] = {subject.split()[0] for batch in batches for subject in subjects(batch)}

    people = (("seoyeon", SEOYEON), ("emma", EMMA))
    threads = [threading.Thread(target=look, args=person) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"seoyeon": {"서연"}, "emma": {"Emma"}}


def test_the_profile_proves_that_a_token_works_and_whose_it_is(sandbox: Client) -> None:
    assert get_profile(token(sandbox, "emma"), root=sandbox.base) == EMMA


def test_a_search_reads_what_gmail_finds(sandbox: Client) -> None:
    receive(sandbox, subject="견적 문의", age=timedelta(days=40))
    receive(sandbox, subject="다른 이야기")
    found = search_mail(token(sandbox), root=sandbox.base, owner=SEOYEON, query="subject:견적", limit=5)
    assert [mail.subject for mail in found.mails] == ["견적 문의"]


def refused(sandbox: Client, credentials: Credentials) -> SourceError:
    with pytest.raises(SourceError) as caught:
        fetch(sandbox, credentials)
    assert str(credentials.token) not in str(caught.value)
    return caught.value


def test_an_expired_token_is_unauthorized_and_not_tried_again(sandbox: Client) -> None:
    credentials = token(sandbox)
    sandbox.control("POST", "/people/seoyeon/expire")
    sandbox.control("DELETE", "/requests")
    error = refused(sandbox, credentials)
    assert (type(error), error.code) == (SourceRefused, "unauthorized")
    assert sandbox.control("GET", "/counters")["operations"].get("google.token", 0) == 0


def test_a_revoked_grant_is_unauthorized(sandbox: Client) -> None:
    credentials = token(sandbox)
    sandbox.control("POST", "/people/seoyeon/revoke")
    assert refused(sandbox, credentials).code == "unauthorized"


@pytest.mark.parametrize("scopes", [("openid", EMAIL), ("openid", EMAIL, METADATA)])
def test_a_consent_without_reading_mail_is_a_missing_scope(sandbox: Client, scopes: tuple[str, ...]) -> None:
    error = refused(sandbox, token(sandbox, scopes=scopes))
    assert (type(error), error.code) == (SourceRefused, "missing_scope")


def test_quota_enforced_by_google_is_a_rate_limit_with_its_wait(sandbox: Client) -> None:
    receive(sandbox, subject="mail")
    credentials = token(sandbox)
    sandbox.control("POST", "/quota", per_minute=10)
    error = refused(sandbox, credentials)
    assert isinstance(error, SourceUnavailable)
    assert error.code == "rate_limited"
    assert error.retry_after is not None
    assert 1 <= error.retry_after <= 60


WHOLE_FAULTS: list[tuple[dict[str, Any], type[SourceError], str]] = [
    ({"status": 401}, SourceRefused, "unauthorized"),
    ({"status": 403, "reason": "insufficientPermissions"}, SourceRefused, "missing_scope"),
    ({"status": 403, "reason": "rateLimitExceeded"}, SourceUnavailable, "rate_limited"),
    ({"status": 403, "reason": "accessNotConfigured"}, SourceRefused, "accessNotConfigured"),
    ({"status": 429, "retry_after": 7}, SourceUnavailable, "rate_limited"),
    ({"status": 500}, SourceUnavailable, "unavailable"),
    ({"status": 503}, SourceUnavailable, "unavailable"),
    ({"body": "<html><body>Sign in</body></html>"}, SourceUnavailable, "unavailable"),
    ({"body": ""}, SourceUnavailable, "unavailable"),
    ({"drop": "before"}, SourceUnavailable, "unavailable"),
    ({"drop": "after"}, SourceUnavailable, "unavailable"),
]


@pytest.mark.parametrize(("fault", "kind", "code"), WHOLE_FAULTS)
def test_faults_of_a_whole_round_trip(
    sandbox: Client, fault: dict[str, Any], kind: type[SourceError], code: str
) -> None:
    credentials = token(sandbox)
    sandbox.control("POST", "/faults", path="/batch", **fault)
    error = refused(sandbox, credentials)
    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_connection_dropped_once_costs_nothing(sandbox: Client, drop: str) -> None:
    receive(sandbox, subject="mail")
    credentials = token(sandbox)
    sandbox.control("POST", "/faults", path="/batch", drop=drop, times=1)
    assert subjects(fetch(sandbox, credentials)) == ["mail"]


INNER_FAULTS: list[tuple[dict[str, Any], int, int]] = [
    ({"status": 429, "times": 1}, 3, 0),
    ({"status": 429, "retry_after": 3, "times": 2}, 3, 0),
    ({"status": 403, "reason": "userRateLimitExceeded", "times": 1}, 3, 0),
    ({"status": 500, "times": 3}, 3, 0),
    ({"drop": "after", "times": 1}, 3, 0),
    ({"body": "<html></html>", "times": 1}, 3, 0),
    ({"status": 404, "times": 1}, 2, 0),
    ({"status": 403, "times": 1}, 2, 1),
    ({"status": 500}, 0, 3),
    ({"status": 429, "retry_after": 3600}, 0, 3),
]


@pytest.mark.parametrize(("fault", "read", "failed"), INNER_FAULTS)
def test_faults_of_single_messages(sandbox: Client, fault: dict[str, Any], read: int, failed: int) -> None:
    for n in range(3):
        receive(sandbox, subject=f"mail {n}")
    credentials = token(sandbox)
    sandbox.control("POST", "/faults", op="gmail.users.messages.get", inner=True, **fault)
    batch = fetch(sandbox, credentials)
    assert (len(batch.mails), len(batch.failed_ids)) == (read, failed)
    assert len(batch.new_ids) == read + failed


@pytest.mark.parametrize("size", [40, 400])
def test_a_batch_cut_short_is_asked_for_the_rest(sandbox: Client, size: int) -> None:
    """Cut before its first part and in the middle of one."""
    receive(sandbox, subject="mail")
    credentials = token(sandbox)
    sandbox.control("POST", "/faults", path="/batch", truncate=size, times=1)
    assert subjects(fetch(sandbox, credentials)) == ["mail"]
