"""Gmail's methods: what each answers for the person whose token it is."""

from __future__ import annotations

import base64
import binascii
from typing import Any, cast, get_args

from sandbox.google.api import Call, Handler, json_answer
from sandbox.google.errors import Answer, ApiError, forbidden, invalid_argument, not_found
from sandbox.google.mime import Format, attachment_bytes
from sandbox.google.rendering import rendered
from sandbox.google.search import compile_query
from sandbox.google.search_terms import Context
from sandbox.google.sending import deliver
from sandbox.mailboxes import FIRST_HISTORY_ID, SYSTEM_LABELS, Mailbox, Message

METADATA_SCOPE = "https://www.googleapis.com/auth/gmail.metadata"
LIST_DEFAULT, LIST_LIMIT = 100, 500
_HIDDEN = frozenset({"SPAM", "TRASH"})


def mailbox_of(call: Call) -> Mailbox:
    """The mailbox that `userId` names, which must be the token's own."""
    user = call.path["userId"]
    if user not in ("me", call.person.google_email):
        raise forbidden(f"Delegation denied for {call.person.google_email}")
    return call.google.mailbox(call.person)


def get_profile(call: Call) -> Answer:
    mailbox = mailbox_of(call)
    messages = mailbox.newest_first()
    return json_answer(
        {
            "emailAddress": mailbox.owner,
            "messagesTotal": len(messages),
            "threadsTotal": len({message.thread_id for message in messages}),
            "historyId": str(mailbox.history_id),
        }
    )


def list_labels(call: Call) -> Answer:
    mailbox = mailbox_of(call)
    return json_answer({"labels": [_label(mailbox, key) for key in (*SYSTEM_LABELS, *mailbox.user_labels)]})


def get_label(call: Call) -> Answer:
    mailbox, label = mailbox_of(call), call.path["id"]
    if label not in SYSTEM_LABELS and label not in mailbox.user_labels:
        raise not_found()
    with_label = [message for message in mailbox.newest_first() if label in message.labels]
    unread = [message for message in with_label if "UNREAD" in message.labels]
    counts = {
        "messagesTotal": len(with_label),
        "messagesUnread": len(unread),
        "threadsTotal": len({message.thread_id for message in with_label}),
        "threadsUnread": len({message.thread_id for message in unread}),
    }
    return json_answer(_label(mailbox, label) | counts)


def _label(mailbox: Mailbox, label: str) -> dict[str, Any]:
    name = mailbox.user_labels.get(label)
    return {"id": label, "name": name or label, "type": "user" if name else "system"}


def list_messages(call: Call) -> Answer:
    found = _matching(call)
    page, token = _page(call, found)
    content: dict[str, Any] = {"resultSizeEstimate": len(found)}
    if page:
        content["messages"] = [{"id": message.id, "threadId": message.thread_id} for message in page]
    if token:
        content["nextPageToken"] = token
    return json_answer(content)


def list_threads(call: Call) -> Answer:
    newest = {message.thread_id: message for message in reversed(_matching(call))}
    threads = sorted(newest.values(), key=lambda message: message.internal_date, reverse=True)
    page, token = _page(call, threads)
    content: dict[str, Any] = {"resultSizeEstimate": len(threads)}
    if page:
        content["threads"] = [{"id": m.thread_id, "historyId": str(m.history_id)} for m in page]
    if token:
        content["nextPageToken"] = token
    return json_answer(content)


def _matching(call: Call) -> list[Message]:
    mailbox, q = mailbox_of(call), call.query.get("q", "")
    if q and _metadata_only(call):
        raise forbidden("Metadata scope does not support 'q' parameter")
    query = compile_query(q, Context(mailbox.owner, dict(mailbox.user_labels), call.google.world.now()))
    wanted = frozenset(call.query.getlist("labelIds"))
    everywhere = query.everywhere or wanted & _HIDDEN or call.query.get("includeSpamTrash") == "true"
    hidden = frozenset() if everywhere else _HIDDEN
    return [
        message
        for message in mailbox.newest_first()
        if wanted <= message.labels and not hidden & message.labels and query.matches(message)
    ]


