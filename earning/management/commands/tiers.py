"""Members on their program's ladder: who is about to lose a step, a floor by hand, the nightly pass by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import clock
from members import numbers
from members.models import Membership
from programs import queries as programs
from programs.models import Program


class Command(BaseCommand):
    help = (
        "tiers follow: write down what time or a new ladder changed. tiers falls: who will lose a step soon."
        " tiers floor --member NUMBER [--step CODE]: keep a member from falling below a step, or no longer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("do", choices=["follow", "falls", "floor"])
        parser.add_argument("--program", required=True)
        parser.add_argument("--member", help="the number of a member")
        parser.add_argument("--step", help="a step of the ladder; without it the floor is lifted")
        parser.add_argument("--reason", default="", help="kept with a floor")
        parser.add_argument("--days", type=int, default=30, help="how far to look ahead (30)")

    def handle(self, *args: Any, **options: Any) -> None:
        from earning import standing
        from tiers import queries

        program = programs.program_by_code(options["program"])
        if program is None:
            raise CommandError(f"there is no program {options['program']}")
        now = clock.now()
        if options["do"] == "follow":
            self.stdout.write(f"{standing.close_windows(program=program, now=now)} followed")
            return
        if options["do"] == "floor":
            self._floor(program, options, now)
            return
        falls = queries.falls(program.pk, now, timedelta(days=options["days"]))
        for fall in falls:
            self.stdout.write(f"{fall.at:%Y-%m-%d %H:%M}Z  {fall.holder_id}  {fall.step or '-'} -> {fall.to or '-'}")
        self.stdout.write(f"{len(falls)} will lose a step within {options['days']} days")

    def _floor(self, program: Program, options: dict[str, Any], now: datetime) -> None:
        from tiers import standing

        row = Membership.objects.filter(
            program=program, number__iexact=numbers.as_read(options["member"] or "")
        ).first()
        holder = row.holders.filter(until_at=None).first() if row else None
        if holder is None:
            raise CommandError(f"{program.code} has no member {options['member']}")
        try:
            standing.assign_floor(
                holder_id=holder.holder_id, program=program, step=options["step"], now=now, by="command:tiers",
                reason=options["reason"],
            )  # fmt: skip
        except standing.UnknownStep as unknown:
            raise CommandError(str(unknown)) from None
        self.stdout.write(f"{options['member']} does not fall below {options['step'] or 'anything'}")
