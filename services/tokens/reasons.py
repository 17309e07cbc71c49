"""Why a connection stands as it does: what happened, what probably caused it, and what mends it.

The one place for these sentences: pages, messages and the digest all read them here, each for whom it
speaks to. The codes are the token's reasons where it must be connected again, else its status.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.i18n import N_, Translator
from services.tokens.scopes import scope_name


@dataclass(frozen=True, slots=True)
class Reason:
    """Message ids: a few words for a table, then sentences; the cure for its owner and for the admin."""

    short: str
    happened: str
    cause: str
    for_person: str
    for_admin: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A reason in the reader's language, as plain text; `cause` and `cure` are empty where all is well."""

    short: str
    happened: str
    cause: str
    cure: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.happened, self.cause, self.cure)))


_RECONNECT = N_("Connect again; it takes a minute.")
_SEND = N_("Send the reconnect link.")
_ENDED = N_("Google no longer accepts the connection to this mailbox.")
_ENDS = N_("Google ends this connection soon.")
_TESTING = N_(
    "The Google app of this portal is still in testing, and Google ends every connection to such an app "
    "after seven days."
)
_PUBLISH = N_(
    "Send the reconnect link. To end this for good, publish the app in the Google Cloud console: Google Auth "
    "Platform, Audience, “Publish app”."
)

REASONS = {
    "revoked_or_expired": Reason(
        N_("Access removed or expired"),
        _ENDED,
        N_(
            "The access was removed in the Google account, the password was changed, or nobody used it for "
            "six months."
        ),
        _RECONNECT,
        _SEND,
    ),
    "invalid_rapt": Reason(
        N_("Workspace wants a new sign-in"),
        N_("Google wants a new sign-in before the portal may read anything."),
        N_("The Google Workspace asks everybody to sign in again after a set time."),
        N_(
            "Connect again. If this comes back every day, show it to your Workspace admin: in the Admin "
            "console, under Security and Google Cloud session control, trusted apps can be exempted."
        ),
        N_(
            "Send the reconnect link. To end this for good, the Workspace admin exempts trusted apps in the "
            "Admin console, under Security and Google Cloud session control, and marks this app as trusted."
        ),
    ),
    "client_changed": Reason(
        N_("OAuth client changed"),
        N_("Google does not know the registration that this connection was made with."),
        N_("The portal's OAuth client, its id or its secret, was changed or deleted at Google."),
        N_("Please tell the team's admin. Once they have looked at it, connect again."),
        N_(
            "Compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with the Google Cloud console, then send the "
            "reconnect link."
        ),
    ),
    "missing_scope": Reason(
        N_("Not granted: {missing}"),
        N_("A permission that the briefing needs was not granted: {missing}."),
        N_("Its box was left unticked at Google, or it was taken back in the Google account."),
        N_("Connect again and leave all boxes ticked."),
        N_("Send the reconnect link, and say that all boxes must stay ticked."),
    ),
    "admin_policy": Reason(
        N_("Blocked by Workspace policy"),
        N_("The Google Workspace does not let this app in."),
        N_("Its admins let in only the apps they have approved, or have turned this service off."),
        N_("Ask your Workspace admin to allow this app; then connect again."),
        N_(
            "Ask the Workspace admin to allow the app in the Admin console, under Security, API controls and "
            "App access control; then send the reconnect link."
        ),
    ),
    "no_refresh_token": Reason(
        N_("No refresh token"),
        N_("The connection was good for an hour only and has ended."),
        N_("Google gave no refresh token, or the token was imported without one."),
        _RECONNECT,
        _SEND,
    ),
    "undecryptable": Reason(
        N_("Cannot be decrypted"),
        N_("The stored connection cannot be opened."),
        N_("The portal's encryption key was changed or lost."),
        N_("Connect again, or ask the team's admin whether the key comes back."),
        N_(
            "Put the key back into TOKEN_ENCRYPTION_KEYS, and it works again by itself. Where the key is "
            "lost, send the reconnect link."
        ),
    ),
    "not_connected": Reason(
        N_("No connection"),
        N_("Gmail is not connected."),
        N_("It never was, or it was disconnected."),
        N_("Connect once, and it is part of every briefing."),
        N_("Send the link."),
    ),
    "failing": Reason(
        N_("Google out of reach"),
        N_("Google could not be reached the last time, or did not answer as it should."),
        N_("As a rule that is a passing trouble at Google, or of the network between."),
        N_("There is nothing you need to do: it is tried again by itself."),
        N_("It is tried again by itself. If it lasts for hours, look at the network of this server."),
    ),
    "expiring_soon": Reason(
        N_("Grant ends soon"),
        _ENDS,
        N_("The access was given for a limited time, or nobody has used it for almost six months."),
        N_("Connect again before then, and no briefing will lack your mail."),
        N_("Send the reconnect link before then."),
    ),
    "refresh_due": Reason(
        N_("Renewed by itself"),
        N_("The access token has run out."),
        N_("Each one lasts an hour."),
        N_("It is renewed by itself before it is used."),
        N_("It is renewed by itself before it is used."),
    ),
    "healthy": Reason(N_("Works"), N_("Works: Google accepted it the last time it was used."), "", "", ""),
}

# The same ends where the app is in testing.
TESTING = {
    "revoked_or_expired": Reason(
        N_("Seven days of testing are over"),
        _ENDED,
        _TESTING,
        N_(
            "Connect again. It comes back every seven days until the team's admin publishes the app at "
            "Google."
        ),
        _PUBLISH,
    ),
    "expiring_soon": Reason(
        N_("Seven days of testing end"),
        _ENDS,
        _TESTING,
        N_(
            "Connect again before then. It comes back every seven days until the team's admin publishes the "
            "app at Google."
        ),
        _PUBLISH,
    ),
}

OTHERWISE = Reason(
    N_("Refused: {reason}"),
    N_("Google refuses it: {reason}."),
    N_("The reason is not one that is known here."),
    _RECONNECT,
    _SEND,
)


def code_of(status: str, reason: str | None) -> str:
    """What to explain of a token: its reason where only connecting again helps, else its status."""
    return (reason or "revoked_or_expired") if status == "reconnect_required" else status


def explain(
    code: str, t: Translator, *, for_admin: bool, testing: bool = False, missing: Iterable[str] = ()
) -> Explained:
    """The sentences for a code. `testing`: the grant had seven days only; `missing`: scopes not granted."""
    found = (TESTING.get(code) if testing else None) or REASONS.get(code, OTHERWISE)
    values = {"reason": code, "missing": ", ".join(map(scope_name, missing)) or "?"}
    cure = found.for_admin if for_admin else found.for_person
    return Explained(
        *(
            t.gettext(text, **values) if text else ""
            for text in (found.short, found.happened, found.cause, cure)
        )
    )
