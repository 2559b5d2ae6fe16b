"""What was sent, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Run(models.Model):
    """One reading of a file, or a day of pushed records. A dry run is written down when it is over."""

    class Kind(models.TextChoices):
        FULL = "full"
        DELTA = "delta"
        PUSH = "push"

    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"
        UNREADABLE = "unreadable"

    system = models.ForeignKey("replication.System", models.PROTECT, related_name="runs")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    dry = models.BooleanField(default=False)
    name = models.CharField(max_length=200)
    size = models.BigIntegerField(default=0)
    sha256 = models.BinaryField()
    mapping_sha256 = models.BinaryField(default=b"")
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    records = models.IntegerField(null=True, help_text="known at the end, or guessed from the size")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=80)
    counts = models.JSONField(default=dict)
    points = models.JSONField(default=dict)
    missing = models.JSONField(default=dict)
    seconds = models.IntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "replication_run"
        indexes = [models.Index(fields=["system", "opened_at"], name="replication_run_latest")]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "kind", "sha256", "mapping_sha256"],
                condition=Q(state="open"),
                name="replication_run_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Chunk(models.Model):
    """The records of a run that were taken in one transaction, counted by what became of them. Only grows."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="chunks")
    number = models.IntegerField()
    counts = models.JSONField()
    points = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        db_table = "replication_chunk"
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="replication_chunk_once")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"


class Line(models.Model):
    """A record that was not simply taken: refused, in conflict, or missing from a full file. Only grows; an
    `external_id` that is a contact gives way to a digest when its person is erased (replication.tombs).

    `detail` says why, for who sent it; it repeats no contact.
    """

    class Outcome(models.TextChoices):
        REFUSED = "refused"
        CONFLICTING = "conflicting"
        MISSING = "missing"

    run = models.ForeignKey(Run, models.PROTECT, related_name="lines")
    line = models.IntegerField(null=True)
    external_id = models.CharField(max_length=100, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    reason = models.CharField(max_length=40)
    field = models.CharField(max_length=80, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "replication_line"
        indexes = [models.Index(fields=["run", "id"], name="replication_line_of_run")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"
