"""What every admin screen of ours derives from, so that the theme can be changed in one place.

A screen says the rights it asks for in words of `identity.rights`: `seen_with` to open it, `changed_with` to add,
change or delete. Both are asked of `adminsite.rights.may`.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold import admin as theme

from adminsite import rights


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


class ModelAdmin(_Rights, theme.ModelAdmin):
    """A list and a form. What a row means is changed through the room's use case, never by `save` alone."""

    warn_unsaved_form = True
    list_filter_submit = True
    compressed_fields = False
    list_per_page = 50
    show_full_result_count = False


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


class TabularInline(_Rights, theme.TabularInline):
    """Rows of a table inside the page of what they belong to."""

    extra = 0


class StackedInline(_Rights, theme.StackedInline):
    """Forms one under the other inside the page of what they belong to."""

    extra = 0
