"""Rules that read the step: it is the one just before each activity, however activity is cut into batches."""

from __future__ import annotations

import random

import pytest

from earning.models import Award
from tests.earning import world
from tests.tiers import ladders
from tests.tiers.ladders import buy, course, holder, local, make, step, steps
from tiers.models import TierStanding

pytestmark = pytest.mark.django_db

RULES = """
- {code: base, trigger: purchase, earn: {per_amount: {points: 1}}}
- {code: status, trigger: purchase, earn: {per_amount: {points: 1}, currency: status}}
- {code: silver2, trigger: purchase, when: {fact: member.tier, in: [silver, gold]}, earn: {multiply: 2}}
- {code: gold5, trigger: purchase, when: {fact: member.tier, eq: gold}, earn: {fixed: 5},
   limits: [{max: 20, of: points, per: month}]}
- {code: eager, trigger: purchase, when: {fact: member.tier, eq: silver}, earn: {fixed: 30, currency: status}}
"""
LADDERS = [
    ({"currency": "status"}, "calendar_year"),
    ({"currency": "status"}, {"rolling_months": 2}),
    ({"balance": "points"}, {"days": 20}),
    ({"spend": True}, {"days": 20}),
    ({"visits": True}, "lifetime"),
]


def rewards(here) -> dict[str, int]:
    return {code: points for code, points in world.given(here).items() if code != "status"}


def test_the_receipt_that_reaches_a_step_is_not_yet_scored_with_it():
    here = make(rules=RULES, steps=steps(basic=0, silver=100, gold=300))
    buy(here, "2026-01-10T10:00", 100)
    assert rewards(here) == {"base": 100}
    buy(here, "2026-01-11T10:00", 10)
    assert rewards(here) == {"base": 110, "silver2": 10, "eager": 30}


def test_a_step_lost_by_time_alone_is_lost_for_the_next_receipt():
    here = make(rules=RULES, window={"days": 30}, steps=steps(basic=0, silver=100))
    buy(here, "2026-01-10T10:00", 100)
    buy(here, "2026-02-10T00:00", 10)
    assert rewards(here) == {"base": 110}, "no job has run"


@pytest.mark.parametrize(("measure", "window"), LADDERS, ids=str)
def test_any_split_into_batches_gives_the_same(measure, window):
    chance = random.Random(f"{measure}{window}")
    visits = "visits" in measure
    thresholds = steps(basic=0, silver=(3, 2), gold=6) if visits else steps(basic=0, silver=(100, 60), gold=300)
    names = ("anna", "bo")
    found = []
    receipts = []
    for number in range(24):
        at = f"2026-{1 + number // 6:02}-{1 + (number * 3) % 28:02}T{8 + chance.randrange(10):02}:00"
        receipts.append((f"R{number}", at, chance.randint(5, 90), chance.choice(names)))
    receipts.sort(key=lambda row: row[1])
    for place, size in enumerate((1, 5, 1000)):
        here = _fresh(place, measure=measure, window=window, steps=thresholds, members=names)
        for start in range(0, len(receipts), size):
            for receipt, at, amount, name in receipts[start : start + size]:
                here.buy(receipt, at, ("a", amount), member=name, now=local("2026-06-01T10:00"))
            world.drained(local("2026-06-01T10:00"))
        found.append(([row[:2] + row[3:] for row in world.awards()], [course(here, name) for name in names]))
        _clear(here)
    assert found[0] == found[1] == found[2]
    assert {row[0] for one in found[0][1] for row in one} >= {"silver"}


def _fresh(place, **document):
    from django.db import transaction

    sid = transaction.savepoint()
    here = make(rules=RULES, downgrade={"policy": "deserved"}, **document)
    here.sid = sid
    return here


def _clear(here) -> None:
    from django.db import transaction

    transaction.savepoint_rollback(here.sid)


def test_programs_without_the_fact_ask_for_no_steps(monkeypatch):
    from earning import rounds

    here = make(steps=steps(basic=0, silver=100))
    monkeypatch.setattr(rounds._Batch, "of", lambda *_: pytest.fail("asked"))
    buy(here, "2026-01-10T10:00", 120)
    assert step(here, "2026-01-10T10:00") == "silver"


def test_late_activity_is_scored_with_the_step_of_its_moment_and_decides_nothing_anew():
    here = make(rules=RULES, steps=steps(basic=0, silver=100))
    buy(here, "2026-01-10T10:00", 50)
    buy(here, "2026-01-20T10:00", 10)
    assert rewards(here) == {"base": 60}
    buy(here, "2026-01-15T10:00", 60, now=local("2026-02-01T10:00"))
    assert rewards(here) == {"base": 120}, "silver since 15 January, and the receipt of the 20th stays as it was"
    assert course(here)[0] == ("silver", "2026-01-15 10:00", "reached")
    buy(here, "2026-01-16T10:00", 10, now=local("2026-02-02T10:00"))
    assert rewards(here) == {"base": 130, "silver2": 10, "eager": 30}
    assert TierStanding.objects.filter(holder_id=holder(here), superseded_at=None, step="silver").count() == 1
    assert Award.objects.filter(facts__contains={"member.tier": "silver"}).exists()


def test_a_quote_knows_the_step_of_its_moment():
    from earning import quoting
    from members.models import MembershipHolder

    here = make(rules=RULES, window={"days": 30}, steps=steps(basic=0, silver=100))
    buy(here, "2026-01-10T10:00", 100)
    member = MembershipHolder.objects.get(holder_id=holder(here)).membership_id
    basket = [{"sku": "a", "quantity": "1", "gross": "10"}]

    def quoted(at: str) -> dict[str, int]:
        return quoting.quote(program=here.program, membership_id=member, lines=basket, now=local(at)).points

    assert quoted("2026-02-09T23:59") == {"points": 20, "status": 40}
    assert quoted("2026-02-10T00:00") == {"points": 10, "status": 10}, "no job has run"


def test_returns_in_any_order_leave_the_same_standing():
    here = make(rules=RULES, steps=steps(basic=0, silver=(100, 60), gold=300), members=("anna", "bo"))
    for name, turn in (("anna", 1), ("bo", -1)):
        bought = [ladders.buy(here, f"2026-01-{day}T10:00", 150, member=name) for day in (10, 11, 12)]
        for receipt in bought[::turn]:
            ladders.bring_back(here, "2026-03-01T10:00", receipt, 150, member=name)
        assert step(here, "2026-03-02T10:00", name) == "basic"
        assert course(here, name)[-1][2] == "returned"
