"""The crosswalk: who a system's person is here, and what came from there."""

from __future__ import annotations

from django.db import models


class Identity(models.Model):
    """One person of a system, and the membership they are here; null: deleted before we ever saw them.

    `version` and `digest` are of the last record that was taken. `said`: a digest of each shared field as the system
    last said it, so that a change of theirs is told from a change of ours without keeping their words.
    """

    # no index begins with it: few systems have many people, and old statistics of a new one say that it has none,
    # so that a planner would look through all of them for each (as of lots)
    system = models.ForeignKey("replication.System", models.PROTECT, related_name="identities", db_index=False)
    external_id = models.CharField(max_length=100)
    membership = models.ForeignKey("members.Membership", models.PROTECT, null=True, related_name="+", db_index=False)
    version = models.BigIntegerField()
    digest = models.BinaryField()
    said = models.JSONField(default=dict)
    linked_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    erased = models.BooleanField(default=False)
    seen_run_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "replication_identity"
        constraints = [
            models.UniqueConstraint(fields=["external_id", "system"], name="replication_identity_once"),
            models.UniqueConstraint(fields=["membership", "system"], name="replication_identity_of_one"),
        ]

    def __str__(self) -> str:
        return f"{self.system_id}:{self.external_id}"


class ReplicatedLot(models.Model):
    """A lot of a system's, posted here once; `amount` is what the system says it had, after `revision` corrections."""

    # its identity's, which the database checks there
    system = models.ForeignKey(
        "replication.System", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    key = models.CharField(max_length=100)
    identity = models.ForeignKey(Identity, models.PROTECT, related_name="lots")
    holder_id = models.BigIntegerField()
    currency_id = models.IntegerField()
    amount = models.BigIntegerField()
    revision = models.PositiveIntegerField(default=0)
    earned_on = models.DateField()
    expires_on = models.DateField(null=True)

    class Meta:
        db_table = "replication_lot"
        indexes = [models.Index(fields=["holder_id"], name="replication_lot_holder")]
        constraints = [models.UniqueConstraint(fields=["key", "system"], name="replication_lot_once")]

    def __str__(self) -> str:
        return f"{self.key}: {self.amount}"
