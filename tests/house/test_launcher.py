"""The embedded servers: below a closed folder, started twice at once, left behind by a killed start."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from loyalty.embedded.home import Home, is_running

START = """
import pathlib, sys
from loyalty.embedded import servers
from loyalty.embedded.home import Home
with servers.running(Home(pathlib.Path(sys.argv[1])), durable=False) as environment:
    print(environment["DATABASE_OWNER_URL"], flush=True)
    sys.stdin.read()
"""


class Launcher:
    """A start in a process of its own, alive until it is let go."""

    def __init__(self, home: Path) -> None:
        without = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "LOYALTY_HOME"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(home)],
            cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={name: value for name, value in os.environ.items() if name not in without} | {"REDIS_URL": "unused"},
        )  # fmt: skip

    def address(self) -> str:
        assert self.process.stdout is not None
        address = self.process.stdout.readline().strip()
        assert address, "it did not start"
        return address

    def let_go(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


def answers(address: str) -> bool:
    try:
        with psycopg.connect(address, connect_timeout=5) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def server_of(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home below a folder that only its owner may enter."""
    closed = tmp_path_factory.mktemp("closed")
    closed.chmod(0o700)
    return closed / "home"


def modes(home: Path) -> list[int]:
    return [stat.S_IMODE(folder.stat().st_mode) for folder in home.parents]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root cannot run PostgreSQL as it is")
def test_root_starts_it_below_a_closed_folder_and_no_mode_changes(home):
    before = modes(home)
    launcher = Launcher(home)
    assert answers(launcher.address())
    assert before[0] == 0o700
    assert modes(home) == before
    pid = server_of(home)
    launcher.let_go()
    assert gone(pid)
    assert modes(home) == before


def test_two_starts_at_once_share_one_cluster_and_the_last_to_leave_stops_it(home):
    first, second = Launcher(home), Launcher(home)
    address = first.address()
    assert second.address() == address
    pid = server_of(home)
    first.let_go()
    assert answers(address)
    second.let_go()
    assert gone(pid)
    assert not answers(address)


def test_what_a_killed_start_left_behind_is_adopted_and_stopped(home):
    killed = Launcher(home)
    address, pid = killed.address(), server_of(home)
    killed.kill()
    assert answers(address), "the server outlives its launcher"
    heir = Launcher(home)
    assert heir.address() == address
    assert server_of(home) == pid
    heir.let_go()
    assert gone(pid)
    assert Home(home).leave(), "nobody is left on the list"
