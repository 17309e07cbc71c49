"""One call to Google on somebody's behalf, with a token that works."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from google.oauth2.credentials import Credentials

from services.errors import SourceRefused
from services.runtime import Runtime
from services.tokens import health
from services.tokens.refresh import credentials_for

Answer = TypeVar("Answer")


def ask_google(
    runtime: Runtime, user_id: str, ask: Callable[[Credentials], Answer], *, purpose: str = "mail"
) -> Answer:
    """What `ask` gets; a token that Google has just refused is replaced once.

    Raises NotConnected with the reason, SourceUnavailable, SourceRefused.
    """
    credentials = credentials_for(runtime, user_id)
    try:
        answer = ask(credentials)
    except SourceRefused as exc:
        if exc.code != "unauthorized":
            raise
        answer = ask(credentials_for(runtime, user_id, rejected=credentials.token))
    health.mark_used(runtime.sessions, user_id, purpose=purpose)
    return answer
