"""The web process: `python -m streamlit run portal/app.py` from the repository's root.

Streamlit finds `app` by reading this file, so it stays a plain assignment; nothing imports this module.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
import streamlit as st
import structlog
from starlette.middleware import Middleware

from portal import runtime
from portal.auth import sign_in_secrets
from portal.errors import explain
from portal.middleware import Answers
from portal.routes import routes
from portal.unknown_pages import UnknownPages
from portal.watch import watching
from services.errors import PortalError, SettingsError
from services.logs import configure_logging

log = structlog.get_logger("portal")

configure_logging()
try:
    settings = runtime.settings()
except SettingsError as exc:
    sys.stderr.write(f"{exc}\n")
    sys.exit(1)


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Open the database before the first visitor; without one the portal still comes up and says so."""
    try:
        await anyio.to_thread.run_sync(runtime.current)
    except PortalError as exc:
        log.error("portal_starts_without_database", error=exc.code, reason=str(exc))
    with watching(settings.tick_seconds):
        yield {}
    await anyio.to_thread.run_sync(runtime.close)


app = st.App(
    Path(__file__).with_name("main.py"),
    secrets={"auth": sign_in_secrets(settings)},
    lifespan=lifespan,
    routes=routes(),
    middleware=[
        Middleware(Answers, https=settings.portal_url.startswith("https://")),
        Middleware(UnknownPages, default_locale=settings.default_locale),
    ],
    on_script_error=explain,
)
