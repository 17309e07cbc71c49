"""Gmail as google-api-python-client sees it in the sandbox."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from googleapiclient.errors import HttpError

from sandbox.google.gmail import HANDLERS
from tests.integration.google_client import EMAIL, METADATA, READ, SEND, Client, running

RAW = (
    b"From: Ana Marsh <ana@harbor.example>\r\nTo: emma@mail.example\r\nSubject: Pier 7\r\n"
    b"Message-ID: <pier7@harbor.example>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0000\r\n\r\n"
    b"The crane is back.\r\n"
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Client]:
    with running() as client:
        yield client


@pytest.fixture
def client(sandbox: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("OAUTHLIB_RELAX_TOKEN_SCOPE", "1")
    sandbox.control("POST", "/reset")
    return sandbox


@pytest.fixture
def emma(client: Client) -> Any:
    """Emma's own Gmail, holding nothing but the mail about Pier 7."""
    client.control("DELETE", "/people/emma/mail")
    load(client, RAW)
    return client.api(client.connect("emma"))


def load(client: Client, raw: bytes, person: str = "emma", received_at: str = "") -> None:
    answer = client.http.post(
        f"{client.base}/_control/people/{person}/mail",
        content=raw,
        params={"received_at": received_at} if received_at else {},
    )
    assert answer.json()["added"] == 1, answer.text


def refusal(error: HttpError) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(error.content)["error"]
    return content


def test_a_list_pages_newest_first(client: Client, emma: Any) -> None:
    for hour in range(10, 17):
        load(
            client,
            RAW.replace(b"Pier 7", b"Pier %d" % hour),
            received_at=f"2026-11-20T{hour + 1}:00:00+00:00",
        )
    messages = emma.users().messages()
    seen: list[str] = []
    request = messages.list(userId="me", maxResults=3)
    while request is not None:
        answer = request.execute()
        assert answer["resultSizeEstimate"] == 8
        seen += [message["id"] for message in answer["messages"]]
        request = messages.list_next(request, answer)
    dates = [int(messages.get(userId="me", id=i, format="minimal").execute()["internalDate"]) for i in seen]
    assert len(seen) == 8
    assert dates == sorted(dates, reverse=True)


def test_an_empty_result_has_no_messages_key(emma: Any) -> None:
    answer = emma.users().messages().list(userId="me", q="subject:nothing").execute()
    assert answer == {"resultSizeEstimate": 0}


@pytest.mark.parametrize("fmt", ["full", "metadata", "minimal", "raw"])
def test_a_message_comes_in_every_format(emma: Any, fmt: str) -> None:
    found = emma.users().messages().list(userId="me").execute()["messages"][0]
    message = emma.users().messages().get(userId="me", id=found["id"], format=fmt).execute()
    assert message["id"] == found["id"]
    assert message["snippet"] == "The crane is back."
    assert ("payload" in message, "raw" in message) == (fmt in ("full", "metadata"), fmt == "raw")
    if fmt == "raw":
        assert base64.urlsafe_b64decode(message["raw"]) == RAW


def test_only_the_headers_asked_for_come(emma: Any) -> None:
    found = emma.users().messages().list(userId="me").execute()["messages"][0]
    message = (
        emma.users()
        .messages()
        .get(userId="me", id=found["id"], format="metadata", metadataHeaders=["Subject", "From"])
        .execute()
    )
    assert {h["name"] for h in message["payload"]["headers"]} == {"Subject", "From"}


def test_a_fields_mask_leaves_out_everything_else(emma: Any) -> None:
    found = emma.users().messages().list(userId="me", fields="messages(id),resultSizeEstimate").execute()
    assert set(found) == {"messages", "resultSizeEstimate"}
    assert set(found["messages"][0]) == {"id"}
    part = (
        emma.users().messages().get(userId="me", id=found["messages"][0]["id"], fields="payload/headers/name")
    )
    assert set(part.execute()["payload"]["headers"][0]) == {"name"}
    with pytest.raises(HttpError) as refused:
        emma.users().messages().list(userId="me", fields="messages(id").execute()
    assert refused.value.status_code == 400


