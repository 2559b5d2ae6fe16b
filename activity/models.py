"""What happened, as it was sent. Activity knows no member; whose it is are rows of attribution (docs/architecture.md).

Rows that point at an activity carry (activity_id, occurred_on), so that activity can be cut by month later.
Amounts are bigint minor units, quantities bigint thousandths.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Kind(models.IntegerChoices):
    PURCHASE = 1
    RETURN = 2
    VISIT = 3
    EVENT = 4


def _amounts(*, null: bool = False) -> ArrayField[Any, Any]:
    return ArrayField(models.BigIntegerField(null=null), null=null)


class Activity(models.Model):
    """A purchase, return, visit or event. Its lines are parallel arrays, one element a line, in order. Only grows."""

    activity_id = models.BigIntegerField(primary_key=True)
    occurred_on = models.DateField(help_text="the local day at the store")
    occurred_at = models.DateTimeField()
    kind = models.SmallIntegerField(choices=Kind.choices)
    source_id = models.IntegerField()
    external_id = models.CharField(max_length=200)
    original_external_id = models.CharField(max_length=200, null=True)
    bearer_id = models.BigIntegerField(null=True, help_text="who the sender said it was; null: anonymous")
    store_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=20, null=True)
    currency = models.CharField(max_length=3)
    gross = models.BigIntegerField()
    net = models.BigIntegerField()
    event_type = models.CharField(max_length=80, null=True)
    states = ArrayField(models.IntegerField(), help_text="what each line's product was when it landed")
    quantities = _amounts()
    grosses = _amounts()
    discounts = _amounts()
    nets = _amounts()
    taxes = _amounts(null=True)
    line_numbers = ArrayField(models.IntegerField(), null=True, help_text="null: 1..n")
    line_attributes = models.JSONField(null=True, help_text="name -> one value a line")
    tenders = models.JSONField(null=True)
    attributes = models.JSONField(null=True)
    file_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "activity"
        verbose_name_plural = "activity"
        # what occurred lately lies together at the table's end: a few pages say where, and intake does not feel them
        indexes = [BrinIndex(fields=["occurred_at"], autosummarize=True, name="activity_lately")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.external_id}"


class ActivityKey(models.Model):
    """What makes an activity one: its source's own id. Uniqueness is held here alone. Only grows."""

    pk = models.CompositePrimaryKey("source_id", "external_id")
    source_id = models.IntegerField()
    external_id = models.CharField(max_length=200)
    activity_id = models.BigIntegerField()
    occurred_on = models.DateField()
    content_hash = models.BinaryField()

    class Meta:
        db_table = "activity_key"

    def __str__(self) -> str:
        return self.external_id


class Bearer(models.Model):
    """Who a sender said it was: the card, number, e-mail and phone it gave together, once. Erasable."""

    bearer_id = models.BigAutoField(primary_key=True)
    source_id = models.IntegerField()
    card = models.CharField(max_length=80, null=True)
    member = models.CharField(max_length=80, null=True)
    email = models.CharField(max_length=254, null=True)
    phone = models.CharField(max_length=40, null=True)
    digest = models.BinaryField()

    class Meta:
        db_table = "bearer"
        constraints = [models.UniqueConstraint(fields=["source_id", "digest"], name="bearer_once")]
        indexes = [
            models.Index(fields=[field], name=f"bearer_{field}", condition=Q(**{f"{field}__isnull": False}))
            for field in ("card", "member", "email", "phone")
        ]

    def __str__(self) -> str:
        return f"bearer {self.bearer_id}"


