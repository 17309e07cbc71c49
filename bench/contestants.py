"""The two ways to a briefing's mail: the product's, and the script that Google's quickstart leads to."""

from __future__ import annotations

from datetime import datetime

from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build

from bench.people import Connected
from services.briefing.compose import compose_briefing
from services.briefing.model import BriefingInputs
from services.briefing.render import render_slack
from services.settings import Settings
from services.sources.gmail.fetch import fetch_mail
from services.sources.records import MailBatch
from services.tokens.google import ask_google


def product(settings: Settings, person: Connected, since: datetime, now: datetime) -> int:
    """Refresh, fetch, compose and render as the product does; returns how many messages were read."""
    grant = ask_google(settings, person.token)
    mail = fetch_mail(
        Credentials(token=grant.access_token),  # type: ignore[no-untyped-call]
        root=settings.gmail_api_url,
        owner=person.email,
        since=since,
        now=now,
    )
    render_slack(compose_briefing(_inputs(settings, person, mail, now)))
    return len(mail.mails)


def _inputs(settings: Settings, person: Connected, mail: MailBatch, now: datetime) -> BriefingInputs:
    return BriefingInputs(
        person_name=person.name,
        locale=person.locale,
        zone=person.zone,
        now=now,
        local_date=now.astimezone(person.zone).date(),
        kind="manual",
        scheduled_for=None,
        mail=mail,
        calendar=None,
        news=None,
        portal_url=settings.portal_url,
        account_email=person.email,
    )


def quickstart(settings: Settings, person: Connected, since: datetime, messages: int) -> int:
    """Refresh, build the service, list, get one by one; returns how many messages were read."""
    credentials = Credentials(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=person.token.refresh_token,
        token_uri=settings.google_token_uri,
        client_id=person.token.client_id,
        client_secret=person.token.client_secret,
    )
    credentials.refresh(Request())  # type: ignore[no-untyped-call]
    options = {"api_endpoint": settings.gmail_api_url}
    with build("gmail", "v1", credentials=credentials, client_options=options) as service:
        query = f"in:inbox after:{int(since.timestamp())}"
        found = service.users().messages().list(userId="me", q=query, maxResults=messages).execute()
        read = [
            service.users().messages().get(userId="me", id=message["id"]).execute()
            for message in found.get("messages", [])
        ]
    return len([(message["snippet"], message["payload"]["headers"]) for message in read])