def test_attachments_are_fetched_by_their_id(client: Client, emma: Any) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ana@harbor.example", "emma@mail.example", "Plan"
    mail.set_content("See the plan.")
    mail.add_attachment(b"%PDF-1.7 plan", maintype="application", subtype="pdf", filename="plan.pdf")
    load(client, mail.as_bytes())
    found = emma.users().messages().list(userId="me", q="has:attachment").execute()["messages"]
    assert len(found) == 1
    message = emma.users().messages().get(userId="me", id=found[0]["id"]).execute()
    (part,) = [p for p in message["payload"]["parts"] if p["filename"] == "plan.pdf"]
    attachments = emma.users().messages().attachments()
    wanted = {"userId": "me", "messageId": message["id"]}
    data = attachments.get(id=part["body"]["attachmentId"], **wanted).execute()
    assert base64.urlsafe_b64decode(data["data"]) == b"%PDF-1.7 plan"
    with pytest.raises(HttpError) as refused:
        attachments.get(id="nothing", **wanted).execute()
    assert refused.value.status_code == 400


def test_labels_count_what_carries_them(emma: Any) -> None:
    labels = {label["id"] for label in emma.users().labels().list(userId="me").execute()["labels"]}
    assert {"INBOX", "UNREAD", "IMPORTANT", "CATEGORY_PROMOTIONS"} <= labels
    inbox = emma.users().labels().get(userId="me", id="INBOX").execute()
    assert (inbox["messagesTotal"], inbox["messagesUnread"], inbox["threadsTotal"]) == (1, 1, 1)
    with pytest.raises(HttpError) as refused:
        emma.users().labels().get(userId="me", id="Label_99").execute()
    assert refused.value.status_code == 404


def test_spam_and_trash_are_left_out_unless_asked_for(client: Client, emma: Any) -> None:
    load(client, b"X-Gmail-Labels: Spam,Unread\r\n" + RAW)
    listed = emma.users().messages()
    assert len(listed.list(userId="me").execute()["messages"]) == 1
    assert len(listed.list(userId="me", includeSpamTrash=True).execute()["messages"]) == 2
    assert len(listed.list(userId="me", q="in:spam").execute()["messages"]) == 1
    assert len(listed.list(userId="me", q="in:anywhere").execute()["messages"]) == 2
    assert len(listed.list(userId="me", labelIds=["SPAM", "UNREAD"]).execute()["messages"]) == 1
    assert len(listed.list(userId="me", q="-in:trash").execute()["messages"]) == 1


def test_a_reply_joins_its_thread(client: Client, emma: Any) -> None:
    reply = RAW.replace(b"Message-ID: <pier7", b"In-Reply-To: <pier7@harbor.example>\r\nMessage-ID: <re")
    load(client, reply)
    (thread,) = emma.users().threads().list(userId="me").execute()["threads"]
    messages = emma.users().threads().get(userId="me", id=thread["id"]).execute()["messages"]
    assert len(messages) == 2
    assert {message["threadId"] for message in messages} == {thread["id"]}


def test_sent_mail_lies_in_sent_and_in_the_recipients_inboxes(client: Client) -> None:
    sender = client.api(client.connect("emma", ["openid", READ, SEND]))
    mail = EmailMessage()
    mail["To"], mail["Bcc"], mail["Subject"] = "daniel@mail.example", "priya@mail.example", "Release"
    mail.set_content("It is out.")
    raw = base64.urlsafe_b64encode(mail.as_bytes()).decode()
    sent = sender.users().messages().send(userId="me", body={"raw": raw}).execute()
    assert sent["labelIds"] == ["SENT"]
    for person in ("daniel", "priya"):
        recipient = client.api(client.connect(person))
        (found,) = (
            recipient.users().messages().list(userId="me", q="subject:release in:inbox").execute()["messages"]
        )
        got = recipient.users().messages().get(userId="me", id=found["id"]).execute()
        headers = {h["name"]: h["value"] for h in got["payload"]["headers"]}
        assert "emma@mail.example" in headers["From"]
        assert "Bcc" not in headers
        assert {"Message-ID", "Date"} <= headers.keys()
    again = sender.users().messages().send(userId="me", body={"raw": raw}).execute()
    assert again["id"] != sent["id"]


