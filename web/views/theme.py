from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from web import context


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep light or dark for this browser; an empty choice lets the device decide."""
    back = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(back if safe else "/")
    theme = request.POST.get("theme", "")
    if theme in context.THEMES:
        response.set_cookie(
            context.THEME_COOKIE, theme, max_age=365 * 86_400, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie(context.THEME_COOKIE)
    return response
