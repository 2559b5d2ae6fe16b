"""Serving the site on this machine: static files, a free port, web and beat beside the worker."""

from __future__ import annotations

import signal
import socket
import time
import urllib.request
from pathlib import Path

from django.core.management import call_command

from loyalty import stack
from loyalty.embedded.home import Home

FIRST_PORT = 8000


class DidNotStart(RuntimeError):
    """A process of the site ended, or the site did not answer in time."""


def stop_on_signals() -> None:
    """Ctrl-C and kill both end the site in order, also when a shell started us with interrupts ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def stack_of(home: Home) -> stack.Stack:
    """An empty stack whose mails land in files and whose pages go over plain HTTP."""
    mails = home.path / "mail"
    mails.mkdir(parents=True, exist_ok=True)
    return stack.Stack(
        {"PLAIN_HTTP": "1", "EMAIL_URL": f"file://{mails}", "POLARS_MAX_THREADS": "1"}, home.path / "logs"
    )


def start(processes: stack.Stack, *, with_worker: bool) -> str:
    """Start what is missing and return the address once it answers. Raises DidNotStart."""
    call_command("collectstatic", interactive=False, verbosity=0)
    port = free_port()
    processes.start("web", stack.web(port), {"POLARS_MAX_THREADS": "2"})
    if with_worker:
        processes.start("worker", stack.worker())
    processes.start("beat", stack.beat(processes.logs / "beat-schedule"))
    _wait(processes, port)
    return f"http://localhost:{port}"


def free_port() -> int:
    """8000, or the next port nobody listens on."""
    for port in range(FIRST_PORT, FIRST_PORT + 200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise DidNotStart(f"ports {FIRST_PORT} to {FIRST_PORT + 199} are all taken")


def _wait(processes: stack.Stack, port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        check(processes)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise DidNotStart(f"the site does not answer on port {port}: read {log_of(processes, 'web')}")


def check(processes: stack.Stack) -> None:
    """Raise DidNotStart when one of the processes has ended."""
    if fallen := processes.fallen():
        raise DidNotStart(f"{fallen} ended by itself: read {log_of(processes, fallen)}")


def log_of(processes: stack.Stack, name: str) -> Path:
    return processes.logs / f"{name}.log"
