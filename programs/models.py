from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

CODE: dict[str, Any] = {"max_length": 40}
WEEKDAYS = [
    ("mon", _("Monday")),
    ("tue", _("Tuesday")),
    ("wed", _("Wednesday")),
    ("thu", _("Thursday")),
    ("fri", _("Friday")),
    ("sat", _("Saturday")),
    ("sun", _("Sunday")),
]


def _names() -> models.JSONField[Any, Any]:
    return models.JSONField(_("name"), default=dict, blank=True)


class Population(models.Model):
    """A base of people that is never matched, searched or merged with another base."""

    code = models.SlugField(_("code"), unique=True, **CODE)
    names = _names()
    mastered_here = models.BooleanField(
        _("mastered here"), default=True, help_text=_("no: a replica of a CRM that stays the master")
    )

    class Meta:
        db_table = "population"
        verbose_name = _("population")
        verbose_name_plural = _("populations")

    def __str__(self) -> str:
        return self.code


class Program(models.Model):
    """A loyalty scheme, shared by several banners or of one alone."""

    code = models.SlugField(_("code"), unique=True, **CODE)
    names = _names()
    population = models.ForeignKey(Population, models.PROTECT, related_name="programs", verbose_name=_("population"))
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    look = models.JSONField(default=dict, blank=True, help_text="as programs.themes.Theme writes it")
    banners: models.ManyToManyField[Banner, Any] = models.ManyToManyField(
        "Banner", related_name="programs", db_table="program_banner", verbose_name=_("banners")
    )

    class Meta:
        db_table = "program"
        verbose_name = _("program")
        verbose_name_plural = _("programs")

    def __str__(self) -> str:
        return self.code


class ProgramHost(models.Model):
    """A host name under which a program's portal is served."""

    host = models.CharField(_("host name"), max_length=253)
    program = models.ForeignKey(Program, models.CASCADE, related_name="hosts")

    class Meta:
        db_table = "program_host"
        verbose_name = _("host name")
        verbose_name_plural = _("host names")
        constraints = [models.UniqueConstraint(Lower("host"), name="program_host_once")]

    def __str__(self) -> str:
        return self.host


class Banner(models.Model):
    """A brand under which stores trade. `look`: its colours and logo; without, `theme` names a look of the house."""

    code = models.SlugField(_("code"), unique=True, **CODE)
    names = _names()
    theme = models.CharField(_("look"), max_length=40, default="fidelio")
    look = models.JSONField(default=dict, blank=True, help_text="as programs.themes.Theme writes it")

    class Meta:
        db_table = "banner"
        verbose_name = _("banner")
        verbose_name_plural = _("banners")

    def __str__(self) -> str:
        return self.code


class ThemeLogo(models.Model):
    """A logo as `programs.logos` draws it, under the digest of its drawing. Only grows: looks name it."""

    digest = models.CharField(max_length=24, primary_key=True)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    png = models.BinaryField()

    class Meta:
        db_table = "theme_logo"

    def __str__(self) -> str:
        return self.digest


class TermsText(models.Model):
    """One version of a program's terms in one language, in Markdown. Only grows: somebody may have agreed to it.

    `market_code` is empty where every market has the same text.
    """

    program = models.ForeignKey(Program, models.PROTECT, related_name="terms_texts")
    version = models.CharField(max_length=40)
    market_code = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=10)
    text = models.TextField()
    since = models.DateTimeField()

    class Meta:
        db_table = "terms_text"
        constraints = [
            models.UniqueConstraint(fields=["program", "version", "market_code", "language"], name="terms_text_once")
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.market_code} {self.language}".replace("  ", " ")


