"""Several processes use one server; it lives exactly as long as somebody does."""

from __future__ import annotations

import contextlib
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg

from services.db import embedded
from tests.integration.embedded_postgres.users import (
    User,
    answers,
    living_servers,
    plain,
    wait_until_gone,
)


def test_processes_that_start_at_once_share_one_server(folder: Path, users: list[User]) -> None:
    users += [User(folder / "data") for _ in range(4)]
    urls = {user.url() for user in users}
    assert len(urls) == 1
    assert len(living_servers(folder)) == 1
    url = urls.pop()
    for user in users[:3]:
        assert user.leave() == ""
        assert answers(url)
    assert users[3].leave() == ""
    assert not answers(url)


def test_threads_that_start_at_once_share_one_server(data_dir: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        servers = list(threads.map(lambda _: embedded.start(data_dir, durable=False), range(4)))
    assert len({server.url for server in servers}) == 1
    for server in servers:
        assert answers(server.url)
        server.release()
    assert not answers(servers[0].url)


def test_leaving_and_starting_at_once_never_leaves_anybody_without_a_server(data_dir: Path) -> None:
    def come_and_go(_: int) -> bool:
        with embedded.start(data_dir, durable=False) as server:
            return answers(server.url)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(come_and_go, range(16)))


def test_killed_user_does_not_keep_the_server_alive(data_dir: Path, users: list[User]) -> None:
    users += [User(data_dir), User(data_dir)]
    url = users[0].url()
    assert users[1].url() == url
    users[0].kill()
    assert answers(url)
    assert users[1].leave() == ""
    assert not answers(url)


def test_server_left_behind_by_a_killed_user_is_used_again(data_dir: Path, users: list[User]) -> None:
    users.append(User(data_dir))
    url = users[0].url()
    users[0].kill()
    before = living_servers(data_dir)
    with embedded.start(data_dir) as server:
        assert server.url == url
        assert living_servers(data_dir) == before
    assert not answers(url)


def test_interrupt_in_the_terminal_of_one_leaves_the_server_to_the_other(
    data_dir: Path, users: list[User]
) -> None:
    users.append(User(data_dir))
    url = users[0].url()
    users.append(User(data_dir))
    assert users[1].url() == url
    os.killpg(users[0].process.pid, signal.SIGINT)
    assert users[0].line() == "interrupted"
    assert answers(url)
    assert users[0].leave() == ""
    assert answers(url)


def test_forked_child_that_ends_takes_nothing_along(data_dir: Path, users: list[User]) -> None:
    fork = "pid = os.fork()\nif pid == 0:\n    sys.exit()\nos.waitpid(pid, 0)\nprint('waited', flush=True)\n"
    users.append(User(data_dir, finish=fork + "sys.stdin.readline()"))
    url = users[0].url()
    assert users[0].process.stdin is not None
    users[0].process.stdin.write("\n")
    users[0].process.stdin.flush()
    assert users[0].line() == "waited"
    assert answers(url)
    assert users[0].leave() == ""
    assert not answers(url)


def test_server_without_a_free_connection_counts_as_running(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as server, contextlib.ExitStack() as connections:
        with contextlib.suppress(psycopg.OperationalError):
            for _ in range(200):
                connections.enter_context(contextlib.closing(psycopg.connect(plain(server.url))))
        with embedded.start(data_dir, durable=False, timeout=5) as again:
            assert again.url == server.url


def test_deleted_and_new_data_folder_is_not_touched_by_its_old_users(data_dir: Path) -> None:
    old = embedded.start(data_dir, durable=False)
    gone = data_dir.with_name("deleted")
    data_dir.rename(gone)  # deleted, but for the pid file, so that the server can be stopped below
    with embedded.start(data_dir, durable=False) as new:
        old.release()
        assert answers(new.url)
    old_server = psutil.Process(
        int((gone / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])
    )
    old_server.send_signal(signal.SIGINT)
    wait_until_gone(old_server)
