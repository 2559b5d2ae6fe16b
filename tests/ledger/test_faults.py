"""A failure at any statement leaves the ledger as it was: before or after, never between."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from ledger import expiry, holders, posting
from tests.ledger import frames

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
TABLES = ["ledger_wallet", "ledger_lot", "ledger_posting", "ledger_entry", "ledger_debt_entry"]


class Countdown:
    """Lets n - 1 statements and COPYs of any cursor through and fails the n-th, once."""

    def __init__(self, monkeypatch, n):
        self.left = n
        for name in ("execute", "copy"):
            monkeypatch.setattr(psycopg.Cursor, name, self.counted(getattr(psycopg.Cursor, name)))

    def counted(self, statement):
        def run(cursor, *args, **kwargs):
            self.left -= 1
            if self.left == 0:
                raise psycopg.OperationalError("outage")
            return statement(cursor, *args, **kwargs)

        return run


def everything():
    with connection.cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
            found[table] = cursor.fetchall()
        return found


def _spend(one, two):
    posting.spend(holder_id=one, currency_id=1, amount=70, key="s", now=NOW, actor="test")


def _transfer(one, two):
    posting.transfer(from_holder=one, to_holder=two, currency_id=1, amount=70, key="t", now=NOW, actor="test")


def _earn(one, two):
    posting.earn(holder_id=two, currency_id=1, amount=70, key="e", now=NOW, actor="test")


def _earn_many(one, two):
    rows = [(holder, 9, 1, currency, 10, NOW, None) for holder in (one, two) for currency in (1, 2)]
    frames.earn(*rows, (one, 1, 1, 1, 10, NOW, None), now=NOW)  # the last one is posted already: the long way round


def _take_back(one, two):
    frames.take_back((one, 1, 2, 1, 150), (two, 1, 2, 1, 30), now=NOW)


def _expire(one, two):
    expiry.expire_due(NOW + timedelta(days=400))


@pytest.mark.parametrize("act", [_spend, _transfer, _earn, _earn_many, _take_back, _expire])
def test_a_failing_statement_undoes_the_others(monkeypatch, act):
    one, two = holders.open(2, now=NOW)
    frames.earn((one, 1, 1, 1, 50, NOW, NOW + timedelta(days=9)), (one, 2, 1, 1, 50, NOW, None), now=NOW)
    frames.take_back((two, 7, 1, 1, 40), now=NOW)  # two is in debt
    before, failed = everything(), 0
    for n in range(1, 100):
        with monkeypatch.context() as patch:
            countdown = Countdown(patch, n)
            try:
                with transaction.atomic():
                    act(one, two)
            except (DatabaseError, psycopg.OperationalError) as outage:
                assert "outage" in str(outage)
                failed += 1
        if countdown.left > 0:
            break
        assert everything() == before, f"statement {n} left something behind"
    assert failed >= 6
    assert everything() != before
