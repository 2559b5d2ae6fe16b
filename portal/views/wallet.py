"""The web service that phones ask about their passes (Apple's "PassKit Web Service Reference", version 1)."""

from datetime import UTC, datetime
from functools import wraps
from http import HTTPStatus
from json import JSONDecodeError, loads
from typing import Any

import structlog
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.http import http_date, parse_http_date_safe
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import clock
from identity import throttling
from members import wallets
from members.models import Card
from portal import doors
from portal.passes import apple, latest
from web.cookies import without_cookies

_MOST_BODY = 20_000
_MOST_LINES, _MOST_OF_A_LINE = 10, 300
log = structlog.get_logger(__name__)


def _of_a_pass(view: Any) -> Any:
    """A request about one pass: `view(request, card, ...)`, 404 for what is none of ours, 401 without its token."""

    @csrf_exempt
    @without_cookies
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, pass_type: str, serial: str, **kwargs: Any) -> HttpResponse:
        card = _card(request, pass_type, serial)
        said = request.headers.get("Authorization", "").removeprefix("ApplePass ")
        if card is None or not wallets.is_token(serial, said):
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return view(request, card, *args, **kwargs)

    return guarded


@require_http_methods(["POST", "DELETE"])
@_of_a_pass
def registration(request: HttpRequest, card: Card, device: str) -> HttpResponse:
    """A phone asks to be told of this pass (201 anew, 200 known), or not to be told any more."""
    if len(device) > 100:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    if request.method == "DELETE":
        wallets.unregister(card=card, device=device)
        return HttpResponse()
    token = _body(request).get("pushToken")
    if not isinstance(token, str) or not token.isalnum() or not token.isascii() or len(token) > 200:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    now = clock.now()
    wallets.fetched(card=card, told=latest.digests_of([card], now).get(card.pk, ""), now=now)
    try:
        new = wallets.register(card=card, device=device, push_token=token, now=now)
    except wallets.Over:
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    return HttpResponse(status=HTTPStatus.CREATED if new else HTTPStatus.OK)


@require_safe
@csrf_exempt
@without_cookies
def changed(request: HttpRequest, device: str, pass_type: str) -> HttpResponse:
    """The serials of a phone's passes that changed since the tag it was given last; 204 when none did."""
    program = doors.program_of(request)
    if not apple.is_configured() or pass_type != apple.pass_type():
        raise Http404
    since = request.GET.get("passesUpdatedSince", "")
    moment = datetime.fromtimestamp(int(since), UTC) if since.isdecimal() and len(since) < 12 else None
    cards = Card.objects.filter(program=program, kind=Card.Kind.PASS)
    found = wallets.serials_since(device=device, cards=cards, since=moment)
    if not found:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    tag = str(int(found[-1].changed_at.timestamp()))
    return JsonResponse({"lastUpdated": tag, "serialNumbers": [f"{program.code}-{row.pk}" for row in found]})


@require_safe
@_of_a_pass
def fetch(request: HttpRequest, card: Card) -> HttpResponse:
    """The pass as it is now; 304 when it says what it said to a phone that fetched it since."""
    now = clock.now()
    said = latest.pass_of(card, now)
    if said is None:
        raise Http404
    row = wallets.fetched(card=card, told=latest.digests_of([card], now).get(card.pk, ""), now=now)
    known = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
    if known is not None and int(row.changed_at.timestamp()) <= known:
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    answer = HttpResponse(apple.pkpass(said), content_type=apple.CONTENT_TYPE)
    answer["Last-Modified"], answer["Cache-Control"] = http_date(row.changed_at.timestamp()), "private, no-cache"
    return answer


@csrf_exempt
@without_cookies
@require_POST
def complaint(request: HttpRequest) -> HttpResponse:
    """What a phone could not do, in its own words. It proves nothing, so it is counted for each network."""
    doors.program_of(request)
    if not apple.is_configured():
        raise Http404
    if not throttling.allows(request, "wallet_complains", throttling.network(request)):
        return HttpResponse(status=HTTPStatus.TOO_MANY_REQUESTS)
    said = _body(request).get("logs")
    for line in said[:_MOST_LINES] if isinstance(said, list) else ():
        log.warning("a wallet complains", said=_printable(line))
    return HttpResponse()


def _card(request: HttpRequest, pass_type: str, serial: str) -> Card | None:
    program = doors.program_of(request)
    if not apple.is_configured():
        raise Http404
    code, _, number = serial.rpartition("-")
    if pass_type != apple.pass_type() or code != program.code or not number.isdecimal() or len(number) > 18:
        return None
    rows = Card.objects.filter(pk=int(number), program=program, kind=Card.Kind.PASS)
    return rows.select_related("program", "membership__member").first()


def _printable(line: object) -> str:
    """The beginning of what a stranger wrote, without what would steer a terminal or begin a line of its own."""
    text = line if isinstance(line, str) else repr(line)[:_MOST_OF_A_LINE]
    return "".join(sign if sign.isprintable() else " " for sign in text[:_MOST_OF_A_LINE])


def _body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object in a small body; an empty one for anything else."""
    if int(request.headers.get("Content-Length") or 0) > _MOST_BODY:
        return {}
    try:
        said = loads(request.body)
    except (JSONDecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
