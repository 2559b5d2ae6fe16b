from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal import doors, queries
from portal import rewards as shelves
from rewards import redemption
from rewards.refusals import Refused


@require_safe
@doors.for_members
def show(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """The vouchers in hand, with their codes, and what can be taken for points."""
    return doors.page(
        request, "portal/rewards.html", visit, {"shelf": shelves.shelf_of(visit), "tab": "rewards"}
    )  # fmt: skip


@doors.for_members
@require_POST
def take(request: HttpRequest, visit: queries.Visit, code: str) -> HttpResponse:
    """Take one reward. The form carries a key of its own, so that a second click takes nothing more."""
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        raise Http404 from None
    try:
        redemption.redeem(
            membership_id=visit.membership_id, reward=code, key=key, channel="web", now=visit.now,
            by=f"member:{visit.public_id}",
        )  # fmt: skip
    except Refused as refused:
        messages.error(request, shelves.reason_of(refused))
    except redemption.KeyReused:
        messages.error(request, _("This page was out of date: choose again."))
    else:
        messages.success(request, _("It is yours. Show the code at the till."))
    return redirect("portal:rewards")
