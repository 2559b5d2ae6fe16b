from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from identity import stepping, throttling


class ConfirmForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "one-time-code"})
    )


@require_http_methods(["GET", "POST"])
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """Before an act that could hurt: a code to the login's own address proves once more who is at this screen."""
    then = _local(request.POST.get("next") or request.GET.get("next", ""))
    if stepping.confirmed_recently(request):
        return HttpResponseRedirect(then)
    form = ConfirmForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and "code" not in request.POST:
        return _page(request, form, then, sent=_send(request, form))
    if form.is_bound and form.is_valid():
        if stepping.accept_code(request, form.cleaned_data["code"]):
            return HttpResponseRedirect(then)
        form.add_error("code", _("This is not the code we sent."))
    return _page(request, form, then, sent=stepping.code_is_sent(request))


def _send(request: HttpRequest, form: ConfirmForm) -> bool:
    user: Any = request.user
    if not throttling.allows(request, "code_to_address", throttling.pair(request, user.email)):
        form.errors["__all__"] = form.error_class([_("Too many tries from here. Wait a few minutes.")])
        return False
    stepping.send_code(request, adapter=get_adapter(request))
    return True


def _page(request: HttpRequest, form: ConfirmForm, then: str, *, sent: bool) -> HttpResponse:
    values = {"form": form, "next": then, "sent": sent, "email": request.user.email}  # type: ignore[union-attr]
    return render(request, "account/confirm_code.html", values, status=422 if form.is_bound and form.errors else 200)


def _local(then: str) -> str:
    """A place of ours, and never another site's."""
    return then if then.startswith("/") and url_has_allowed_host_and_scheme(then, allowed_hosts=None) else "/"
