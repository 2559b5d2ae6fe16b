import os
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, ProgrammingError
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from ledger import clawback, consumption, debts, expiry, records, wallets
from tests.ledger.histories import Histories

SOAK = int(os.environ.get("SOAK") or 0)  # 1: the long run; more: that many histories
HISTORIES = {0: 150, 1: 2000}.get(SOAK, SOAK)
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_the_ledger_answers_as_its_model():
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=HISTORIES, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def a_short_story():
    """One history in which every part of the ledger has its turn, told to both like the random ones."""
    told = Histories()
    try:
        told.begin()
        for step, values in (
            (told.earn, {"who": 0, "currency": 1, "amount": 50, "key": "a", "delay": 2 * DAY, "life": None}),
            (told.spend, {"who": 0, "currency": 1, "amount": 10, "key": "too soon"}),
            (told.time_passes, {"hours": 72}),
            (told.spend, {"who": 0, "currency": 1, "amount": 10, "key": "in time"}),
            (told.spend, {"who": 0, "currency": 1, "amount": 10, "key": "in time"}),
            (told.spend, {"who": 0, "currency": 1, "amount": 11, "key": "in time"}),
            (told.earn_many, {"rows": {(0, n, 1, 1): (20, 0 * DAY, 12 * DAY) for n in (1, 2)}}),
            (told.earn_many, {"rows": {(0, 3, 1, 1): (20, 0 * DAY, DAY), (0, 2, 1, 1): (20, 0 * DAY, None)}}),
            (told.spend, {"who": 0, "currency": 1, "amount": 30, "key": "in order"}),
            (told.transfer, {"who": 0, "step": 1, "currency": 1, "amount": 35, "key": "to a friend"}),
            (told.earn_many, {"rows": {(0, 4, 1, 1): (25, 0 * DAY, DAY)}}),
            (told.time_passes, {"hours": 25}),
            (told.spend, {"who": 0, "currency": 1, "amount": 50, "key": "too late"}),
            (told.expire, {"limit": 1}),
            (told.take_back, {"rows": {(0, 4, 2, 1): 25}, "policy": "debt"}),
            (told.take_back, {"rows": {(0, 1, 2, 1): 60, (0, 2, 2, 1): 9}, "policy": "debt"}),
            (told.take_back, {"rows": {(0, 2, 2, 1): 9}, "policy": "debt"}),
            (told.spend, {"who": 0, "currency": 1, "amount": 1, "key": "in debt"}),
            (told.earn_many, {"rows": {(0, 5, 1, 1): (9, 0 * DAY, -DAY)}}),
            (told.earn_many, {"rows": {(0, 6, 1, 1): (10, 9 * DAY, None)}}),
            (told.earn, {"who": 0, "currency": 1, "amount": 60, "key": "b", "delay": 0 * DAY, "life": None}),
            (told.correct, {"who": 0, "currency": 1, "amount": 3, "key": "c"}),
            (told.earn_many, {"rows": {(1, 1, 1, 2): (9, 2 * DAY, None), (1, 2, 1, 2): (9, 0 * DAY, None)}}),
            (told.take_back, {"rows": {(1, 1, 2, 2): 12}, "policy": "pending_only"}),
            (told.take_back, {"rows": {(1, 1, 3, 2): 12}, "policy": "within_balance"}),
        ):
            step(**({"by_hand": False} if step == told.earn else {}), **values)
            told.every_balance_is_the_models()
            told.every_lot_is_the_models()
    finally:
        told.teardown()


def test_the_short_story_is_told_alike():
    a_short_story()


ALIVE = "(l.expires_at IS NULL OR l.expires_at > %(now)s)"
MUTANTS = [
    ("matured is not asked", consumption, "_AVAILABLE", "l.available_at <= %(now)s AND ", ""),
    ("alive is not asked", consumption, "_AVAILABLE", ALIVE, "true"),
    ("never-expiring first", consumption, "_DRAW", "NULLS LAST", "NULLS FIRST"),
    ("newest first", consumption, "_DRAW", "l.occurred_on, l.lot_id", "l.occurred_on DESC, l.lot_id DESC"),
    ("entries are not written", consumption, "_DRAW", "FROM draw ORDER BY holder_id, position, s0\n)",
     "FROM draw LIMIT 0)"),
    ("dead lots repay", debts, "_REPAY", ALIVE, "true"),
    ("debt is not lowered", debts, "_REPAY", "debt = w.debt - d.amount", "debt = w.debt"),
    ("points repay and stay", debts, "_REPAY", "remaining = l.remaining - d.amount", "remaining = l.remaining"),
    ("debt is not recorded", debts, "_OWE", "debt = w.debt + o.amount", "debt = w.debt"),
    ("the key is not looked up", records, "_FIND", "idem = %(idem)s", "idem <> idem AND %(idem)s IS NOT NULL"),
    ("lots arrive with another date", records, "_RECEIVE", "amount, amount, available_at, expires_at",
     "amount, amount, available_at, NULL"),
    ("dead points are taken twice", clawback, "_STAND_IN", "HAVING sum(e.amount) < 0", "HAVING false"),
    ("a return is posted again", clawback, "_POSTED", "p.idem = asked.idem", "p.idem <> p.idem"),
    ("the dead live on", expiry, "_DUE", "expires_at <= %(now)s", "expires_at <= %(now)s - interval '30 h'"),
    ("the wallet is not moved", wallets, "_MOVE", "total = w.total + move.total", "total = w.total"),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant[0])
def test_a_ledger_with_a_fault_is_noticed(monkeypatch, mutant):
    """The histories are worth something only if they notice."""
    _, module, name, sound, broken = mutant
    statement = getattr(module, name)
    assert sound in statement
    monkeypatch.setattr(module, name, statement.replace(sound, broken))
    with pytest.raises((AssertionError, pytest.fail.Exception, DatabaseError, psycopg.Error)) as noticed:
        a_short_story()
    cause: BaseException | None = noticed.value
    while cause:  # noticed by a wrong answer or a constraint, not because the statement could not be read
        assert not isinstance(cause, ProgrammingError | psycopg.ProgrammingError)
        cause = cause.__context__
