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
        "Import a program from a playbook file and publish its rules; check a file without importing it; print the"
        " JSON Schema of playbooks. Exit 0, or 2 when the file is not taken, naming file, line and field."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        importing = actions.add_parser("import", help="create or update the program and publish its rules")
        importing.add_argument("file", type=Path)
        importing.add_argument("--draft", action="store_true", help="leave the rules as a draft for approval")
        importing.add_argument("--json", action="store_true", help="print what was done as JSON")
        validating = actions.add_parser("validate", help="check a file; nothing is imported")
        validating.add_argument("file", type=Path)
        actions.add_parser("schema", help="print the JSON Schema of playbooks")

    def handle(self, *args: Any, **options: Any) -> None:
        from playbooks.problems import InvalidPlaybook

        try:
            match options["action"]:
                case "import":
                    self._import(options["file"], draft=options["draft"], as_json=options["json"])
                case "validate":
                    self._validate(options["file"])
                case _:
                    self._print_schema()
        except InvalidPlaybook as invalid:
            raise CommandError(str(invalid), returncode=2) from None

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

    def _print_schema(self) -> None:
        from playbooks.format import Playbook

        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Playbook.model_json_schema()}
        self.stdout.write(json.dumps(schema, indent=2, ensure_ascii=False))
