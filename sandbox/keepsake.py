"""A page of the sandbox as one file that stays when the sandbox is gone."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import httpx

_EMBEDDED = re.compile(r'"(/slack/(?:avatar|static)/[^"?]+)"')


def keep_page(base_url: str, path: str, target: Path) -> Path:
    """Save a page with its styles and pictures inside and without its script; returns where it is."""
    with httpx.Client(base_url=base_url, timeout=10) as client:
        page = client.get(path).raise_for_status().text
        for found in sorted(set(_EMBEDDED.findall(page))):
            page = page.replace(f'"{found}"', f'"{_data_uri(client, found)}"')
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, encoding="utf-8")
    return target.absolute()


def _data_uri(client: httpx.Client, path: str) -> str:
    if path.endswith(".js"):
        return "data:text/javascript,"
    answer = client.get(path).raise_for_status()
    content = base64.b64encode(answer.content).decode()
    return f"data:{answer.headers['content-type'].partition(';')[0]};base64,{content}"
