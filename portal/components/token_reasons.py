"""What is wrong with a token and what mends it, in sentences for an admin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.errors import PortalError
from services.i18n import N_, Translator
from services.tokens.overview import TokenRow


@dataclass(frozen=True, slots=True)
class Reason:
    """Message ids: a few words for the table, and what happened with what to do about it."""

    short: str
    sentence: str


REASONS = {
    "revoked_or_expired": Reason(
        N_("Access removed or expired"),
        N_(
            "Google no longer accepts the grant: access was removed, the password changed, or it went unused "
            "for too long. Send the reconnect link."
        ),
    ),
    "invalid_rapt": Reason(
        N_("Workspace wants a new sign-in"),
        N_(
            "The Workspace asks people to sign in again after a time. Send the reconnect link; to end this "
            "for good, the Workspace admin marks this app as trusted."
        ),
    ),
    "client_changed": Reason(
        N_("OAuth client changed"),
        N_(
            "Google does not know the OAuth client of this grant: its id or secret was changed or deleted. "
            "Check the Google settings, then send the reconnect link."
        ),
    ),
    "missing_scope": Reason(
        N_("Not granted: {missing}"),
        N_("A permission was not granted: {missing}. Send the reconnect link."),
    ),
    "admin_policy": Reason(
        N_("Blocked by Workspace policy"),
        N_(
            "The Workspace's policy does not allow this app. Its admin must allow it; then send the "
            "reconnect link."
        ),
    ),
    "no_refresh_token": Reason(
        N_("No refresh token"), N_("Google gave no refresh token. Send the reconnect link.")
    ),
    "undecryptable": Reason(
        N_("Cannot be decrypted"),
        N_(
            "The stored token cannot be decrypted: its key is missing in TOKEN_ENCRYPTION_KEYS. Put the key "
            "back, or send the reconnect link."
        ),
    ),
    "not_connected": Reason(
        N_("No connection"), N_("Gmail was never connected, or was disconnected. Send the link.")
    ),
    "failing": Reason(
        N_("Google out of reach"), N_("Google could not be reached lately. It is tried again by itself.")
    ),
    "expiring_soon": Reason(
        N_("Grant ends soon"),
        N_(
            "The grant ends soon, as it does after seven days while the Google app is in testing. Send the "
            "reconnect link before it ends."
        ),
    ),
    "refresh_due": Reason(
        N_("Renewed by itself"),
        N_("The access token has run out. It is renewed by itself before it is used."),
    ),
    "healthy": Reason(N_("Works"), N_("Works: Google accepted it the last time it was used.")),
}
OTHERWISE = Reason(N_("Refused: {reason}"), N_("Google refuses it: {reason}. Send the reconnect link."))

REFUSALS = {
    "refresh_busy": N_("Somebody else is refreshing it right now. Look again in a minute."),
    "refresh_failed": N_("Google could not be reached, so it was not refreshed. Try again in a minute."),
}


def reason_in_short(row: TokenRow, required: Iterable[str], t: Translator) -> str:
    """Why a token stands as it does, in a few words."""
    code = _code(row)
    return t.gettext(REASONS.get(code, OTHERWISE).short, missing=_missing(row, required), reason=code)


def reason_in_words(row: TokenRow, required: Iterable[str], t: Translator) -> str:
    """Why a token stands as it does, and what to do about it."""
    return _sentence(_code(row), row, required, t)


def refusal_in_words(exc: PortalError, row: TokenRow, required: Iterable[str], t: Translator) -> str:
    """Why refreshing at once did not work."""
    if exc.code in REFUSALS:
        return t.gettext(REFUSALS[exc.code])
    return _sentence(exc.code, row, required, t)


def can_be_refreshed(row: TokenRow) -> bool:
    """Whether asking Google again can help: not where only the person can mend it."""
    return row.status not in {"reconnect_required", "not_connected"} or row.reason == "undecryptable"


def _code(row: TokenRow) -> str:
    return (row.reason or "revoked_or_expired") if row.status == "reconnect_required" else row.status


def _sentence(code: str, row: TokenRow, required: Iterable[str], t: Translator) -> str:
    return t.gettext(REASONS.get(code, OTHERWISE).sentence, missing=_missing(row, required), reason=code)


def _missing(row: TokenRow, required: Iterable[str]) -> str:
    return ", ".join(scope_name(scope) for scope in required if scope not in row.scopes) or "?"


def scope_name(scope: str) -> str:
    """`gmail.readonly` of Google's long name for it."""
    return scope.removeprefix("https://www.googleapis.com/auth/")
