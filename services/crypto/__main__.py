"""`python -m services.crypto rotate`."""

from __future__ import annotations

import argparse
import sys
import time

from services.crypto.box import SecretBox
from services.crypto.rotation import Rotated, rotate, survey
from services.db.engine import make_sessions
from services.errors import PortalError
from services.runtime import database
from services.settings import load_settings

EVERY_SECONDS = 1.0


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0 when every value is under the first key, 1 with a sentence when not."""
    parser = argparse.ArgumentParser(prog="python -m services.crypto")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser(
        "rotate",
        help="encrypt every stored secret with the first of TOKEN_ENCRYPTION_KEYS, while everything runs",
    )
    parser.parse_args(arguments)
    try:
        return _rotate()
    except PortalError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1


def _rotate() -> int:
    settings = load_settings(need=())
    box = SecretBox.from_setting(settings.token_encryption_keys.get_secret_value())
    with database(settings) as opened:
        sessions = make_sessions(opened.engine)
        before = survey(sessions, box)
        _say(f"{before.left:,} of {sum(before.keys.values()):,} stored secrets are under another key.")
        rotated = rotate(sessions, box, _Progress(before.left))
    for line in outcome(box, rotated):
        _say(line)
    return 1 if rotated.unsettled or rotated.unreadable else 0


def outcome(box: SecretBox, rotated: Rotated) -> list[str]:
    """What was done, and whether the old keys may go."""
    lines = [f"{rotated.changed:,} encrypted anew with key {box.current_key_id}."]
    if rotated.unsettled:
        still = ", ".join(key for key in box.old_key_ids if key in rotated.after.keys)
        return [
            *lines,
            f"Another process still encrypts with key {still}. Start every process with the new key first in"
            " TOKEN_ENCRYPTION_KEYS, then run this again. Keep the old key until then.",
        ]
    if rotated.unreadable:
        lines.append(
            f"Warning: {rotated.unreadable:,} cannot be decrypted with any configured key. Put their key"
            " back and run this again, or have those people connect again."
        )
    if box.old_key_ids:
        lines.append(
            f"Nothing else needs key {', '.join(box.old_key_ids)} any longer: it may be removed from"
            " TOKEN_ENCRYPTION_KEYS once every process has been started with the new key first."
        )
    return lines


class _Progress:
    """A line a second."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.said = total, 0, time.monotonic()

    def __call__(self, done: int) -> None:
        self.done += done
        if time.monotonic() - self.said >= EVERY_SECONDS:
            self.said = time.monotonic()
            _say(f"  {self.done:,} of {self.total:,}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
