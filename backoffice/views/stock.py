from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from backoffice import doors, stock
from identity import rights
from members import batches


@require_http_methods(["GET", "POST"])
@doors.for_staff("cards.stock")
def index(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """What each store has left; the batches; a new one."""
    may_generate = rights.may_anywhere(desk.user, "cards.generate")
    form = stock.BatchForm(desk, request.POST or None) if may_generate else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            store = form.stores.get(form.cleaned_data["store"])
            batch = batches.prepare(
                program=desk.program, count=form.cleaned_data["count"], now=desk.now, by=desk.actor, store=store
            )
            messages.success(request, _("Batch %(code)s is ready for the printer.") % {"code": batch.code})
            return redirect("backoffice:card_batch", batch.code)
    values = {"stores": stock.rows_of(desk), "batches": stock.batches_of(desk), "form": form, "place": "stock"}
    return doors.page(request, "backoffice/stock.html", desk, values, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@doors.for_staff("cards.stock")
def show(request: HttpRequest, desk: doors.Desk, code: str) -> HttpResponse:
    """One batch: how far it is, the file for the printer, the store it goes to."""
    batch = stock.batch_of(desk, code, "cards.generate" if request.method == "POST" else "cards.stock")
    row = stock.row_of(desk, batch)
    form = stock.HandForm(desk, request.POST or None) if row.may_generate and not row.handed_at else None
    if request.method == "POST" and form is not None and form.is_valid():
        store = form.stores[form.cleaned_data["store"]]
        try:
            batches.hand(batch=batch, store=store, now=desk.now, by=desk.actor)
        except batches.BatchHanded:
            messages.error(request, _("Somebody was faster: the batch has its store."))
        else:
            messages.success(request, _("The batch is in its store."))
        return redirect("backoffice:card_batch", code)
    values = {"batch": row, "form": form, "place": "stock"}
    return doors.page(request, "backoffice/card_batch.html", desk, values, status=422 if form and form.errors else 200)


@require_safe
@doors.for_staff("cards.generate")
def printed(request: HttpRequest, desk: doors.Desk, code: str) -> Any:
    """The file for the printer."""
    batch = stock.batch_of(desk, code, "cards.generate")
    try:
        lines = stock.lines_for_printer(desk, batch)
    except batches.TooLateToPrint:
        messages.error(request, _("The codes of a batch can be read for a week. Make a new batch."))
        return redirect("backoffice:card_batch", code)
    return StreamingHttpResponse(
        lines, content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="cards-{code}.csv"', "Cache-Control": "no-store"},
    )  # fmt: skip