class Attribution(models.Model):
    """Whose an activity is in one program, and since when we say so. Unknown: membership null, with the reason."""

    attribution_id = models.BigAutoField(primary_key=True)
    activity_id = models.BigIntegerField()
    occurred_on = models.DateField()
    program_id = models.BigIntegerField()
    membership_id = models.BigIntegerField(null=True)
    holder_id = models.BigIntegerField(null=True)
    bearer_id = models.BigIntegerField()
    by = models.CharField(max_length=10, null=True, help_text="what named the member: card, member, email, phone")
    reason = models.CharField(max_length=40, null=True)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "attribution"
        constraints = [
            models.UniqueConstraint(
                fields=["activity_id", "program_id"], condition=Q(ended_at=None), name="attribution_one_now"
            ),
            models.CheckConstraint(
                condition=Q(membership_id=None, holder_id=None, reason__isnull=False)
                | Q(membership_id__isnull=False, holder_id__isnull=False, reason=None),
                name="attribution_is_known_or_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["holder_id", "occurred_on"], name="attribution_holder"),
            BrinIndex(fields=["occurred_on"], autosummarize=True, name="attribution_lately"),
            models.Index(
                fields=["program_id", "bearer_id"],
                name="attribution_waiting",
                condition=Q(membership_id=None, ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"activity {self.activity_id} of {self.membership_id}"


class ReturnLink(models.Model):
    """A return line takes a quantity back from a purchase line. Lines count from 1 in the order kept. Only grows."""

    pk = models.CompositePrimaryKey("return_activity_id", "line", "purchase_activity_id", "purchase_line")
    return_activity_id = models.BigIntegerField()
    return_occurred_on = models.DateField()
    line = models.IntegerField()
    purchase_activity_id = models.BigIntegerField()
    purchase_occurred_on = models.DateField()
    purchase_line = models.IntegerField()
    quantity = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "return_link"
        constraints = [models.CheckConstraint(condition=Q(quantity__gte=0), name="return_link_takes_something")]
        indexes = [models.Index(fields=["purchase_activity_id", "purchase_line"], name="return_link_purchase")]

    def __str__(self) -> str:
        return f"{self.return_activity_id}/{self.line} of {self.purchase_activity_id}/{self.purchase_line}"


class ReturnWait(models.Model):
    """What of a return line still looks for its purchase. When it goes on, the row ends and what is left waits anew."""

    wait_id = models.BigAutoField(primary_key=True)
    return_activity_id = models.BigIntegerField()
    return_occurred_on = models.DateField()
    line = models.IntegerField()
    quantity = models.BigIntegerField()
    reason = models.CharField(max_length=40)
    source_id = models.IntegerField()
    original_external_id = models.CharField(max_length=200, null=True)
    product_id = models.BigIntegerField()
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "return_wait"
        constraints = [
            models.UniqueConstraint(
                fields=["return_activity_id", "line"], condition=Q(ended_at=None), name="return_wait_one_now"
            ),
        ]
        indexes = [
            models.Index(
                fields=["source_id", "original_external_id"], name="return_wait_named", condition=Q(ended_at=None)
            ),
            models.Index(
                fields=["product_id"],
                name="return_wait_unnamed",
                condition=Q(ended_at=None, original_external_id=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.return_activity_id}/{self.line} {self.reason}"


class InboundFile(models.Model):
    """One reading of a file. The same content, read again after it was closed, is a new reading."""

    class State(models.TextChoices):
        OPEN = "open", _("being read")
        CLOSED = "closed", _("read")
        UNREADABLE = "unreadable", _("unreadable")

    source = models.ForeignKey("programs.Source", models.PROTECT, related_name="+", verbose_name=_("source"))
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+", verbose_name=_("program"))
    sha256 = models.BinaryField()
    mapping_sha256 = models.BinaryField()
    mapping = models.JSONField(_("mapping"), null=True, help_text=_("as it was read; null: canonical"))
    name = models.CharField(_("file"), max_length=200)
    size = models.BigIntegerField(_("size"), help_text=_("bytes"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    error = models.CharField(_("why it could not be read"), max_length=500, blank=True)
    rows = models.BigIntegerField(_("rows"), null=True, help_text=_("known when it was read to its end once"))
    skipped = models.BigIntegerField(_("rows passed over"), default=0)
    landed = models.BigIntegerField(_("rows landed"), default=0)
    duplicate = models.BigIntegerField(_("rows here already"), default=0)
    quarantined = models.BigIntegerField(_("rows in quarantine"), default=0)
    by = models.CharField(_("by"), max_length=80)
    opened_at = models.DateTimeField(_("begun"))
    closed_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        db_table = "inbound_file"
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["source", "sha256"], name="inbound_file_content")]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "program", "sha256", "mapping_sha256"],
                condition=Q(state="open"),
                name="inbound_file_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed")
                | Q(
                    rows__isnull=False,
                    rows=F("skipped") + F("landed") + F("duplicate") + F("quarantined"),
                    closed_at__isnull=False,
                ),
                name="inbound_file_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class InboundChunk(models.Model):
    """What landed in one transaction of a reading: its counts, the mark from which a killed command goes on."""

    pk = models.CompositePrimaryKey("file_id", "chunk")
    file_id = models.BigIntegerField()
    chunk = models.IntegerField()
    rows = models.BigIntegerField()
    skipped = models.BigIntegerField()
    landed = models.BigIntegerField()
    duplicate = models.BigIntegerField()
    quarantined = models.BigIntegerField()
    receipts = models.BigIntegerField()
    returns = models.BigIntegerField()
    anonymous = models.BigIntegerField()
    unmatched = models.BigIntegerField()
    reasons = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        db_table = "inbound_chunk"
        constraints = [
            models.CheckConstraint(
                condition=Q(rows=F("skipped") + F("landed") + F("duplicate") + F("quarantined")),
                name="inbound_chunk_adds_up",
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.chunk}"


class Quarantine(models.Model):
    """A row that could not land: where it stood, why, its raw bytes, and what became of it."""

    class State(models.TextChoices):
        OPEN = "open", _("to be looked at")
        FIXED = "fixed", _("corrected")
        DROPPED = "dropped", _("dropped")
        LANDED = "landed", _("landed")

    file = models.ForeignKey(InboundFile, models.PROTECT, null=True, related_name="+", verbose_name=_("file"))
    source = models.ForeignKey("programs.Source", models.PROTECT, related_name="+", verbose_name=_("source"))
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+", verbose_name=_("program"))
    line = models.BigIntegerField(_("line"), help_text=_("in the file; for other doors the row's place in the receipt"))
    receipt_id = models.CharField(
        _("receipt"), max_length=200, null=True, help_text=_("null: not even that could be read")
    )
    reason = models.CharField(_("reason"), max_length=40)
    field = models.CharField(_("field"), max_length=80, blank=True)
    detail = models.CharField(_("what is wrong"), max_length=300, blank=True)
    raw = models.BinaryField()
    content = models.JSONField(
        _("content"), null=True, help_text=_("the row's fields by their canonical names, as far as read")
    )
    corrected = models.JSONField(
        _("corrections"), null=True, help_text=_("fields as corrected; they replace those of the content")
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    at = models.DateTimeField(_("since"))
    changed_by = models.CharField(_("changed by"), max_length=80, blank=True)
    changed_at = models.DateTimeField(_("changed"), null=True, blank=True)

    class Meta:
        db_table = "quarantine"
        verbose_name = _("row in quarantine")
        verbose_name_plural = _("quarantine")
        indexes = [
            models.Index(fields=["source", "receipt_id"], name="quarantine_receipt"),
            models.Index(fields=["reason"], name="quarantine_open", condition=Q(state__in=["open", "fixed"])),
        ]
        constraints = [models.UniqueConstraint(fields=["file", "line"], name="quarantine_line_once")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason} {self.field}".strip()
