"""Kills, leftovers, broken files and foreign servers: it starts, or says why not, and hurts nobody."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from services.db import embedded
from services.db.embedded_cluster import find_server
from services.db.embedded_place import shipped_installation
from services.errors import DatabaseUnavailable
from tests.integration.embedded_postgres.users import (
    ROOT,
    User,
    answers,
    ask,
    remember,
    server_of,
)


def test_killed_server_comes_back_with_its_data(data_dir: Path) -> None:
    with embedded.start(data_dir) as server:
        remember(server.url)
        server_of(server).kill()
        with embedded.start(data_dir) as again:
            assert again.url == server.url
            assert ask(again.url, "SELECT text FROM kept") == "한글"
        assert answers(server.url)


def test_user_can_bring_a_killed_server_back(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as server:
        server_of(server).kill()
        server.ensure_running()
        assert answers(server.url)


def test_server_starts_only_when_nothing_of_the_killed_one_is_alive(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as server:
        master = server_of(server)
        children = master.children()
        left = next(child for child in children if "checkpointer" in " ".join(child.cmdline()))
        left.suspend()
        try:
            master.kill()
            with pytest.raises(DatabaseUnavailable, match="uses the data and does not answer"):
                server.ensure_running(timeout=1)
        finally:
            left.resume()
        server.ensure_running()
        assert answers(server.url)


@pytest.mark.parametrize("stale", ["dead", "innocent", "garbage", "empty"])
def test_stale_pid_file_neither_stops_a_start_nor_hurts_anybody(data_dir: Path, stale: str) -> None:
    with embedded.start(data_dir, durable=False) as server:
        url = server.url
    cluster = server.home / "cluster"
    owner = cluster.stat().st_uid
    with subprocess.Popen(["sleep", "60"], user=owner if ROOT else None) as innocent:
        with subprocess.Popen(["true"]) as dead:
            dead.wait()
        first_line = {"dead": str(dead.pid), "innocent": str(innocent.pid), "garbage": "\x00?", "empty": ""}
        pid_file = cluster / "postmaster.pid"
        pid_file.write_text(
            f"{first_line[stale]}\n{cluster}\n{int(time.time())}\n5432\n\n127.0.0.1\n\nready\n"
        )
        os.chown(pid_file, owner, -1)
        with embedded.start(data_dir, durable=False) as server:
            assert server.url == url
            assert answers(url)
        assert innocent.poll() is None
        innocent.kill()


def test_interrupted_first_start_is_done_again(folder: Path, users: list[User]) -> None:
    data_dir = folder / "data"
    users.append(User(data_dir))
    partial = data_dir / "postgres" / "cluster.new" / "base"
    deadline = time.monotonic() + 30
    while not partial.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    users[0].kill()
    assert not (data_dir / "postgres" / "cluster").exists()
    with embedded.start(data_dir, durable=False) as server:
        assert answers(server.url)
        assert not (server.home / "cluster.new").exists()


def test_port_taken_in_the_meantime_is_given_up(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as server:
        port = int((server.home / "port").read_text())
    with socket.create_server(("127.0.0.1", port)), embedded.start(data_dir, durable=False) as again:
        assert again.url != server.url
        assert answers(again.url)


def test_data_of_another_postgresql_is_left_alone(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as server:
        version = server.home / "cluster" / "PG_VERSION"
    version.write_text("16\n")
    with pytest.raises(DatabaseUnavailable, match=r"PostgreSQL 16.*programs are 18.*pg_dump") as raised:
        embedded.start(data_dir, durable=False)
    assert raised.value.code == "database_version"


def test_server_started_by_other_means_is_left_alone(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as server:
        cluster, port = server.home / "cluster", (server.home / "port").read_text()

    def pg_ctl(*words: str) -> None:
        user = cluster.stat().st_uid if ROOT else None
        program = shipped_installation() / "bin" / "pg_ctl"
        command: list[str | Path] = [program, "-D", cluster, "-s", "-l", server.home / "log" / "hand.log"]
        subprocess.run([*command, *words], user=user, cwd="/", check=True, timeout=60)

    pg_ctl("start", "-o", f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories=")
    with pytest.raises(DatabaseUnavailable, match="started by other means"):
        embedded.start(data_dir, durable=False)
    time.sleep(0.5)  # a server that was told to stop would have stopped by now
    assert find_server(cluster) is not None
    pg_ctl("stop")


def test_lost_password_is_named(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as server:
        (server.home / "password").rename(server.home / "lost")
    with pytest.raises(DatabaseUnavailable, match="password is missing"):
        embedded.start(data_dir, durable=False)


def test_server_that_does_not_start_shows_the_end_of_its_log(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as server:
        control = server.home / "cluster" / "global" / "pg_control"
    control.write_bytes(b"\0" * control.stat().st_size)
    with pytest.raises(
        DatabaseUnavailable,
        match=r"(?s)does not start.*" + str(server.home) + r".*database files are incompatible",
    ):
        embedded.start(data_dir, durable=False)


def test_file_where_the_folder_should_be_is_named(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(DatabaseUnavailable, match=r"cannot be used: .*file"):
        embedded.start(folder / "file")


def test_full_disk_is_explained_and_leaves_nothing_half_made(folder: Path, users: list[User]) -> None:
    data_dir = folder / "data"
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"
    users.append(User(data_dir, prepare=limit, extra="resource"))
    complaint = users[0].leave()
    assert complaint.startswith("refused: initdb failed")
    assert "could not write" in complaint or "File too large" in complaint
    with embedded.start(data_dir, durable=False) as server:
        assert answers(server.url)
