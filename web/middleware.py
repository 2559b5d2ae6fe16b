"""Which program a request is for: its host name, or the first segment of its path."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, set_script_prefix

from programs import queries as programs

OURS = frozenset({"account", "admin", "desk", "language", "livez", "metrics", "readyz", "static", "theme", "ui"})
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
