"""Reading what arrived: files with their counts while they are read, and the rows that wait in quarantine."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from activity.models import InboundChunk, InboundFile, Quarantine
from backoffice.doors import Desk

FILES_SHOWN = 50
ROWS_SHOWN = 50
COUNTS = ("rows", "skipped", "landed", "duplicate", "quarantined")
OPEN = (Quarantine.State.OPEN, Quarantine.State.FIXED)


@dataclass(frozen=True)
class FileRow:
    """A reading of a file; while it runs its counts are those of the chunks landed so far."""

    id: int
    name: str
    source: str
    arrived_at: datetime
    running: bool
    percent: int
    state_label: str
    mark: str
    error: str
    rows: int
    skipped: int
    landed: int
    duplicate: int
    quarantined: int

    @property
    def adds_up(self) -> bool:
        return self.rows == self.skipped + self.landed + self.duplicate + self.quarantined


@dataclass(frozen=True)
class WaitingRow:
    """A row of the quarantine; `fields` are its canonical names and values as far as they could be read."""

    id: int
    file_name: str
    line: int
    receipt_id: str
    field: str
    reason: str
    told: str
    raw: str
    kind: str
    open: bool
    fields: dict[str, str]
    changed: str


def files_of(desk: Desk) -> list[FileRow]:
    """The latest files of the program, newest first."""
    rows = InboundFile.objects.filter(program=desk.program).select_related("source").order_by("-opened_at", "-pk")
    return _file_rows(list(rows[:FILES_SHOWN]))


def file_of(desk: Desk, file_id: int) -> FileRow | None:
    rows = list(InboundFile.objects.filter(program=desk.program, pk=file_id).select_related("source"))
    return next(iter(_file_rows(rows)), None)


def waiting(desk: Desk, *, done: bool, file_id: int | None, after: int | None) -> tuple[list[WaitingRow], int | None]:
    """A page of the quarantine, and the row after which the next page begins."""
    rows = _quarantine(desk).order_by("pk")
    rows = rows.exclude(state__in=OPEN) if done else rows.filter(state__in=OPEN)
    if file_id is not None:
        rows = rows.filter(file_id=file_id)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    page = [_waiting_row(row) for row in rows[: ROWS_SHOWN + 1]]
    more = page[ROWS_SHOWN - 1].id if len(page) > ROWS_SHOWN else None
    return page[:ROWS_SHOWN], more


def waiting_row(desk: Desk, row_id: int) -> WaitingRow | None:
    row = _quarantine(desk).filter(pk=row_id).first()
    return _waiting_row(row) if row else None


def _quarantine(desk: Desk) -> QuerySet[Quarantine]:
    return Quarantine.objects.filter(program=desk.program).select_related("file", "source")


def _file_rows(rows: list[InboundFile]) -> list[FileRow]:
    running = [row.pk for row in rows if row.state == InboundFile.State.OPEN]
    chunks = InboundChunk.objects.filter(file_id__in=running).values_list("file_id")
    sums: dict[int, dict[str, int]] = {
        file_id: dict(zip(COUNTS, counts, strict=True))
        for file_id, *counts in chunks.annotate(*(Sum(name) for name in COUNTS))
    }
    return [_file_row(row, sums.get(row.pk, {})) for row in rows]


def _file_row(row: InboundFile, sums: dict[str, int]) -> FileRow:
    runs = row.state == InboundFile.State.OPEN
    counts = {name: sums.get(name, 0) if runs else (getattr(row, name) or 0) for name in COUNTS}
    label, mark = {
        InboundFile.State.OPEN: (_("being read"), ""),
        InboundFile.State.CLOSED: (_("read to the end"), "is-good"),
        InboundFile.State.UNREADABLE: (_("unreadable"), "is-bad"),
    }[InboundFile.State(row.state)]
    return FileRow(
        id=row.pk,
        name=row.name,
        source=row.source.code,
        arrived_at=row.opened_at,
        running=runs,
        percent=min(100, counts["rows"] * 100 // row.rows) if row.rows else 0,
        state_label=label,
        mark=mark,
        error=row.error,
        **counts,
    )


def _waiting_row(row: Quarantine) -> WaitingRow:
    content = {str(name): "" if value is None else str(value) for name, value in (row.content or {}).items()}
    content.update({str(name): str(value) for name, value in (row.corrected or {}).items()})
    return WaitingRow(
        id=row.pk,
        file_name=row.file.name if row.file else row.source.code,
        line=row.line,
        receipt_id=row.receipt_id or "",
        field=row.field,
        reason=reason_label(row.reason),
        told=": ".join(filter(None, (row.field, row.detail))),
        raw=bytes(row.raw).decode("utf-8", errors="backslashreplace"),
        kind={"landed": "good", "dropped": "warn"}.get(row.state, "bad"),
        open=row.state in OPEN,
        fields=content,
        changed=state_label(row.state),
    )


def state_label(state: str) -> str:
    words = {
        "open": _("to mend"),
        "fixed": _("mended, not landed yet"),
        "dropped": _("given up"),
        "landed": _("landed"),
    }
    return words.get(state, state)


def reason_label(reason: str) -> str:
    """Why a row waits, in words; the code itself where there are none."""
    words = {
        "InvalidField": _("A field cannot be read"),
        "MixedReceipt": _("The rows of this receipt contradict each other"),
        "HeldWithReceipt": _("Another row of this receipt waits"),
        "DifferentContent": _("This receipt came before with other content"),
        "NotYourReceipt": _("The receipt belongs to another source"),
        "ReturnOfAReturn": _("A return cannot be returned"),
        "MoreReturnedThanBought": _("More comes back than was bought"),
    }
    return words.get(reason, reason)
