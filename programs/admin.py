from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from adminsite import ModelAdmin, StackedInline, TabularInline
from programs import forms, models, wording
from values.texts import in_language


class _Kept:
    """What activity and points hang on is made by a playbook, and never deleted."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MarketInline(_Kept, TabularInline):
    model = models.Market
    form = forms.MarketForm
    tab = True
    fields = ["code", "currency", "languages", "timezone", "week_start", "minimum_age"]
    readonly_fields = ["code", "currency", "week_start"]
    show_change_link = False


class CurrencyInline(_Kept, StackedInline):
    model = models.Currency
    form = forms.CurrencyForm
    tab = True
    fields = [
        ("code", "kind", "counted"),
        "in_words",
        "names",
        ("expiry", "pending"),
        ("unit_value", "release"),
        "returns",
    ]
    readonly_fields = ["code", "kind", "counted", "in_words"]

    @admin.display(description=_("counted"))
    def counted(self, currency: models.Currency) -> str:
        unit = currency.money or _("whole points")
        return f"{unit}, {currency.get_rounding_display()}, {currency.get_round_per_display()}"

    @admin.display(description=_("in words"))
    def in_words(self, currency: models.Currency) -> str:
        return f"{wording.expiry(currency.expiry)}. {wording.pending(currency.pending)}."


class HostInline(TabularInline):
    model = models.ProgramHost
    tab = True
    fields = ["host"]


@admin.register(models.Program)
class ProgramAdmin(_Kept, ModelAdmin):
    form = forms.ProgramForm
    list_display = ["name", "code", "population", "market_codes", "store_count"]
    list_display_links = ["name"]
    search_fields = ["code"]
    list_filter_submit = False
    fieldsets = [
        (None, {"fields": ["code", "names", "population", "banners", "theme"]}),
        (_("Settings that act at once"), {"fields": ["late_lives_days", "earn_before_joining"]}),
        (
            _("Settings published with the rules"),
            {"fields": ["counting"], "description": _("A playbook changes them, together with the rules.")},
        ),
    ]
    readonly_fields = ["code", "population", "counting"]
    filter_horizontal: list[str] = []
    inlines = [MarketInline, CurrencyInline, HostInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Program]:
        rows: QuerySet[models.Program] = super().get_queryset(request)
        return (
            rows.select_related("population")
            .prefetch_related("markets")
            .annotate(stores=Count("banners__stores", distinct=True))
        )

    @admin.display(description=_("name"), ordering="code")
    def name(self, program: models.Program) -> str:
        return in_language(program.names, get_language() or "en", program.code)

    @admin.display(description=_("markets"))
    def market_codes(self, program: models.Program) -> str:
        return ", ".join(f"{market.code} {market.currency}" for market in program.markets.all())

    @admin.display(description=_("stores"), ordering="stores")
    def store_count(self, program: Any) -> int:
        return int(program.stores)

    @admin.display(description=_("counting"))
    def counting(self, program: models.Program) -> str:
        basis = {"net": _("what was paid"), "gross": _("prices before discounts")}[program.settings.get("basis", "net")]
        several = {
            "best": _("the best multiplier counts"),
            "sum": _("multipliers add up"),
            "product": _("multipliers multiply"),
        }[program.settings.get("multipliers", "best")]
        return f"{basis}; {several}"


@admin.register(models.Banner)
class BannerAdmin(_Kept, ModelAdmin):
    list_display = ["name", "code", "theme", "program_codes", "store_count"]
    list_display_links = ["name"]
    search_fields = ["code"]
    fields = ["code", "names", "theme"]
    readonly_fields = ["code"]
    ordering = ["code"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Banner]:
        rows: QuerySet[models.Banner] = super().get_queryset(request)
        return rows.prefetch_related("programs").annotate(counted_stores=Count("stores"))

    @admin.display(description=_("name"), ordering="code")
    def name(self, banner: models.Banner) -> str:
        return in_language(banner.names, get_language() or "en", banner.code)

    @admin.display(description=_("programs"))
    def program_codes(self, banner: Any) -> str:
        return ", ".join(program.code for program in banner.programs.all())

    @admin.display(description=_("stores"), ordering="counted_stores")
    def store_count(self, banner: Any) -> int:
        return int(banner.counted_stores)


@admin.register(models.Store)
class StoreAdmin(ModelAdmin):
    form = forms.StoreForm
    list_display = ["name", "code", "banner", "market_code", "kind", "timezone"]
    list_display_links = ["name"]
    list_filter = ["banner", "market_code", "kind"]
    list_select_related = ["banner"]
    search_fields = ["code", "names"]
    fields = ["code", "names", "banner", "market_code", "kind", "timezone"]
    ordering = ["code"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code", "banner"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("name"), ordering="code")
    def name(self, store: models.Store) -> str:
        return in_language(store.names, get_language() or "en", store.code)


@admin.register(models.Source)
class SourceAdmin(_Kept, ModelAdmin):
    seen_with = "imports.see"
    list_display = ["code", "catalogue", "program_codes", "order"]
    search_fields = ["code"]
    fields = ["code", "names", "catalogue", "programs", "order"]
    readonly_fields = ["code", "catalogue", "order"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Source]:
        rows: QuerySet[models.Source] = super().get_queryset(request)
        return rows.select_related("catalogue").prefetch_related("programs")

    @admin.display(description=_("programs"))
    def program_codes(self, source: models.Source) -> str:
        return ", ".join(program.code for program in source.programs.all())

    @admin.display(description=_("members are matched by"))
    def order(self, source: models.Source) -> str:
        return format_html("{}", ", ".join(source.identifiers or ["card", "member", "email", "phone"]))
