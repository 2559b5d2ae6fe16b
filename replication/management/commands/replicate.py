from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from audit import clock
from programs import queries as programs
from replication.refusals import NoSuchSystem

BY = "command:replicate"


class Command(BaseCommand):
    help = "Follow a member base that lives elsewhere: load files, read reports, write the feed, make systems and keys."

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="do", required=True)
        load = doing.add_parser("load", help="take a file; the same command after a kill goes on")
        load.add_argument("file", type=Path, help="CSV or NDJSON")
        load.add_argument("--system", required=True, help="code of the system it comes from")
        load.add_argument("--kind", choices=["full", "delta"], default="delta", help="full tells who is missing too")
        load.add_argument("--mapping", type=Path, help="YAML saying how the file is written (default: the system's)")
        load.add_argument("--dry-run", action="store_true", help="do everything, keep the report alone")
        load.add_argument("--json", type=Path, help="write the counts there too")
        report = doing.add_parser("report", help="what came of a run, or of the latest")
        report.add_argument("run", type=int, nargs="?")
        report.add_argument("--system")
        report.add_argument("--csv", action="store_true", help="each line that was not simply taken, as CSV")
        refused = doing.add_parser("refused", help="the rows of a file that a run refused, to mend and load alone")
        refused.add_argument("file", type=Path, help="the file of the run")
        refused.add_argument("run", type=int)
        refused.add_argument("--mapping", type=Path, help="as when it was loaded")
        refused.add_argument("--to", type=Path, required=True, help="write them to this file")
        feed = doing.add_parser("feed", help="loyalty facts that changed since a cursor, as NDJSON")
        feed.add_argument("--system", required=True)
        feed.add_argument("--after", type=int, default=0, help="the cursor of the last line read before")
        feed.add_argument("--to", type=Path, help="write to this file (default: standard output)")
        make = doing.add_parser("system", help="make a system")
        make.add_argument("code")
        make.add_argument("--program", required=True)
        make.add_argument("--channel", choices=["replication", "partner"], default="replication")
        make.add_argument("--versions", choices=["number", "moment"], default="number", help="what orders its records")
        key = doing.add_parser("key", help="make a new key for pushing, shown once; the old one is void")
        key.add_argument("--system", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        from replication.refusals import Unreadable

        try:
            getattr(self, f"_{options['do']}")(options)
        except NoSuchSystem as error:
            raise CommandError(str(error), returncode=2) from None
        except Unreadable as error:
            raise CommandError(f"could not be read: {error}", returncode=2) from None

    def _load(self, options: dict[str, Any]) -> None:
        from replication import commands  # Polars stays out of processes that only list commands

        console = Console(file=sys.stderr, highlight=False)
        run = commands.load_with_progress(
            options["file"], system_code=options["system"], kind=options["kind"], mapping_path=options["mapping"],
            dry_run=options["dry_run"], now=clock.now(), by=BY, console=console,
        )  # fmt: skip
        text = json.dumps(commands.as_json(run), ensure_ascii=False)
        self.stdout.write(text)
        if options["json"]:
            options["json"].write_text(text + "\n", encoding="utf-8")

    def _report(self, options: dict[str, Any]) -> None:
        from replication import commands

        run = commands.run_of(options["run"], options["system"])
        if run is None:
            raise CommandError("there is no such run", returncode=2)
        if options["csv"]:
            for line in commands.csv_of(run):
                self.stdout.write(line, ending="")
            return
        self.stdout.write(json.dumps(commands.as_json(run), ensure_ascii=False, indent=2))

    def _refused(self, options: dict[str, Any]) -> None:
        from replication import commands

        run = commands.run_of(options["run"], None)
        if run is None:
            raise CommandError("there is no such run", returncode=2)
        rows = commands.refused_rows(options["file"], run, options["mapping"])
        with options["to"].open("wb") as file:
            file.writelines(rows)

    def _feed(self, options: dict[str, Any]) -> None:
        from replication import feeding, systems

        system = systems.by_code(options["system"])
        feeding.look(system=system, now=clock.now())
        lines = feeding.lines(system, after=options["after"])
        if options["to"] is None:
            self.stdout.writelines(lines)
            return
        with options["to"].open("w", encoding="utf-8") as file:
            file.writelines(lines)

    def _system(self, options: dict[str, Any]) -> None:
        from replication import systems

        program = programs.program_by_code(options["program"])
        if program is None:
            raise CommandError(f"there is no program {options['program']}", returncode=2)
        made = systems.make(
            code=options["code"], program=program, channel=options["channel"], versions=options["versions"],
            now=clock.now(), by=BY,
        )  # fmt: skip
        self.stdout.write(f"system {made.code} sends members of {program.code}")

    def _key(self, options: dict[str, Any]) -> None:
        from replication import systems

        system = systems.by_code(options["system"])
        self.stdout.write(systems.rotate_key(system=system, now=clock.now(), by=BY))
