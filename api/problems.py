"""Refusals as problem details (RFC 9457): what is wrong, where, and nothing about anybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from replication.outcomes import Told

View = Callable[..., HttpResponse]
LISTED = 100
"""Errors an answer names one by one."""


class Problem(Exception):
    """An answer instead of the one that was asked for."""

    def __init__(
        self, status: int, title: str, detail: str = "", *, errors: Iterable[Told] = (), **headers: str
    ) -> None:  # fmt: skip
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail
        self.errors = list(errors)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self) -> JsonResponse:
        content: dict[str, Any] = {"type": "about:blank", "status": self.status, "title": self.title}
        if self.detail:
            content["detail"] = self.detail
        if self.errors:
            content["errors"] = [
                {"line": one.line, "external_id": one.external_id, "field": one.field, "reason": one.reason,
                 "detail": one.detail}
                for one in self.errors[:LISTED]
            ]  # fmt: skip
            content["error_count"] = len(self.errors)
        return JsonResponse(
            content, status=self.status, content_type="application/problem+json",
            headers={"Cache-Control": "no-store", **self.headers},
        )  # fmt: skip


def answered(view: View) -> View:
    """A view whose Problems are answers."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Problem as problem:
            return problem.answer()

    return guarded
