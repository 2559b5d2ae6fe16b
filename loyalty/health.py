"""`/livez` answers while the process runs; `/readyz` when the database, Redis and the schema are as they should be."""

from __future__ import annotations

from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse


class HealthMiddleware:
    """Answers before host checks and redirects: a probe speaks plain HTTP to an address, not to a name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/livez":
            return HttpResponse("ok", content_type="text/plain")
        if request.path == "/readyz":
            return ready()
        return self.get_response(request)


def ready() -> HttpResponse:
    """200 when everything needed answers, else 503; Redis down alone is told but does not stop the tills."""
    found = {"database": _database(), "migrations": _migrations(), "redis": _redis()}
    healthy = found["database"] == "ok" and found["migrations"] == "ok"
    return JsonResponse(found, status=200 if healthy else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:  # a probe must answer whatever broke
        return type(error).__name__
    return "ok"


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception as error:
        return type(error).__name__
    return "ok" if not pending else f"{len(pending)} to apply: run manage.py migrate"


def _redis() -> str:
    try:
        cache.get("readyz")
    except Exception as error:
        return type(error).__name__
    return "ok"
