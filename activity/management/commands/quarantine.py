from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count, QuerySet
from django.utils import timezone

from activity import quarantine
from activity.models import Quarantine

BY = "command:quarantine"


class Command(BaseCommand):
    help = "Rows that could not land: list them, show one, correct or drop it, let its receipt try again."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        listing = acts.add_parser("list", help="rows that wait, or how many by reason")
        replaying = acts.add_parser("replay", help="let receipts try again, whole")
        for narrowing in (listing, replaying):
            narrowing.add_argument("--source")
            narrowing.add_argument("--program")
            narrowing.add_argument("--file", type=int, help="id of the reading")
            narrowing.add_argument("--receipt")
            narrowing.add_argument("--reason")
        listing.add_argument("--limit", type=int, default=50)
        listing.add_argument("--counts", action="store_true", help="by source, reason and field")
        listing.add_argument("--json", action="store_true")
        replaying.add_argument("rows", nargs="*", type=int, metavar="ROW")
        replaying.add_argument("--all", action="store_true")
        showing = acts.add_parser("show", help="a row whole, with its raw bytes")
        showing.add_argument("row", type=int)
        fixing = acts.add_parser("fix", help="correct fields of a row, or drop it")
        fixing.add_argument("row", type=int)
        fixing.add_argument("changes", nargs="*", metavar="FIELD=VALUE")
        fixing.add_argument("--drop", action="store_true", help="the row never happened")
        fixing.add_argument("--replay", action="store_true", help="let its receipt try again at once")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['act']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        rows = self._narrowed(options)
        if options["counts"]:
            groups = rows.order_by().values("source__code", "reason", "field").annotate(rows=Count("id"))
            for group in groups.order_by("-rows"):
                told = f"{group['rows']:>8}  {group['source__code']}  {group['reason']} {group['field']}"
                self.stdout.write(told.rstrip())
            return
        for row in rows[: options["limit"]]:
            self.stdout.write(json.dumps(_told(row), ensure_ascii=False) if options["json"] else _line(row))

    def _show(self, options: dict[str, Any]) -> None:
        row = Quarantine.objects.select_related("file", "source").filter(pk=options["row"]).first()
        if row is None:
            raise CommandError(f"there is no row {options['row']}")
        self.stdout.write(json.dumps(_told(row), ensure_ascii=False, indent=2))

    def _fix(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        changes: dict[str, str | None] = {}
        for change in options["changes"]:
            name, equals, value = change.partition("=")
            if not equals:
                raise CommandError(f"{change}: write FIELD=VALUE")
            changes[name] = value or None
        if bool(changes) == options["drop"]:
            raise CommandError("say either FIELD=VALUE or --drop")
        try:
            if options["drop"]:
                quarantine.drop(row_id=options["row"], now=now, by=BY)
            else:
                quarantine.fix(row_id=options["row"], changes=changes, now=now, by=BY)
        except (quarantine.NotInQuarantine, quarantine.UnknownField) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"row {options['row']} {'dropped' if options['drop'] else 'corrected'}")
        if options["replay"]:
            self._tell(quarantine.replay(rows=quarantine.receipts_of([options["row"]]), now=now, by=BY))

    def _replay(self, options: dict[str, Any]) -> None:
        narrowed = any(options[name] for name in ("source", "program", "file", "receipt", "reason", "rows"))
        if not narrowed and not options["all"]:
            raise CommandError("say which rows, or --all")
        rows = self._narrowed(options)
        if options["rows"]:
            rows = rows.filter(pk__in=options["rows"])
        self._tell(quarantine.replay(rows=rows, now=timezone.now(), by=BY))

    def _tell(self, replayed: list[quarantine.Replayed]) -> None:
        for one in replayed:
            told = one.state if one.state != "quarantined" else f"quarantined: {one.reason} ({one.detail})"
            self.stdout.write(f"receipt {one.receipt_id or '?'}, {one.rows} rows: {told or 'no row is left'}")

    def _narrowed(self, options: dict[str, Any]) -> QuerySet[Quarantine]:
        rows = quarantine.waiting()
        for name, path in (
            ("source", "source__code"),
            ("program", "program__code"),
            ("file", "file_id"),
            ("receipt", "receipt_id"),
            ("reason", "reason"),
        ):
            if options[name]:
                rows = rows.filter(**{path: options[name]})
        return rows


def _line(row: Quarantine) -> str:
    where = f"{row.file.name}:{row.line}" if row.file else f"row {row.line}"
    return f"{row.pk:>8}  {where}  {row.receipt_id or '?'}  {row.reason} {row.field}  {row.detail}  [{row.state}]"


def _told(row: Quarantine) -> dict[str, Any]:
    return {
        "id": row.pk,
        "source": row.source.code,
        "file": row.file.name if row.file else None,
        "line": row.line,
        "receipt_id": row.receipt_id,
        "reason": row.reason,
        "field": row.field,
        "detail": row.detail,
        "state": row.state,
        "content": row.content,
        "corrected": row.corrected,
        "raw": bytes(row.raw).decode(errors="backslashreplace"),
        "changed_by": row.changed_by,
    }
