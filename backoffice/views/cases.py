from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit import trail
from backoffice import case_forms, casework, doors, exports, opening
from care import cases, words
from care.refusals import Refused
from members.policies import OwnAccount
from web import evidence


@require_safe
@doors.for_staff("cases.see")
def index(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """The queue: mine, my store's, overdue, all; or the same as a file."""
    asked = casework.filter_of(request.GET)
    if request.GET.get("export") in exports.FORMATS:
        return _export(request.GET["export"], desk, asked)
    rows, more = casework.queue(desk, asked)
    values = {
        "rows": rows, "more": more, "asked": asked, "counts": casework.counts(desk), "types": words.TYPES,
        "place": "cases",
    }  # fmt: skip
    return doors.page(request, "backoffice/cases.html", desk, values)


@require_http_methods(["GET", "POST"])
@doors.for_staff("cases.work")
def new(request: HttpRequest, desk: doors.Desk, public_id: str) -> HttpResponse:
    """Open a case for the member before one; who opens it has it."""
    membership = opening.opened(desk, public_id, action="cases.work")
    said = request.POST or None
    form = case_forms.OpenForm(said, request.FILES or None, initial={"channel": "phone", **request.GET.dict()})
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            case = cases.open(
                membership=membership, type=typed["type"], channel=typed["channel"], words=typed["words"],
                receipt=typed["receipt"], files=typed["files"], owner=desk.user, now=desk.now, by=desk.actor,
            )  # fmt: skip
        except Refused as refused:
            form.add_error(refused.field or None, refused.told)
        except OwnAccount:
            form.add_error(None, _("Nobody acts on their own account. Ask a colleague."))
        else:
            messages.success(request, _("Case %(number)s is open.") % {"number": case.pk})
            return redirect("backoffice:case", case.pk)
    values = {"form": form, "membership": membership, "place": "cases"}
    return doors.page(request, "backoffice/case_new.html", desk, values, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@doors.for_staff("cases.see")
def show(request: HttpRequest, desk: doors.Desk, case_id: int) -> HttpResponse:
    """One case whole: what was said, its evidence, its story, and what can be done."""
    page = casework.page_of(desk, case_id, action="cases.work" if request.method == "POST" else "cases.see")
    if request.method == "POST":
        return _work(request, desk, page)
    return _page(request, desk, page)


@require_safe
@doors.for_staff("cases.see")
def file(request: HttpRequest, desk: doors.Desk, case_id: int, file_id: int) -> HttpResponse:
    """A piece of evidence, always as a download of its own kind: nothing of it runs in our pages."""
    page = casework.page_of(desk, case_id)
    row = next((one for one in page.files if one.pk == file_id), None)
    return evidence.served(row)


def _work(request: HttpRequest, desk: doors.Desk, page: casework.CasePage) -> HttpResponse:
    """Do one of the small acts, then show the case again."""
    if not page.may_work:
        messages.error(request, _("Nobody acts on their own account. Ask a colleague."))
        return redirect("backoffice:case", page.case.pk)
    act = request.POST.get("act", "")
    form = (
        case_forms.EvidenceForm(request.POST, request.FILES) if act == "attach" else case_forms.WordsForm(request.POST)
    )
    if act not in ("take", "lay") and not form.is_valid():
        return _page(request, desk, page, form)
    try:
        messages.success(request, _act(act, desk, page, form))
    except Refused as refused:
        form.is_valid()
        form.add_error(refused.field if refused.field in form.fields else None, refused.told)
        return _page(request, desk, page, form)
    return redirect("backoffice:case", page.case.pk)


def _act(act: str, desk: doors.Desk, page: casework.CasePage, form: Any) -> str:
    """One act on a case; the sentence that says it was done."""
    said = getattr(form, "cleaned_data", {})
    who: Any = {"case_id": page.case.pk, "now": desk.now, "by": desk.actor}
    match act:
        case "note":
            cases.note(words=said["words"], **who)
            return _("The note is kept.")
        case "message" | "ask":
            cases.message(words=said["words"], asks=act == "ask", **who)
            return _("The member is told.")
        case "refuse":
            cases.refuse(words=said["words"], **who)
            return _("The case is closed, and the member is told why.")
        case "reopen":
            cases.reopen(words=said["words"], **who)
            return _("The case is open again.")
        case "attach":
            cases.attach(files=said["files"], **who)
            return _("The evidence is kept.")
        case "take" | "lay":
            cases.hand_to(owner=desk.user if act == "take" else None, **who)
            return _("The case is yours.") if act == "take" else _("The case is nobody’s again.")
    raise Http404


def _page(request: HttpRequest, desk: doors.Desk, page: casework.CasePage, form: Any = None) -> HttpResponse:
    """The case, with the form that could not be done where there is one."""
    attaches = isinstance(form, case_forms.EvidenceForm)
    values = {
        "page": page,
        "form": form if form is not None and not attaches else case_forms.WordsForm(),
        "evidence": form if attaches else case_forms.EvidenceForm(),
        "place": "cases",
    }
    return doors.page(request, "backoffice/case.html", desk, values, status=422 if form is not None else 200)


def _export(form: str, desk: doors.Desk, asked: casework.Filter) -> HttpResponse:
    head = [
        _("Case"), _("What"), _("Member"), _("Number"), _("Store"), _("Receipt"), _("Asked by"), _("State"), _("Due"),
        _("Late"), _("Opened"), _("Owner"),
    ]  # fmt: skip
    rows = [
        (row.id, row.type, row.member, row.number, row.store, row.receipt, row.channel, row.state, row.due_on,
         _("yes") if row.late else _("no"), row.opened_at, row.owner)
        for row in casework.exported(desk, asked)
    ]  # fmt: skip
    trail.record(action="cases.exported", actor=desk.actor, obj=("program", desk.program.pk), at=desk.now,
                 data={"rows": len(rows)})  # fmt: skip
    return exports.answer("cases", form, head, rows, desk.formats.zone)
