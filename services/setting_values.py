"""The kinds of values that settings have: lists, addresses, hosts."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _listed(value: object) -> object:
    """`a, b,,c` → `("a", "b", "c")`; anything that is no string is left to pydantic."""
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _lowered(value: object) -> object:
    listed = _listed(value)
    return tuple(str(part).lower() for part in listed) if isinstance(listed, tuple) else listed


def _url(value: str) -> str:
    if not is_url(value):
        raise ValueError("must be an http:// or https:// address")
    return value


def is_url(value: str) -> bool:
    """Whether it is an http(s) address with a host."""
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a broken IPv6 address, a port that is none
        return False


def is_host(value: str) -> bool:
    """`host`, `host:port`, `::1` or `[::1]:port`."""
    written = f"[{value}]" if value.count(":") > 1 and "[" not in value else value
    return not set(value) & set("/?#@ ") and not value.endswith(":") and is_url(f"http://{written}")


Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
LowerTexts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_lowered)]
Url = Annotated[str, BeforeValidator(lambda value: _url(str(value)))]
