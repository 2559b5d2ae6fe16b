from __future__ import annotations

from django.contrib import admin
from django.db.models import Sum
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from activity import models
from adminsite import ReadOnlyModelAdmin

_COUNTS = ("skipped", "landed", "duplicate", "quarantined")


@admin.register(models.InboundFile)
class InboundFileAdmin(ReadOnlyModelAdmin):
    """Imports: what became of the rows of each file, also while it is being read."""

    seen_with = "imports.see"
    list_display = ["name", "source", "program", "state", "progress", "opened_at", "closed_at"]
    list_filter = ["state", "source", "program"]
    list_select_related = ["source", "program"]
    search_fields = ["name"]
    ordering = ["-id"]
    fields = [
        *("name", "source", "program", "state", "error", "size", "rows"),
        *_COUNTS,
        *("by", "opened_at", "closed_at", "mapping"),
    ]

    @admin.display(description=_("rows: skipped, landed, duplicate, quarantined"))
    def progress(self, file: models.InboundFile) -> str:
        """The closed counts, or those of the chunks landed so far."""
        counts = [file.skipped, file.landed, file.duplicate, file.quarantined]
        if file.state == models.InboundFile.State.OPEN:
            landed = models.InboundChunk.objects.filter(file_id=file.pk).aggregate(*(Sum(name) for name in _COUNTS))
            counts = [landed[f"{name}__sum"] or 0 for name in _COUNTS]
        total = file.rows if file.rows is not None else sum(counts)
        told = " · ".join(f"{count:,}" for count in counts)
        bar = '<progress max="{}" value="{}"></progress> {}'
        return format_html(bar, max(total, 1), sum(counts), told)


@admin.register(models.Quarantine)
class QuarantineAdmin(ReadOnlyModelAdmin):
    """Rows that could not land. They are corrected in the back office or by `manage.py quarantine`."""

    seen_with = "imports.see"
    list_display = ["id", "file", "line", "receipt_id", "reason", "field", "detail", "state", "at"]
    list_filter = ["state", "reason", "source", "program"]
    list_select_related = ["file", "source", "program"]
    search_fields = ["receipt_id", "detail"]
    ordering = ["-id"]
    fields = [
        *("file", "source", "program", "line", "receipt_id", "reason", "field", "detail", "shown"),
        *("content", "corrected", "state", "at", "changed_by", "changed_at"),
    ]
    readonly_fields = ["shown"]

    @admin.display(description=_("as it was sent"))
    def shown(self, row: models.Quarantine) -> str:
        return format_html("<pre>{}</pre>", bytes(row.raw).decode(errors="backslashreplace"))
