"""The one folder that holds the embedded servers' data, their secrets, and who is using them now."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def is_running(pid: int) -> bool:
    """Whether a process of this number lives and is not a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class Home:
    """LOYALTY_HOME: safe to delete while nothing runs; everything in it is made again, empty."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = Path(path or os.environ.get("LOYALTY_HOME") or REPOSITORY / ".home").absolute()

    def prepare(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.joinpath("users").mkdir(mode=0o700, exist_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home for a moment: two starts at once must not both make the cluster."""
        self.prepare()
        with open(self.path / "lock", "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def secret(self, name: str) -> str:
        """A secret made once per home and readable by its owner alone."""
        path = self.path / "secrets.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        if name not in known:
            known[name] = secrets.token_urlsafe(40)  # 54 characters: Django wants 50
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
                json.dump(known, handle)
        return str(known[name])

    def arrive(self) -> None:
        """Say that this process uses the servers, so that nobody stops them under it."""
        (self.path / "users" / str(os.getpid())).touch()

    def leave(self) -> bool:
        """Take this process off the list; true when no living process is left on it."""
        users = self.path / "users"
        (users / str(os.getpid())).unlink(missing_ok=True)
        living = False
        for entry in users.iterdir():
            if is_running(int(entry.name)):
                living = True
            else:
                entry.unlink(missing_ok=True)
        return not living
