"""Which program a request is for: its host name, or the first segment of its path; and what nobody may keep of it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, set_script_prefix

from programs import queries as programs

OURS = frozenset(
    {"account", "admin", "api", "desk", "language", "livez", "look", "metrics", "readyz", "static", "theme", "ui"}
)
"""First segments that are never a program's code."""


class ProgramMiddleware:
    """Sets `request.program`, or None.

    A program without a host of its own lives under `/<code>/`. That segment moves from the path into the script
    prefix: the same patterns serve both, and `reverse` answers with addresses inside the program.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        code, _, rest = request.path_info.lstrip("/").partition("/")
        program = programs.program_by_code(code) if code and code not in OURS else None
        if program is None:
            request.program = programs.program_for_host(request.get_host().partition(":")[0])  # type: ignore[attr-defined]
            return self.get_response(request)
        request.program = program  # type: ignore[attr-defined]
        request.path_info = f"/{rest}"
        outside = get_script_prefix()
        set_script_prefix(f"{outside}{code}/")
        try:
            return self.get_response(request)
        finally:
            set_script_prefix(outside)


class PrivateMiddleware:
    """What somebody signed in was shown is kept by no cache, and by no browser for whoever sits there next.

    A view that says itself how long its answer may be kept is believed. After who is signed in is known.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and request.user.is_authenticated:
            response["Cache-Control"] = "private, no-store"
        return response
