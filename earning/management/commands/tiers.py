"""Members on their program's ladder: who is about to lose a step, and the nightly pass by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import clock
from programs import queries as programs


class Command(BaseCommand):
    help = "tiers follow: write down what time or a new ladder changed. tiers falls: who will lose a step soon."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("do", choices=["follow", "falls"])
        parser.add_argument("--program", required=True)
        parser.add_argument("--days", type=int, default=30, help="how far to look ahead (30)")

    def handle(self, *args: Any, **options: Any) -> None:
        from earning import standing
        from tiers import queries

        program = programs.program_by_code(options["program"])
        if program is None:
            raise CommandError(f"there is no program {options['program']}")
        now = clock.now()
        if options["do"] == "follow":
            self.stdout.write(f"{standing.close_windows(program=program, now=now)} followed")
            return
        falls = queries.falls(program.pk, now, timedelta(days=options["days"]))
        for fall in falls:
            self.stdout.write(f"{fall.at:%Y-%m-%d %H:%M}Z  {fall.holder_id}  {fall.step or '-'} -> {fall.to or '-'}")
        self.stdout.write(f"{len(falls)} will lose a step within {options['days']} days")
