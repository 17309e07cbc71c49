"""A message as an e-mail from its person to themselves: sent once, with the permission `gmail.send`.

Gmail takes no key that would keep a repeated call from sending twice. So one whose outcome is unclear is
looked for among the person's sent mail before it is sent again.
"""

from __future__ import annotations

import time

from google.oauth2.credentials import Credentials

from services.briefing.letter import KEY_HEADER, letter
from services.db.engine import transaction
from services.db.models import OutboundMessage, User
from services.delivery import attempts, fallback
from services.errors import MailAmbiguous, NotConnected, SourceRefused, SourceUnavailable
from services.runtime import Runtime
from services.sources.gmail import outgoing
from services.sources.gmail.quota import meter_of
from services.tokens.refresh import credentials_for
from services.tokens.store import account_of

KIND = fallback.KIND


def carry(runtime: Runtime, message: OutboundMessage) -> str:
    """Carry a claimed e-mail a step further and return its status."""
    root, meter = runtime.settings.gmail_api_url, meter_of(runtime, message.user_id)
    try:
        credentials = credentials_for(runtime, message.user_id)
        if message.attempted_at is not None:
            key, since = message.dedupe_key, message.created_at
            if outgoing.find(credentials, KEY_HEADER, key, root=root, since=since, meter=meter):
                return _sent(runtime, message)
            message.attempted_at = None  # it is not among what was sent
        meter.take(outgoing.SEND_UNITS)
    except (NotConnected, SourceRefused) as exc:
        return attempts.fail(runtime, message, exc.code)
    except SourceUnavailable as exc:
        return attempts.wait(runtime, message, exc)
    return _send(runtime, message, credentials)


def _send(runtime: Runtime, message: OutboundMessage, credentials: Credentials) -> str:
    raw = _letter(runtime, message)
    if not attempts.note_attempt(runtime, message, _place(message)):
        return attempts.wait(runtime, message, SourceUnavailable("too late to send", code="too_late"))
    try:
        outgoing.send(credentials, raw, root=runtime.settings.gmail_api_url, seconds=runtime.slack.timeout)
    except SourceRefused as exc:
        return _refused(runtime, message, exc, credentials)
    except MailAmbiguous as exc:
        return attempts.leave_open(runtime, message, exc.code)
    except SourceUnavailable as exc:
        return attempts.wait(runtime, message, exc)
    return _sent(runtime, message)


def _refused(runtime: Runtime, message: OutboundMessage, exc: SourceRefused, credentials: Credentials) -> str:
    """Given up, unless it was only the access token: that is replaced, and the mail sent with the next."""
    if exc.code != "unauthorized" or message.attempts:
        return attempts.fail(runtime, message, exc.code)
    try:
        credentials_for(runtime, message.user_id, rejected=credentials.token)
    except NotConnected as broken:
        return attempts.fail(runtime, message, broken.code)
    except SourceUnavailable as passing:
        return attempts.wait(runtime, message, passing)
    return attempts.wait(runtime, message, SourceUnavailable("a new access token", retry_after=1))


def _sent(runtime: Runtime, message: OutboundMessage) -> str:
    return attempts.sent(runtime, message, _place(message), f"{time.time():.6f}")


def _place(message: OutboundMessage) -> str:
    """Where it stands in the conversation log: beside the DM, which has another name."""
    return f"email:{message.user_id}"


def _letter(runtime: Runtime, message: OutboundMessage) -> bytes:
    with transaction(runtime.sessions) as session:
        user = session.get_one(User, message.user_id)
        to = account_of(session, message.user_id) or user.email or ""
    return letter(
        message.content,
        to=to,
        key=message.dedupe_key,
        locale=user.locale,
        portal_url=runtime.settings.portal_url,
    )
