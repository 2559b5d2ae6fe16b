"""What a member asks for, with everything that happened to it, its evidence, and the receipts it gave her."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Case(models.Model):
    """A request of one member. Its number is spoken on the telephone; `due_on` is a local day of her market."""

    class Type(models.TextChoices):
        MISSING_POINTS = "missing_points"
        WRONG_POINTS = "wrong_points"
        LOST_CARD = "lost_card"
        REWARD_NOT_RECEIVED = "reward_not_received"
        ADDRESS = "address"
        LEAVING = "leaving"
        OPINION = "opinion"
        OTHER = "other"

    class Channel(models.TextChoices):
        WEB = "web"
        STORE = "store"
        PHONE = "phone"
        POST = "post"
        EMAIL = "email"

    class State(models.TextChoices):
        OPEN = "open"
        WAITING = "waiting"  # for the member
        SOLVED = "solved"
        REFUSED = "refused"
        REOPENED = "reopened"

    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+")
    membership = models.ForeignKey("members.Membership", models.PROTECT, related_name="cases")
    # the one it was made under, where another stands for that one since (care.following)
    made_under = models.ForeignKey("members.Membership", models.PROTECT, null=True, related_name="+")
    type = models.CharField(max_length=20, choices=Type.choices)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    receipt = models.CharField(max_length=200, blank=True, help_text="the number printed on the receipt it is about")
    due_on = models.DateField()
    owner = models.ForeignKey("identity.User", models.SET_NULL, null=True, related_name="+")
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True, help_text="what ended it: receipt, adjust, card, refund, ...")

    class Meta:
        db_table = "care_case"
        indexes = [
            models.Index(fields=["membership", "-opened_at"], name="care_case_of_member"),
            models.Index(fields=["program", "due_on"], condition=Q(ended_at=None), name="care_case_queue"),
            models.Index(fields=["owner", "due_on"], condition=Q(ended_at=None), name="care_case_mine"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["solved", "refused"], ended_at__isnull=False)
                | (~Q(state__in=["solved", "refused"]) & Q(ended_at=None)),
                name="care_case_ends_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.type}"


class CaseEvent(models.Model):
    """One thing that happened to a case. Only grows; its words alone may be emptied, when a person is forgotten."""

    class What(models.TextChoices):
        OPENED = "opened"
        NOTE = "note"  # between colleagues
        MESSAGE = "message"  # to the member
        ASKED = "asked"  # a question to the member
        REPLY = "reply"  # from the member
        TAKEN = "taken"
        FILE = "file"
        REQUESTED = "requested"  # something that needs another person's word
        SOLVED = "solved"
        REFUSED = "refused"
        REOPENED = "reopened"

    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    channel = models.CharField(max_length=8)
    what = models.CharField(max_length=10, choices=What.choices)
    words = models.TextField(blank=True)
    data = models.JSONField(default=dict, help_text="plain values, nothing that names a person")

    class Meta:
        db_table = "care_case_event"
        indexes = [models.Index(fields=["case", "at"], name="care_case_event_story")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.what}"


class CaseFile(models.Model):
    """Evidence under a name of our own; the row stays when its file is taken away."""

    class Kind(models.TextChoices):
        JPEG = "jpeg"
        PNG = "png"
        PDF = "pdf"

    case = models.ForeignKey(Case, models.PROTECT, related_name="files")
    name = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    size = models.PositiveIntegerField(help_text="bytes as kept")
    sha256 = models.BinaryField(help_text="of the bytes as kept")
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "care_case_file"

    def __str__(self) -> str:
        return self.name


class ReceiptClaim(models.Model):
    """A receipt that a case gave to a member: once per program. Only grows."""

    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+")
    source_id = models.IntegerField()
    receipt = models.CharField(max_length=200)
    activity_id = models.BigIntegerField()
    occurred_on = models.DateField()
    membership = models.ForeignKey("members.Membership", models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        db_table = "care_receipt_claim"
        constraints = [
            models.UniqueConstraint(fields=["program", "source_id", "receipt"], name="care_receipt_claimed_once"),
        ]

    def __str__(self) -> str:
        return self.receipt
