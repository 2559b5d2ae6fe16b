"""The tables of rewards. What a member did is keyed by holder first, as in the ledger (migration 0001 makes these)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Reward(models.Model):
    """A reward of a program as its playbook says it (rewards.terms.Reward). What is withdrawn stays, not offered.

    `markets`: market code -> what differs there (rewards.markets.ThereTerms).
    """

    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="rewards", verbose_name=_("program"))
    code = models.CharField(_("code"), max_length=40)
    names = models.JSONField(_("name"), default=dict)
    document = models.JSONField(_("terms"))
    markets = models.JSONField(_("terms by market"), default=dict)
    position = models.PositiveIntegerField(default=0)
    offered = models.BooleanField(_("on offer"), default=True)
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        db_table = "reward"
        ordering = ["position", "id"]
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        constraints = [models.UniqueConstraint(fields=["program", "code"], name="reward_once")]

    def __str__(self) -> str:
        return self.code


class Stock(models.Model):
    """How many of a reward there are in all, and how many are taken, since its stock was first declared."""

    reward = models.OneToOneField(Reward, models.PROTECT, primary_key=True, related_name="counted")
    stock = models.BigIntegerField()
    taken = models.BigIntegerField(default=0)

    class Meta:
        db_table = "reward_stock"
        constraints = [
            models.CheckConstraint(condition=Q(taken__gte=0) & Q(taken__lte=F("stock")), name="reward_never_oversold")
        ]

    def __str__(self) -> str:
        return f"{self.taken} of {self.stock}"


class Spent(models.Model):
    """What one budget of a reward allows and what is spent of it, since it was first declared. `unit`: `points`, or
    minor units of money: `amount` of the first market's, `amount:CODE` of a market that has a budget of its own."""

    pk = models.CompositePrimaryKey("reward_id", "unit")
    reward = models.ForeignKey(Reward, models.PROTECT, related_name="budgets")
    unit = models.CharField(max_length=20)
    allowed = models.BigIntegerField()
    spent = models.BigIntegerField(default=0)

    class Meta:
        db_table = "reward_budget"
        constraints = [
            models.CheckConstraint(
                condition=Q(spent__gte=0) & Q(spent__lte=F("allowed")), name="reward_budget_never_overspent"
            )
        ]

    def __str__(self) -> str:
        return f"{self.spent} of {self.allowed} {self.unit}"


class Taken(models.Model):
    """How many of a reward one membership has taken, and how many it was allowed when it last took one."""

    pk = models.CompositePrimaryKey("holder_id", "membership_id", "reward_id")
    holder_id = models.BigIntegerField()
    membership_id = models.BigIntegerField()
    reward_id = models.BigIntegerField()
    taken = models.BigIntegerField()
    allowed = models.BigIntegerField(null=True)

    class Meta:
        db_table = "reward_taken"

    def __str__(self) -> str:
        return f"{self.taken} of reward {self.reward_id}"


class Redemption(models.Model):
    """One act of a member: held, then confirmed, released or lapsed. `offer` is the reward's document at the hold.

    `receipt` is the number of the receipt it was spent on, `source` who sends that receipt, empty where nobody said;
    `budget_*` is what it took of the reward's budgets, in minor units (of the budget of `budget_market`, empty for the
    program's) and in points; `money` is what its vouchers are worth something in.
    """

    class State(models.TextChoices):
        HELD = "held", _("held")
        CONFIRMED = "confirmed", _("confirmed")
        RELEASED = "released", _("released")
        LAPSED = "lapsed", _("lapsed")

    redemption_id = models.BigIntegerField(primary_key=True)
    holder_id = models.BigIntegerField()
    membership_id = models.BigIntegerField()
    reward = models.ForeignKey(Reward, models.DO_NOTHING, db_constraint=False, related_name="redemptions")
    quantity = models.BigIntegerField()
    idem = models.UUIDField()
    fingerprint = models.BinaryField()
    offer = models.JSONField()
    from_stock = models.BooleanField()
    state = models.TextField(choices=State.choices)
    placed_at = models.DateTimeField()
    lapses_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    receipt = models.TextField()
    source = models.TextField(default="")
    budget_amount = models.BigIntegerField(default=0)
    budget_points = models.BigIntegerField(default=0)
    budget_market = models.TextField(default="")
    money = models.TextField(default="")
    channel = models.TextField()
    actor = models.TextField()
    resolved_by = models.TextField(null=True)

    class Meta:
        db_table = "redemption"

    def __str__(self) -> str:
        return f"redemption {self.redemption_id}: {self.state}"


class Cost(models.Model):
    """What a redemption costs in one currency: held under `hold_id` in the ledger, spent by `posting_id`."""

    pk = models.CompositePrimaryKey("holder_id", "redemption_id", "currency_id")
    holder_id = models.BigIntegerField()
    redemption_id = models.BigIntegerField()
    currency_id = models.IntegerField()
    amount = models.BigIntegerField()
    hold_id = models.BigIntegerField()
    posting_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "redemption_cost"

    def __str__(self) -> str:
        return f"{self.amount} in currency {self.currency_id}"


class Voucher(models.Model):
    """A voucher in somebody's hands. Its code is worked out from `salt` and a key of ours, never kept as text."""

    voucher_id = models.BigIntegerField(primary_key=True)
    holder_id = models.BigIntegerField()
    redemption_id = models.BigIntegerField()
    membership_id = models.BigIntegerField()
    reward = models.ForeignKey(Reward, models.DO_NOTHING, db_constraint=False, related_name="vouchers")
    amount = models.BigIntegerField()
    money = models.CharField(max_length=3)
    salt = models.BinaryField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "voucher"

    def __str__(self) -> str:
        return f"voucher {self.voucher_id}"


class VoucherCode(models.Model):
    """Which voucher a code names: found by the code's keyed digest. Only grows."""

    code_hmac = models.BinaryField(primary_key=True)
    holder_id = models.BigIntegerField()
    voucher_id = models.BigIntegerField()

    class Meta:
        db_table = "voucher_code"

    def __str__(self) -> str:
        return f"code of voucher {self.voucher_id}"


class Undone(models.Model):
    """A redemption whose points were given back because what it gave never arrived. Only grows."""

    redemption_id = models.BigIntegerField(primary_key=True)
    holder_id = models.BigIntegerField()
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.CharField(max_length=80)

    class Meta:
        db_table = "redemption_undone"

    def __str__(self) -> str:
        return f"redemption {self.redemption_id} undone"
