"""What is wrong with a token and what mends it, in sentences for an admin."""

from __future__ import annotations

from collections.abc import Iterable

from services.errors import PortalError
from services.i18n import N_, Translator
from services.tokens.overview import TokenRow

REASONS = {
    "revoked_or_expired": N_(
        "Google no longer accepts the grant: access was removed, the password changed, or it went unused for "
        "too long. Send the reconnect link."
    ),
    "invalid_rapt": N_(
        "The Workspace asks people to sign in again after a time. Send the reconnect link; to end this for "
        "good, the Workspace admin marks this app as trusted."
    ),
    "client_changed": N_(
        "Google does not know the OAuth client of this grant: its id or secret was changed or deleted. Check "
        "the Google settings, then send the reconnect link."
    ),
    "missing_scope": N_("A permission was not granted: {missing}. Send the reconnect link."),
    "admin_policy": N_(
        "The Workspace's policy does not allow this app. Its admin must allow it; then send the reconnect "
        "link."
    ),
    "no_refresh_token": N_("Google gave no refresh token. Send the reconnect link."),
    "undecryptable": N_(
        "The stored token cannot be decrypted: its key is missing in TOKEN_ENCRYPTION_KEYS. Put the key "
        "back, or send the reconnect link."
    ),
    "not_connected": N_("Gmail was never connected, or was disconnected. Send the link."),
    "failing": N_("Google could not be reached lately. It is tried again by itself."),
    "expiring_soon": N_(
        "The grant ends soon, as it does after seven days while the Google app is in testing. Send the "
        "reconnect link before it ends."
    ),
    "refresh_due": N_("The access token has run out. It is renewed by itself before it is used."),
    "healthy": N_("Works: Google accepted it the last time it was used."),
}
OTHERWISE = N_("Google refuses it: {reason}. Send the reconnect link.")

REFUSALS = {
    "refresh_busy": N_("Somebody else is refreshing it right now. Look again in a minute."),
    "refresh_failed": N_("Google could not be reached, so it was not refreshed. Try again in a minute."),
}


def reason_in_words(row: TokenRow, required: Iterable[str], t: Translator) -> str:
    """Why a token stands as it does, and what to do about it."""
    code = (row.reason or "revoked_or_expired") if row.status == "reconnect_required" else row.status
    return _sentence(code, [scope for scope in required if scope not in row.scopes], t)


def refusal_in_words(exc: PortalError, row: TokenRow, required: Iterable[str], t: Translator) -> str:
    """Why refreshing at once did not work."""
    if exc.code in REFUSALS:
        return t.gettext(REFUSALS[exc.code])
    return _sentence(exc.code, [scope for scope in required if scope not in row.scopes], t)


def _sentence(code: str, missing: Iterable[str], t: Translator) -> str:
    named = ", ".join(scope_name(scope) for scope in missing) or "?"
    return t.gettext(REASONS.get(code, OTHERWISE), missing=named, reason=code)


def scope_name(scope: str) -> str:
    """`gmail.readonly` of Google's long name for it."""
    return scope.removeprefix("https://www.googleapis.com/auth/")
