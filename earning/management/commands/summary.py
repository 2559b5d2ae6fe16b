from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import clock
from earning import summary
from programs import queries as programs


class Command(BaseCommand):
    """Writes what a program has given so far, as JSON."""

    help = "points by rule, balances and liability of a program"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--program", required=True, help="the program's code")
        parser.add_argument("--json", type=Path, help="write to this file instead of the screen")

    def handle(self, **options: Any) -> None:
        program = programs.program_by_code(options["program"])
        if program is None:
            raise CommandError(f"no program is called {options['program']!r}", returncode=2)
        if programs.is_practice(program.pk):
            raise CommandError(f"{program.code} is a practice program: it stands in no report", returncode=2)
        text = json.dumps(summary.of(program, now=clock.now()), indent=2) + "\n"
        if options["json"]:
            options["json"].write_text(text)
        else:
            self.stdout.write(text)
