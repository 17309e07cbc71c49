"""What is wrong with a token and what mends it, as the table of an admin shows it."""

from __future__ import annotations

from collections.abc import Iterable

from services.errors import PortalError
from services.i18n import N_, Translator
from services.tokens.overview import TokenRow
from services.tokens.reasons import Explained, code_of, explain
from services.tokens.scopes import missing_scopes

REFUSALS = {
    "refresh_busy": N_("Somebody else is refreshing it right now. Look again in a minute."),
    "refresh_failed": N_("Google could not be reached, so it was not refreshed. Try again in a minute."),
}


def reason_in_short(row: TokenRow, required: Iterable[str], t: Translator) -> str:
    """Why a token stands as it does, in a few words."""
    return explained(row, required, t).short


def explained(row: TokenRow, required: Iterable[str], t: Translator) -> Explained:
    """Why a token stands as it does, and what to do about it."""
    return _explained(code_of(row.status, row.reason), row, required, t)


def refusal_in_words(exc: PortalError, row: TokenRow, required: Iterable[str], t: Translator) -> str:
    """Why refreshing at once did not work."""
    if exc.code in REFUSALS:
        return t.gettext(REFUSALS[exc.code])
    return str(_explained(exc.code, row, required, t))


def can_be_refreshed(row: TokenRow) -> bool:
    """Whether asking Google again can help: not where only the person can mend it."""
    return row.status not in {"reconnect_required", "not_connected"} or row.reason == "undecryptable"


def _explained(code: str, row: TokenRow, required: Iterable[str], t: Translator) -> Explained:
    needed = tuple(required)
    missing = missing_scopes(row.scopes, needed) or needed  # Google may refuse what it had said it grants
    return explain(code, t, for_admin=True, testing=row.testing, missing=missing)
