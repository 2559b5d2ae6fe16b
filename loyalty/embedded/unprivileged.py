"""PostgreSQL refuses to run as root. This starts it all the same, changing the mode of no folder we did not make."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

DEDICATED_USER = "fidelio-postgres"
DEDICATED_FOLDER = Path("/var/lib/fidelio-postgres")
_IN_A_USER_NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]


@dataclass(frozen=True)
class Placement:
    """How to start a server program: what to put before its command, where its programs and its data lie."""

    prefix: list[str]
    programs: Path
    data: Path


def place(programs: Path, data: Path) -> Placement:
    """Choose how PostgreSQL runs here: as we are, in a user namespace, or as a dedicated user.

    In a user namespace root's own files stay reachable because their owner is still the same user of
    the kernel, however closed the folders above them are.
    """
    if os.geteuid() != 0:
        return Placement([], programs, data)
    if _user_namespaces_are_allowed():
        return Placement(_IN_A_USER_NAMESPACE, programs, data)
    return _as_dedicated_user(programs, data)


def _user_namespaces_are_allowed() -> bool:
    if os.environ.get("LOYALTY_NO_USER_NAMESPACE") or shutil.which("unshare") is None:
        return False
    return subprocess.run([*_IN_A_USER_NAMESPACE, "true"], capture_output=True).returncode == 0


def _as_dedicated_user(programs: Path, data: Path) -> Placement:
    """Copy the server's files once to a folder of their own that a dedicated user can reach, and say so."""
    try:
        account = pwd.getpwnam(DEDICATED_USER)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", DEDICATED_USER], check=True
        )
        account = pwd.getpwnam(DEDICATED_USER)
    DEDICATED_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    install = programs.parent
    copied = DEDICATED_FOLDER / f"programs-{install.stat().st_mtime_ns}"
    if not copied.exists():
        print(
            f"user namespaces are forbidden here: copying the PostgreSQL programs to {copied}, run as {DEDICATED_USER}",
            file=sys.stderr,
        )
        unfinished = copied.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        package = install.parent
        shutil.copytree(install, unfinished / package.name / install.name, symlinks=True)
        shutil.copytree(package.with_name(package.name + ".libs"), unfinished / (package.name + ".libs"), symlinks=True)
        unfinished.rename(copied)
    own_data = DEDICATED_FOLDER / ("data" + str(data).replace("/", "-"))
    own_data.mkdir(mode=0o700, exist_ok=True)
    os.chown(own_data, account.pw_uid, account.pw_gid)
    prefix = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    return Placement(prefix, copied / install.parent.name / install.name / programs.name, own_data)
