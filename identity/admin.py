"""Staff in the admin: who they are, what they may do and where. Members' logins are not listed here.

Only who may edit staff everywhere may edit any, so that nobody hands out more than they hold; and nobody edits
themselves.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from adminsite import ModelAdmin, StackedInline, TabularInline
from audit import clock
from identity import departing, rights, staff
from identity.models import Grant, StaffProfile, User


class _EditedFromEverywhere:
    """Rights over rights are whole or none."""

    seen_with = "staff.see"
    changed_with = "staff.edit"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _everywhere(request, self.seen_with)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _everywhere(request, self.changed_with) and not _is_self(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _everywhere(request, self.changed_with) and not _is_self(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _everywhere(request, self.changed_with) and not _is_self(request, obj)


class InvitationForm(forms.ModelForm):
    """Somebody new, or somebody with a member's login: an address that is known already is no mistake."""

    display_name = forms.CharField(label=_("name"), max_length=80)

    class Meta:
        model = User
        fields = ["email", "is_staff"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def validate_unique(self) -> None:
        return


class ProfileInline(_EditedFromEverywhere, StackedInline):
    model = StaffProfile
    fields = ["display_name", "language"]
    max_num = 1
    can_delete = False


class GrantInline(_EditedFromEverywhere, TabularInline):
    model = Grant
    fields = ["role", "banner_code", "market_code", "store_code"]


@admin.register(User)
class StaffAdmin(_EditedFromEverywhere, ModelAdmin):
    list_display = ["email", "display_name", "roles", "is_active", "is_staff", "last_login"]
    list_filter = ["grants__role", "is_active", "is_staff"]
    search_fields = ["email", "staff__display_name"]
    ordering = ["email"]
    fields = ["email", "is_active", "is_staff", "last_login"]
    readonly_fields = ["email", "last_login"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        rows: QuerySet[User] = super().get_queryset(request)
        of_staff = Q(staff__isnull=False) | Q(is_staff=True) | Q(grants__isnull=False)
        return rows.filter(of_staff).select_related("staff").prefetch_related("grants").distinct()

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **options: Any) -> Any:
        if obj is None:
            return super().get_form(request, obj, change, form=InvitationForm, **options)
        return super().get_form(request, obj, change, **options)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.fields if obj else ["email", "display_name", "is_staff"]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.readonly_fields if obj else []

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return [ProfileInline, GrantInline] if obj else [GrantInline]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Logins of staff stay, because the trail names them: they are switched off instead."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["is_active", "is_staff"])
            return
        invited = staff.invite(
            obj.email, form.cleaned_data["display_name"], [], now=clock.now(), by=f"user:{request.user.pk}",
            admin=obj.is_staff,
        )  # fmt: skip
        obj.__dict__.update(invited.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        now, by = clock.now(), f"user:{request.user.pk}"
        if change and not departing.works_here(form.instance):
            departing.is_gone(form.instance, now=now, by=by)
        staff.tell(form.instance, now=now, by=by)

    @admin.display(description=_("name"), ordering="staff__display_name")
    def display_name(self, user: User) -> str:
        return user.staff.display_name if hasattr(user, "staff") else ""

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return "; ".join(str(grant) for grant in user.grants.all()) or ("superuser" if user.is_superuser else "")


def _everywhere(request: HttpRequest, action: str) -> bool:
    return bool(getattr(request.user, "is_staff", False)) and rights.may(request.user, action, rights.EVERYWHERE)


def _is_self(request: HttpRequest, obj: Any) -> bool:
    return isinstance(obj, User) and obj.pk == request.user.pk