class Market(models.Model):
    """A country of a program: currency, languages, time zone, first day of the week, minimum age."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="markets")
    code = models.CharField(_("code"), max_length=10)
    currency = models.CharField(_("money"), max_length=3)
    languages = models.JSONField(_("languages"), default=list)
    timezone = models.CharField(_("time zone"), max_length=64)
    week_start = models.CharField(_("week begins"), max_length=3, default="mon", choices=WEEKDAYS)
    minimum_age = models.PositiveSmallIntegerField(_("minimum age"), default=18)
    position = models.PositiveSmallIntegerField(_("place"), default=0)

    class Meta:
        db_table = "market"
        verbose_name = _("market")
        verbose_name_plural = _("markets")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["program", "code"], name="market_once")]

    def __str__(self) -> str:
        return self.code


class Store(models.Model):
    """A place where a banner trades; its market in each program is the one with its market code."""

    banner = models.ForeignKey(Banner, models.PROTECT, related_name="stores", verbose_name=_("banner"))
    code = models.CharField(_("code"), unique=True, **CODE)
    market_code = models.CharField(_("market"), max_length=10)
    names = _names()
    kind = models.CharField(_("kind"), max_length=40, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, blank=True, help_text=_("empty: the market’s"))

    class Meta:
        db_table = "store"
        verbose_name = _("store")
        verbose_name_plural = _("stores")

    def __str__(self) -> str:
        return self.code


class Currency(models.Model):
    """A kind of points: redeemable, status (tiers only) or cash (a cash pot, in minor units of `money`)."""

    class Kind(models.TextChoices):
        REDEEMABLE = "redeemable", _("redeemable")
        STATUS = "status", _("status")
        CASH = "cash", _("cash pot")

    class Rounding(models.TextChoices):
        DOWN = "down", _("rounded down")
        NEAREST = "nearest", _("rounded to the nearest")
        UP = "up", _("rounded up")

    class RoundPer(models.TextChoices):
        RECEIPT = "receipt", _("once per receipt")
        LINE = "line", _("once per line")

    class Returns(models.TextChoices):
        PENDING_ONLY = "pending_only", _("take back pending points only")
        WITHIN_BALANCE = "within_balance", _("take back what is there")
        DEBT = "debt", _("what is missing becomes a debt")

    id = models.AutoField(primary_key=True)
    program = models.ForeignKey(Program, models.CASCADE, related_name="currencies")
    code = models.SlugField(_("code"), **CODE)
    names = _names()
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    money = models.CharField(_("money"), max_length=3, blank=True)
    scale = models.PositiveSmallIntegerField(_("decimals"), default=0)
    rounding = models.CharField(_("rounding"), max_length=8, default="down", choices=Rounding.choices)
    round_per = models.CharField(_("rounded"), max_length=8, default="receipt", choices=RoundPer.choices)
    pending = models.JSONField(_("pending"), default=dict, blank=True)
    expiry = models.JSONField(_("expiry"), null=True, blank=True)
    returns = models.CharField(_("when goods come back"), max_length=16, default="debt", choices=Returns.choices)
    unit_value = models.JSONField(_("value of one unit"), null=True, blank=True)
    release = models.JSONField(_("how it can be spent"), default=dict, blank=True)
    position = models.PositiveSmallIntegerField(_("place"), default=0)

    class Meta:
        db_table = "currency"
        ordering = ["position", "id"]
        verbose_name = _("currency")
        verbose_name_plural = _("currencies")
        constraints = [models.UniqueConstraint(fields=["program", "code"], name="currency_once")]

    def __str__(self) -> str:
        return self.code


class Source(models.Model):
    """A sender of activity: a till system, a web shop, a partner. External ids are unique per source."""

    id = models.AutoField(primary_key=True)
    code = models.SlugField(_("code"), unique=True, **CODE)
    names = _names()
    catalogue = models.ForeignKey(
        Population,
        models.PROTECT,
        related_name="+",
        help_text=_("whose products it sells"),
        verbose_name=_("catalogue"),
    )
    identifiers = models.JSONField(
        _("matched by"), default=list, help_text=_("order of matching; empty: card, member, email, phone")
    )
    programs = models.ManyToManyField(
        Program, related_name="sources", db_table="source_program", verbose_name=_("programs")
    )

    class Meta:
        db_table = "source"
        verbose_name = _("source")
        verbose_name_plural = _("sources")

    def __str__(self) -> str:
        return self.code


class Product(models.Model):
    """An article by its sku in one group's catalogue; what it was at a moment is one of its states."""

    catalogue = models.ForeignKey(Population, models.PROTECT, related_name="+")
    sku = models.CharField(max_length=80)
    current = models.ForeignKey("ProductState", models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "product"
        constraints = [models.UniqueConstraint(fields=["catalogue", "sku"], name="product_sku_once")]

    def __str__(self) -> str:
        return self.sku


class ProductState(models.Model):
    """An article as it stood from `since` on. Only grows: lines point here, so facts stay of their moment."""

    id = models.AutoField(primary_key=True)
    product = models.ForeignKey(Product, models.PROTECT, related_name="states")
    sku = models.CharField(max_length=80)
    name = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=300, blank=True, help_text=_("path with slashes; empty: unclassified"))
    brand = models.CharField(max_length=120, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    since = models.DateTimeField()

    class Meta:
        db_table = "product_state"

    def __str__(self) -> str:
        return f"{self.sku} {self.name}".strip()
