"""Who works in the studio: the person, the program, what she may do there. What is not hers is answered 404."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from audit import clock
from identity import rights
from programs import queries as programs
from programs.models import Program
from programs.queries import Market
from rules_engine import policies
from rules_engine.models import RulebookDraft
from values import texts
from web import context
from web.formats import Formats

View = Callable[..., HttpResponse]
SEE = "rulebooks.see"


@dataclass(frozen=True)
class Studio:
    """One person at one program, at one moment. `language` is en or fr."""

    user: Any
    program: Program
    markets: tuple[Market, ...]
    now: datetime
    language: str

    @property
    def actor(self) -> str:
        return f"user:{self.user.pk}"

    @property
    def title(self) -> str:
        return texts.in_language(self.program.names, self.language, self.program.code)

    @property
    def home(self) -> Market:
        return self.markets[0]

    def money_of(self, market_code: str | None) -> str:
        return next((one.currency for one in self.markets if one.code == market_code), self.home.currency)

    def zone_of(self, market_code: str | None) -> str:
        return next((one.timezone for one in self.markets if one.code == market_code), self.home.timezone)

    def formats(self, market_code: str | None = None) -> Formats:
        return context.formats_of(
            self.now,
            market=market_code or self.home.code,
            zone=self.zone_of(market_code),
            currency=self.money_of(market_code),
        )

    def may(self, action: str, market_code: str | None = None) -> bool:
        """Whether the right reaches everything a rulebook of that place decides for."""
        return policies.may_everywhere(self.user, action, self.program, market_code)

    def check(self, action: str, market_code: str | None = None) -> None:
        """Raises Http404."""
        if not self.may(action, market_code):
            raise Http404

    def draft(self, draft_id: int) -> RulebookDraft:
        """A draft of this program that the person may see. Raises Http404."""
        rows = RulebookDraft.objects.select_related("program", "based_on", "published")
        draft = rows.filter(pk=draft_id, program=self.program).first()
        if draft is None or not policies.may_somewhere(self.user, SEE, self.program, draft.market_code):
            raise Http404
        return draft


def for_staff(view: View) -> View:
    """A page for people of staff who may read some rulebook."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user: Any = request.user
        if not user.is_authenticated:
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        if not user.is_staff or not rights.may_anywhere(user, SEE):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def of_program(view: View) -> View:
    """A page of one program: `view(request, studio, ...)`; the address names the program's code."""

    @for_staff
    @wraps(view)
    def guarded(request: HttpRequest, code: str, *args: Any, **kwargs: Any) -> HttpResponse:
        program = programs.program_by_code(code)
        if program is None or not policies.may_somewhere(request.user, SEE, program):
            raise Http404
        markets = tuple(programs.markets_of(program.pk))
        if not markets:
            raise Http404
        return view(request, Studio(request.user, program, markets, clock.now(), language()), *args, **kwargs)

    return guarded


def language() -> str:
    return "fr" if (get_language() or "en").startswith("fr") else "en"


def page(request: HttpRequest, template: str, studio: Studio | None, values: dict[str, Any]) -> HttpResponse:
    """A page inside the admin: its menu, its colours, its messages."""
    own = {"studio": studio, "formats": studio.formats()} if studio else {}
    return render(request, template, {**admin.site.each_context(request), **own, **values})


def part(request: HttpRequest, template: str, studio: Studio, values: dict[str, Any]) -> HttpResponse:
    """A part of a page, for htmx."""
    return render(request, template, {"studio": studio, "formats": studio.formats(), **values})
