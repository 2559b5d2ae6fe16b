"""What a process of a bench took: read from /proc, because a child's ru_maxrss begins with its parent's."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Taken:
    """Peak resident memory in MiB and processor seconds of a process that ended well."""

    peak_mb: int
    cpu_seconds: float


def peak_mb(pid: int) -> int:
    """The highest resident memory so far, in MiB; 0 of a process that has ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    return 0


def family_seconds(child: int) -> float:
    """Processor seconds so far of a process's parent, of its children, and of those of them that have ended: what a
    PostgreSQL took, told by one of its backends."""
    parent = int(_stat(child)[1])
    ticks = sum(int(_stat(parent)[place]) for place in (11, 12, 13, 14))
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = _stat(int(path.name))
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        if int(fields[1]) == parent:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def wait(pid: int) -> Taken:
    """Wait for a child to end. Raises SystemExit when it failed."""
    peak = 0
    while True:
        peak = max(peak, peak_mb(pid))
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            break
        time.sleep(_LOOK_EVERY)
    if status:
        raise SystemExit(f"the process failed: {os.waitstatus_to_exitcode(status)}")
    return Taken(peak, round(usage.ru_utime + usage.ru_stime, 1))
