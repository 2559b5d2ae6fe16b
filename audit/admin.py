from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from adminsite import ReadOnlyModelAdmin
from audit.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyModelAdmin):
    """Who did what, when. Nothing here can be changed, by anybody."""

    seen_with = "audit.see"
    list_display = ["moment", "who", "action", "thing", "details"]
    list_filter = ["action", "object_type"]
    list_filter_submit = False
    search_fields = ["actor", "object_id"]
    date_hierarchy = "at"
    ordering = ["-id"]
    fields = ["moment", "who", "action", "thing", "data"]
    readonly_fields = fields

    @admin.display(description=_("when"), ordering="id")
    def moment(self, event: AuditEvent) -> datetime:
        return event.at

    @admin.display(description=_("who"), ordering="actor")
    def who(self, event: AuditEvent) -> str:
        return event.actor

    @admin.display(description=_("thing"))
    def thing(self, event: AuditEvent) -> str:
        return f"{event.object_type} {event.object_id}"

    @admin.display(description=_("details"))
    def details(self, event: AuditEvent) -> str:
        told = [
            _shown(key, value) for key, value in event.data.items() if value not in (None, "", []) and key != "digest"
        ]
        return "; ".join(told)[:160]


def _shown(key: str, value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) if key == "sentences" else f"{key} {', '.join(map(str, value))}"
    return f"{key} {value}"
