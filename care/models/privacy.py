"""What people ask of us about their own data: a copy of it, or that it goes."""

from __future__ import annotations

from django.db import models


class Archive(models.Model):
    """A copy of what is known of a person, asked for from one membership. Its file lives until it is taken, or a day.

    `name` is the file's below FILES_DIR, empty before it is made and after it is gone.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        MADE = "made"
        TAKEN = "taken"
        GONE = "gone"

    uid = models.UUIDField(unique=True)
    membership = models.ForeignKey("members.Membership", models.PROTECT, related_name="+")
    state = models.CharField(max_length=6, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    reason = models.CharField(max_length=40, blank=True, help_text="a code, where staff asked for the person")
    words = models.CharField(max_length=300, blank=True, help_text="of staff, on how she asked")
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    name = models.CharField(max_length=60, blank=True)
    size = models.BigIntegerField(default=0, help_text="bytes")

    class Meta:
        db_table = "care_archive"
        constraints = [
            models.UniqueConstraint(
                fields=["membership"], condition=models.Q(state="asked"), name="care_archive_one_asked"
            )
        ]

    def __str__(self) -> str:
        return f"archive of {self.membership_id}: {self.state}"


class Erasure(models.Model):
    """A person asked to be forgotten. Until `erases_at` that can be taken back; afterwards the stub that is left has
    this row as the reason why it is empty."""

    class State(models.TextChoices):
        ASKED = "asked"
        WITHDRAWN = "withdrawn"
        DONE = "done"

    member = models.ForeignKey("members.Member", models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    reason = models.CharField(max_length=40, help_text="a code: asked, retention, replay")
    words = models.CharField(max_length=300, blank=True, help_text="of staff, on how she asked; gone with her")
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    erases_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=80, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "care_erasure"
        indexes = [
            models.Index(fields=["erases_at"], condition=models.Q(state="asked"), name="care_erasure_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["member"], condition=models.Q(state="asked"), name="care_erasure_one_asked")
        ]

    def __str__(self) -> str:
        return f"erasure of {self.member_id}: {self.state}"
