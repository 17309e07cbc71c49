"""Google's error answers, as its client libraries read them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

USAGE_LIMITS = "usageLimits"
REALM = 'Bearer realm="https://accounts.google.com/"'


@dataclass(frozen=True, slots=True)
class Answer:
    """What an API call answers: `body` is JSON in bytes, `headers` without content type and length."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """A call that an API refuses. `status` is Google's canonical name, `reason` the older machine name."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        status: str = "",
        error: dict[str, str] | None = None,
        details: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.error = {"message": message, "domain": "global", "reason": reason, **(error or {})}
        self.details = details or []
        self.headers = headers or {}

    def answer(self) -> Answer:
        content: dict[str, Any] = {"code": self.code, "message": self.message, "errors": [self.error]}
        if self.status:
            content["status"] = self.status
        if self.details:
            content["details"] = self.details
        return Answer(self.code, json.dumps({"error": content}).encode(), self.headers)


def invalid_argument(message: str) -> ApiError:
    return ApiError(400, "invalidArgument", message, status="INVALID_ARGUMENT")


def unauthenticated(error: str = "invalid_token") -> ApiError:
    """The token is missing (`error` empty), unknown, expired or revoked."""
    return ApiError(
        401,
        "authError",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
        "other valid authentication credential. See "
        "https://developers.google.com/identity/sign-in/web/devconsole-project.",
        status="UNAUTHENTICATED",
        error={"message": "Invalid Credentials", "location": "Authorization", "locationType": "header"},
        headers={"WWW-Authenticate": f'{REALM}, error="{error}"' if error else REALM},
    )


def insufficient_scope(service: str, method: str, scopes: list[str]) -> ApiError:
    """The token is good, but nobody consented to any of `scopes`, each of which would permit `method`."""
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": service, "method": method},
    }
    return ApiError(
        403,
        "insufficientPermissions",
        "Request had insufficient authentication scopes.",
        status="PERMISSION_DENIED",
        error={"message": "Insufficient Permission"},
        details=[detail],
        headers={"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{" ".join(scopes)}"'},
    )


def forbidden(message: str) -> ApiError:
    return ApiError(403, "forbidden", message, status="PERMISSION_DENIED")


def not_found(message: str = "Requested entity was not found.") -> ApiError:
    return ApiError(404, "notFound", message, status="NOT_FOUND")


def not_offered(operation: str) -> ApiError:
    """Google has this method, the sandbox does not."""
    return ApiError(501, "notImplemented", f"The sandbox does not offer {operation}.", status="UNIMPLEMENTED")


def rate_limited(message: str, reason: str, retry_after: int) -> ApiError:
    return ApiError(
        429,
        reason,
        message,
        status="RESOURCE_EXHAUSTED",
        error={"domain": USAGE_LIMITS},
        headers={"Retry-After": str(retry_after)},
    )
