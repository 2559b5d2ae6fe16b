from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    help = (
        "Run rehearsals, books of a playbook and dated steps with what is expected, in a scratch database. Exit 0 when"
        " every expectation is met, 1 when one is not, 2 when a file is not valid, naming file, line and field."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print the outcomes as JSON")
        parser.add_argument("--processes", type=int, default=0, help="how many run books side by side (0: as worth it)")
        parser.add_argument("--failed", action="store_true", help="print only the lines that fail")

    def handle(self, *args: Any, **options: Any) -> None:
        from playbooks.rehearsals import scratch
        from playbooks.rehearsals.outcome import Outcome
        from playbooks.rehearsals.running import SECONDS, problems_of, run_all
        from playbooks.rehearsals.sharing import ShareLost, processes_for, run_shared

        def tell(outcome: Outcome) -> None:
            self.stderr.writelines(f"{problem}\n" for problem in outcome.problems)
            if outcome.problems or options["json"] or (options["failed"] and outcome.good):
                return
            for sentence in outcome.sentences():
                if not (options["failed"] and sentence.startswith("  ok")):
                    self.stdout.write(sentence)

        files = options["files"]
        outcomes = problems_of(files)
        for outcome in outcomes:
            tell(outcome)
        if outcomes:
            self._print(outcomes, as_json=options["json"])
            raise CommandError(f"{len(outcomes)} of {len(files)} books cannot be run", returncode=2)
        processes = min(options["processes"], len(files)) or processes_for(len(files))
        try:
            if processes > 1:
                outcomes = run_shared(files, processes=processes, told=tell, seconds=SECONDS)
            else:
                outcomes = run_all(files, told=tell)
        except (scratch.NoScratchDatabase, ShareLost) as missing:
            raise CommandError(str(missing), returncode=2) from None
        passed, failed = sum(one.passed for one in outcomes), sum(one.failed for one in outcomes)
        self._print(outcomes, as_json=options["json"])
        invalid = sum(bool(outcome.problems) for outcome in outcomes)
        if invalid:
            raise CommandError(f"{invalid} of {len(outcomes)} books cannot be run", returncode=2)
        if not options["json"]:
            self.stdout.write(f"{passed} passed, {failed} failed")
        if failed:
            raise CommandError(f"{failed} of {passed + failed} expectations are not met", returncode=1)

    def _print(self, outcomes: Any, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps([asdict(outcome) for outcome in outcomes], indent=2, ensure_ascii=False))
