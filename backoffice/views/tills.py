import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from backoffice import doors, people
from backoffice.people import SwitchForm, TillForm
from identity import tills
from identity.models import Till
from web import banners


@require_http_methods(["GET", "POST"])
@doors.for_staff(people.ACTION)
def index(request: HttpRequest, desk: doors.Desk) -> HttpResponse:
    """The shared tills of one's stores; this browser becomes one."""
    form = TillForm(desk, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _open(request, desk, form)
    values = {"tills": people.tills_of(desk), "form": form, "this": tills.till_of(request), "place": "tills"}
    return doors.page(request, "backoffice/tills.html", desk, values, status=422 if form.errors else 200)


def _open(request: HttpRequest, desk: doors.Desk, form: TillForm) -> HttpResponse:
    """From here on the browser is the store's: whoever opened it is signed out of it."""
    said = form.cleaned_data
    if not people.may_open_till(desk, said["store"]):
        raise Http404
    till, token = tills.open_till(name=said["name"], store_code=said["store"], now=desk.now, by=desk.actor)
    logout(request)
    messages.success(request, _("%(name)s is a till now. People sign in with badge and PIN.") % {"name": till.name})
    answer = redirect("backoffice:switch")
    answer.set_cookie(
        tills.COOKIE, token, max_age=tills.SECONDS, httponly=True, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
    )
    return answer


@require_POST
@doors.for_staff(people.ACTION)
def close(request: HttpRequest, desk: doors.Desk, till_id: int) -> HttpResponse:
    """A browser that is a till no more."""
    till = next((one for one in people.tills_of(desk) if one.pk == till_id), None)
    if till is None:
        raise Http404
    tills.close_till(till, now=desk.now, by=desk.actor)
    messages.success(request, _("%(name)s is no till any more.") % {"name": till.name})
    return redirect("backoffice:tills")


@require_http_methods(["GET", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """At a shared till: whose badge? Whoever was there before is signed out first."""
    till = tills.till_of(request)
    if till is None:
        raise Http404
    if request.POST.get("act") == "leave":
        logout(request)
        return redirect("backoffice:switch")
    form = SwitchForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _signed_in(request, till, form):
        return redirect("backoffice:home")
    values = {"till": till, "form": form, "look": banners.FIDELIO}
    return render(request, "backoffice/switch.html", values, status=422 if form.errors else 200)


def _signed_in(request: HttpRequest, till: Till, form: SwitchForm) -> bool:
    try:
        user = tills.person_of(request, till, number=form.cleaned_data["number"], pin=form.cleaned_data["pin"])
    except tills.TooManyTries:
        form.add_error(None, _("Too many tries with this badge. Wait a quarter of an hour, or ask your manager."))
        return False
    if user is None:
        form.add_error(None, _("Badge and PIN do not belong together here."))
        return False
    logout(request)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[tills.AT_KEY], request.session[tills.SEEN_KEY] = till.pk, time.time()
    return True
