from django.db import models
from django.db.models import Q


class TierLadder(models.Model):
    """A program's ladder as a document, dated; from_at null: it has always held. Ended, never rewritten."""

    id = models.AutoField(primary_key=True)
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+")
    document = models.JSONField()
    from_at = models.DateTimeField(null=True)
    until_at = models.DateTimeField(null=True)
    put_at = models.DateTimeField()
    put_by = models.CharField(max_length=80)

    class Meta:
        db_table = "tier_ladder"
        constraints = [
            models.UniqueConstraint(fields=["program"], condition=Q(until_at=None), name="tier_ladder_one_now")
        ]

    def __str__(self) -> str:
        return f"ladder of {self.program_id}"


class TierStanding(models.Model):
    """A holder stood on a step from a moment until another (null: still, as far as is written down).

    What the facts known at `recorded_at` came to; when they turn out otherwise (late activity), rows end
    (`superseded_at`) and others begin. Rows that were not superseded never overlap. Before its first row a holder
    stands where everyone begins; what is still to come is a TierPlan.
    """

    standing_id = models.BigAutoField(primary_key=True)
    holder_id = models.BigIntegerField()
    program_id = models.BigIntegerField()
    step = models.CharField(max_length=40, null=True, help_text="null: below the lowest step")
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=12, help_text="reached, given, floor, lost, returned, ladder")
    recorded_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "tier_standing"
        indexes = [
            models.Index(
                fields=["holder_id", "program_id", "from_at"],
                name="tier_standing_now",
                condition=Q(superseded_at=None),
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(until_at=None) | Q(until_at__gt=models.F("from_at")), name="tier_standing_lasts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.holder_id} {self.step} from {self.from_at}"


class TierPlan(models.Model):
    """The step a holder comes to at a moment still to come if nothing happens: the end of a window, points that mature
    or die. It counts from that moment on, written down or not; a pass turns it into a standing. Replaced freely."""

    pk = models.CompositePrimaryKey("holder_id", "program_id", "from_at")
    holder_id = models.BigIntegerField()
    program_id = models.BigIntegerField()
    from_at = models.DateTimeField()
    step = models.CharField(max_length=40, null=True)
    before = models.CharField(max_length=40, null=True, help_text="the step until then")
    reason = models.CharField(max_length=12)

    class Meta:
        db_table = "tier_plan"
        indexes = [models.Index(fields=["program_id", "from_at"], name="tier_plan_due")]

    def __str__(self) -> str:
        return f"{self.holder_id} {self.step} from {self.from_at}"


class TierAssignment(models.Model):
    """A step by hand: a floor below which a holder does not fall, or a step given as if reached. Only grows.

    The latest floor holds; one without a step takes it away.
    """

    assignment_id = models.BigAutoField(primary_key=True)
    holder_id = models.BigIntegerField()
    program_id = models.BigIntegerField()
    kind = models.CharField(max_length=8, help_text="floor or reached")
    step = models.CharField(max_length=40, null=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "tier_assignment"
        indexes = [models.Index(fields=["holder_id", "program_id"], name="tier_assignment_holder")]
        constraints = [models.CheckConstraint(condition=Q(kind__in=["floor", "reached"]), name="tier_assignment_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.step} of {self.holder_id}"


class TierFollowed(models.Model):
    """Up to when, and under which ladder, a holder's standing was worked out: what a pass that was cut off left out.

    The bookmark of a holder with a long history is only ever a shorter way to the same course.
    """

    pk = models.CompositePrimaryKey("holder_id", "program_id")
    holder_id = models.BigIntegerField()
    program_id = models.BigIntegerField()
    ladder_id = models.IntegerField()
    at = models.DateTimeField()
    bookmark = models.JSONField(null=True, help_text="tiers.bookmarks: where the next walk goes on")

    class Meta:
        db_table = "tier_followed"

    def __str__(self) -> str:
        return f"{self.holder_id} until {self.at}"
