"""`python -m loyalty COMMAND ARGS...` with the servers it needs: the body of the files in script/.

It starts processes and never forks: a library of threads must not be copied halfway.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import FrameType

from loyalty.embedded import servers
from loyalty.embedded.home import REPOSITORY, Home
from loyalty.embedded.postgres import CannotStart


def main(arguments: list[str]) -> int:
    """Run one command with its servers and return its exit code."""
    test = arguments[:1] == ["pytest"]
    home = Home(Home().path / f"test-{os.getpid()}") if test and not os.environ.get("LOYALTY_HOME") else Home()
    try:
        with servers.running(home, durable=not test) as environment:
            return _run(arguments, environment)
    except CannotStart as error:
        print(f"script: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130  # before the command had begun
    finally:
        if test:
            _forget(home)


def _run(arguments: list[str], environment: dict[str, str]) -> int:
    if arguments[:1] == ["pytest"]:
        command = [sys.executable, "-m", *arguments]
        environment.update(PLAIN_HTTP="1", STATIC_FROM_SOURCE="1")
    else:
        command = [sys.executable, str(REPOSITORY / "manage.py"), *arguments]
    child = subprocess.Popen(command, env=environment, cwd=None if arguments[:1] != ["pytest"] else REPOSITORY)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(signal.SIGINT if number == signal.SIGTERM else number)

    # a terminal's Ctrl-C reaches the child by itself, and we wait for its own ending; kill -TERM reaches only us
    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGHUP, pass_on)
    signal.signal(signal.SIGINT, lambda *_: None)
    return child.wait()


def _forget(home: Home) -> None:
    import shutil

    if home.path.name.startswith("test-"):
        shutil.rmtree(home.path, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
