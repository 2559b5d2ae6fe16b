from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError, connection

from audit import clock
from earning import journey


class Command(BaseCommand):
    """Scores what waits, with PostgreSQL alone: one more worker that needs no Redis."""

    help = "score everything that waits; --forever goes on waiting for more"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forever", action="store_true", help="poll for more until stopped")
        parser.add_argument("--poll", type=float, default=30.0, help="seconds between looks when nothing waits")
        parser.add_argument("--first-bucket", type=int, default=None, help="where to begin; spreads several workers")
        parser.add_argument("--batch", type=int, default=journey.BATCH, help="about how many activities a batch has")

    def handle(self, **options: Any) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        holders = activities = 0
        while not stopping.is_set():
            try:
                done = journey.work(now=clock.now(), first_bucket=options["first_bucket"], limit=options["batch"])
            except OperationalError as error:
                if not options["forever"]:
                    raise
                self.stderr.write(f"the database does not answer ({type(error).__name__}): trying again")
                connection.close()
                stopping.wait(min(options["poll"], 5))
                continue
            if done is None:
                if not options["forever"]:
                    break
                stopping.wait(options["poll"])
                continue
            holders, activities = holders + done.holders, activities + done.activities
            if done.failed:
                self.stderr.write(f"a batch of {done.holders} failed: {done.failed}")
        self.stdout.write(f"{activities} activities of {holders} holders scored")
