from datetime import UTC, datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal import agreeing, doors, queries
from programs import asking
from web import markdown


@require_safe
def show(request: HttpRequest, version: str = "") -> HttpResponse:
    """A version of the terms, the one in force when none is named: for members and for who thinks about joining."""
    program = doors.program_of(request)
    visit = queries.visit_of(request.user, program, datetime.now(UTC), left=True)
    text = agreeing.text_for(program, visit, version) if visit else agreeing.of_visitor(program, version)
    if text is None:
        raise Http404
    in_force = text.version == asking.terms_of(program)
    values = {"text": text, "html": markdown.html_of(text.text), "in_force": in_force, "tab": "me"}
    if visit is None:
        return render(request, "portal/terms.html", {"brand": queries.brand_of(program), **values})
    return doors.page(request, "portal/terms.html", visit, values)


@require_http_methods(["GET", "POST"])
@doors.for_members
def mine(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """Which version was accepted, and a new one to accept or to leave for the next time."""
    program = doors.program_of(request)
    terms = agreeing.of_member(program, visit)
    if terms is None:
        raise Http404
    if request.method == "POST" and "later" in request.POST:
        agreeing.not_now(request.session, program)
        return redirect("portal:home")
    if request.method == "POST":
        if agreeing.accept(request.session, program, visit, request.POST.get("version", "")):
            messages.success(request, _("Thank you. That you accepted them is kept with its date."))
            return redirect("portal:home")
        messages.warning(request, _("The terms changed meanwhile. Read them again, then accept them."))
        return redirect("portal:my_terms")
    values = {"terms": terms, "html": markdown.html_of(terms.text.text), "tab": "me"}
    return doors.page(request, "portal/my_terms.html", visit, values)
