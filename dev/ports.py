"""Is a port free, and if not, who has it?"""

from __future__ import annotations

import socket

import psutil

HOST = "127.0.0.1"


class PortTaken(Exception):
    """A port is taken; the message says which, by whom, and how to choose another."""


def require_free(port: int, *, setting: str) -> None:
    """Raise PortTaken unless `port` can be listened on; `setting` is what chooses another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as exc:
            holder = holder_of(port)
            by = f" by {holder}" if holder else f" ({exc.strerror})"
            raise PortTaken(f"Port {port} is taken{by}. Choose another: {setting} make dev") from exc


def holder_of(port: int) -> str:
    """The program that listens on `port`, as `python dev (pid 123)`; empty where it cannot be told."""
    try:
        listening = [
            found.pid
            for found in psutil.net_connections(kind="tcp")
            if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port and found.pid
        ]
        process = psutil.Process(listening[0]) if listening else None
        return f"{_named(process)} (pid {process.pid})" if process else ""
    except psutil.Error:
        return ""


def _named(process: psutil.Process) -> str:
    """Its name, and of a Python program the module or file that it runs."""
    words = process.cmdline()[1:]
    module = words[words.index("-m") + 1 :][:1] if "-m" in words else words[:1]
    return " ".join([process.name(), *module])
