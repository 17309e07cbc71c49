"""Runs one program in a process group that ends with whoever holds the other end of a pipe.

    python -IS dev/tether.py PIPE PROGRAM ARGUMENT…

Started in a session of its own. When the pipe closes, because its holder ended, by kill -9 too, the group is
asked to end and a little later made to. Whatever a program leaves behind in the group ends with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 5.0


def main() -> int:
    pipe, command = int(sys.argv[1]), sys.argv[2:]
    # A signal to the group is the program's to obey; a handler, unlike "ignore", is not inherited by it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    program = subprocess.Popen(command)  # the pipe is not inherited
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()
    code = program.wait()
    sys.stdout.flush()
    return 128 - code if code < 0 else code


def _end_with(pipe: int) -> None:
    """Wait for the end of the pipe, then end the group, this process with it."""
    os.read(pipe, 1)
    os.killpg(0, signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
