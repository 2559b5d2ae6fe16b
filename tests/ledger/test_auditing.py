"""Damage of every kind, done as the owner with the triggers off, is named by the audit."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from ledger import auditing, expiry, holders, holding, posting, reversal
from loyalty import owner
from tests.ledger import frames

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
# an entry of the spend, whose lot and wallet are left alone
SPENT = "entry_id = (SELECT min(entry_id) FROM ledger_entry WHERE kind = 'spend')"
DAMAGE = {
    "an entry's amount": (
        f"UPDATE ledger_entry SET amount = amount - 1 WHERE {SPENT}",
        "lot remaining = sum of its entries",
    ),
    "an entry lost": (f"DELETE FROM ledger_entry WHERE {SPENT}", "lot remaining = sum of its entries"),
    "an entry twice": (
        (
            "INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, amount, effective_at, currency_id,"
            " kind, contra) SELECT holder_id, entry_id + 100000, posting_id, lot_id, amount, effective_at, currency_id,"
            f" kind, contra FROM ledger_entry WHERE {SPENT}"
        ),
        "lot remaining = sum of its entries",
    ),
    "an entry's currency": (
        f"UPDATE ledger_entry SET currency_id = 2 WHERE {SPENT}",
        "entry currency = currency of its lot",
    ),
    "an entry moved to another posting": (
        f"UPDATE ledger_entry SET posting_id = (SELECT min(posting_id) FROM ledger_posting) WHERE {SPENT}",
        "entry has its posting",
    ),
    "a lot's remainder": (
        "UPDATE ledger_lot SET remaining = remaining - 1 WHERE remaining > 1",
        "lot remaining = sum of its entries",
    ),
    "a lot's first amount": ("UPDATE ledger_lot SET initial = initial + 5", "lot initial = its first entry"),
    "a lot lost": ("DELETE FROM ledger_lot WHERE activity_id = 2", "lot remaining = sum of its entries"),
    "a wallet's total": ("UPDATE ledger_wallet SET total = total + 1", "wallet total = sum of its lots"),
    "a wallet lost": ("DELETE FROM ledger_wallet WHERE total > 0", "wallet total = sum of its lots"),
    "a wallet's held": ("UPDATE ledger_wallet SET held = 1 WHERE total > 0", "wallet held = sum held in its lots"),
    "a wallet's debt": ("UPDATE ledger_wallet SET debt = debt + 1", "wallet debt = sum of its debt entries"),
    "a debt forgotten": ("DELETE FROM ledger_debt_entry WHERE amount > 0", "wallet debt = sum of its debt entries"),
    "a repayment forgotten": ("DELETE FROM ledger_debt_entry WHERE amount < 0", "repayment = debt repaid"),
    "a debt's posting lost": ("DELETE FROM ledger_posting WHERE kind = 'take_back'", "debt entry has its posting"),
    "a posting lost": ("DELETE FROM ledger_posting WHERE kind = 'spend'", "entry has its posting"),
    "a posting without movement": (
        (
            "INSERT INTO ledger_posting (holder_id, posting_id, idem, kind, actor, effective_at)"
            " SELECT holder_id, posting_id + 100000, '00000000-0000-0000-0000-000000000001', kind, actor, effective_at"
            " FROM ledger_posting WHERE kind = 'spend' LIMIT 1"
        ),
        "posting has its entries",
    ),
    "half a transfer": (
        (
            "WITH e AS (UPDATE ledger_entry SET amount = amount + 1 WHERE kind = 'transfer' AND amount > 0"
            " RETURNING holder_id, lot_id)"
            " UPDATE ledger_lot l SET remaining = remaining + 1, initial = initial + 1 FROM e"
            " WHERE l.holder_id = e.holder_id AND l.lot_id = e.lot_id"
        ),
        "transfer sums to zero",
    ),
    "points from nowhere": (
        (
            "WITH e AS (UPDATE ledger_entry SET amount = amount + 1 WHERE kind = 'earn' RETURNING holder_id, lot_id)"
            " UPDATE ledger_lot l SET remaining = remaining + 1, initial = initial + 1 FROM e"
            " WHERE l.holder_id = e.holder_id AND l.lot_id = e.lot_id"
        ),
        "wallets = what the program gave",
    ),
    "a hold forgotten": (
        "DELETE FROM ledger_hold WHERE state = 'open'",
        "lot held = its open holds",
    ),
    "a hold's lot lost": ("DELETE FROM ledger_hold_lot", "hold = sum of its lots"),
    "a hold's amount": ("UPDATE ledger_hold SET amount = amount + 1 WHERE state = 'open'", "hold = sum of its lots"),
    "a captured hold lowered": (
        (
            "UPDATE ledger_hold SET posting_id = (SELECT min(posting_id) FROM ledger_posting WHERE kind = 'spend')"
            " WHERE state = 'captured'"
        ),
        "captured hold = what its posting spent",
    ),
    "what came back twice": (
        "UPDATE ledger_posting SET source_id = 0 WHERE kind = 'give_back'",
        "what came back was spent",
    ),
    "a holder lost": ("DELETE FROM ledger_holder", "holder is known"),
}  # fmt: skip


def full_life():
    """Every kind of movement once, between two holders."""
    one, two = holders.open(2, now=NOW)
    frames.earn((one, 1, 1, 1, 100, NOW, NOW + timedelta(days=1)), (one, 2, 1, 1, 90, NOW, None), now=NOW)
    posting.spend(holder_id=one, currency_id=1, amount=110, key="s", now=NOW, actor="test")
    posting.transfer(from_holder=one, to_holder=two, currency_id=1, amount=20, key="t", now=NOW, actor="test")
    frames.take_back((two, 1, 1, 1, 50), now=NOW)
    frames.earn((two, 3, 1, 1, 60, NOW, NOW + timedelta(days=1)), now=NOW)
    posting.adjust(holder_id=one, currency_id=1, amount=7, key="g", now=NOW, actor="test")
    for key, amount in (("h1", 3), ("h2", 2)):
        held = holding.hold(
            holder_id=one, currency_id=1, amount=amount, key=key, now=NOW, lapses_at=NOW + timedelta(days=9),
            actor="test",
        )  # fmt: skip
    spent = holding.capture(holder_id=one, hold_id=held.hold_id, now=NOW, actor="test")
    with connection.cursor() as cursor:
        reversal.give_back(
            cursor, holder_id=one, posting_id=spent.posting_id, up_to=1, grace_until=NOW + timedelta(days=1), now=NOW,
            actor="test",
        )  # fmt: skip
    expiry.expire_due(NOW + timedelta(days=2))
    return one, two


def test_a_full_life_adds_up(db):
    one, two = full_life()
    assert list(auditing.differences()) == []
    assert list(auditing.differences([one, two])) == []


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_by_name(damage):
    statement, check = DAMAGE[damage]
    with owner.acting_as_owner(), transaction.atomic():
        one, two = full_life()
        (stranger,) = holders.open(now=NOW)
        with connection.cursor() as cursor:
            for table in ("ledger_holder", "ledger_posting", "ledger_entry", "ledger_debt_entry", "ledger_hold",
                          "ledger_hold_lot"):  # fmt: skip
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            assert list(auditing.differences()) == []
            cursor.execute(statement)
        found = list(auditing.differences())
        assert check in {difference.check for difference in found}
        assert {difference.holder_id for difference in found} <= {one, two, 0}
        assert check in {difference.check for difference in auditing.differences([one, two])}
        assert list(auditing.differences([stranger])) == []
        transaction.set_rollback(True)
