"""What an answer may do to the cookies of whoever gets it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def without_cookies(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view whose answer is the same for everybody: it neither sets a cookie nor varies with one."""

    @wraps(view)
    def bare(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.is_for_everybody = True  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return bare


class CookieMiddleware:
    """Outside the session's own middleware: takes back what an answer would do to the cookies and may not.

    What a page fetches in its background (its worker, a part that refreshes itself) may come late: with the cookie of a
    session that has ended meanwhile, while the browser holds that of a new one. Django would answer by clearing the
    cookie, and so sign the new session out. Only a page somebody goes to may do that; browsers say which is which in
    `Sec-Fetch-Mode` (fetch metadata; one that does not say is taken for somebody going there).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if getattr(request, "is_for_everybody", False):
            response.cookies.clear()
            response.headers.pop("Vary", None)
        elif session is not None and _is_in_background(request):
            sent = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
            if sent and session.value in ("", sent):
                del response.cookies[settings.SESSION_COOKIE_NAME]
        return response


def _is_in_background(request: HttpRequest) -> bool:
    return request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
