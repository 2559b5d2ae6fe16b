from datetime import datetime
from pathlib import PurePath
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rules_engine import draft_contents, draft_rehearsals
from rules_engine.models import DraftRehearsal, RulebookDraft
from studio import doors, drafted, pages, rehearsing
from studio.doors import Studio


@require_http_methods(["GET", "HEAD", "POST"])
@doors.of_program
def show(request: HttpRequest, studio: Studio, draft_id: int) -> HttpResponse:
    """Write or send a book of acceptance; a worker runs it, and the page says how far it is until it has ended."""
    draft = studio.draft(draft_id)
    values: dict[str, Any] = {"title": _("Rehearsals"), "draft": draft, "largest": rehearsing.LARGEST}
    values["may_write"] = studio.may("rulebooks.write", draft.market_code)
    if request.method == "POST":
        studio.check("rulebooks.write", draft.market_code)
        refused, text = _ask(request, studio, draft)
        if not refused:
            return HttpResponseRedirect(request.path)
        values.update(refused=refused, text=text)
    # the page asks again every two seconds: the books themselves, but for the last one, stay where they are
    books = list(draft.rehearsed.select_related("draft").defer("text", "playbook").order_by("-asked_at", "-pk"))
    latest = books[0] if books else None
    values.setdefault("text", latest.text if latest else "")
    values["latest"] = latest
    values["lines"] = _lines(latest)
    values["kept"] = [(one, draft_rehearsals.is_stale(one)) for one in books if one.state in _ENDED]
    values["stale"] = latest is not None and draft_rehearsals.is_stale(latest)
    values["names"] = pages.people({one.asked_by for one in books})
    return doors.page(request, "studio/rehearse.html", studio, values)


_ENDED = (DraftRehearsal.State.DONE, DraftRehearsal.State.GIVEN_UP)


def _ask(request: HttpRequest, studio: Studio, draft: RulebookDraft) -> tuple[str, str]:
    """Why the book is not run ("" when it will be), and its text."""
    text, name = request.POST.get("text", ""), _("written here")
    if (sent := request.FILES.get("book")) is not None:
        name = PurePath(sent.name or "book.yaml").name[:120]
        text = sent.read(rehearsing.LARGEST + 1).decode("utf-8", "replace")
    text = text.replace("\0", "�")
    if not text.strip():
        return _("Write a book or choose a file first."), text
    if len(text) > rehearsing.LARGEST:
        return _("The book is too long."), text
    try:
        playbook = drafted.playbook_of(draft, now=studio.now) if drafted.is_asked_for(text) else ""
        draft_rehearsals.ask(
            draft_id=draft.pk, book=name, text=text, playbook=playbook, now=studio.now, by=studio.actor
        )  # fmt: skip
    except draft_contents.NotReady:
        return _("The book runs on this draft, and a rule of the draft is not finished. Finish it first."), text
    except draft_rehearsals.UnderWay:
        return _("A book of this draft is being run: one at a time. Wait for its result."), text
    transaction.on_commit(rehearsing.ring)
    return "", text


def _lines(latest: DraftRehearsal | None) -> list[dict[str, Any]]:
    lines = latest.result.get("lines") or [] if latest else []
    return [{**line, "moment": _moment(str(line.get("at") or ""))} for line in lines]


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
