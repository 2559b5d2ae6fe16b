"""Records in, facts out: what systems call. No cookie, no session; a key in each call."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from api import keys
from api.problems import Problem, answered
from audit import clock
from replication import feeding, pushing
from replication.outcomes import COUNTS

NDJSON = "application/x-ndjson"
_TAKEN = frozenset({NDJSON, "application/ndjson", "application/jsonl", "application/json"})
LARGEST_CURSOR = 1 << 62


@csrf_exempt
@answered
def push(request: HttpRequest, code: str) -> HttpResponse:
    """POST: take the records of a body, all or none."""
    _only(request, "POST")
    system = keys.system_of(request, code)
    content = _content(request)
    try:
        run, outcome = pushing.push(system=system, content=content, now=clock.now(), by=f"replication:{system.code}")
    except pushing.TooManyRecords as many:
        raise Problem(413, "Too many records", str(many)) from None
    except pushing.Empty as empty:
        raise Problem(422, "Nothing was sent", str(empty)) from None
    except pushing.NotTaken as refused:
        if refused.same_version:
            raise Problem(409, "Versions came before with other content", errors=refused.lines) from None
        raise Problem(422, "Nothing was taken", str(refused), errors=refused.lines) from None
    counts, _ = outcome.as_json()
    return _json({"run": run.pk, "records": outcome.records, **{name: counts[name] for name in COUNTS}})


@csrf_exempt
@answered
def feed(request: HttpRequest, code: str) -> HttpResponse:
    """GET: facts that changed after a cursor, a page of NDJSON; the next cursor in a header."""
    _only(request, "GET")
    system = keys.system_of(request, code)
    after = request.GET.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 20 and int(after) < LARGEST_CURSOR):
        raise Problem(422, "This is no cursor", "after: the cursor of the last line you read, or 0")
    rows = feeding.page(system, after=int(after))
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    cursor = str(rows[-1]["cursor"] if rows else int(after))
    headers = {"Cache-Control": "no-store", "Feed-Cursor": cursor, "Feed-More": str(len(rows) == feeding.PAGE).lower()}
    return HttpResponse(text, content_type=NDJSON, headers=headers)


def _only(request: HttpRequest, method: str) -> None:
    if request.method != method:
        raise Problem(405, f"Only {method} is answered here", Allow=method)


def _content(request: HttpRequest) -> bytes:
    """The body, no more of it than is taken."""
    if request.content_type not in _TAKEN:
        raise Problem(415, "NDJSON is wanted", f"Content-Type: {NDJSON}")
    announced = request.META.get("CONTENT_LENGTH") or "0"
    too_large = not announced.isdigit() or int(announced) > pushing.LARGEST_BODY
    content = b"" if too_large else request.read(pushing.LARGEST_BODY + 1)
    if too_large or len(content) > pushing.LARGEST_BODY:
        raise Problem(413, "The body is too large", f"a body has at most {pushing.LARGEST_BODY} bytes")
    return content


def _json(content: dict[str, object]) -> JsonResponse:
    return JsonResponse(content, headers={"Cache-Control": "no-store"})
