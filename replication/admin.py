from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from adminsite import ModelAdmin
from audit import clock
from members.mastering import FIELDS
from replication import systems
from replication.forms import SystemForm
from replication.models import System
from values.texts import in_language


@admin.register(System)
class SystemAdmin(ModelAdmin):
    """Where members are known besides here. A system is made by the command, and never deleted."""

    seen_with = "replication.see"
    changed_with = "replication.work"
    form = SystemForm
    list_display = ["name", "code", "program", "channel", "conflicts", "has_key", "active"]
    list_display_links = ["name"]
    list_select_related = ["program"]
    list_filter_submit = False
    search_fields = ["code"]
    ordering = ["code"]
    actions = ["make_key", "revoke_key"]
    readonly_fields = ["code", "program", "channel", "versions", "has_key"]
    fieldsets = [
        (None, {"fields": ["code", "names", "program", "channel", "versions", "has_key", "active"]}),
        (_("Who masters what"), {"fields": [f"owner_{name}" for name in FIELDS]}),
        (_("When both sides differ"), {"fields": ["conflicts", "deletions", "missing", "missing_most_percent"]}),
        (_("How its files are written"), {"fields": ["written_mapping"]}),
    ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["fields"] = SystemForm.Meta.fields  # the others are made by the form itself
        return super().get_form(request, obj, change, **kwargs)

    @admin.display(description=_("name"), ordering="code")
    def name(self, system: System) -> str:
        return in_language(system.names, get_language() or "en", system.code)

    @admin.display(description=_("key"), boolean=True)
    def has_key(self, system: System) -> bool:
        return system.key_digest is not None

    @admin.action(description=_("Make a new key (the one before is void)"), permissions=["change"])
    def make_key(self, request: HttpRequest, rows: QuerySet[System]) -> None:
        for system in rows:
            key = systems.rotate_key(system=system, now=clock.now(), by=f"user:{request.user.pk}")
            told = _("The key of {}, shown this once: {}")
            messages.warning(request, format_html(str(told), system.code, key))

    @admin.action(description=_("Revoke the key"), permissions=["change"])
    def revoke_key(self, request: HttpRequest, rows: QuerySet[System]) -> None:
        for system in rows:
            systems.revoke_key(system=system, now=clock.now(), by=f"user:{request.user.pk}")
