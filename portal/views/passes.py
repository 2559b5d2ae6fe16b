from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from members import cards as use_cases
from members import wallets
from members.models import Membership
from portal import doors, queries
from portal.passes import apple, content, google, latest
from web import icons


@require_http_methods(["GET", "POST"])
@never_cache
@doors.for_members
def show(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """The card for the phone's wallet: asked for once, then kept in one wallet or both."""
    if not (apple.is_configured() or google.is_configured()):
        raise Http404
    if request.method == "POST":
        membership = Membership.objects.get(pk=visit.membership_id)
        use_cases.issue_pass(membership=membership, now=visit.now, by=f"member:{visit.public_id}")
        messages.success(request, _("Your card for the wallet is ready."))
        return redirect("portal:pass")
    card, link = content.card_in_wallet(visit.membership_id), ""
    if card is not None and google.is_configured():
        said = content.pass_of(visit, doors.program_of(request), card)
        logo = request.build_absolute_uri(icons.address(said.look, "icon-512"))
        link = google.save_link(said, logo=logo, now=visit.now)
        told = latest.digests_of([card], visit.now).get(card.pk, "")
        wallets.fetched(card=card, told=told, now=visit.now, google=True)
    values = {"card": card, "apple": apple.is_configured(), "google": link, "tab": "me"}
    return doors.page(request, "portal/pass.html", visit, values)


@require_safe
@never_cache
@doors.for_members
def pkpass(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """The file for Apple Wallet, of the card that was asked for."""
    card = content.card_in_wallet(visit.membership_id)
    if card is None or not apple.is_configured():
        raise Http404
    made = apple.pkpass(content.pass_of(visit, doors.program_of(request), card))
    disposition = f'attachment; filename="{doors.program_of(request).code}.pkpass"'
    return HttpResponse(made, content_type=apple.CONTENT_TYPE, headers={"Content-Disposition": disposition})
