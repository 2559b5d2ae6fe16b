"""The ledger's tables as Django sees them: for reading in the admin and for the state of migrations.

In the database every primary and unique key begins with `holder_id` (migration 0001 makes the tables itself), so that
the ledger can be cut by holder; Django, which wants one column, is told of the id that is unique in practice.
Writing goes through `posting`, `bulk` and `expiry`, never through these classes.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Holder(models.Model):
    """Whose pots: a membership or a household. Opaque, and the same for ever."""

    holder_id = models.BigIntegerField(primary_key=True)
    kind = models.TextField()
    opened_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_holder"

    def __str__(self) -> str:
        return f"{self.kind} {self.holder_id}"


class HolderSuccessor(models.Model):
    """Where a later return or refund of a pooled or merged pot goes; one step, never a chain."""

    holder_id = models.BigIntegerField(primary_key=True)
    successor_id = models.BigIntegerField()
    since = models.DateTimeField()

    class Meta:
        db_table = "holder_successor"

    def __str__(self) -> str:
        return f"{self.holder_id} -> {self.successor_id}"


class Wallet(models.Model):
    """One holder's pot of one currency: what is locked and checked; what is spendable is read from lots."""

    pk = models.CompositePrimaryKey("holder_id", "currency_id")
    holder_id = models.BigIntegerField()
    currency_id = models.IntegerField()
    total = models.BigIntegerField()
    held = models.BigIntegerField()
    debt = models.BigIntegerField()
    version = models.BigIntegerField()
    frozen_reason = models.TextField()

    class Meta:
        db_table = "ledger_wallet"

    def __str__(self) -> str:
        return f"{self.holder_id}/{self.currency_id}: {self.total}"


class Lot(models.Model):
    """Points of one activity and currency that expire together; carries the number of the entry that made it."""

    lot_id = models.BigIntegerField(primary_key=True)
    holder_id = models.BigIntegerField()
    currency_id = models.IntegerField()
    initial = models.BigIntegerField()
    remaining = models.BigIntegerField()
    held = models.BigIntegerField()
    available_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    activity_id = models.BigIntegerField(null=True)
    occurred_on = models.DateField()
    posting_id = models.BigIntegerField()

    class Meta:
        db_table = "ledger_lot"

    def __str__(self) -> str:
        return f"lot {self.lot_id}: {self.remaining} of {self.initial}"


class Posting(models.Model):
    """One cause, once: `idem` names it, `fingerprint` is the digest of what was asked under a client's key."""

    posting_id = models.BigIntegerField(primary_key=True)
    holder_id = models.BigIntegerField()
    idem = models.UUIDField()
    fingerprint = models.BinaryField(null=True)
    kind = models.TextField()
    source_type = models.TextField()
    source_id = models.BigIntegerField(null=True)
    actor = models.TextField()
    channel = models.TextField()
    store_id = models.IntegerField(null=True)
    reverses = models.BigIntegerField(null=True)
    transfer_id = models.BigIntegerField(null=True)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "ledger_posting"

    def __str__(self) -> str:
        return f"{self.kind} {self.posting_id}"


class Entry(models.Model):
    """One balanced movement: `amount` on the member's lot, its opposite on the program's `contra`."""

    entry_id = models.BigIntegerField(primary_key=True)
    holder_id = models.BigIntegerField()
    posting_id = models.BigIntegerField()
    lot_id = models.BigIntegerField()
    currency_id = models.IntegerField()
    amount = models.BigIntegerField()
    kind = models.TextField()
    contra = models.TextField()
    cost_centre = models.TextField()
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "ledger_entry"

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class DebtEntry(models.Model):
    """What could not be taken back (+), and its repayment by later earnings (-)."""

    entry_id = models.BigIntegerField(primary_key=True)
    holder_id = models.BigIntegerField()
    posting_id = models.BigIntegerField()
    currency_id = models.IntegerField()
    amount = models.BigIntegerField()
    reason = models.TextField()
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "ledger_debt_entry"

    def __str__(self) -> str:
        return f"{self.reason} {self.amount}"


class Hold(models.Model):
    """Points of one pot set aside until `lapses_at`: captured by a posting, released, or lapsed by itself."""

    hold_id = models.BigIntegerField(primary_key=True)
    holder_id = models.BigIntegerField()
    currency_id = models.IntegerField()
    amount = models.BigIntegerField()
    idem = models.UUIDField()
    fingerprint = models.BinaryField()
    state = models.TextField()
    placed_at = models.DateTimeField()
    lapses_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    posting_id = models.BigIntegerField(null=True)
    actor = models.TextField()

    class Meta:
        db_table = "ledger_hold"

    def __str__(self) -> str:
        return f"hold {self.hold_id}: {self.amount}, {self.state}"


class HoldLot(models.Model):
    """What of a hold lies in one lot. Only grows."""

    pk = models.CompositePrimaryKey("holder_id", "hold_id", "lot_id")
    holder_id = models.BigIntegerField()
    hold_id = models.BigIntegerField()
    lot_id = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        db_table = "ledger_hold_lot"

    def __str__(self) -> str:
        return f"{self.amount} of lot {self.lot_id}"
