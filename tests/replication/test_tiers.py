"""A base that brings its tiers along: steps, join dates, cards and opening balances, then receipts scored on top."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ledger import queries as ledger
from members.models import Card, Membership
from replication import systems
from tests.earning import world
from tests.replication.conftest import lot, person
from tests.replication.test_landing import counts, lines
from tests.tiers import ladders
from tests.tiers.ladders import course, local, step, steps
from tiers.models import TierAssignment

pytestmark = pytest.mark.django_db
RULES = """
- {code: base, trigger: purchase, earn: {per_amount: {points: 1}}}
- {code: status, trigger: purchase, earn: {per_amount: {points: 1}, currency: status}}
- {code: gold3, trigger: purchase, when: {fact: member.tier, eq: gold}, earn: {multiply: 3}}
- {code: veteran, trigger: purchase, when: {fact: member.joined_days, ge: 1000}, earn: {fixed: 7}}
"""
LOADED = local("2026-03-01T09:00")


@pytest.fixture
def here():
    return ladders.make(rules=RULES, members=(), steps=steps(basic=0, silver=100, gold=300))


@pytest.fixture
def crm(here):
    return systems.make(code="crm", program=here.program, now=LOADED, by="test")


def gold(version=1, **said):
    return person("C1", version, **{
        "first_name": "Ida", "member_number": "anna-0001", "joined_at": "2019-05-04", "tier": "gold",
        "tier_since": "2026-02-01", "cards": [{"number": "98001234"}],
        "lots": [lot("L1", 500, "2025-06-01", expires_on="2026-12-31"), lot("L2", 40, "2026-01-10")], **said,
    })  # fmt: skip


def loaded(here, crm, load, *records):
    run = load(crm, list(records), kind="full", at=LOADED)
    for row in Membership.objects.filter(program=here.program):
        here.holders[row.number.replace("0001", "-0001")] = row.holders.get().holder_id
    return run


def test_a_receipt_after_the_load_earns_at_the_loaded_tier(here, crm, load):
    assert counts(loaded(here, crm, load, gold(), person("C2", member_number="bo-0001"))) == {"created": 2}
    assert course(here)[:2] == [("gold", "2026-02-01 00:00", "given"), ("silver", "2027-01-01 00:00", "lost")]
    assert step(here, "2026-03-01T09:00") == "gold" and step(here, "2026-03-01T09:00", "bo") == "basic"
    card = Card.objects.get(number="98001234")
    assert card.membership.joined_at == datetime(2019, 5, 3, 22, tzinfo=UTC)
    bought = here.buy("T1", "2026-03-02T10:00", ("a", 10), member=None, card="98001234", now=local("2026-03-02T10:01"))
    other = here.buy("T2", "2026-03-02T11:00", ("a", 10), member="bo", now=local("2026-03-02T11:01"))
    world.drained(local("2026-03-02T12:00"))
    assert world.given(here, bought) == {"base": 10, "gold3": 20, "veteran": 7, "status": 10}
    assert world.given(here, other) == {"base": 10, "status": 10}
    assert here.balances("anna", local("2026-03-02T12:00"))["points"] == 540 + 37


def test_a_receipt_from_before_the_step_is_scored_without_it(here, crm, load):
    loaded(here, crm, load, gold())
    late = here.buy("T1", "2026-01-20T10:00", ("a", 10), now=local("2026-03-02T10:00"))
    world.drained(local("2026-03-02T12:00"))
    assert world.given(here, late) == {"base": 10, "veteran": 7, "status": 10}


def test_opened_lots_keep_their_days_and_are_spent_nearest_death_first(here, crm, load):
    loaded(here, crm, load, gold())
    holder = ladders.holder(here)
    rows = {row.occurred_on: row for row in ledger.lots(holder, [_points(here)], LOADED)}
    assert (rows[date(2025, 6, 1)].initial, rows[date(2025, 6, 1)].expires_at) == (500, local("2027-01-01T00:00"))
    assert (rows[date(2026, 1, 10)].initial, rows[date(2026, 1, 10)].expires_at) == (40, None)
    assert here.balances("anna", local("2026-12-31T23:59"))["points"] == 540
    assert here.balances("anna", local("2027-01-01T00:00"))["points"] == 40


def _points(here):
    return here.program.currencies.get(code="points").pk


def test_a_step_is_given_once_for_each_saying_and_follows_what_is_said_next(here, crm, load):
    loaded(here, crm, load, gold())
    loaded(here, crm, load, gold(version=2, first_name="Ada"))
    assert TierAssignment.objects.count() == 1, "the same saying gives nothing again"
    assert lines(load(crm, [gold(version=3, tier="platinum")], at=LOADED)) == [
        (1, "C1", "refused", "UnknownStep", "tier"),
    ]  # fmt: skip
    load(crm, [gold(version=4, tier="gold", tier_since="2026-06-01")], at=local("2026-06-02T09:00"))
    assert TierAssignment.objects.count() == 2 and step(here, "2026-06-02T09:00") == "gold"


def test_a_step_they_do_not_master_is_taken_with_the_first_record_alone(here, crm, load):
    crm.owners = {"tier": "ours"}
    crm.save()
    loaded(here, crm, load, gold(tier="silver"))
    loaded(here, crm, load, gold(version=2))
    assert step(here, "2026-03-01T09:00") == "silver" and TierAssignment.objects.count() == 1


def test_opened_points_of_the_ladders_currency_count_for_it(here, crm, load):
    loaded(
        here, crm, load, person("C1", member_number="anna-0001", lots=[lot("S", 120, "2026-01-15", currency="status")])
    )
    assert step(here, "2026-03-01T09:01") == "silver"
    load(crm, [person("C1", 2, lots=[lot("S", 20, "2026-01-15", currency="status")])], at=local("2026-03-02T09:00"))
    assert here.balances("anna", local("2026-03-02T09:01"))["status"] == 20
