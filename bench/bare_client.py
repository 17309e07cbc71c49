"""A client that does nothing but send prepared requests and read the answers to their end.

Reads from standard input: {"host", "port", "requests": [text, …], "connections", "seconds"}; prints how many
answers it got.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def _replay(address: tuple[str, int], requests: list[bytes], until: float, counts: list[int]) -> None:
    answered = 0
    with socket.create_connection(address) as connection:
        while time.monotonic() < until:
            connection.sendall(requests[answered % len(requests)])
            _read_answer(connection)
            answered += 1
    counts.append(answered)


def _read_answer(connection: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if not head.startswith(b"HTTP/1.1 200") or length is None:
        raise SystemExit(f"unexpected answer: {head[:100]!r}")
    missing = int(length[1]) - len(body)
    while missing > 0:
        missing -= len(connection.recv(min(missing, 1 << 20)))


def main() -> None:
    """Replay as told."""
    told = json.load(sys.stdin)
    address, requests = (told["host"], told["port"]), [text.encode() for text in told["requests"]]
    until = time.monotonic() + told["seconds"]
    counts: list[int] = []
    threads = [
        threading.Thread(target=_replay, args=(address, requests[n:] + requests[:n], until, counts))
        for n in range(told["connections"])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(counts))


if __name__ == "__main__":
    main()
