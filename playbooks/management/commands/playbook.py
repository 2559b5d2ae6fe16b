from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import clock

ACTOR = "command:playbook"


class Command(BaseCommand):
    help = (
        "A program as a text file: export it, import it and publish its rules, show what an import would change,"
        " compare two files or a program and a file, check a file, print the JSON Schemas. Exit 0, or 2 when a"
        " file is not taken, naming file, line and field; `diff` exits 1 when the two differ."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        exporting = actions.add_parser("export", help="print a program as a playbook")
        exporting.add_argument("program", help="the program's code")
        exporting.add_argument("--output", type=Path, help="write it to a file instead")
        importing = actions.add_parser("import", help="create or update the program and publish its rules")
        importing.add_argument("file", type=Path)
        importing.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        importing.add_argument("--draft", action="store_true", help="leave the rules as a draft for approval")
        importing.add_argument("--json", action="store_true", help="print what was done as JSON")
        comparing = actions.add_parser("diff", help="say how two playbooks differ, in words")
        comparing.add_argument("old", help="a file, or a program's code")
        comparing.add_argument("new", help="a file, or a program's code")
        validating = actions.add_parser("validate", help="check a file; nothing is imported")
        validating.add_argument("file", type=Path)
        schema = actions.add_parser("schema", help="print the JSON Schema of a format")
        schema.add_argument("format", nargs="?", choices=["playbook", "rehearsal"], default="playbook")

    def handle(self, *args: Any, **options: Any) -> None:
        from playbooks.exporting import NoSuchProgram
        from playbooks.problems import InvalidPlaybook

        try:
            match options["action"]:
                case "export":
                    self._export(options["program"], options["output"])
                case "import" if options["dry_run"]:
                    self._preview(options["file"], draft=options["draft"])
                case "import":
                    self._import(options["file"], draft=options["draft"], as_json=options["json"])
                case "diff":
                    self._diff(options["old"], options["new"])
                case "validate":
                    self._validate(options["file"])
                case _:
                    self._print_schema(options["format"])
        except (InvalidPlaybook, NoSuchProgram) as invalid:
            raise CommandError(str(invalid), returncode=2) from None

    def _export(self, code: str, output: Path | None) -> None:
        from playbooks import exporting

        program = exporting.program_of(code)
        text, logos = exporting.export(program, now=clock.now()), exporting.logos_of(program)
        if output is None:
            self.stdout.write(text, ending="")
            if logos:
                self.stderr.write(f"warning: the logos are files beside the playbook, see --output: {', '.join(logos)}")
            return
        output.write_text(text, encoding="utf-8")
        for name, content in logos.items():
            (output.parent / name).write_bytes(content)

    def _import(self, file: Path, *, draft: bool, as_json: bool) -> None:
        from playbooks import importing
        from rules_engine.rulebooks import PublishedMeanwhile

        try:
            report = importing.import_file(file, now=clock.now(), by=ACTOR, draft=draft)
        except (importing.ImportedMeanwhile, PublishedMeanwhile) as rival:
            raise CommandError(str(rival), returncode=2) from None
        if as_json:
            self.stdout.write(json.dumps(report.as_json(), indent=2, ensure_ascii=False))
            return
        for sentence in report.sentences():
            self.stdout.write(sentence)
        self._warn(report.warnings)

    def _preview(self, file: Path, *, draft: bool) -> None:
        from playbooks import checking, comparing, reading

        checked = checking.check(reading.read_file(file))
        seen = comparing.preview(checked, now=clock.now(), by=ACTOR, draft=draft)
        for sentence in (*seen.report.sentences(), *seen.sentences, *seen.kept):
            self.stdout.write(sentence)
        self.stdout.write("Nothing was changed: this was a dry run.")
        self._warn(seen.report.warnings)

    def _diff(self, old: str, new: str) -> None:
        from playbooks import comparing, differences

        now = clock.now()
        told = differences.between(comparing.read(old, now=now), comparing.read(new, now=now))
        for sentence in told or ["They say the same."]:
            self.stdout.write(sentence)
        if told:
            raise CommandError("they differ", returncode=1)

    def _validate(self, file: Path) -> None:
        from playbooks import checking, reading
        from playbooks.report import counted

        checked = checking.check(reading.read_file(file))
        rules = counted(len(checked.playbook.rules), "rule")
        self.stdout.write(f"{file.name} can be imported: program {checked.playbook.program.code} with {rules}.")
        self._warn(checked.warnings)

    def _warn(self, warnings: Any) -> None:
        for warning in warnings:
            self.stderr.write(f"warning: {warning}")

    def _print_schema(self, which: str) -> None:
        from playbooks import schemas

        self.stdout.write(json.dumps(schemas.of(which), indent=2, ensure_ascii=False))
