"""Our processes side by side: web, worker and beat are started, watched and stopped together.

Processes are started, never forked, and each leads a session of its own, so that one signal reaches
everything below it and nothing outlives us; the kernel tells them when we are killed outright.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
STOP_SECONDS = 35  # a worker may finish what it holds (worker_soft_shutdown_timeout is 30)


class Stack:
    """A set of child processes; use as a context, and everything is stopped at its end."""

    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        self.environment = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
        self.logs = logs
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], environment: dict[str, str] | None = None) -> None:
        """Start a process that logs to NAME.log."""
        self.logs.mkdir(parents=True, exist_ok=True)
        # the child is told to stop when its parent dies, however it dies
        watched = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        with open(self.logs / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                [*watched, *command],
                cwd=REPOSITORY,
                env={**self.environment, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def fallen(self) -> str | None:
        """The name of a process that ended by itself."""
        return next((name for name, process in self.running.items() if process.poll() is not None), None)

    def wait(self) -> str:
        """Wait until one of the processes ends by itself, and return its name."""
        while (name := self.fallen()) is None:
            time.sleep(0.5)
        return name

    def stop(self) -> None:
        """Ask all to end, wait, and kill what does not."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline and any(one.poll() is None for one in self.running.values()):
            time.sleep(0.05)
        self._signal(signal.SIGKILL)
        for process in self.running.values():
            process.wait()
        self.running.clear()

    def _signal(self, number: signal.Signals) -> None:
        for process in self.running.values():
            if process.poll() is None:
                # only the process itself is asked: it tells its own children; killing is for the whole group
                with contextlib.suppress(ProcessLookupError):
                    if number == signal.SIGKILL:
                        os.killpg(process.pid, number)
                    else:
                        process.send_signal(number)

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def web(port: int) -> list[str]:
    """The command of the web server."""
    return [
        *(sys.executable, "-m", "gunicorn", "loyalty.wsgi", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--access-logfile", "-"),
    ]


def worker(processes: int = 2, queues: str = "score,file") -> list[str]:
    """The command of a Celery worker."""
    return [
        *(sys.executable, "-m", "celery", "-A", "loyalty", "worker", "--pool", "prefork", "-O", "fair"),
        *("--concurrency", str(processes), "--queues", queues, "--without-gossip", "--without-mingle"),
        *("--loglevel", "INFO"),
    ]


def beat(schedule: Path) -> list[str]:
    """The command of the scheduler; two of them are harmless, but one is enough."""
    return [sys.executable, "-m", "celery", "-A", "loyalty", "beat", "--schedule", str(schedule), "--loglevel", "INFO"]