def _page(call: Call, found: list[Message]) -> tuple[list[Message], str]:
    size = call.integer("maxResults", LIST_DEFAULT, LIST_LIMIT) or LIST_DEFAULT
    token = call.query.get("pageToken", "")
    if token and not (token.isascii() and token.isdigit() and len(token) < 19):
        raise invalid_argument("Invalid pageToken")
    start = int(token or 0)
    end = start + size
    return found[start:end], str(end) if end < len(found) else ""


def _metadata_only(call: Call) -> bool:
    """Whether nothing but the metadata scope permits this call."""
    return call.operation.scopes & call.scopes == {METADATA_SCOPE}


def _format(call: Call) -> Format:
    fmt = call.query.get("format", "full").lower()
    if fmt not in get_args(Format):
        raise invalid_argument(f"Invalid value for format: {fmt}")
    if _metadata_only(call) and fmt in ("full", "raw"):
        raise forbidden(f"Metadata scope doesn't allow format {fmt.upper()}")
    return cast("Format", fmt)


def get_message(call: Call) -> Answer:
    message = _message(call, "id")
    headers = tuple(call.query.getlist("metadataHeaders"))
    return Answer(200, rendered(message, _format(call), headers))


def _message(call: Call, name: str) -> Message:
    message_id = call.path[name]
    message = mailbox_of(call).get(message_id)
    if message is None:
        try:
            int(message_id, 16)
        except ValueError as exc:
            raise invalid_argument("Invalid id value") from exc
        raise not_found()
    return message


def get_attachment(call: Call) -> Answer:
    message = _message(call, "messageId")
    try:
        data = attachment_bytes(message.read(), call.path["id"])
    except KeyError as exc:
        raise invalid_argument("Invalid attachment token") from exc
    return json_answer({"size": len(data), "data": base64.urlsafe_b64encode(data).decode("ascii")})


def get_thread(call: Call) -> Answer:
    messages = mailbox_of(call).thread(call.path["id"])
    if not messages:
        raise not_found()
    fmt, headers = _format(call), tuple(call.query.getlist("metadataHeaders"))
    parts = b",".join(rendered(message, fmt, headers) for message in messages)
    history_id = max(message.history_id for message in messages)
    head = f'{{"id": "{messages[0].thread_id}", "historyId": "{history_id}", "messages": ['
    return Answer(200, head.encode("ascii") + parts + b"]}")


def send_message(call: Call) -> Answer:
    mailbox_of(call)
    content = call.json()
    try:
        raw = base64.urlsafe_b64decode(str(content["raw"]))
    except (KeyError, binascii.Error, ValueError) as exc:
        raise invalid_argument("'raw' RFC822 payload message string or uploading message required") from exc
    sent = deliver(call.google, call.person, raw, str(content.get("threadId", "")))
    return json_answer({"id": sent.id, "threadId": sent.thread_id, "labelIds": sorted(sent.labels)})


def list_history(call: Call) -> Answer:
    mailbox = mailbox_of(call)
    start = call.integer("startHistoryId", 0, 10**18)
    if start < FIRST_HISTORY_ID:
        raise ApiError(404, "notFound", "Requested entity was not found.", status="NOT_FOUND")
    added = mailbox.added_since(start)
    content: dict[str, Any] = {"historyId": str(mailbox.history_id)}
    if added:
        content["history"] = [_history(message) for message in added]
    return json_answer(content)


def _history(message: Message) -> dict[str, Any]:
    short = {"id": message.id, "threadId": message.thread_id}
    added = {"message": short | {"labelIds": sorted(message.labels)}}
    return {"id": str(message.history_id), "messages": [short], "messagesAdded": [added]}


HANDLERS: dict[str, Handler] = {
    "gmail.users.getProfile": get_profile,
    "gmail.users.labels.list": list_labels,
    "gmail.users.labels.get": get_label,
    "gmail.users.messages.list": list_messages,
    "gmail.users.messages.get": get_message,
    "gmail.users.messages.attachments.get": get_attachment,
    "gmail.users.messages.send": send_message,
    "gmail.users.threads.list": list_threads,
    "gmail.users.threads.get": get_thread,
    "gmail.users.history.list": list_history,
}
