"""Locks on files that the kernel lets go of when their last holder is gone, kill -9 included."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

POLL_SECONDS = 0.05


class LockFile:
    """One open description of a lock file; each instance competes with all others, in this process too.

    A child that inherits `fd` holds the lock together with us: `unlock` takes it from both, while `close`
    leaves it to the child. So a server holds a lock for as long as it, or what is left of it, lives.
    """

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._path = path

    def try_lock(self, *, shared: bool = False) -> bool:
        """Take the lock if that is possible now; a lock already held changes its kind."""
        try:
            fcntl.flock(self.fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def lock_by(self, deadline: float) -> bool:
        """Wait for the exclusive lock until `deadline` (of `time.monotonic`)."""
        while not self.try_lock():
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def is_current(self) -> bool:
        """Whether the path still leads to this file: somebody may have deleted and made it anew."""
        try:
            return os.path.samestat(os.fstat(self.fd), os.stat(self._path))
        except FileNotFoundError:
            return False

    def unlock(self) -> None:
        """Give the lock up, for forked children too, and close the file."""
        fcntl.flock(self.fd, fcntl.LOCK_UN)
        self.close()

    def close(self) -> None:
        """Close the file; the lock is free when no child has inherited it."""
        os.close(self.fd)
