"""Many follow the same members at once: nobody waits for ever, and each member stands on one step at a time."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from earning import standing
from ledger import posting
from programs import queries as programs
from tests.ledger.test_rivals import at_once
from tests.tiers.ladders import holder, local, make, steps
from tiers import recording
from tiers import standing as hands
from tiers.models import TierAssignment, TierStanding

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = tuple(f"m{number}" for number in range(6))
NOW = local("2026-02-01T10:00")
_OVERLAPS = """
SELECT count(*) FROM tier_standing a JOIN tier_standing b USING (holder_id, program_id)
WHERE a.standing_id < b.standing_id AND a.superseded_at IS NULL AND b.superseded_at IS NULL
  AND tstzrange(a.from_at, a.until_at) && tstzrange(b.from_at, b.until_at)
"""


def earn(here, currency: int, name: str, number: int) -> None:
    posting.adjust(
        holder_id=holder(here, name), currency_id=currency, amount=60, key=f"{name} {number}", now=NOW, actor="test"
    )


def test_workers_tills_and_hands_at_once_write_one_course():
    here = make(steps=steps(basic=0, silver=100, gold=300), members=NAMES)
    currency = next(one.id for one in programs.currencies_of(here.program.pk) if one.code == "status")
    everybody = [holder(here, name) for name in NAMES]

    def follows(order):
        def act():
            with transaction.atomic(), connection.cursor() as cursor:
                standing.follow(cursor, here.program.pk, order, NOW)

        return act

    acts = []
    for number in range(6):
        acts += [lambda name=name, number=number: earn(here, currency, name, number) for name in NAMES]
        acts += [follows(everybody), follows(everybody[::-1])]
        acts.append(lambda: standing.close_windows(program=here.program, now=NOW))
        acts.append(
            lambda name=NAMES[number]: hands.assign_floor(
                holder_id=holder(here, name), program=here.program, step="silver", now=NOW, by="test"
            )
        )
    answers = at_once(acts)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert TierAssignment.objects.count() == len(NAMES)
    with connection.cursor() as cursor:
        cursor.execute(_OVERLAPS)
        assert cursor.fetchone() == (0,)
    live = TierStanding.objects.filter(superseded_at=None, until_at=None)
    assert sorted(live.values_list("holder_id", "step")) == sorted((one, "gold") for one in everybody), "6 x 60"


def test_without_the_lock_the_database_refuses_the_second_of_two_rivals(monkeypatch):
    """The lock lets rivals wait for each other; the constraint is there for whoever forgets it."""
    here = make(window="lifetime", steps=steps(basic=0, silver=100), members=("anna",))
    TierAssignment.objects.create(
        holder_id=holder(here), program_id=here.program.pk, kind="reached", step="silver", at=NOW, by="test"
    )
    both, real = threading.Barrier(2, timeout=60), recording._apply

    def apply(*args):
        both.wait()
        return real(*args)

    def follow():
        standing.follow_holders(here.program.pk, [holder(here)], NOW)

    monkeypatch.setattr(recording, "_apply", apply)
    monkeypatch.setattr(recording, "lock", lambda *_: {})
    answers = at_once([follow, follow])
    assert sorted(type(answer).__name__ for answer in answers) == ["IntegrityError", "NoneType"]
    assert TierStanding.objects.filter(superseded_at=None).count() == 1
