"""The page of a login's addresses that came with allauth: for members there is one way to change theirs, and it is
another (`portal.views.contact`), with a code for the new address, a word to the old one, and a hold on spending."""

from __future__ import annotations

from typing import Any

from allauth.account.views import email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from members import queries as members


def show(request: HttpRequest) -> HttpResponse:
    """Members go to their own page; people of staff who are no members keep this one."""
    user: Any = request.user
    if user.is_authenticated and members.is_a_member(user):
        return redirect("portal:contact" if getattr(request, "program", None) else "portal:home")
    answer: HttpResponse = email(request)
    return answer
