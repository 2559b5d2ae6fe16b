import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from ledger import clawback, consumption, debts, expiry, records, wallets
from tests.ledger.histories import Histories

HISTORIES = int(os.environ.get("SOAK") or 0) or 150
pytestmark = pytest.mark.django_db


def test_the_ledger_answers_as_its_model():
    run_state_machine_as_test(Histories, settings=_of(HISTORIES))


ALIVE = "(l.expires_at IS NULL OR l.expires_at > %(now)s)"
MUTANTS = [
    ("matured is not asked", consumption, "_AVAILABLE", "l.available_at <= %(now)s AND ", ""),
    ("alive is not asked", consumption, "_AVAILABLE", ALIVE, "true"),
    ("never-expiring first", consumption, "_DRAW", "NULLS LAST", "NULLS FIRST"),
    ("newest first", consumption, "_DRAW", "l.occurred_on, l.lot_id", "l.occurred_on DESC, l.lot_id DESC"),
    ("debt is not lowered", debts, "_REPAY", "debt = w.debt - d.amount", "debt = w.debt"),
    ("points repay and stay", debts, "_REPAY", "remaining = l.remaining - d.amount", "remaining = l.remaining"),
    ("the key is not looked up", records, "_FIND", "idem = %(idem)s", "idem <> idem AND %(idem)s IS NOT NULL"),
    ("dead points are taken twice", clawback, "_STAND_IN", "HAVING sum(e.amount) < 0", "HAVING false"),
    ("a return is posted again", clawback, "_POSTED", "p.idem = asked.idem", "p.idem <> p.idem"),
    ("the living expire", expiry, "_DUE", "expires_at <= %(now)s", "expires_at <= %(now)s - interval '30 h'"),
    ("the wallet is not moved", wallets, "_MOVE", "total = w.total + move.total", "total = w.total"),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant[0])
def test_a_ledger_with_a_fault_does_not(monkeypatch, mutant):
    """The histories are worth something only if they notice."""
    _, module, name, sound, broken = mutant
    statement = getattr(module, name)
    assert sound in statement
    monkeypatch.setattr(module, name, statement.replace(sound, broken))
    with pytest.raises(BaseException) as noticed:
        run_state_machine_as_test(Histories, settings=_of(HISTORIES, Phase.generate))
    assert not isinstance(noticed.value, (KeyboardInterrupt, SystemExit))


def _of(histories, *phases):
    return settings(
        max_examples=histories, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck),
        **({"phases": phases, "database": None} if phases else {}),
    )  # fmt: skip