def test_mail_to_oneself_is_both_sent_and_received(client: Client) -> None:
    api = client.api(client.connect("emma", [READ, SEND]))
    raw = base64.urlsafe_b64encode(b"To: emma@mail.example\r\nSubject: Note\r\n\r\nmilk\r\n").decode()
    sent = api.users().messages().send(userId="me", body={"raw": raw}).execute()
    assert set(sent["labelIds"]) == {"SENT", "INBOX", "UNREAD"}


@pytest.mark.parametrize(
    "body", [{}, {"raw": "!"}, {"raw": base64.urlsafe_b64encode(b"Subject: x\n\n").decode()}]
)
def test_what_cannot_be_sent_is_refused(client: Client, body: dict[str, str]) -> None:
    api = client.api(client.connect("emma", [SEND]))
    with pytest.raises(HttpError) as refused:
        api.users().messages().send(userId="me", body=body).execute()
    assert refused.value.status_code == 400


def test_history_tells_what_arrived_since(client: Client, emma: Any) -> None:
    start = emma.users().getProfile(userId="me").execute()["historyId"]
    load(client, RAW.replace(b"Pier 7", b"Pier 8"))
    history = emma.users().history().list(userId="me", startHistoryId=start).execute()
    (added,) = history["history"][0]["messagesAdded"]
    assert {"INBOX", "UNREAD"} <= set(added["message"]["labelIds"])
    with pytest.raises(HttpError) as refused:
        emma.users().history().list(userId="me", startHistoryId="1").execute()
    assert refused.value.status_code == 404


def test_nobody_reads_another_persons_mail(client: Client) -> None:
    mine = client.connect("emma")
    theirs = client.api(client.connect("daniel")).users().messages().list(userId="me").execute()["messages"]
    for address in ("daniel@mail.example", "nobody@mail.example"):
        answer = client.get(f"/gmail/v1/users/{address}/messages", mine)
        assert answer.status_code == 403
        assert answer.json()["error"]["message"] == "Delegation denied for emma@mail.example"
    assert client.get(f"/gmail/v1/users/me/messages/{theirs[0]['id']}", mine).status_code == 404
    assert client.get("/gmail/v1/users/emma@mail.example/profile", mine).status_code == 200


@pytest.mark.parametrize("token", ["", "ya29.sandbox-invented", "1//sandbox"])
def test_without_a_good_token_everything_is_401(client: Client, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = client.http.get(f"{client.base}/gmail/v1/users/me/messages", headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["status"], error["errors"][0]["reason"]) == (
        401,
        "UNAUTHENTICATED",
        "authError",
    )
    assert answer.headers["www-authenticate"].startswith('Bearer realm="https://accounts.google.com/"')


def test_the_metadata_scope_reads_no_text_and_does_not_search(client: Client) -> None:
    api = client.api(client.connect("emma", ["openid", METADATA]))
    found = api.users().messages().list(userId="me", maxResults=1).execute()["messages"][0]
    assert api.users().messages().get(userId="me", id=found["id"], format="metadata").execute()["payload"]
    with pytest.raises(HttpError, match="Metadata scope does not support 'q' parameter"):
        api.users().messages().list(userId="me", q="from:ana").execute()
    with pytest.raises(HttpError, match="Metadata scope doesn't allow format FULL"):
        api.users().messages().get(userId="me", id=found["id"]).execute()


def test_each_method_needs_one_of_the_scopes_google_names_for_it(client: Client) -> None:
    sending = client.connect("emma", ["openid", EMAIL, SEND])
    api = client.api(sending)
    with pytest.raises(HttpError) as refused:
        api.users().messages().list(userId="me").execute()
    assert refused.value.status_code == 403
    assert refusal(refused.value)["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    raw = base64.urlsafe_b64encode(b"To: daniel@mail.example\n\nhi\n").decode()
    modify = client.api(client.connect("emma", ["https://www.googleapis.com/auth/gmail.modify"]))
    assert modify.users().messages().send(userId="me", body={"raw": raw}).execute()["id"]


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("/gmail/v1/users/me/messages/0123456789abcdef", 404, "notFound"),
        ("/gmail/v1/users/me/messages/no-hex", 400, "invalidArgument"),
        ("/gmail/v1/users/me/messages?maxResults=x", 400, "invalidArgument"),
        ("/gmail/v1/users/me/messages?pageToken=x", 400, "invalidArgument"),
        ("/gmail/v1/users/me/threads/0123456789abcdef", 404, "notFound"),
        ("/gmail/v1/nothing", 404, "notFound"),
        ("/gmail/v1/users/me/drafts", 501, "notImplemented"),
    ],
)
def test_mistakes_are_answered_in_googles_json(client: Client, path: str, status: int, reason: str) -> None:
    answer = client.get(path, client.connect("emma"))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["errors"][0]["reason"]) == (status, status, reason)


