"""Whose the files are and where: as root, as an ordinary user, under a root-only home."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from services.db import embedded
from services.db.embedded_place import ELSEWHERE, shipped_installation
from services.errors import DatabaseUnavailable
from tests.integration.embedded_postgres.users import (
    ROOT,
    User,
    answers,
    ask,
    remember,
    server_of,
)

ORDINARY_USER = 65534
GIVE_UP_ROOT = f"os.setgroups([]); os.setgid({ORDINARY_USER}); os.setuid({ORDINARY_USER}); os.umask(0o077)"
as_root = pytest.mark.skipif(not ROOT, reason="only root has to lend the server another account")


@as_root
def test_ordinary_user_needs_no_privileges(folder: Path, users: list[User]) -> None:
    home = folder / "data"
    home.mkdir(mode=0o700)
    os.chown(home, ORDINARY_USER, ORDINARY_USER)
    users += [
        User(home, prepare=GIVE_UP_ROOT, extra="psycopg"),
        User(home, prepare=GIVE_UP_ROOT, extra="psycopg"),
    ]
    url = users[0].url()
    assert answers(url)
    assert users[1].url() == url
    owners = {path.lstat().st_uid for path in [home, *home.rglob("*")]}
    assert owners == {ORDINARY_USER}
    assert users[0].leave() == ""
    assert users[1].leave() == ""
    assert not answers(url)


@as_root
def test_root_runs_an_ordinary_users_cluster_as_that_user(folder: Path, users: list[User]) -> None:
    home = folder / "data"
    home.mkdir()
    os.chown(home, ORDINARY_USER, ORDINARY_USER)
    users.append(User(home, prepare=GIVE_UP_ROOT, extra="psycopg"))
    url = users[0].url()
    users[0].leave()
    with embedded.start(home, durable=False) as server:
        assert server.url == url
        assert server_of(server).uids().real == ORDINARY_USER


@as_root
def test_folder_that_may_not_be_written_is_explained(folder: Path, users: list[User]) -> None:
    users.append(User(folder / "data", prepare=GIVE_UP_ROOT, extra="psycopg"))
    complaint = users[0].leave()
    assert complaint.startswith("refused: the embedded database in")
    assert "Permission denied" in complaint
    assert not (folder / "data").exists()


@as_root
def test_root_only_home_keeps_its_mode_and_says_where_the_data_is(folder: Path, users: list[User]) -> None:
    folder.chmod(0o700)
    data_dir = folder / "data"
    users.append(User(data_dir))
    url = users[0].url()
    with embedded.start(data_dir, durable=False) as server:
        assert server.url == url
        remember(url)
        location = (data_dir / "postgres" / "location").read_text()
        assert location.startswith(f"{server.home}\n")
        assert server.home.parent == ELSEWHERE
        assert (server.home / "belongs-to").read_text() == f"{data_dir}\n"
        assert folder.stat().st_mode & 0o777 == 0o700
        assert server_of(server).uids().real != 0
        users[0].leave()
        assert answers(url)
    with embedded.start(data_dir, durable=False) as again:
        assert again.home == server.home
        assert ask(again.url, "SELECT text FROM kept") == "한글"


@as_root
def test_data_folder_made_anew_begins_with_an_empty_database(folder: Path) -> None:
    folder.chmod(0o700)
    with embedded.start(folder / "data", durable=False) as old:
        remember(old.url)
    shutil.rmtree(folder / "data")
    with embedded.start(folder / "data", durable=False) as new:
        assert new.home != old.home
        assert ask(new.url, "SELECT to_regclass('kept')") == "None"
    shutil.rmtree(old.home)


@as_root
def test_data_that_is_gone_from_elsewhere_is_not_replaced_silently(folder: Path) -> None:
    folder.chmod(0o700)
    with embedded.start(folder / "data", durable=False) as server:
        pass
    hidden = server.home.with_name("hidden-by-the-test")
    server.home.rename(hidden)
    try:
        with pytest.raises(DatabaseUnavailable, match="which is gone: put it back"):
            embedded.start(folder / "data", durable=False)
    finally:
        hidden.rename(server.home)


@as_root
def test_home_closed_later_is_explained(folder: Path) -> None:
    with embedded.start(folder / "data", durable=False):
        pass
    folder.chmod(0o700)
    with pytest.raises(DatabaseUnavailable, match="cannot enter"):
        embedded.start(folder / "data", durable=False)
    folder.chmod(0o755)


@as_root
def test_programs_in_a_root_only_environment_are_copied_beside_the_data(folder: Path) -> None:
    shipped = shipped_installation()
    site = folder / "root-only"
    site.mkdir(mode=0o700)
    package = site / shipped.parent.name
    shutil.copytree(shipped, package / shipped.name, ignore=shutil.ignore_patterns("include", "*.a"))
    libraries = f"{shipped.parent.name}.libs"
    shutil.copytree(shipped.parent.parent / libraries, site / libraries)
    for _ in range(2):  # the second time with the copy of the first
        with embedded.start(folder / "data", durable=False, installation=package / shipped.name) as server:
            program = Path(server_of(server).exe())
            assert program.is_relative_to(server.home / "programs")
            made = program.stat().st_ctime_ns
    assert program.stat().st_ctime_ns == made
    assert site.stat().st_mode & 0o777 == 0o700
