from django.db import models


class Mark(models.Model):
    """Something about this holder is to be scored: the activity named, or everything when none is named.

    Only added and deleted, never updated, so that intake never waits behind a scorer's row locks.
    """

    mark_id = models.BigAutoField(primary_key=True)
    bucket = models.SmallIntegerField()
    holder_id = models.BigIntegerField()
    activity_id = models.BigIntegerField(null=True)
    occurred_on = models.DateField(null=True)
    reason = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        db_table = "mark"
        indexes = [models.Index(fields=["bucket", "holder_id"], name="mark_bucket_holder")]

    def __str__(self) -> str:
        return f"{self.holder_id} {self.reason} {self.activity_id or 'everything'}"


class Claim(models.Model):
    """A worker's lease on a holder. The attempt is committed before the work, so it survives the crash it causes."""

    holder_id = models.BigIntegerField(primary_key=True)
    attempts = models.PositiveIntegerField()
    token = models.UUIDField()
    lease_until = models.DateTimeField()
    last_error = models.CharField(max_length=500, blank=True)
    quarantined_reason = models.CharField(max_length=500, null=True)  # null: not set aside

    class Meta:
        db_table = "claim"
        indexes = [models.Index(fields=["token"], name="claim_token")]

    def __str__(self) -> str:
        return f"{self.holder_id} attempt {self.attempts}"


class Award(models.Model):
    """What one rule gave for one activity in one currency, wanted and granted, and what is posted of it."""

    pk = models.CompositePrimaryKey("holder_id", "activity_id", "rule_id", "currency_id")
    holder_id = models.BigIntegerField()
    activity_id = models.BigIntegerField()
    rule_id = models.IntegerField()
    currency_id = models.IntegerField()
    occurred_on = models.DateField()
    rulebook_id = models.IntegerField()
    wanted = models.BigIntegerField(help_text="rounded, before limits")
    target = models.BigIntegerField(help_text="granted: what should stand")
    posted = models.BigIntegerField(help_text="what stands in the ledger")
    revision = models.IntegerField()
    facts = models.JSONField(null=True, help_text="the changing facts its rules read, as they stood")

    class Meta:
        db_table = "award"

    def __str__(self) -> str:
        return f"{self.target} for {self.activity_id}"


class JobRun(models.Model):
    """One run of a scheduled job for one business day and shard: a second beat finds the row and does nothing."""

    job = models.CharField(max_length=40)
    business_date = models.DateField()
    shard = models.IntegerField(default=0)
    state = models.CharField(max_length=12)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "job_run"
        constraints = [models.UniqueConstraint(fields=["job", "business_date", "shard"], name="job_run_once")]

    def __str__(self) -> str:
        return f"{self.job} {self.business_date} {self.state}"