def test_a_batch_answers_each_part_for_itself(client: Client, emma: Any) -> None:
    found = emma.users().messages().list(userId="me").execute()["messages"][0]["id"]
    answers: dict[str, Any] = {}
    batch = emma.new_batch_http_request(
        callback=lambda i, answer, error: answers.update({i: error or answer})
    )
    batch.add(emma.users().messages().get(userId="me", id=found), request_id="good")
    batch.add(emma.users().messages().get(userId="me", id="0123456789abcdef"), request_id="gone")
    batch.add(emma.users().labels().list(userId="me"), request_id="라벨 +1")
    batch.execute()
    assert answers["good"]["id"] == found
    assert answers["gone"].status_code == 404
    assert answers["라벨 +1"]["labels"]


def test_a_batch_of_two_peoples_tokens_keeps_them_apart(client: Client) -> None:
    emma, daniel = client.connect("emma"), client.connect("daniel")
    head = "--b\nContent-Type: application/http\nContent-ID: <{0}>\n\n"
    part = head + "GET /gmail/v1/users/me/profile HTTP/1.1\n{1}\n\n"
    body = (
        part.format("one", "")
        + part.format("two", f"Authorization: Bearer {daniel['access_token']}\n")
        + "--b--\n"
    )
    headers = {
        "Authorization": f"Bearer {emma['access_token']}",
        "Content-Type": 'multipart/mixed; boundary="b"',
    }
    answer = client.http.post(f"{client.base}/batch/gmail/v1", content=body, headers=headers).text
    one, two = answer.split("response-two")
    assert "emma@mail.example" in one
    assert "daniel@mail.example" not in one
    assert "daniel@mail.example" in two


@pytest.mark.parametrize(
    ("content_type", "parts"),
    [("text/plain", 1), ("multipart/mixed", 0), ("multipart/mixed; boundary=b", 101)],
)
def test_a_batch_that_is_none_or_too_large_is_refused(client: Client, content_type: str, parts: int) -> None:
    part = "--b\r\nContent-Type: application/http\r\n\r\nGET /gmail/v1/users/me/profile HTTP/1.1\r\n\r\n"
    answer = client.http.post(
        f"{client.base}/batch", content=part * parts + "--b--", headers={"Content-Type": content_type}
    )
    assert answer.status_code == 400


def test_quota_units_are_counted_and_enforced_when_told_to(client: Client, emma: Any) -> None:
    client.control("DELETE", "/requests")
    found = emma.users().messages().list(userId="me").execute()["messages"][0]["id"]
    emma.users().messages().get(userId="me", id=found).execute()
    counted = client.control("GET", "/counters")
    assert counted["units"] == {"emma": 25}
    assert counted["operations"] == {"gmail.users.messages.list": 1, "gmail.users.messages.get": 1}
    client.control("POST", "/quota", per_minute=30)
    emma.users().messages().get(userId="me", id=found).execute()
    with pytest.raises(HttpError) as refused:
        emma.users().messages().get(userId="me", id=found).execute()
    assert (refused.value.status_code, refusal(refused.value)["errors"][0]["reason"]) == (
        429,
        "userRateLimitExceeded",
    )
    assert 0 < int(refused.value.resp["retry-after"]) <= 60


def test_every_method_offered_is_one_of_googles() -> None:
    from sandbox.google.discovery import operations

    assert HANDLERS.keys() <= {operation.id for operation in operations()}
