from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import clock
from earning import auditing


class Command(BaseCommand):
    """Recomputes every balance, lot, posting and award; one difference makes it exit 1."""

    help = "recompute the ledger and the awards, and tell every difference"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", type=Path, help="write what was found to this file")
        parser.add_argument("--most", type=int, default=100, help="how many differences to print")

    def handle(self, **options: Any) -> None:
        found = auditing.run(now=clock.now())
        if options["json"]:
            options["json"].write_text(json.dumps(found.as_document(), indent=2) + "\n")
        for difference in found.differences[: options["most"]]:
            self.stdout.write(str(difference))
        self.stdout.write(
            f"{found.entries} entries, {found.awards} awards checked: {len(found.differences)} differences"
        )
        if found.differences:
            raise CommandError("the books do not add up", returncode=1)
