from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from rules_engine import catching_up, draft_contents, drafts, policies, rulebooks
from rules_engine.models import RulebookDraft
from studio import doors, pages
from studio.doors import Studio
from studio.views import trials

_RIGHTS = {
    "submit": "rulebooks.write", "catch_up": "rulebooks.write", "drop": "rulebooks.write",
    "approve": "rulebooks.approve", "send_back": "rulebooks.approve", "publish": "rulebooks.publish",
}  # fmt: skip


@require_safe
@doors.of_program
def show(request: HttpRequest, studio: Studio, draft_id: int) -> HttpResponse:
    """A draft: its rules, what they change, and the next step on its way."""
    draft = studio.draft(draft_id)
    lines = pages.rule_lines(studio, draft)
    half = [line for line in lines if line.checked and not line.checked.is_whole]
    values: dict[str, Any] = {
        "title": draft.title,
        "draft": draft,
        "lines": lines,
        "half": half,
        "changes": pages.draft_changes(studio, draft),
        "rehearsals": pages.rehearsals(draft),
        "out_of_date": catching_up.is_out_of_date(draft),
        "names": pages.people({draft.created_by, draft.changed_by, draft.submitted_by, draft.approved_by}),
        "may_write": policies.can_edit(draft) and studio.may("rulebooks.write", draft.market_code),
        "may_approve": studio.may("rulebooks.approve", draft.market_code),
        "wrote_it": studio.actor in draft.writers,
        "may_publish": studio.may("rulebooks.publish", draft.market_code),
        **trials.panel(studio),
        "zone": studio.zone_of(draft.market_code),
    }
    return doors.page(request, "studio/draft.html", studio, values)


@require_safe
@doors.of_program
def order(request: HttpRequest, studio: Studio, draft_id: int) -> HttpResponse:
    """The rules by phase in the order in which they work, to be moved up and down."""
    draft = studio.draft(draft_id)
    moved, way = request.GET.get("moved", ""), request.GET.get("way", "")
    values: dict[str, Any] = {
        "title": _("Order of the rules"),
        "draft": draft,
        "phases": pages.phases(studio, draft),
        "moved": int(moved) if moved.isdecimal() and len(moved) < 12 else 0,
        "way": way,
        "may_write": policies.can_edit(draft) and studio.may("rulebooks.write", draft.market_code),
    }
    return doors.page(request, "studio/order.html", studio, values)


@require_POST
@doors.of_program
def act(request: HttpRequest, studio: Studio, draft_id: int) -> HttpResponse:
    """The next step of a draft: one call of its use case, and what it refuses in a sentence."""
    draft = studio.draft(draft_id)
    did = request.POST.get("do", "")
    if did not in _RIGHTS:
        raise Http404
    studio.check(_RIGHTS[did], draft.market_code)
    try:
        messages.success(request, _STEPS[did](request, studio, draft))
    except tuple(_REFUSALS) as refusal:
        messages.error(request, _refused(refusal))
    to = reverse("studio:program", args=[studio.program.code]) if did == "drop" else _page(studio, draft)
    return HttpResponseRedirect(to)


def _page(studio: Studio, draft: RulebookDraft) -> str:
    return reverse("studio:draft", args=[studio.program.code, draft.pk])


def _submit(request: HttpRequest, studio: Studio, draft: RulebookDraft) -> str:
    begins_at = pages.moment_of(request.POST.get("begins", ""), studio.zone_of(draft.market_code))
    if begins_at is not None and begins_at <= studio.now < begins_at + timedelta(days=1):
        begins_at = None  # today is from the moment it is published
    note = request.POST.get("note", "").strip()
    drafts.submit(draft_id=draft.pk, begins_at=begins_at, note=note, now=studio.now, by=studio.actor)
    return _("Somebody else can approve it now.")


def _approve(request: HttpRequest, studio: Studio, draft: RulebookDraft) -> str:
    drafts.approve(draft_id=draft.pk, now=studio.now, by=studio.actor)
    return _("Approved. It can be published.")


def _send_back(request: HttpRequest, studio: Studio, draft: RulebookDraft) -> str:
    note = request.POST.get("note", "").strip()
    drafts.send_back(draft_id=draft.pk, note=note, now=studio.now, by=studio.actor)
    return _("Sent back to be written again.")


def _publish(request: HttpRequest, studio: Studio, draft: RulebookDraft) -> str:
    published = drafts.publish(draft_id=draft.pk, now=studio.now, by=studio.actor)
    if published.begins_at is None or published.begins_at <= studio.now:
        return _("Rulebook %(number)d is in force from now on.") % {"number": published.version}
    day = studio.formats(draft.market_code).full_day(published.begins_at)
    return _("Rulebook %(number)d begins on %(day)s.") % {"number": published.version, "day": day}


def _drop(request: HttpRequest, studio: Studio, draft: RulebookDraft) -> str:
    drafts.drop(draft_id=draft.pk, now=studio.now, by=studio.actor)
    return _("“%(title)s” is put away.") % {"title": draft.title}


def _catch_up(request: HttpRequest, studio: Studio, draft: RulebookDraft) -> str:
    catching_up.catch_up(draft_id=draft.pk, now=studio.now, by=studio.actor)
    return _("The draft now stands on the version published last. Look at its changes again.")


_STEPS: dict[str, Callable[[HttpRequest, Studio, RulebookDraft], str]] = {
    "submit": _submit, "approve": _approve, "send_back": _send_back, "publish": _publish, "drop": _drop,
    "catch_up": _catch_up,
}  # fmt: skip
_REFUSALS: list[type[Exception]] = [
    draft_contents.NotReady, catching_up.OutOfDate, drafts.BeginsInThePast, policies.WrongState, policies.SamePerson,
    rulebooks.PublishedMeanwhile,
]  # fmt: skip


def _refused(refusal: Exception) -> str:
    """Why not, and how to mend it."""
    match refusal:
        case draft_contents.NotReady():
            codes = ", ".join(dict.fromkeys(code for code, _text in refusal.problems if code))
            return _("Not finished yet: %(rules)s. Open what is marked and complete it.") % {"rules": codes}
        case catching_up.OutOfDate() | rulebooks.PublishedMeanwhile():
            return _("Another version was published meanwhile. Catch up with it, look at the changes, then go on.")
        case drafts.BeginsInThePast():
            return _("A version begins today or later. Leave the day empty to begin when it is published.")
        case policies.SamePerson():
            return _("Whoever wrote in a draft does not approve it: ask a colleague.")
    return _("Somebody else took the next step meanwhile. This is how the draft stands now.")
