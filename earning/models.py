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
    taken_back = models.BigIntegerField(db_default=0, help_text="what returns and corrections took of it, all together")
    revision = models.IntegerField()
    facts = models.JSONField(null=True, help_text="the changing facts its rules read, as they stood")

    class Meta:
        db_table = "award"

    def __str__(self) -> str:
        return f"{self.target} for {self.activity_id}"


class Forgiven(models.Model):
    """What a member was left with of an activity's points that a return should have taken back, by policy."""

    pk = models.CompositePrimaryKey("holder_id", "activity_id", "currency_id")
    holder_id = models.BigIntegerField()
    activity_id = models.BigIntegerField()
    currency_id = models.IntegerField()
    occurred_on = models.DateField()
    amount = models.BigIntegerField()

    class Meta:
        db_table = "forgiven"
        constraints = [models.CheckConstraint(condition=models.Q(amount__gte=0), name="forgiven_not_negative")]

    def __str__(self) -> str:
        return f"{self.amount} of {self.activity_id}"


class Delivery(models.Model):
    """The event that points of an activity wait for happened. Once for each kind of event; only grows."""

    pk = models.CompositePrimaryKey("holder_id", "activity_id", "event_type")
    holder_id = models.BigIntegerField()
    activity_id = models.BigIntegerField()
    event_type = models.CharField(max_length=80)
    occurred_on = models.DateField(help_text="of the activity")
    delivered_at = models.DateTimeField(help_text="from then on the points can be spent")
    at = models.DateTimeField()
    by = models.CharField(max_length=80)

    class Meta:
        db_table = "delivery"

    def __str__(self) -> str:
        return f"{self.event_type} of {self.activity_id}"


class Rescore(models.Model):
    """A scope to be scored again: what it would change, who let it, how far it has run."""

    class State(models.TextChoices):
        PREVIEWED = "previewed"
        APPROVED = "approved"
        DONE = "done"
        WITHDRAWN = "withdrawn"

    id = models.BigAutoField(primary_key=True)
    program_id = models.BigIntegerField()
    scope = models.JSONField(help_text="kind: member, receipts, correction or replay, and what it names")
    reason = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State.choices)
    holders = models.IntegerField(help_text="in the scope")
    activities = models.IntegerField(help_text="in the scope")
    members = models.IntegerField(help_text="holders whose points would change")
    points = models.JSONField(help_text="currency -> {given, taken}")
    money = models.JSONField(help_text="market -> minor units the program would owe more, or less")
    histogram = models.JSONField(help_text="[{from, until, members}] of the first currency; null is without end")
    done_holders = models.IntegerField(default=0)
    moved = models.JSONField(default=dict, help_text="currency -> {given, taken}: what the run posted so far")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=80, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rescore"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approved_by="") | ~models.Q(approved_by=models.F("created_by")),
                name="rescore_approved_by_another",
            )
        ]

    def __str__(self) -> str:
        return f"rescore {self.pk} {self.state}"


class RescoreHolder(models.Model):
    """One holder of a re-scoring: what the preview found, and whether the run has done it."""

    pk = models.CompositePrimaryKey("holder_id", "rescore_id")
    holder_id = models.BigIntegerField()
    rescore_id = models.BigIntegerField()
    activities = models.IntegerField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rescore_holder"
        indexes = [
            models.Index(fields=["rescore_id", "holder_id"], name="rescore_open", condition=models.Q(done_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.holder_id} of {self.rescore_id}"


class RuleUsage(models.Model):
    """What is taken of a limit that many holders share, or of a budget: points given, and how many times."""

    pk = models.CompositePrimaryKey("rule_id", "whose", "key", "period_kind", "period_start")
    rule_id = models.IntegerField()
    whose = models.CharField(max_length=10, help_text="banner or program")
    key = models.CharField(max_length=80, help_text="the banner's code; empty for the program")
    period_kind = models.CharField(max_length=10)
    period_start = models.DateField(help_text="first local day; of a campaign, the first day of the rule")
    points = models.BigIntegerField()
    times = models.BigIntegerField()

    class Meta:
        db_table = "rule_usage"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(points__gte=0) & models.Q(times__gte=0), name="rule_usage_not_negative"
            )
        ]

    def __str__(self) -> str:
        return f"{self.points} of {self.rule_id} in {self.period_kind} {self.period_start}"


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
