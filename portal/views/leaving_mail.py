"""The way out of marketing messages: works signed out, by one click, again and again."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from audit import clock
from messaging import unsubscribing
from portal import queries
from web import agreements, people


@csrf_exempt  # mail programs post by themselves (RFC 8058); the signature in the address is what lets them
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Say what ends, and end it when asked: looking alone ends nothing, as scanners of mail look at every link."""
    leaving = unsubscribing.read(token)
    if leaving is None:
        raise Http404
    if request.method == "POST":
        unsubscribing.leave(leaving, now=clock.now())
    values = {
        "purpose": people.label(people.PURPOSES, leaving.purpose),
        "channel": people.label(agreements.CHANNELS, leaving.channel),
        "has_left": leaving.has_left,
        "brand": queries.brand_of(leaving.membership.program),
    }
    return render(request, "portal/unsubscribe.html", values)
