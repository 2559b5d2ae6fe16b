"""What is left in a cash pot, as one voucher: given to a member who leaves, by redemption like any other."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from ledger import holding, idempotency
from ledger import queries as ledger
from programs import queries as programs
from programs.queries import Currency
from rewards import models, records, redemption, standing, terms
from rewards.standing import Who
from rewards.vouchers import VoucherRow
from values.money import minor_exponent

CODE = "pot-at-leaving"
NAMES = {"en": "What was in your pot", "fr": "Ce que contenait votre cagnotte"}
VALID_DAYS = 365
_SOON = timedelta(minutes=1)


def worth(*, holder_id: int, program_id: int, money: str, now: datetime) -> dict[int, int]:
    """What of each cash pot would become a voucher now, by currency: the spendable part in `money`, less its debt.

    The rules of release (a minimum, whole multiples) do not hold for what is left.
    """
    cash = {row.id: row for row in programs.currencies_of(program_id) if _fits(row, money)}
    found = {one.currency_id: max(0, one.available - one.debt) for one in ledger.balances(holder_id, now)}
    return {currency_id: found[currency_id] for currency_id in cash if found.get(currency_id)}


def give(*, membership_id: int, key: str, now: datetime, by: str) -> dict[int, tuple[int, VoucherRow]]:
    """Turn every cash pot of a membership into a voucher: currency -> (smallest units taken, the voucher).

    The same key answers as the first time. Raises WalletFrozen (of the ledger).
    """
    with transaction.atomic(), connection.cursor() as cursor:
        who = standing.of(membership_id, None)
        amounts = worth(holder_id=who.holder_id, program_id=who.program_id, money=who.market.currency, now=now)
        given = {}
        for currency in programs.currencies_of(who.program_id):
            named = f"{key}:{currency.code}"
            if currency.id in amounts and records.find(cursor, who.holder_id, records.idem(named)) is None:
                _place(cursor, who, currency, amounts[currency.id], named, now, by)
            row = records.find(cursor, who.holder_id, records.idem(named))
            if row is not None:
                made = redemption.confirm(membership_id=membership_id, key=named, now=now, by=by)
                given[currency.id] = (made.cost[currency.code], made.vouchers[0])
    return given


def _place(cursor: Any, who: Who, currency: Currency, amount: int, key: str, now: datetime, by: str) -> None:
    """Set the pot aside under a redemption of its own making: no stock, no share, no budget is taken."""
    document = _document(who, currency, amount)
    reward, _new = models.Reward.objects.get_or_create(
        program_id=who.program_id, code=CODE,
        defaults={"names": NAMES, "document": document, "offered": False, "changed_at": now},
    )  # fmt: skip
    redemption_id = records.place(
        cursor, document, holder=who.holder_id, membership=who.membership.pk, reward=reward.pk, quantity=1,
        from_stock=False, now=now, lapses_at=now + _SOON, actor=by, budget_amount=0, budget_points=0, budget_market="",
        money=who.market.currency, receipt="",
        source="", channel="", idem=records.idem(key), fingerprint=idempotency.fingerprint(do="farewell", key=key),
    )  # fmt: skip
    held = holding.hold(
        holder_id=who.holder_id, currency_id=currency.id, amount=amount, key=f"redemption:{redemption_id}:farewell",
        lapses_at=now + _SOON, now=now, actor=by, debt_allowed=True,
    )  # fmt: skip
    records.add_cost(
        cursor, who.holder_id, redemption_id, currency_id=currency.id, amount=amount, hold_id=held.hold_id
    )  # fmt: skip


def _document(who: Who, currency: Currency, amount: int) -> dict[str, Any]:
    money = Decimal(amount).scaleb(-currency.scale)
    return terms.Reward.model_validate(
        {
            "code": CODE, "kind": "voucher", "cost": {currency.code: amount}, "valid_days": VALID_DAYS,
            "value": {"amount": f"{money:.{minor_exponent(who.market.currency)}f}"}, "name": NAMES,
        }
    ).document()  # fmt: skip


def _fits(currency: Currency, money: str) -> bool:
    return currency.kind == "cash" and currency.money == money and currency.scale == minor_exponent(money)
