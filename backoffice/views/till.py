from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backoffice import doors, till
from ledger.idempotency import KeyReused
from members import policies, proofs, spending_codes
from rewards import refusals


@require_http_methods(["GET", "POST"])
@never_cache
@doors.for_staff("till.use")
def show(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """One card at a time: scan, see, redeem or record a visit, next."""
    if request.method != "POST":
        values = {"scanned": till.scanned(desk, request.session), "store": till.store_of(desk), "place": "till"}
        return doors.page(request, "backoffice/till.html", desk, values)
    act = {"scan": _scan, "redeem": _redeem, "visit": _visit, "voucher": _voucher, "next": _next}.get(
        request.POST.get("act", "")
    )
    if act is None:
        raise Http404
    act(request, desk)
    return redirect("backoffice:till")


def _scan(request: HttpRequest, desk: doors.Desk) -> None:
    if not till.scan(desk, request.session, request.POST.get("card", "")[:80]):
        messages.error(request, _("No member has this card. Scan it again, or enrol the customer."))


def _next(request: HttpRequest, desk: doors.Desk) -> None:
    request.session.pop(till.KEY, None)


def _redeem(request: HttpRequest, desk: doors.Desk) -> None:
    try:
        key = str(UUID(request.POST.get("key", "")))
    except ValueError:
        raise Http404 from None
    asked = {name: request.POST.get(name, "") for name in ("public_id", "reward", "code")}
    try:
        off = till.redeem(desk, request.session, key=key, **asked)
    except (
        refusals.Refused, spending_codes.WrongCode, spending_codes.CodeUsed, proofs.TooManyTries, policies.CannotSpend,
        policies.OwnAccount, till.NotScanned, KeyReused,
    ) as refused:  # fmt: skip
        messages.error(request, _reason(refused))
        return
    messages.success(request, _("Take %(amount)s off the bill.") % {"amount": off})


def _voucher(request: HttpRequest, desk: doors.Desk) -> None:
    asked = {name: request.POST.get(name, "")[:80] for name in ("public_id", "voucher")}
    try:
        off = till.use_voucher(desk, request.session, **asked)
    except (refusals.Refused, policies.OwnAccount, till.NotScanned) as refused:
        messages.error(request, _reason(refused))
        return
    messages.success(request, _("Take %(amount)s off the bill.") % {"amount": off})


def _visit(request: HttpRequest, desk: doors.Desk) -> None:
    try:
        new = till.visit(desk, request.session, public_id=request.POST.get("public_id", ""))
    except (till.NotScanned, till.NoStore, policies.OwnAccount) as refused:
        messages.error(request, _reason(refused))
        return
    messages.success(request, _("The visit is recorded.") if new else _("Today's visit was recorded before."))


def _reason(refused: Exception) -> str:
    """Why nothing was done, for the cashier to say aloud."""
    words: dict[type[Exception], str] = {
        spending_codes.WrongCode: _("This is not the code on the phone now. Read it again."),
        spending_codes.CodeUsed: _("This code was used. The phone shows another one."),
        proofs.TooManyTries: _("Too many wrong codes. Wait a quarter of an hour, or ask the store manager."),
        policies.OwnAccount: _("Nobody works on their own account: ask a colleague."),
        till.NotScanned: _("Another card was scanned meanwhile. Scan the card again."),
        till.NoStore: _("You work in no store here: a visit cannot be recorded."),
        refusals.NotAnAdult: _("Only the adults of this household spend its points."),
        policies.SpendingHeld: _("A contact was changed: nothing can be spent until it is confirmed."),
        refusals.NoSuchVoucher: _("No voucher has this code. Read it again."),
        refusals.VoucherUsed: _("This voucher was used before."),
        refusals.VoucherExpired: _("This voucher has expired."),
        refusals.OtherMoney: _("This voucher is in another country's money. It is not taken here."),
        refusals.CardBlocked: _("This card is blocked. Nothing was spent."),
        refusals.InsufficientPoints: _("There are not enough points. Nothing was spent."),
        refusals.OutOfStock: _("The last one has just been taken. Nothing was spent."),
        refusals.LimitReached: _("This member has taken as many as one may. Nothing was spent."),
    }
    return words.get(type(refused), _("This could not be done now. Nothing was spent."))
