"""OAuth clients registered with the sandbox, as in Google's Cloud console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

CLIENT_ID = "100000000001-sandbox.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-sandbox-client-secret"  # noqa: S105 -- opens nothing but this sandbox
REDIRECT_PATHS = ("/oauth/gmail/callback", "/oauth2callback")

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Client:
    """One client. `kind` "installed" may redirect to any port on loopback, as Google's desktop clients may.

    `testing`: the consent screen is in Testing mode, refresh tokens die after seven days.
    `deleted`: it was removed in the console. `may_refresh` and `may_exchange`: grant types it may use.
    """

    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    name: str = "Briefing"
    kind: Literal["web", "installed"] = "web"
    redirect_uris: tuple[str, ...] = ()
    testing: bool = False
    deleted: bool = False
    may_exchange: bool = True
    may_refresh: bool = True

    def may_redirect_to(self, uri: str) -> bool:
        """Exactly a registered address; for installed clients also anything on loopback."""
        if uri in self.redirect_uris:
            return True
        parts = urlsplit(uri)
        return self.kind == "installed" and parts.scheme == "http" and parts.hostname in _LOOPBACK


def default_client() -> Client:
    """The client that development and tests use: the portal on its usual port."""
    hosts = ("http://localhost:8501", "http://127.0.0.1:8501")
    return Client(redirect_uris=tuple(host + path for host in hosts for path in REDIRECT_PATHS))
