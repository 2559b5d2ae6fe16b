from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from audit import clock
from programs import queries as programs


class Command(BaseCommand):
    help = "Land a file of activity. The same command after a kill goes on; the same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="CSV, NDJSON, Parquet or XLSX")
        parser.add_argument("--source", required=True, help="code of the sender; an unknown one is created")
        parser.add_argument("--program", required=True, help="code of the program it feeds")
        parser.add_argument("--mapping", type=Path, help="YAML saying how the file is written (default: canonical)")
        parser.add_argument("--dry-run", action="store_true", help="read, check and count; keep nothing")
        parser.add_argument("--json", type=Path, help="write the counts there too")

    def handle(self, *args: Any, **options: Any) -> None:
        from activity import commands  # Polars stays out of processes that only list commands
        from activity.reading.blocks import Unreadable

        console = Console(file=sys.stderr, highlight=False)
        program = programs.program_by_code(options["program"])
        if program is None:
            raise CommandError(f"there is no program {options['program']}", returncode=2)
        try:
            counts = commands.ingest_with_progress(
                options["file"],
                source_code=options["source"],
                program=program,
                mapping_path=options["mapping"],
                dry_run=options["dry_run"],
                now=clock.now(),
                console=console,
            )
        except Unreadable as error:
            raise CommandError(f"{options['file']} could not be read: {error}", returncode=2) from None
        text = json.dumps(counts.as_json(), ensure_ascii=False)
        self.stdout.write(text)
        if options["json"]:
            options["json"].write_text(text + "\n", encoding="utf-8")
