"""The secrets that a single machine makes for itself, once, in `DATA_DIR/secrets.json` (mode 0600)."""

from __future__ import annotations

import base64
import json
import os
import secrets
import tempfile
from pathlib import Path

GENERATED = ("COOKIE_SECRET", "TOKEN_ENCRYPTION_KEYS", "CRON_SECRET")


def generated_secrets(data_dir: Path, problems: list[str]) -> dict[str, str]:
    """The secrets of a single machine, made by whichever process comes first."""
    path = data_dir / "secrets.json"
    try:
        if not path.exists():
            _write_once(path, {name: _new_secret() for name in GENERATED})
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {name: str(stored[name]) for name in GENERATED}
    except (OSError, ValueError, KeyError, TypeError) as exc:
        problems.append(f"DATA_DIR: {path} cannot be used ({type(exc).__name__}: {exc})")
        return {}


def _new_secret() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _write_once(path: Path, content: dict[str, str]) -> None:
    """Write privately and atomically; when two processes try at once the first one's content stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
