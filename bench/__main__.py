"""`make bench`: all of it, in less than half an hour; `python -m bench PART`: one part.

Each part measures the product and what it is compared with in turns, in one run; trust the ratios. Exits
with 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import sys

from bench import (
    conversations,
    deliveries,
    due_rows,
    fetching,
    memory,
    portal,
    rotation,
    sending,
    slack_events,
    token_health,
    workers,
)

PARTS = {
    "conversations": conversations.main,
    "deliveries": deliveries.main,
    "due_rows": due_rows.main,
    "fetching": fetching.main,
    "memory": memory.main,
    "portal": portal.main,
    "rotation": rotation.main,
    "sending": sending.main,
    "slack_events": slack_events.main,
    "token_health": token_health.main,
    "workers": workers.main,
}


def main() -> int:
    """Run the parts asked for; 1 when one has missed a target."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("part", nargs="?", choices=PARTS)
    part = parser.parse_args().part
    return max([PARTS[name]() for name in ([part] if part else PARTS)])


if __name__ == "__main__":
    sys.exit(main())
