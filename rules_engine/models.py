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
    """A rule stopped at once, for activity from `at` on, in the versions published by then. Only grows.

    It lasts until the rule is resumed, or for good.
    """

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


class RuleResume(models.Model):
    """The end of a stop: activity from `at` on meets the rule again, what happened before it does not. Only grows."""

    id = models.AutoField(primary_key=True)
    stop = models.OneToOneField(RuleStop, models.PROTECT, related_name="resumed", verbose_name=_("stop"))
    at = models.DateTimeField(_("resumed from"))
    by = models.CharField(_("by"), max_length=80)
    reason = models.CharField(_("reason"), max_length=500)

    class Meta:
        db_table = "rule_resume"
        verbose_name = _("resumed rule")
        verbose_name_plural = _("resumed rules")

    def __str__(self) -> str:
        return f"{self.stop} – {self.at:%Y-%m-%d %H:%M}"


class RulebookDraft(models.Model):
    """The next version as it is being written: a copy of the version in force, changed until it is submitted.

    `frame` is its document without the rules (`{settings, currencies, week_start, overridden}`); the rules are rows
    of DraftRule. `writers` are all who changed it: none of them may approve it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("waits for approval")
        APPROVED = "approved", _("approved")
        PUBLISHED = "published", _("published")
        DROPPED = "dropped", _("put away")

    id = models.AutoField(primary_key=True)
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+", verbose_name=_("program"))
    market_code = models.CharField(_("market"), max_length=10, null=True)
    title = models.CharField(_("title"), max_length=120)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    frame = models.JSONField(_("frame"))
    based_on = models.ForeignKey(Rulebook, models.PROTECT, null=True, related_name="+")
    published = models.ForeignKey(Rulebook, models.PROTECT, null=True, related_name="+")
    begins_at = models.DateTimeField(_("from"), null=True, help_text=_("empty: when published"))
    writers = models.JSONField(_("writers"), default=list)
    note = models.CharField(_("note"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("begun at"))
    created_by = models.CharField(_("begun by"), max_length=80)
    changed_at = models.DateTimeField(_("changed at"))
    changed_by = models.CharField(_("changed by"), max_length=80)
    submitted_at = models.DateTimeField(_("submitted at"), null=True)
    submitted_by = models.CharField(_("submitted by"), max_length=80, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True)
    approved_by = models.CharField(_("approved by"), max_length=80, blank=True)

    class Meta:
        db_table = "rulebook_draft"
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        indexes = [models.Index(fields=["program", "state"], name="rulebook_draft_open")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published__isnull=False), name="rulebook_draft_says_what_it_became"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class DraftRule(models.Model):
    """One rule of a draft, half-written or whole: `sketch` as it is typed, `document` as far as it makes a rule.

    `origin` is the rule as the version below has it (null: new). `revision` tells two writers apart.
    """

    id = models.BigAutoField(primary_key=True)
    draft = models.ForeignKey(RulebookDraft, models.CASCADE, related_name="rules")
    place = models.PositiveIntegerField()
    code = models.CharField(max_length=64)
    sketch = models.JSONField()
    document = models.JSONField()
    origin = models.JSONField(null=True)
    removed = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=80)
    told_at = models.DateTimeField(null=True, help_text="when the trail last heard of a change")

    class Meta:
        db_table = "rulebook_draft_rule"
        ordering = ["place", "id"]
        indexes = [models.Index(fields=["draft", "place"], name="rulebook_draft_rule_place")]

    def __str__(self) -> str:
        return self.code


class DraftRehearsal(models.Model):
    """A book of acceptance run beside a draft. `text` is the book, `playbook` the draft as it then was (`""` where the
    book has its own), `draft_changed_at` which state of the draft that was.

    `result`: `{name, lines, problems, passed, failed, why}`. A worker holds a running one until `leased_until`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        GIVEN_UP = "given_up", _("given up")

    id = models.BigAutoField(primary_key=True)
    draft = models.ForeignKey(RulebookDraft, models.CASCADE, related_name="rehearsed")
    draft_changed_at = models.DateTimeField()
    book = models.CharField(max_length=120)
    text = models.TextField()
    playbook = models.TextField(default="", blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    begun_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)

    class Meta:
        db_table = "rulebook_draft_rehearsal"
        indexes = [
            models.Index(
                fields=["asked_at"], name="draft_rehearsal_open", condition=Q(state__in=["waiting", "running"])
            ),
            models.Index(fields=["draft", "-asked_at"], name="draft_rehearsal_of"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["draft"], name="draft_rehearsal_one_at_a_time", condition=Q(state__in=["waiting", "running"])
            ),
        ]

    def __str__(self) -> str:
        return self.book

    @property
    def under_way(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)
