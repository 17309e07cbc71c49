"""Every error this product raises on purpose.

PortalError                     anything a page, route or job may catch
├── SettingsError               settings are missing or malformed; the message names each variable
├── DatabaseUnavailable         PostgreSQL cannot be reached (transient)
├── SchemaTooNew                a newer version migrated the database (services/db/migrate.py)
├── EncryptionError             a stored secret cannot be decrypted with any configured key
├── LeaseLost                   (services/assistant/from_slack/inbox.py) somebody else has taken an event over
├── Forbidden                   somebody may not do this to somebody else's data
├── SignInRefused               a sign-in does not let in; its code says why
├── PreferenceRefused           a setting cannot be that; `field` names it
├── JoinRefused                 (services/people/merging.py) two people are not joined
├── PersonRefused               (services/people/directory.py) this cannot be done to that person
├── ActionRefused               (services/tokens/actions.py) an admin's action makes no sense for somebody
├── UnknownRun                  (services/runs.py) no run has that id
├── UnknownAuthSession          (services/connect/timeline.py) no auth session has that id
├── AuthSessionRefused          (services/connect/admin_sessions.py) this cannot be done to it
├── ImportRefused               (services/tokens/importing/errors.py) an old token is not imported
├── ConnectError                an auth session could not be carried through; see `code`
├── NeedsConsent                a request needs a Google permission that is not there; `needs` names it
├── ModelUnavailable            (services/assistant/model.py) the language model gave no usable answer
├── EmbeddingUnavailable        (services/conversations/embedding.py) the model gave no vectors
│   └── EmbeddingRefused        it will never take this text
├── NotConnected                the person has no usable token; connecting again mends it
├── UnknownPerson               nobody is known by that name (services/people.py)
├── SourceError                 Gmail, Calendar or a feed did not answer as it should
│   ├── MailAmbiguous           a mail may have been sent: look before sending it again
│   ├── SourceUnavailable       transient: network, 429, 5xx, an answer that is not the API's
│   │   └── AnswerTooLarge      more than is read at once (services/sources/google_http.py)
│   └── SourceRefused           permanent until somebody acts: 401, 403, a missing scope
└── SlackError                  Slack did not take a call
    ├── SlackUnavailable        transient, and Slack certainly did not accept: 429, no connection
    │   └── NotYet              (services/delivery/pace.py) not asked: others are to call this method first
    ├── SlackAmbiguous          the request may have been accepted: look before posting again
    └── SlackRefused            permanent: `channel_not_found`, `user_not_found`, `invalid_blocks`, …

`permanent` says whether trying the same again can ever help. `code` is a stable machine name;
`str(error)` is one English sentence for logs, never with a token or mail text in it.
"""

from __future__ import annotations


class PortalError(Exception):
    """An error this product knows how to explain."""

    permanent = False
    code = "error"

    def __init__(self, message: str = "", *, code: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())
        if code is not None:
            self.code = code


class SettingsError(PortalError):
    """Settings are missing or malformed."""

    permanent = True
    code = "settings"


class DatabaseUnavailable(PortalError):
    """The database cannot be reached."""

    code = "database_unavailable"


class EncryptionError(PortalError):
    """A stored secret cannot be decrypted with the configured keys."""

    permanent = True
    code = "undecryptable"


class Forbidden(PortalError):
    """This is not allowed to this person."""

    permanent = True
    code = "forbidden"


class SignInRefused(PortalError):
    """This sign-in does not let in.

    `code`: email_unverified, domain_not_allowed, other_workspace, slack_silent, deactivated, signed_out.
    """

    permanent = True
    code = "sign_in_refused"


class PreferenceRefused(PortalError):
    """A setting cannot have that value; `field` names the setting."""

    permanent = True
    code = "invalid"

    def __init__(self, message: str = "", *, code: str | None = None, field: str = "") -> None:
        super().__init__(message, code=code)
        self.field = field


class ConnectError(PortalError):
    """The connection could not be made."""

    permanent = True
    code = "connect_failed"


class NeedsConsent(PortalError):
    """A request needs a Google permission that is not there; `needs` is `mail` or `calendar`."""

    permanent = True
    code = "needs_consent"

    def __init__(self, needs: str) -> None:
        super().__init__(f"this needs Google's permission for {needs}")
        self.needs = needs


class NotConnected(PortalError):
    """Gmail is not connected."""

    permanent = True
    code = "not_connected"


class SourceError(PortalError):
    """A source of the briefing did not answer as it should."""

    code = "source"


class SourceUnavailable(SourceError):
    """A source cannot be reached at the moment.

    `retry_after` is in seconds where the source named it; `for_everybody`: it is the whole project's quota
    that is used up, not one person's.
    """

    code = "unavailable"

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        retry_after: float | None = None,
        for_everybody: bool = False,
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after
        self.for_everybody = for_everybody


class MailAmbiguous(SourceError):
    """Whether a mail was sent is not known."""

    code = "no_answer"


class SourceRefused(SourceError):
    """A source refuses until somebody acts."""

    permanent = True
    code = "refused"


class SlackError(PortalError):
    """Slack did not take a call."""

    code = "slack"


class SlackUnavailable(SlackError):
    """Slack did not accept the call; the same call may be made again.

    `retry_after` is in seconds where Slack named it.
    """

    code = "slack_unavailable"

    def __init__(
        self, message: str = "", *, code: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class SlackAmbiguous(SlackError):
    """Slack may have accepted the call although no answer arrived."""

    code = "slack_ambiguous"


class SlackRefused(SlackError):
    """Slack refuses the call."""

    permanent = True
    code = "slack_refused"
