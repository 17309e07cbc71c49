"""A new database: what it is, who may enter, and what stays of it."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from services.db import embedded
from services.errors import DatabaseUnavailable
from tests.integration.embedded_postgres.users import (
    answers,
    ask,
    plain,
    remember,
    server_of,
)


def test_first_start_makes_a_safe_utf8_database_within_seconds(folder: Path) -> None:
    begun = time.monotonic()
    with embedded.start(folder / "data") as server:
        assert time.monotonic() - begun < 20
        expected = {
            "SHOW server_encoding": "UTF8",
            "SHOW timezone": "UTC",
            "SHOW fsync": "on",
            "SHOW synchronous_commit": "on",
            "SHOW max_connections": "200",
            "SHOW listen_addresses": "127.0.0.1",
            "SHOW server_version_num": "18",
            "SELECT lower('É가')": "é가",
            "SELECT current_user": "portal",
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user": "False",
            "SELECT has_schema_privilege('public', 'CREATE')": "True",
        }
        found = {query: ask(server.url, query) for query in expected}
        assert {query: text[: len(expected[query])] for query, text in found.items()} == expected


def test_tests_may_trade_durability_for_speed(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as server:
        shown = [
            ask(server.url, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")
        ]
    assert shown == ["off", "off", "off"]


def test_data_password_and_port_survive_the_last_user(data_dir: Path) -> None:
    with embedded.start(data_dir) as server:
        remember(server.url)
    assert not answers(server.url)
    with embedded.start(data_dir) as again:
        assert again.url == server.url
        assert ask(again.url, "SELECT text FROM kept") == "한글"


def test_nobody_enters_without_the_password(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as server:
        password = (server.home / "password").read_text()
        assert (server.home / "password").stat().st_mode & 0o777 == 0o600
        url = plain(server.url)
        for wrong in (
            url.replace(password, "guess"),
            url.replace(f":{password}", ""),
            url.replace("portal:", "postgres:", 1),
            url.replace("portal?", "portal?replication=true&"),
        ):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(wrong, passfile="/dev/null")


def test_server_listens_on_loopback_only(data_dir: Path) -> None:
    with embedded.start(data_dir, durable=False) as server:
        listening = [
            connection.laddr
            for connection in server_of(server).net_connections(kind="all")
            if connection.status == psutil.CONN_LISTEN or connection.family == socket.AF_UNIX
        ]
        assert [address[0] for address in listening if address] == ["127.0.0.1"]


@pytest.mark.parametrize("name", ["do$lar", 'quo"te', "back`tick"])
def test_folder_names_that_a_shell_would_read_are_refused(folder: Path, name: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="choose a DATA_DIR without"):
        embedded.start(folder / name)


def test_folder_names_with_spaces_quotes_and_hangul_work(folder: Path) -> None:
    data_dir = folder / "data" / "it's 내 \\ 데이터"
    with embedded.start(data_dir, durable=False) as server:
        assert answers(server.url)
