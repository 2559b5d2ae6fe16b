from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rules_engine import drafts
from studio import doors, pages, rehearsing
from studio.doors import Studio


@require_http_methods(["GET", "HEAD", "POST"])
@doors.of_program
def show(request: HttpRequest, studio: Studio, draft_id: int) -> HttpResponse:
    """Write or send a book of acceptance and see it pass or fail line by line; the result stays with the draft."""
    draft = studio.draft(draft_id)
    values: dict[str, Any] = {"title": _("Rehearsals"), "draft": draft, "text": "", "largest": rehearsing.LARGEST}
    values["may_write"] = studio.may("rulebooks.write", draft.market_code)
    if request.method == "POST":
        studio.check("rulebooks.write", draft.market_code)
        values.update(_run(request, studio, draft.pk))
        draft.refresh_from_db()
    values["kept"] = [{**one, "moment": datetime.fromisoformat(one["at"])} for one in draft.rehearsals]
    values["names"] = pages.people({str(one.get("by")) for one in draft.rehearsals})
    return doors.page(request, "studio/rehearse.html", studio, values)


def _run(request: HttpRequest, studio: Studio, draft_id: int) -> dict[str, Any]:
    text, name = request.POST.get("text", ""), _("written here")
    if (sent := request.FILES.get("book")) is not None:
        name = PurePath(sent.name or "book.yaml").name[:120]
        text = sent.read(rehearsing.LARGEST + 1).decode("utf-8", "replace")
    if not text.strip():
        return {"refused": _("Write a book or choose a file first.")}
    if len(text) > rehearsing.LARGEST:
        return {"refused": _("The book is too long."), "text": text}
    try:
        rehearsed = rehearsing.run(text, name)
    except rehearsing.TooSlow:
        return {"refused": _("The book did not end in time. Split it, then run its parts."), "text": text}
    drafts.keep_rehearsal(draft_id=draft_id, result=rehearsed.kept(), now=studio.now, by=studio.actor)
    return {"rehearsed": rehearsed, "text": text}
