from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit import trail
from programs import masters, products
from programs.models import Population


class Command(BaseCommand):
    help = "Load a product master: sku, name, category path, brand, tags, attributes. The same file changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="CSV, NDJSON or Parquet")
        parser.add_argument(
            "--population", help="code of the group whose catalogue it is (needed when there are several)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        catalogue = self._catalogue(options["population"])
        try:
            rows = masters.read(options["file"])
        except masters.MasterRefused as refused:
            raise CommandError(str(refused), returncode=2) from None
        now = timezone.now()
        changed = products.upsert(catalogue_id=catalogue.pk, rows=rows, now=now)
        trail.record(
            action="products.loaded",
            actor="command:products",
            obj=("population", catalogue.pk),
            at=now,
            data={"file": options["file"].name, "products": len(rows), "changed": changed},
        )
        self.stdout.write(f"{len(rows)} products read, {changed} new or changed")

    def _catalogue(self, code: str | None) -> Population:
        known = list(Population.objects.filter(**({"code": code} if code else {})).order_by("code")[:2])
        if len(known) == 1:
            return known[0]
        codes = ", ".join(Population.objects.order_by("code").values_list("code", flat=True))
        what = "say which population's catalogue it is" if known else "there is no such population"
        raise CommandError(f"--population: {what} ({codes or 'none yet'})", returncode=2)
