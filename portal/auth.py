"""What `st.login` needs, from the settings: Google, and Slack where it is configured."""

from __future__ import annotations

from typing import Any

from services.settings import Settings

GOOGLE = "google"
SLACK = "slack"


def sign_in_secrets(settings: Settings) -> dict[str, Any]:
    """Streamlit's `[auth]` section. Provider names are keys of `st.login`; they hold no underscore."""
    auth: dict[str, Any] = {
        "redirect_uri": f"{settings.portal_url}/oauth2callback",
        "cookie_secret": settings.cookie_secret.get_secret_value(),
        GOOGLE: {
            "client_id": settings.google_client_id,
            "client_secret": settings.google_client_secret.get_secret_value(),
            "server_metadata_url": settings.google_oidc_metadata_url,
        },
    }
    if offers_slack(settings):
        auth[SLACK] = {
            "client_id": settings.slack_client_id,
            "client_secret": settings.slack_client_secret.get_secret_value(),
            "server_metadata_url": settings.slack_oidc_metadata_url,
        }
    return auth


def offers_slack(settings: Settings) -> bool:
    """Whether people may sign in with Slack."""
    return bool(settings.slack_client_id and settings.slack_client_secret.get_secret_value())
