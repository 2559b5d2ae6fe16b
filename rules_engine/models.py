from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _


class Rulebook(models.Model):
    """One immutable version of all rules of a program, or of one of its markets, with the time it holds for.

    Only `state`, the end of `valid` and the moment of publishing ever change; a trigger and privileges see to it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.AutoField(primary_key=True)
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="rulebooks", verbose_name=_("program"))
    market_code = models.CharField(_("market"), max_length=10, null=True, help_text=_("empty: every market"))
    version = models.PositiveIntegerField(_("version"))
    valid = DateTimeRangeField(_("holds for"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    content = models.JSONField(_("content"))
    digest = models.CharField(_("fingerprint"), max_length=64)
    created_at = models.DateTimeField(_("written at"))
    created_by = models.CharField(_("written by"), max_length=80)
    published_at = models.DateTimeField(_("published at"), null=True)
    published_by = models.CharField(_("published by"), max_length=80, blank=True)

    class Meta:
        db_table = "rulebook"
        verbose_name = _("rulebook")
        verbose_name_plural = _("rulebooks")
        constraints = [
            models.UniqueConstraint(
                F("program"), Coalesce(F("market_code"), Value("")), F("version"), name="rulebook_version_once"
            ),
            ExclusionConstraint(
                name="rulebook_one_at_a_time",
                expressions=[
                    (F("program"), RangeOperators.EQUAL),
                    (Coalesce(F("market_code"), Value("")), RangeOperators.EQUAL),
                    (F("valid"), RangeOperators.OVERLAPS),
                ],
                condition=Q(state="published"),
            ),
            models.CheckConstraint(condition=Q(valid__isempty=False), name="rulebook_holds_some_time"),
            models.CheckConstraint(
                condition=Q(state="draft", published_at=None)
                | Q(state="published", published_at__isnull=False)
                | Q(state="withdrawn"),
                name="rulebook_published_at_some_moment",
            ),
        ]

    def __str__(self) -> str:
        place = f" {self.market_code}" if self.market_code else ""
        return f"{self.program_id}{place} v{self.version}"


class Rule(models.Model):
    """The number of a rule's code in a program, for ever: awards carry it whatever version they come from."""

    id = models.AutoField(primary_key=True)
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+", verbose_name=_("program"))
    code = models.CharField(_("code"), max_length=64)

    class Meta:
        db_table = "rule"
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [models.UniqueConstraint(fields=["program", "code"], name="rule_once")]

    def __str__(self) -> str:
        return self.code


class RuleStop(models.Model):
    """A rule stopped at once, for activity from `at` on, in the versions published by then. Only grows."""

    id = models.AutoField(primary_key=True)
    rule = models.ForeignKey(Rule, models.PROTECT, related_name="stops", verbose_name=_("rule"))
    at = models.DateTimeField(_("stopped from"))
    by = models.CharField(_("by"), max_length=80)
    reason = models.CharField(_("reason"), max_length=500)

    class Meta:
        db_table = "rule_stop"
        verbose_name = _("stopped rule")
        verbose_name_plural = _("stopped rules")
        indexes = [models.Index(fields=["rule", "at"], name="rule_stop_rule_at")]

    def __str__(self) -> str:
        return f"{self.rule} {self.at:%Y-%m-%d %H:%M}"
