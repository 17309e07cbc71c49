"""`make dev`: what it runs, what it does when parts end, and that nothing of it is left behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from dev.database import kept_database
from dev.part import Program
from dev.plan import ROOT
from dev.ports import PortTaken, require_free
from dev.supervisor import PartFailed, Supervisor
from services.db.embedded_cluster import find_server
from services.db.embedded_place import find_place, shipped_installation
from services.settings import load_settings

# Writes its own process id and that of a child, both deaf to kind requests where asked to be.
PROGRAM = """
import os, signal, subprocess, sys, time
folder, deaf = sys.argv[1], sys.argv[2:] == ["deaf"]
if deaf:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-IS", "-c", "import time; time.sleep(600)"])
with open(f"{folder}/pids.draft", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename(f"{folder}/pids.draft", f"{folder}/pids")
print("at work", flush=True)
time.sleep(600)
"""
DRIVER = """
import os, sys
from dev.part import Program
from dev.supervisor import Supervisor
supervisor = Supervisor([Program("deaf", tuple(sys.argv[1:]), os.environ)])
supervisor.start(["deaf"])
supervisor.run()
"""


def program(folder: Path, *arguments: str, name: str = "part", watched: tuple[Path, ...] = ()) -> Program:
    return Program(name, (sys.executable, "-IS", "-c", PROGRAM, str(folder), *arguments), os.environ, watched)


def pids(folder: Path) -> list[int]:
    """Of the program and its child, once they are there; none before."""
    file = folder / "pids"
    return [int(pid) for pid in file.read_text().split()] if file.exists() else []


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(found: list[int]) -> bool:
    return not any(alive(pid) for pid in found)


def eventually(
    holds: Callable[[], object], *, within: float = 15, step: Callable[[], None] | None = None
) -> None:
    """Wait, or keep stepping, until something is the case."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        (step or (lambda: time.sleep(0.05)))()


@pytest.fixture
def supervise() -> Iterator[Callable[..., Supervisor]]:
    """Makes supervisors that are at an end when the test is."""
    made: list[Supervisor] = []

    def make(*programs: Program) -> Supervisor:
        made.append(Supervisor(programs))
        return made[-1]

    yield make
    for supervisor in made:
        supervisor.end()


def run_meanwhile(supervisor: Supervisor) -> threading.Thread:
    runner = threading.Thread(target=supervisor.run)
    runner.start()
    return runner


def test_a_killed_part_starts_again_and_leaves_no_child_behind(
    tmp_path: Path, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise(program(tmp_path))
    supervisor.start(["part"])
    runner = run_meanwhile(supervisor)
    eventually(lambda: pids(tmp_path))
    before = pids(tmp_path)
    os.kill(before[0], signal.SIGKILL)
    eventually(lambda: pids(tmp_path) != before)
    eventually(lambda: gone(before))
    supervisor.stop()
    runner.join(10)


def test_a_killed_tether_takes_its_program_along_and_both_start_again(
    tmp_path: Path, supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise(program(tmp_path))
    supervisor.start(["part"])
    runner = run_meanwhile(supervisor)
    eventually(lambda: pids(tmp_path))
    before = pids(tmp_path)
    os.kill(supervisor.parts[0].pid, signal.SIGKILL)
    eventually(lambda: pids(tmp_path) != before)
    eventually(lambda: gone(before))
    supervisor.stop()
    runner.join(10)


@pytest.mark.parametrize("manner", [(), ("deaf",)])
def test_the_end_is_the_end_of_children_and_of_the_deaf(
    tmp_path: Path, manner: tuple[str, ...], supervise: Callable[..., Supervisor]
) -> None:
    supervisor = supervise(program(tmp_path, *manner))
    supervisor.start(["part"])
    eventually(lambda: pids(tmp_path), step=lambda: supervisor.step(0.05))
    began = time.monotonic()
    supervisor.end()
    assert time.monotonic() - began < 10
    assert gone(pids(tmp_path))


def test_parts_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    command = program(tmp_path, "deaf").command
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER, *command], cwd=ROOT, stdout=subprocess.DEVNULL
    ) as driver:
        try:
            eventually(lambda: pids(tmp_path))
        finally:
            driver.kill()
    eventually(lambda: gone(pids(tmp_path)))


def test_a_part_that_ends_before_all_are_ready_ends_everything(supervise: Callable[..., Supervisor]) -> None:
    supervisor = supervise(Program("part", (sys.executable, "-c", "raise SystemExit(3)"), os.environ))
    supervisor.start(["part"])
    with pytest.raises(PartFailed, match="part ended with 3 before it was ready"):
        supervisor.step(20)


def test_a_part_that_keeps_ending_is_started_less_and_less_often(
    supervise: Callable[..., Supervisor],
) -> None:
    (part,) = supervise(Program("part", ("true",), os.environ)).parts
    assert [part.note_end(wanted=False) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert part.note_end(wanted=True) == 0
    assert part.note_end(wanted=False) == 1


def test_a_change_restarts_the_parts_made_of_that_file(
    tmp_path: Path, supervise: Callable[..., Supervisor]
) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        (folder / "code").mkdir(parents=True)
    parts = [program(folder, name=folder.name, watched=(folder / "code",)) for folder in folders]
    supervisor = supervise(*parts)
    supervisor.start(["one", "two"])
    eventually(lambda: all(map(pids, folders)), step=lambda: supervisor.step(0.05))
    before = [pids(folder) for folder in folders]
    runner = run_meanwhile(supervisor)
    time.sleep(0.5)  # the watcher takes its first look
    (folders[0] / "code" / "changed.py").write_text("")
    eventually(lambda: pids(folders[0]) != before[0])
    assert pids(folders[1]) == before[1]
    assert not gone(before[1])
    supervisor.stop()
    runner.join(10)


def test_a_taken_port_is_named_with_its_holder_and_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as refusal:
            require_free(port, setting="SANDBOX_PORT=8512")
    assert f"Port {port} is taken by " in str(refusal.value)
    assert f"(pid {os.getpid()})" in str(refusal.value)
    assert "SANDBOX_PORT=8512 make dev" in str(refusal.value)
    require_free(port, setting="")


def test_a_killed_database_is_started_again(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    data = Path(tempfile.mkdtemp(prefix="briefing-dev-tests-"))
    data.chmod(0o711)
    said: list[str] = []
    with kept_database(
        load_settings({"DATA_DIR": str(data)}, env_file=None, need=()), lambda: None, said.append
    ):
        place = find_place(data / "postgres", shipped_installation())
        first = find_server(place.cluster)
        assert first is not None
        first.kill()
        eventually(lambda: (found := find_server(place.cluster)) and found.pid != first.pid, within=30)
    assert find_server(place.cluster) is None
    shutil.rmtree(place.home, ignore_errors=True)
    shutil.rmtree(data)
