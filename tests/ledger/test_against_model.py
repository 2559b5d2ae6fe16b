import os
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, ProgrammingError
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from ledger import clawback, consumption, debts, expiry, holding, lapsing, queries, records, reversal, wallets
from tests.ledger.histories import REFUSALS, Histories

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
            # holds, on a third pot: one captured, one lapsed, one released, one over the end of its lot
            (told.earn_many, {"rows": {(2, 2, 1, 1): (50, 0 * DAY, None)}}),
            (told.hold, {"who": 2, "currency": 1, "amount": 20, "key": "h1", "hours": 30}),
            (told.hold, {"who": 2, "currency": 1, "amount": 20, "key": "h1", "hours": 30}),
            (told.hold, {"who": 2, "currency": 1, "amount": 9, "key": "h2", "hours": 1}),
            (told.hold, {"who": 2, "currency": 1, "amount": 22, "key": "too much", "hours": 1}),
            (told.take_back, {"rows": {(2, 2, 3, 1): 2}, "policy": "debt"}),
            (told.resolve_one, {"holder": 2, "place": 0, "captured": True}),
            (told.resolve_one, {"holder": 2, "place": 0, "captured": True}),
            (told.resolve_one, {"holder": 2, "place": 0, "captured": False}),
            (told.hold, {"who": 2, "currency": 1, "amount": 5, "key": "h3", "hours": 24 * 5}),
            (told.resolve_one, {"holder": 2, "place": 2, "captured": False}),
            (told.resolve_one, {"holder": 2, "place": 2, "captured": True}),
            (told.time_passes, {"hours": 1}),
            (told.resolve_one, {"holder": 2, "place": 1, "captured": True}),
            (told.earn_many, {"rows": {(2, 9, 1, 1): (40, 0 * DAY, DAY)}}),
            (told.hold, {"who": 2, "currency": 1, "amount": 8, "key": "first of the lot", "hours": 1}),
            (told.hold, {"who": 2, "currency": 1, "amount": 55, "key": "h4", "hours": 24 * 5}),
            (told.spend, {"who": 2, "currency": 1, "amount": 5, "key": "beside"}),
            (told.time_passes, {"hours": 25}),
            (told.expire, {"limit": 3}),
            (told.resolve_one, {"holder": 2, "place": 4, "captured": True}),
            # what was spent comes back: in parts, into the living lot, into a new one for the dead, into debt
            (told.give_back_one, {"holder": 2, "place": 2, "up_to": 10}),
            (told.give_back_one, {"holder": 2, "place": 2, "up_to": 5}),
            (told.give_back_one, {"holder": 2, "place": 2, "up_to": 30}),
            (told.take_back, {"rows": {(2, 9, 2, 1): 70}, "policy": "debt"}),
            (told.give_back_one, {"holder": 2, "place": 2, "up_to": 55}),
            (told.give_back_one, {"holder": 2, "place": 0, "up_to": 20}),
            # a hold in a lot that dies, and lapses after it; the pot is free of it whether that is written or not
            (told.earn_many, {"rows": {(2, 10, 1, 2): (9, 0 * DAY, DAY)}}),
            (told.hold, {"who": 2, "currency": 2, "amount": 7, "key": "h5", "hours": 30}),
            (told.time_passes, {"hours": 24}),
            (told.expire, {"limit": 3}),
            (told.time_passes, {"hours": 24}),
            (told.expire, {"limit": 3}),
            (told.earn_many, {"rows": {(2, 11, 1, 2): (9, 0 * DAY, None)}}),
            (told.hold, {"who": 2, "currency": 2, "amount": 9, "key": "h6", "hours": 1}),
            (told.time_passes, {"hours": 1}),
            (told.spend, {"who": 2, "currency": 2, "amount": 9, "key": "after the hold"}),
            (told.earn_many, {"rows": {(1, 1, 1, 2): (9, 2 * DAY, None), (1, 2, 1, 2): (9, 0 * DAY, None)}}),
            (told.take_back, {"rows": {(1, 1, 2, 2): 12}, "policy": "pending_only"}),
            (told.take_back, {"rows": {(1, 1, 3, 2): 12}, "policy": "within_balance"}),
        ):
            if "holder" in values:
                values["holder"] = told.holders[values["holder"]]
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
    ("dead points are taken twice", clawback, "STAND_IN", "HAVING sum(e.amount) < 0", "HAVING false"),
    ("a return is posted again", clawback, "_POSTED", "p.idem = asked.idem", "p.idem <> p.idem"),
    ("the dead live on", expiry, "_DUE", "expires_at <= %(now)s", "expires_at <= %(now)s - interval '30 h'"),
    ("held points can be spent", consumption, "_AVAILABLE", "l.remaining - l.held", "l.remaining"),
    ("held points are held again", holding, "_SET_ASIDE", "l.remaining - l.held AS free", "l.remaining AS free"),
    ("a lapsed hold keeps its points", lapsing, "_LAPSE", "h.lapses_at <= %(now)s",
     "h.lapses_at <= %(now)s - interval '1 h'"),
    ("readers count lapsed holds", queries, "_BALANCES", "h.lapses_at > %(now)s",
     "h.lapses_at <> %(now)s + interval '1 y'"),
    ("a release frees the lot only", lapsing, "_RELEASE", "held = w.held - f.amount", "held = w.held"),
    ("a capture leaves the points", holding, "_CAPTURE", "remaining = l.remaining - d.amount",
     "remaining = l.remaining"),
    ("a capture is not written down", holding, "_CAPTURE",
     "SET state = 'captured', resolved_at = %(now)s, posting_id = %(posting)s",
     "SET state = 'released', resolved_at = %(now)s"),
    ("a hold outlives its moment", holding, "_READ", "lapses_at, posting_id", "lapses_at + interval '9 d', posting_id"),
    ("what came back comes back again", reversal, "_BACK_BEFORE", "sum(e.amount)", "min(0)"),
    ("the first drawn comes back first", reversal, "_SHARES", "e.entry_id DESC", "e.entry_id"),
    ("dead lots live again", reversal, "_SHARES", "l.expires_at <= %(now)s AS dead", "false AS dead"),
    ("what comes back repays nothing", debts, "_REPAY_WITH", "w.debt > 0", "w.debt < 0"),
    ("the wallet is not moved", wallets, "_MOVE", "total = w.total + move.total", "total = w.total"),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant[0])
def test_a_ledger_with_a_fault_is_noticed(monkeypatch, mutant):
    """The histories are worth something only if they notice."""
    _, module, name, sound, broken = mutant
    statement = getattr(module, name)
    assert sound in statement
    monkeypatch.setattr(module, name, statement.replace(sound, broken))
    with pytest.raises((AssertionError, pytest.fail.Exception, DatabaseError, psycopg.Error, *REFUSALS)) as noticed:
        a_short_story()
    cause: BaseException | None = noticed.value
    while cause:  # noticed by a wrong answer or a constraint, not because the statement could not be read
        assert not isinstance(cause, ProgrammingError | psycopg.ProgrammingError)
        cause = cause.__context__
