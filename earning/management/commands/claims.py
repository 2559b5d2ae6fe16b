from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from audit import clock, trail
from earning import bells, claims
from earning.models import Claim

ACTOR = "command:claims"


class Command(BaseCommand):
    """Holders that were set aside because scoring them went on failing: list them, and let one be tried again."""

    help = "claims list; claims release HOLDER"

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="holders that were set aside, with the reason")
        releasing = actions.add_parser("release", help="let a holder be tried again, once its cause is mended")
        releasing.add_argument("holder", type=int)

    def handle(self, **options: Any) -> None:
        set_aside = Claim.objects.filter(quarantined_reason__isnull=False)
        if options["action"] == "list":
            for one in set_aside.order_by("holder_id"):
                self.stdout.write(f"{one.holder_id}  {one.quarantined_reason}")
            self.stdout.write(f"{set_aside.count()} set aside")
            return
        if not set_aside.filter(holder_id=options["holder"]).exists():
            raise CommandError(f"holder {options['holder']} is not set aside: see claims list", returncode=2)
        with transaction.atomic():
            claims.release(options["holder"])
            trail.record(action="claims.released", actor=ACTOR, obj=("holder", options["holder"]), at=clock.now())
        bells.ring()
        self.stdout.write(f"{options['holder']} will be tried again")
