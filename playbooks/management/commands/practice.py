from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import clock
from playbooks import exporting, importing, practising
from playbooks.problems import InvalidPlaybook


class Command(BaseCommand):
    """Makes a program to train on from the playbook of a real one."""

    help = "copy a program's playbook into a practice program: marked everywhere, in no report, with no real people"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("program", help="the code of the program to copy")
        parser.add_argument("--code", help="the code of the copy; by default the program's with -practice")

    def handle(self, **options: Any) -> None:
        code = options["code"] or f"{options['program']}-practice"
        try:
            program = exporting.program_of(options["program"])
            report = practising.copy(program, code=code, now=clock.now(), by="command:practice")
        except (
            exporting.NoSuchProgram, practising.CodeTaken, InvalidPlaybook, importing.ImportedMeanwhile,
        ) as refused:  # fmt: skip
            raise CommandError(str(refused), returncode=2) from None
        for sentence in report.sentences():
            self.stdout.write(sentence)
        self.stdout.write(f"{code} is ready to train on; its members are its own.")
