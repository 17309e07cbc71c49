"""The settings of a product that shall talk to this sandbox, as environment variables."""

from __future__ import annotations

from sandbox.google.clients import CLIENT_ID, CLIENT_SECRET
from sandbox.slack.state import workspace
from sandbox.world import World


def environment(world: World) -> dict[str, str]:
    """Names and values; the secrets open nothing but this sandbox."""
    base, slack = world.base_url, workspace(world)
    return {
        "GOOGLE_CLIENT_ID": CLIENT_ID,
        "GOOGLE_CLIENT_SECRET": CLIENT_SECRET,
        "GOOGLE_OIDC_METADATA_URL": f"{base}/.well-known/openid-configuration",
        "GOOGLE_AUTH_URI": f"{base}/o/oauth2/v2/auth",
        "GOOGLE_TOKEN_URI": f"{base}/token",
        "GOOGLE_REVOKE_URI": f"{base}/revoke",
        "GMAIL_API_URL": base,
        "CALENDAR_API_URL": base,
        "SLACK_API_URL": f"{base}/api/",
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_CLIENT_ID": slack.client_id,
        "SLACK_CLIENT_SECRET": slack.client_secret,
        "SLACK_OIDC_METADATA_URL": f"{base}/slack/.well-known/openid-configuration",
    }
