"""What somebody types, as Slack sends it, and back again."""

from __future__ import annotations

import re

_URL = re.compile(r"\bhttps?://(?:(?!&[gl]t;)[^\s<>|])+(?<![.,;:!?)'\"])")
_SENT_URL = re.compile(r"<(https?://[^<>|]+)>")


def typed(text: str) -> str:
    """Text as Slack sends what somebody typed: three characters escaped, addresses in angle brackets."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _URL.sub(lambda url: f"<{url[0]}>", escaped)


def untyped(text: str) -> str:
    """What somebody typed, for the box in which they edit it."""
    bare = _SENT_URL.sub(r"\1", text)
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
