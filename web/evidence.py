"""Answering with a piece of evidence: always a download of its own kind, so that nothing of it runs in our pages."""

from __future__ import annotations

from django.http import Http404, HttpResponse

from care import evidence
from care.models import CaseFile


def served(row: CaseFile | None) -> HttpResponse:
    """The bytes as an attachment; 404 when there are none, or they are not what was kept."""
    content = evidence.read(row) if row is not None else None
    if row is None or content is None:
        raise Http404
    made = HttpResponse(content, content_type=evidence.TYPES[row.kind])
    made["Content-Disposition"] = f'attachment; filename="{row.case_id}-{row.pk}.{row.kind}"'
    made["X-Content-Type-Options"] = "nosniff"
    made["Content-Security-Policy"] = "default-src 'none'; sandbox"
    made["Cache-Control"] = "private, no-store"
    return made
