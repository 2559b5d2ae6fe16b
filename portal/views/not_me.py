from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from audit import clock
from identity import disowning
from portal import queries


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def show(request: HttpRequest, token: str) -> HttpResponse:
    """A sign-in that its owner does not know, from the link of the mail that told her; signed out. Looking ends
    nothing, a second click changes nothing."""
    device_id = disowning.device_of(token)
    if device_id is None:
        raise Http404
    if request.method == "POST":
        disowning.was_not_me(device_id=device_id, now=clock.now())
        return redirect(request.path)
    program = getattr(request, "program", None)
    values = {"open": disowning.is_open(device_id), "brand": queries.brand_of(program) if program else "Fidelio"}
    return render(request, "portal/not_me.html", values)
