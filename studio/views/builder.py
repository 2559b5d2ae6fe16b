from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from rules_engine import draft_contents, draft_rules, ordering, policies
from rules_engine.core import catalogue
from rules_engine.models import DraftRule, RulebookDraft
from studio import choices, doors, pages, typing_in
from studio import rows as rows_of
from studio.checking import check
from studio.doors import Studio
from studio.offering import Values, facts
from studio.views import trials
from values import texts


@require_POST
@doors.of_program
def add(request: HttpRequest, studio: Studio, draft_id: int) -> HttpResponse:
    """A new rule, empty or like another one, opened at once."""
    draft = studio.draft(draft_id)
    studio.check("rulebooks.write", draft.market_code)
    like = request.POST.get("like", "")
    try:
        row = draft_rules.add_rule(
            draft_id=draft.pk, now=studio.now, by=studio.actor, like=int(like) if like.isdecimal() else None
        )
    except DraftRule.DoesNotExist:
        raise Http404 from None
    except (policies.WrongState, draft_contents.NotReady):
        messages.error(request, _("This draft is not written any more."))
        return HttpResponseRedirect(reverse("studio:draft", args=[studio.program.code, draft.pk]))
    return HttpResponseRedirect(reverse("studio:rule", args=[studio.program.code, draft.pk, row.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@doors.of_program
def rule(request: HttpRequest, studio: Studio, draft_id: int, rule_id: int) -> HttpResponse:
    """The builder of one rule; a post keeps what is typed and answers with what follows from it."""
    draft = studio.draft(draft_id)
    row = _row(draft, rule_id)
    if request.method == "POST":
        studio.check("rulebooks.write", draft.market_code)
        return _save(request, studio, draft, row)
    values = {
        **_builder(studio, draft, row),
        "title": draft.title,
        "mark": pages.mark_of(row),
        "may_write": policies.can_edit(draft) and studio.may("rulebooks.write", draft.market_code),
        **trials.panel(studio),
    }
    return doors.page(request, "studio/rule.html", studio, values)


@require_POST
@doors.of_program
def act(request: HttpRequest, studio: Studio, draft_id: int, rule_id: int) -> HttpResponse:
    """Leave a rule out, take it back in, or put it back as it was published."""
    draft = studio.draft(draft_id)
    studio.check("rulebooks.write", draft.market_code)
    row = _row(draft, rule_id)
    did = request.POST.get("do", "")
    there: dict[str, Any] = {"draft_id": draft.pk, "rule_id": row.pk, "now": studio.now, "by": studio.actor}
    page = reverse("studio:draft", args=[studio.program.code, draft.pk])
    try:
        if did in ("up", "down"):
            return _moved(studio, there, up=did == "up")
        if did in ("remove", "restore"):
            draft_rules.remove_rule(**there, removed=did == "remove")
        elif did == "put_back":
            draft_rules.put_back(**there)
        else:
            raise Http404
    except policies.WrongState:
        messages.error(request, _("This draft is not written any more."))
    except DraftRule.DoesNotExist:
        raise Http404 from None
    return HttpResponseRedirect(page)


def _moved(studio: Studio, there: dict[str, Any], *, up: bool) -> HttpResponse:
    """Back to the order, where the button that was pressed has the focus again."""
    ordering.move_rule(**there, up=up)
    page = reverse("studio:order", args=[studio.program.code, there["draft_id"]])
    asked = urlencode({"moved": there["rule_id"], "way": "up" if up else "down"})
    # no fragment: a browser that jumps to one does not give the focus
    return HttpResponseRedirect(f"{page}?{asked}")


@require_safe
@doors.of_program
def pick(request: HttpRequest, studio: Studio, fact: str) -> HttpResponse:
    """The values of a fact that go with what is typed, for the list below a field."""
    try:
        found = catalogue.find(fact)
    except catalogue.UnknownFact:
        raise Http404 from None
    asked = request.GET.get("q", "")
    options = Values(studio.program, studio.language).search(found, asked)
    return doors.part(request, "studio/_options.html", studio, {"options": options, "asked": asked})


def _spots(sketch: dict[str, Any]) -> list[str]:
    """Every place beside which something may be said, but the name."""
    found = ["then", "limits", "budget", "valid", "event"]
    found += [f"limits.{n}" for n, _limit in enumerate(sketch.get("limits") or ())]
    found += [f"weekly.{n}" for n, _hours in enumerate((sketch.get("valid") or {}).get("weekly") or ())]
    waiting = [("when", sketch["when"])]
    while waiting:
        place, node = waiting.pop()
        if place != "when" and node.get("kind") != "raw":
            found.append(place)
        waiting += [(f"{place}.{n}", part) for n, part in enumerate(node.get("parts") or ())]
    return found


def _row(draft: RulebookDraft, rule_id: int) -> DraftRule:
    row = draft.rules.filter(pk=rule_id).first()
    if row is None:
        raise Http404
    return row


def _save(request: HttpRequest, studio: Studio, draft: RulebookDraft, row: DraftRule) -> HttpResponse:
    asked = request.POST.get("do", "")
    kinds = Values(studio.program, studio.language).kinds_of(request.POST.get("event", ""))
    sketch = typing_in.sketch_of(request.POST, row.sketch, kinds)
    focus = typing_in.act(sketch, asked) if asked else ""
    revision, shape = request.POST.get("revision", ""), typing_in.shape(row.sketch)
    try:
        row = draft_rules.save_rule(
            draft_id=draft.pk, rule_id=row.pk, sketch=sketch, now=studio.now, by=studio.actor,
            revision=int(revision) if revision.isdecimal() else 0,
        )  # fmt: skip
    except (draft_rules.ChangedMeanwhile, policies.WrongState) as refusal:
        who = pages.person(row.changed_by)
        return doors.part(request, "studio/_refused.html", studio, {"refusal": type(refusal).__name__, "who": who})
    # the fields themselves are drawn anew only when the form changes its shape: typing is never interrupted
    redraw = bool(asked) or typing_in.shape(row.sketch) != shape
    values = {**_builder(studio, draft, row), "redraw": redraw, "may_write": True}
    answer = doors.part(request, "studio/_saved.html", studio, values)
    return trigger_client_event(answer, "rule-saved", {"focus": focus, "redraw": redraw}, after="settle")


def _builder(studio: Studio, draft: RulebookDraft, row: DraftRule) -> dict[str, Any]:
    values, money = Values(studio.program, studio.language), studio.money_of(draft.market_code)
    checked = check(draft, row, values, studio.language, money)
    sketch = row.sketch
    maker = rows_of.Rows(values, studio.language, money)
    root = maker.tree(sketch)
    return {
        "draft": draft,
        "row": row,
        "name": texts.in_language(row.sketch.get("name") or {}, studio.language),
        "sketch": sketch,
        "checked": checked,
        "beside": checked.beside,
        "root": root,
        "events": choices.events(values, sketch),
        "facts": facts(studio.language, maker.attributes),
        "kinds": rows_of.kinds(),
        "money": money,
        "money_sign": choices.sign(money, studio),
        "saved_at": row.changed_at,
        "spots": [(place, place.replace(".", "-")) for place in _spots(sketch)],
        **choices.of_form(sketch, draft, studio),
    }
