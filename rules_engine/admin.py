from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from adminsite import ModelAdmin, ReadOnlyModelAdmin, rights
from adminsite.fields import RowForm
from audit import clock
from programs import queries as programs
from rules_engine import policies, portraits, queries, rulebooks
from rules_engine.models import Rule, Rulebook, RuleStop

_PUBLISH = "rulebooks.publish"
_STOP_TOLD = ["rule", "program", "at", "by", "reason", "resumed_at", "resumed_by", "resumed_reason"]


@admin.register(Rulebook)
class RulebookAdmin(ReadOnlyModelAdmin):
    """Every version of the rules there ever was, to be read; what may happen to one is a call of its use case."""

    seen_with = "rulebooks.see"
    list_display = ["title", "program", "place", "state_in_words", "begins", "ends", "rule_count", "published_by"]
    list_display_links = ["title"]
    list_filter = ["program", "state"]
    list_filter_submit = False
    list_select_related = ["program"]
    ordering = ["-id"]

    @admin.display(description=_("version"), ordering="version")
    def title(self, row: Rulebook) -> str:
        return said("Version %(number)d") % {"number": row.version}

    @admin.display(description=_("market"), ordering="market_code")
    def place(self, row: Rulebook) -> str:
        return row.market_code or said("every market")

    @admin.display(description=_("state"), ordering="state")
    def state_in_words(self, row: Rulebook) -> str:
        return row.get_state_display()

    @admin.display(description=_("from"))
    def begins(self, row: Rulebook) -> Any:
        return row.valid.lower or (said("when published") if row.state == Rulebook.State.DRAFT else said("always"))

    @admin.display(description=_("to"))
    def ends(self, row: Rulebook) -> Any:
        return row.valid.upper or ""

    @admin.display(description=_("rules"))
    def rule_count(self, row: Rulebook) -> int:
        return len(row.content.get("rules", []))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method == "POST":
            return self._act(request, row)
        zone = programs.markets_of(row.program_id)[0].timezone
        context = {**self.admin_site.each_context(request), **_page(row), "opts": self.opts, "zone": zone}
        context["may_publish"] = policies.may_everywhere(request.user, _PUBLISH, row.program, row.market_code)
        context["may_stop"] = rights.may(request.user, "rules.stop")
        with timezone.override(ZoneInfo(zone)):
            return TemplateResponse(request, "admin/rulebook.html", context).render()

    def _act(self, request: HttpRequest, row: Rulebook) -> HttpResponse:
        """Publish a draft or withdraw a version: one call of the use case."""
        if not policies.may_everywhere(request.user, _PUBLISH, row.program, row.market_code):
            raise PermissionDenied
        by = f"user:{request.user.pk}"
        reason = request.POST.get("reason", "").strip()[:500]
        try:
            if "publish" in request.POST:
                rulebooks.publish_draft(rulebook_id=row.pk, now=clock.now(), by=by)
                messages.success(request, said("Version %(number)d is published.") % {"number": row.version})
            elif not reason:
                messages.error(request, said("Say why the version is withdrawn."))
            else:
                rulebooks.withdraw(rulebook_id=row.pk, now=clock.now(), by=by, reason=reason)
                messages.success(request, said("Version %(number)d is withdrawn.") % {"number": row.version})
        except (rulebooks.NotPublished, rulebooks.WrittenByThem, rulebooks.PublishedMeanwhile) as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(request.path)


def _page(row: Rulebook) -> dict[str, Any]:
    history = queries.history_of(row.program_id)
    version = next(one for one in history if one.id == row.pk)
    markets = programs.markets_of(row.program_id)
    money = next((market.currency for market in markets if market.code == row.market_code), None)
    language = (get_language() or "en").partition("-")[0]
    return {
        "title": said("Rulebook %(number)d") % {"number": row.version},
        "row": row,
        "version": version,
        "rules": portraits.of_version(version, language, money),
        "history": [
            (one, portraits.difference(before.document if before else None, one.document))
            for one in history
            for before in [portraits.predecessor(one, history)]
        ],
        "rule_ids": queries.rule_ids(row.program_id),
        "states": dict(Rulebook.State.choices),
    }


class RuleField(forms.ModelChoiceField):
    """Rules of several programs in one list: each says its program."""

    def label_from_instance(self, obj: Rule) -> str:
        return f"{obj.code} ({obj.program})"


class StopForm(RowForm):
    rule = RuleField(
        queryset=Rule.objects.select_related("program").order_by("program__code", "code"),
        widget=UnfoldAdminSelectWidget,
        label=_("Rule"),
        help_text=_(
            "The rule gives nothing for activity from this moment on, until a version published later takes over."
            " It is resumed in the rule studio."
        ),
    )

    class Meta:
        model = RuleStop
        fields = ["rule", "reason"]

    def clean_reason(self) -> str:
        if not (reason := str(self.cleaned_data["reason"]).strip()):
            raise ValidationError(said("Say why: whoever explains points will read it."))
        return reason


@admin.register(RuleStop)
class RuleStopAdmin(ModelAdmin):
    """Stopping a rule at once. Resuming, in the studio, ends a stop; a later version begins without it."""

    seen_with = "rulebooks.see"
    changed_with = "rules.stop"
    form = StopForm
    list_display = ["rule", "program", "at", "by", "reason", "resumed_at"]
    list_filter = ["rule__program"]
    list_filter_submit = False
    list_disable_select_all = True
    list_select_related = ["rule__program", "resumed"]
    actions = None
    ordering = ["-id"]
    fields = ["rule", "reason"]

    @admin.display(description=_("program"))
    def program(self, stop: RuleStop) -> str:
        return str(stop.rule.program)

    @admin.display(description=_("resumed from"), empty_value="–")
    def resumed_at(self, stop: RuleStop) -> datetime | None:
        return stop.resumed.at if hasattr(stop, "resumed") else None

    @admin.display(description=_("resumed by"), empty_value="–")
    def resumed_by(self, stop: RuleStop) -> str | None:
        return stop.resumed.by if hasattr(stop, "resumed") else None

    @admin.display(description=_("why it was resumed"), empty_value="–")
    def resumed_reason(self, stop: RuleStop) -> str | None:
        return stop.resumed.reason if hasattr(stop, "resumed") else None

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return _STOP_TOLD if obj else ["rule", "reason"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return _STOP_TOLD if obj else []

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleStop]:
        rows: QuerySet[RuleStop] = super().get_queryset(request)
        return rows.select_related("rule__program", "resumed")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: RuleStop, form: Any, change: bool) -> None:
        if not policies.may_everywhere(request.user, self.changed_with, obj.rule.program):
            raise PermissionDenied
        by = f"user:{request.user.pk}"
        made = rulebooks.stop_rule(
            program=obj.rule.program, code=obj.rule.code, now=clock.now(), by=by, reason=obj.reason
        )
        obj.pk, obj.at, obj.by = made.pk, made.at, made.by
