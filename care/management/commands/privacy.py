from __future__ import annotations

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import clock
from care.privacy import replaying


class Command(BaseCommand):
    help = "The list of people who were erased: print it for keeping elsewhere, or replay it on a restored backup."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        deeds.add_parser("erased", help="print one line of JSON for everybody who was erased")
        replay = deeds.add_parser("replay", help="erase everybody on a list again, after a backup was restored")
        replay.add_argument("list", help="a file of such lines, - for what comes in")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["deed"] == "erased":
            for line in replaying.lines():
                self.stdout.write(line)
            return
        try:
            if options["list"] == "-":
                done = replaying.replay(sys.stdin, now=clock.now())
            else:
                with open(options["list"], encoding="utf-8") as listed:
                    done = replaying.replay(listed, now=clock.now())
        except (OSError, replaying.NoErasureList) as wrong:
            raise CommandError(str(wrong)) from None
        self.stdout.write(f"{done.erased} erased again, {done.already} were so already, {done.unknown} not known here")
        if done.waiting:
            raise CommandError(f"points are held or frozen, settle them first: {', '.join(done.waiting)}")
