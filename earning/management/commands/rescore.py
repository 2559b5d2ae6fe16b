from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit import clock
from earning.models import Rescore
from programs import queries as programs


class Command(BaseCommand):
    """Scores again on purpose: `preview` what would change, `approve` it as another person, `run` it, `status`."""

    help = "preview, approve and run a re-scoring"

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        preview = acts.add_parser("preview", help="work out what would change")
        preview.add_argument("--program", required=True)
        preview.add_argument("--member", help="a membership's number: everything of that member")
        preview.add_argument(
            "--receipt", action="append", type=int, default=[], help="an activity's number; repeatable"
        )
        preview.add_argument("--from", dest="from_on", type=date.fromisoformat, help="a local day")
        preview.add_argument("--until", dest="until_on", type=date.fromisoformat, help="a local day, included")
        preview.add_argument("--replay", action="store_true", help="read facts anew, as if all had arrived on time")
        preview.add_argument("--reason", default="")
        preview.add_argument("--by", required=True, help="who asks")
        for name in ("approve", "withdraw", "run", "status"):
            act = acts.add_parser(name)
            act.add_argument("id", type=int)
            if name != "status":
                act.add_argument("--by", required=name != "run", default="command:rescore", help="who does it")
            if name == "run":
                act.add_argument("--batch", type=int, default=0, help="about how many activities a chunk has")

    def handle(self, **options: Any) -> None:
        from earning import rescoring  # frames: only where they are asked for

        refusals = (rescoring.NothingInScope, rescoring.SamePerson, rescoring.NotApproved, ValueError)
        try:
            if options["act"] == "preview":
                row = self._preview(options)
            elif options["act"] == "run":
                row = rescoring.run(
                    preview_id=options["id"],
                    now=clock.now(),
                    by=options["by"],
                    clock=clock.now,
                    progress=self._progress,
                    at_once=options["batch"],
                )
            elif options["act"] == "status":
                row = Rescore.objects.get(pk=options["id"])
            else:
                row = getattr(rescoring, options["act"])(preview_id=options["id"], now=clock.now(), by=options["by"])
        except refusals as refused:
            raise CommandError(f"{type(refused).__name__}: {refused}") from None
        except Rescore.DoesNotExist:
            raise CommandError(f"there is no re-scoring {options['id']}") from None
        self._show(row)

    def _preview(self, options: dict[str, Any]) -> Rescore:
        from earning import rescoring
        from members import numbers
        from members.models import Membership

        program = programs.program_by_code(options["program"])
        if program is None:
            raise CommandError(f"there is no program {options['program']}")
        membership_id = None
        if options["member"]:
            found = Membership.objects.filter(
                program=program, number__iexact=numbers.as_read(options["member"])
            ).values_list("pk", flat=True)
            membership_id = found.first()
            if membership_id is None:
                raise CommandError(f"there is no member {options['member']} in {program.code}")
        kind: Any = "correction"
        if options["replay"]:
            kind = "replay"
        elif membership_id is not None:
            kind = "member"
        elif options["receipt"]:
            kind = "receipts"
        scope = rescoring.Scope(
            kind, membership_id, tuple(options["receipt"]), from_on=options["from_on"], until_on=options["until_on"]
        )
        return rescoring.preview(
            program=program, scope=scope, now=clock.now(), by=options["by"], reason=options["reason"]
        )

    def _progress(self, done: int, of: int) -> None:
        self.stdout.write(f"{done} of {of} holders")

    def _show(self, row: Rescore) -> None:
        self.stdout.write(
            f"re-scoring {row.pk} is {row.state}: {row.activities} activities of {row.holders} holders,"
            f" {row.done_holders} done"
        )
        for code, sums in sorted(row.points.items()):
            self.stdout.write(f"  {code}: {sums['given']} more, {sums['taken']} less, for {row.members} members")
        for market, amount in sorted(row.money.items()):
            self.stdout.write(f"  {market}: {amount} minor units more owed")
        for step in row.histogram:
            low = "" if step["from"] is None else step["from"]
            high = "" if step["until"] is None else step["until"]
            self.stdout.write(f"  [{low} .. {high}): {step['members']} members")
