"""`python -m services.people promote EMAIL`."""

from __future__ import annotations

import argparse
import sys

from services.db.engine import make_sessions, transaction
from services.errors import PortalError
from services.people.directory import promote
from services.runtime import database
from services.settings import load_settings


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0 when done, 1 with a sentence when not."""
    parser = argparse.ArgumentParser(prog="python -m services.people")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("promote", help="make somebody an admin").add_argument("email")
    options = parser.parse_args(arguments)
    try:
        with database(load_settings(need=())) as opened, transaction(make_sessions(opened.engine)) as session:
            user = promote(session, options.email)
            sys.stdout.write(f"{user.display_name or user.email} is an admin now.\n")
    except PortalError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
