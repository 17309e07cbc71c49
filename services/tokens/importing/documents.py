"""Old tokens out of files: uploaded ones, a file, a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from services.tokens.importing.errors import ImportRefused
from services.tokens.importing.shapes import MAX_BYTES, OldToken, old_token, read_document

MAX_NAME = 120


@dataclass(frozen=True, slots=True)
class Found:
    """One document: the token in it, or why it is not taken. `source` is a file's name or a table's row."""

    source: str
    token: OldToken | None = None
    refused: ImportRefused | None = None


def in_files(files: Iterable[tuple[str, bytes]], *, token_uri: str, now: datetime) -> list[Found]:
    """The tokens in files, given as (name, content)."""
    return [in_file(name, content, token_uri=token_uri, now=now) for name, content in files]


def in_folder(path: Path, *, token_uri: str, now: datetime) -> list[Found]:
    """The tokens in a file, or in a folder's `*.json` by name. Raises ImportRefused when there is none."""
    paths = sorted(path.glob("*.json")) if path.is_dir() else [path]
    found = [_read(each, token_uri, now) for each in paths if each.is_file()]
    if not found:
        raise ImportRefused("nothing_there", path.name)
    return found


def in_file(name: str, content: bytes, *, token_uri: str, now: datetime) -> Found:
    """The token in one file."""
    source = shown_name(name)
    try:
        document = read_document(content)
    except ImportRefused as exc:
        return Found(source, refused=exc)
    return in_document(document, source=source, token_uri=token_uri, now=now)


def in_document(document: Mapping[str, Any], *, source: str, token_uri: str, now: datetime) -> Found:
    """The token in a JSON object."""
    try:
        return Found(source, token=old_token(document, source=source, token_uri=token_uri, now=now))
    except ImportRefused as exc:
        return Found(source, refused=exc)


def shown_name(name: str) -> str:
    """A file's name without its folder, on one line."""
    base = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter if letter.isprintable() else "?" for letter in base)[-MAX_NAME:] or "?"


def _read(path: Path, token_uri: str, now: datetime) -> Found:
    """No more of a file is read than is needed to see that it is too large."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError:
        return Found(shown_name(path.name), refused=ImportRefused("unreadable"))
    return in_file(path.name, content, token_uri=token_uri, now=now)
