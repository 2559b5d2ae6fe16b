import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal import app, cards, doors, queries


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """What a phone is told when the portal is put on its home screen."""
    said = app.manifest_of(doors.program_of(request))
    return JsonResponse(said, content_type="application/manifest+json", headers={"Cache-Control": "max-age=3600"})


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker; its address sets its reach, which is the program's pages."""
    kept = app.kept_by_worker(doors.program_of(request))
    values = {"kept_json": json.dumps(kept)}
    answer = render(request, "portal/worker.js", values, content_type="text/javascript")
    answer["Cache-Control"] = "no-cache"
    return answer


@require_safe
@never_cache
@doors.for_members
def card(request: HttpRequest, visit: queries.Visit) -> HttpResponse:
    """The card as the phone keeps it for a till without network: number, codes, what was there at this moment."""
    return doors.page(request, "portal/card_offline.html", visit, {"kept": cards.offline_of(visit), "tab": "card"})
