"""What a system was last told of its members."""

from __future__ import annotations

from django.db import models


class Fact(models.Model):
    """The loyalty facts of one member as they last were when somebody looked; `seq` rises with every change.

    One pass at a time writes them, so that numbers become visible in their order (replication.feeding).
    """

    system = models.ForeignKey("replication.System", models.PROTECT, related_name="+")
    identity = models.OneToOneField("replication.Identity", models.PROTECT, related_name="fact")
    seq = models.BigIntegerField()
    facts = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        db_table = "replication_fact"
        constraints = [models.UniqueConstraint(fields=["system", "seq"], name="replication_fact_order")]

    def __str__(self) -> str:
        return f"{self.seq}: {self.identity_id}"
