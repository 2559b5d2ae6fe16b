from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

CODE: dict[str, Any] = {"max_length": 40}


def _names() -> models.JSONField[Any, Any]:
    return models.JSONField(default=dict, blank=True, help_text='names per language: {"en": "...", "fr": "..."}')


class Population(models.Model):
    """A base of people that is never matched, searched or merged with another base."""

    code = models.SlugField(unique=True, **CODE)
    names = _names()
    mastered_here = models.BooleanField(default=True, help_text="no: a replica of a CRM that stays the master")

    class Meta:
        db_table = "population"

    def __str__(self) -> str:
        return self.code


class Program(models.Model):
    """A loyalty scheme, shared by several banners or of one alone."""

    code = models.SlugField(unique=True, **CODE)
    names = _names()
    population = models.ForeignKey(Population, models.PROTECT, related_name="programs")
    settings = models.JSONField(default=dict, blank=True)
    banners: models.ManyToManyField[Banner, Any] = models.ManyToManyField(
        "Banner", related_name="programs", db_table="program_banner"
    )

    class Meta:
        db_table = "program"

    def __str__(self) -> str:
        return self.code


class ProgramHost(models.Model):
    """A host name under which a program's portal is served."""

    host = models.CharField(max_length=253)
    program = models.ForeignKey(Program, models.CASCADE, related_name="hosts")

    class Meta:
        db_table = "program_host"
        constraints = [models.UniqueConstraint(Lower("host"), name="program_host_once")]

    def __str__(self) -> str:
        return self.host


class Banner(models.Model):
    """A brand under which stores trade; `theme` names its colours and card artwork."""

    code = models.SlugField(unique=True, **CODE)
    names = _names()
    theme = models.CharField(max_length=40, default="fidelio")

    class Meta:
        db_table = "banner"

    def __str__(self) -> str:
        return self.code


class Market(models.Model):
    """A country of a program: currency, languages, time zone, first day of the week, minimum age."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="markets")
    code = models.CharField(max_length=10)
    currency = models.CharField(max_length=3)
    languages = models.JSONField(default=list)
    timezone = models.CharField(max_length=64)
    week_start = models.CharField(max_length=3, default="mon")
    minimum_age = models.PositiveSmallIntegerField(default=18)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "market"
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["program", "code"], name="market_once")]

    def __str__(self) -> str:
        return self.code


class Store(models.Model):
    """A place where a banner trades; its market in each program is the one with its market code."""

    banner = models.ForeignKey(Banner, models.PROTECT, related_name="stores")
    code = models.CharField(unique=True, **CODE)
    market_code = models.CharField(max_length=10)
    names = _names()
    kind = models.CharField(max_length=40, blank=True)
    timezone = models.CharField(max_length=64, blank=True, help_text="empty: the market's")

    class Meta:
        db_table = "store"

    def __str__(self) -> str:
        return self.code


class Currency(models.Model):
    """A kind of points: redeemable, status (tiers only) or cash (a cash pot, in minor units of `money`)."""

    class Kind(models.TextChoices):
        REDEEMABLE = "redeemable"
        STATUS = "status"
        CASH = "cash"

    id = models.AutoField(primary_key=True)
    program = models.ForeignKey(Program, models.CASCADE, related_name="currencies")
    code = models.SlugField(**CODE)
    names = _names()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    money = models.CharField(max_length=3, blank=True)
    scale = models.PositiveSmallIntegerField(default=0)
    rounding = models.CharField(max_length=8, default="down")
    round_per = models.CharField(max_length=8, default="receipt")
    pending = models.JSONField(default=dict, blank=True)
    expiry = models.JSONField(null=True, blank=True, help_text="null: never")
    returns = models.CharField(max_length=16, default="debt")
    unit_value = models.JSONField(null=True, blank=True)
    release = models.JSONField(default=dict, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "currency"
        ordering = ["position", "id"]
        verbose_name_plural = "currencies"
        constraints = [models.UniqueConstraint(fields=["program", "code"], name="currency_once")]

    def __str__(self) -> str:
        return self.code


class Source(models.Model):
    """A sender of activity: a till system, a web shop, a partner. External ids are unique per source."""

    id = models.AutoField(primary_key=True)
    code = models.SlugField(unique=True, **CODE)
    names = _names()
    catalogue = models.ForeignKey(Population, models.PROTECT, related_name="+", help_text="whose products it sells")
    identifiers = models.JSONField(default=list, help_text="order of matching; empty: card, member, email, phone")
    programs = models.ManyToManyField(Program, related_name="sources", db_table="source_program")

    class Meta:
        db_table = "source"

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
    category = models.CharField(max_length=300, blank=True, help_text="path with slashes; empty: unclassified")
    brand = models.CharField(max_length=120, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    since = models.DateTimeField()

    class Meta:
        db_table = "product_state"

    def __str__(self) -> str:
        return f"{self.sku} {self.name}".strip()
