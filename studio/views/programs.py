from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit import clock
from programs import queries as programs
from rules_engine import drafts, policies, queries, rulebooks
from studio import doors, pages
from studio.doors import Studio
from values import texts


@require_safe
@doors.for_staff
def index(request: HttpRequest) -> HttpResponse:
    """The programs whose rules one may read; a single one opens at once."""
    mine = [program for program in programs.programs() if policies.may_somewhere(request.user, doors.SEE, program)]
    if len(mine) == 1:
        return HttpResponseRedirect(reverse("studio:program", args=[mine[0].code]))
    language, now = doors.language(), clock.now()
    listed = [
        {
            "code": program.code,
            "name": texts.in_language(program.names, language, program.code),
            "markets": ", ".join(market.code for market in programs.markets_of(program.pk)),
            "rules": sum(
                len(one.document.get("rules", [])) for one in queries.rulebooks_for(program.pk) if one.holds_at(now)
            ),
        }
        for program in mine
    ]
    return doors.page(request, "studio/index.html", None, {"programs": listed, "title": _("Rule studio")})


@require_safe
@doors.of_program
def show(request: HttpRequest, studio: Studio) -> HttpResponse:
    """The rules in force as sentences, what is being written, what is to come, what was."""
    open_ones = pages.open_drafts(studio)
    found = pages.places(studio)
    place = pages.place_of(found, request.GET.get("place"))
    values: dict[str, Any] = {
        "title": studio.title,
        "places": found,
        "place": place,
        "without_own": [one for one in studio.markets if one.code not in {each.market_code for each in found}],
        "drafts": open_ones,
        "names": pages.people({draft.changed_by for draft in open_ones}),
        "history": pages.history(studio, place.market_code),
        "stops": pages.stops(studio, place),
        "may_write": studio.may("rulebooks.write", place.market_code),
        "may_stop": studio.may("rules.stop"),
        "may_publish": studio.may("rulebooks.publish", place.market_code),
    }
    return doors.page(request, "studio/program.html", studio, values)


@require_POST
@doors.of_program
def begin(request: HttpRequest, studio: Studio) -> HttpResponse:
    """A new draft, of the program or of one market."""
    market = request.POST.get("market") or None
    if market is not None and market not in {one.code for one in studio.markets}:
        raise Http404
    studio.check("rulebooks.write", market)
    title = request.POST.get("title", "").strip() or _("Changes of %(day)s") % {
        "day": studio.formats(market).day(studio.now)
    }
    draft = drafts.open_draft(program=studio.program, title=title, now=studio.now, by=studio.actor, market_code=market)
    return HttpResponseRedirect(reverse("studio:draft", args=[studio.program.code, draft.pk]))


@require_POST
@doors.of_program
def stop(request: HttpRequest, studio: Studio) -> HttpResponse:
    """The kill switch of one rule."""
    studio.check("rules.stop")
    reason, code = _asked(request)
    if not reason:
        messages.error(request, _("Say why the rule is stopped: whoever explains points will read it."))
    else:
        try:
            rulebooks.stop_rule(program=studio.program, code=code, now=studio.now, by=studio.actor, reason=reason)
            messages.success(request, _("“%(code)s” gives nothing from now on.") % {"code": code})
        except rulebooks.UnknownRule:
            raise Http404 from None
    return _back(studio, request)


@require_POST
@doors.of_program
def resume(request: HttpRequest, studio: Studio) -> HttpResponse:
    """The end of a stop, by whoever may stop."""
    studio.check("rules.stop")
    reason, code = _asked(request)
    if not reason:
        messages.error(request, _("Say why the rule goes on: whoever explains points will read it."))
        return _back(studio, request)
    try:
        ended = rulebooks.resume_rule(program=studio.program, code=code, now=studio.now, by=studio.actor, reason=reason)
    except rulebooks.UnknownRule:
        raise Http404 from None
    if ended:
        messages.success(request, _("“%(code)s” gives points again from now on.") % {"code": code})
    else:
        messages.info(request, _("“%(code)s” was not stopped.") % {"code": code})
    return _back(studio, request)


@require_POST
@doors.of_program
def withdraw(request: HttpRequest, studio: Studio, rulebook_id: int) -> HttpResponse:
    """Take a published version back."""
    version = next((one for one in queries.history_of(studio.program.pk) if one.id == rulebook_id), None)
    if version is None:
        raise Http404
    studio.check("rulebooks.publish", version.market_code)
    reason = request.POST.get("reason", "").strip()[:500]
    if not reason:
        messages.error(request, _("Say why the version is withdrawn."))
    else:
        try:
            rulebooks.withdraw(rulebook_id=version.id, now=studio.now, by=studio.actor, reason=reason)
            messages.success(request, _("Version %(number)d is withdrawn.") % {"number": version.version})
        except rulebooks.NotPublished:
            messages.error(request, _("Version %(number)d is not in force any more.") % {"number": version.version})
    return _back(studio, request)


def _asked(request: HttpRequest) -> tuple[str, str]:
    """Why, and the code of the rule."""
    return request.POST.get("reason", "").strip()[:500], request.POST.get("code", "")


def _back(studio: Studio, request: HttpRequest) -> HttpResponse:
    """To the place one came from."""
    there = reverse("studio:program", args=[studio.program.code])
    asked = request.POST.get("place", "")
    return HttpResponseRedirect(f"{there}?{urlencode({'place': asked})}" if asked else there)
