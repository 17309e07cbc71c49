"""The sandbox's own pages: templates that escape everything, and headers that let nothing foreign in."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

STATIC_FILES = Path(__file__).parent.parent / "static" / "slack"
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def render(name: str, **values: object) -> Markup:
    """A template of `sandbox/templates/slack`, filled in."""
    return Markup(_environment().get_template(name).render(values))  # noqa: S704 escaped by the template


@cache
def _environment() -> Environment:
    folder = Path(__file__).parent.parent / "templates" / "slack"
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
