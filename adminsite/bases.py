"""What every admin screen of ours derives from, so that the theme can be changed in one place.

A screen says the rights it asks for in words of `identity.rights`: `seen_with` to open it, `changed_with` to add,
change or delete. Both are asked of `adminsite.rights.may`.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst
from unfold import admin as theme
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from adminsite import changes, rights
from adminsite.fields import NamesField, RowForm


class _Rights:
    """Rights by action instead of Django's permissions by model."""

    seen_with = "programs.see"
    changed_with = "programs.edit"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return rights.may(request.user, self.seen_with)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return rights.may(request.user, self.seen_with)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return rights.may(request.user, self.changed_with)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return rights.may(request.user, self.changed_with)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return rights.may(request.user, self.changed_with)


class _Fields:
    """A jsonb called `names` is edited as one text per language, a choice of several as boxes."""

    def formfield_for_dbfield(self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "names" and isinstance(db_field, models.JSONField):
            return NamesField(label=capfirst(db_field.verbose_name), required=False)
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # boxes to tick: nobody remembers which key to hold
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        field = super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]
        field.help_text = ""
        return field


class ModelAdmin(_Rights, _Fields, theme.ModelAdmin):
    """A list and a form; each change is told to the audit trail."""

    form = RowForm
    warn_unsaved_form = True
    list_filter_submit = True
    compressed_fields = False
    list_per_page = 50
    show_full_result_count = False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        changes.tell(request.user, "added", obj, [])
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        changes.tell(request.user, "changed", obj, _fields(message))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for row in queryset:
            changes.tell(request.user, "deleted", row, [])
        return super().log_deletions(request, queryset)


class ReadOnlyModelAdmin(ModelAdmin):
    """A list and pages to read: for tables that only grow and for what only a use case may change."""

    warn_unsaved_form = False
    list_disable_select_all = True
    actions = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TabularInline(_Rights, _Fields, theme.TabularInline):
    """Rows of a table inside the page of what they belong to."""

    form = RowForm
    extra = 0


class StackedInline(_Rights, _Fields, theme.StackedInline):
    """Forms one under the other inside the page of what they belong to."""

    form = RowForm
    extra = 0


def _fields(message: Any) -> list[str]:
    """Names of what a change message says was changed, rows inside the page included."""
    parts = json.loads(message) if isinstance(message, str) and message.startswith("[") else message
    names: list[str] = []
    for part in parts if isinstance(parts, list) else []:
        for did, what in part.items():
            place = f"{what['name']} {what['object']}" if "object" in what else ""
            names += [f"{place}: {field}" if place else field for field in what.get("fields", [])]
            if place and did != "changed":
                names.append(f"{place} {did}")
    return names
