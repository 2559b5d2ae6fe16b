"""Goods come back: what they gave is taken back, once, from where it is, and the rest is owed."""

from datetime import UTC, datetime, timedelta

import pytest

from activity import single
from earning import auditing, queries, summary
from earning.models import Forgiven, Mark
from ledger import expiry, posting
from ledger import queries as pots
from programs import queries as programs
from tests.earning import world

pytestmark = pytest.mark.django_db

FIVE = "- {code: base, trigger: purchase, earn: {per_amount: {points: 5}}}"
AT = "2026-11-10T12:00:00"
LATER = "2026-11-12T12:00:00"


def bring_back(club, receipt, of, *lines, at=LATER, now, member="anna", state="landed", reason=None):
    """A return of (sku, quantity) or (sku, 0, amount) lines."""
    head = {"receipt_id": receipt, "kind": "return", "original_receipt_id": of, "occurred_at": at, "store": "s1"}
    if member:
        head["member"] = f"{member}-0001"
    rows = [
        {**head, "sku": sku, "quantity": str(quantity), "gross": str(more[0] if more else 1)}
        for sku, quantity, *more in lines
    ]
    outcome = single.land_one(rows, source=club.source, program=club.program, now=now, keep=False)
    assert (outcome.state, outcome.reason) == (state, reason), outcome
    return outcome.activity_id


def bought(club, receipt, *lines, at=AT, now, **more):
    """A purchase of (sku, quantity, gross) lines."""
    head = {"receipt_id": receipt, "occurred_at": at, "store": "s1", "member": "anna-0001", **more}
    rows = [{**head, "sku": sku, "quantity": str(quantity), "gross": str(gross)} for sku, quantity, gross in lines]
    outcome = single.land_one(rows, source=club.source, program=club.program, now=now)
    assert outcome.state == "landed", outcome
    return int(outcome.activity_id)


def pot(club, now, code="points", member="anna"):
    """(available, pending, debt)."""
    numbers = {currency.id: currency.code for currency in programs.currencies_of(club.program.pk)}
    for one in pots.balances(club.holders[f"{member}-0001"], now):
        if numbers[one.currency_id] == code:
            return one.available, one.pending, one.debt
    return 0, 0, 0


def currency(club, code="points"):
    return next(one.id for one in programs.currencies_of(club.program.pk) if one.code == code)


def sound():
    """Nothing waits, and the books add up."""
    assert Mark.objects.count() == 0
    assert auditing.differences() == []


def spend(club, amount, now, key="spent"):
    posting.spend(
        holder_id=club.holders["anna-0001"], currency_id=currency(club), amount=amount, key=key, now=now, actor="t"
    )


def test_s18_s19_half_of_a_sale_comes_back_and_then_nothing_is_left_to_take(now):
    club = world.make(FIVE, now=now)
    sale = bought(club, "R1", ("a", 2, "200.00"), now=now)
    world.drained(now)
    assert pot(club, now) == (1000, 0, 0)
    bring_back(club, "B1", "R1", ("a", 1), now=now)
    assert world.drained(now) == 2  # the return, which earns nothing, and the sale
    assert (pot(club, now), world.given(club, sale)) == ((500, 0, 0), {"base": 500})
    bring_back(club, "B2", "R1", ("a", 1), now=now)
    world.drained(now)
    assert (pot(club, now), world.given(club, sale)) == ((0, 0, 0), {})
    told = summary.of(club.program, now=now)["points"]["points"]
    assert told == {"base": {"granted": 1000, "taken_back": 1000}}
    bring_back(club, "B3", "R1", ("a", 1), now=now, state="quarantined", reason="MoreReturnedThanBought")
    assert world.drained(now) == 0
    sound()


def test_s20_a_line_that_comes_back_takes_what_the_receipt_gave_for_it(now):
    """Decided: the original scored again without the line, so 20 and not half of the document."""
    rules = """
- {code: one, trigger: purchase, earn: {per_amount: {points: 1}}}
- {code: ten, trigger: purchase, scope: line, when: {fact: line.sku, eq: "A"}, earn: {fixed: 10}}
- {code: twenty, trigger: purchase, scope: line, when: {fact: line.sku, eq: "B"}, earn: {fixed: 20}}
"""
    club = world.make(rules, now=now)
    bought(club, "R1", ("A", 1, "10.00"), ("B", 1, "10.00"), ("C", 1, "20.00"), now=now)
    world.drained(now)
    assert pot(club, now) == (70, 0, 0)
    bring_back(club, "B1", "R1", ("C", 1), now=now)
    world.drained(now)
    assert pot(club, now) == (50, 0, 0)
    bring_back(club, "B2", "R1", ("A", 1), now=now)  # its own ten points and its euro's
    world.drained(now)
    assert pot(club, now) == (30, 0, 0)
    sound()


def test_s54_one_of_two(now):
    club = world.make(world.BASE, now=now)
    bought(club, "R1", ("a", 2, "100.00"), now=now)
    world.drained(now)
    bring_back(club, "B1", "R1", ("a", 1), now=now)
    world.drained(now)
    assert pot(club, now) == (50, 0, 0)


def test_s21_what_came_back_counts_no_more_in_the_history(now):
    rules = """
- {code: month, trigger: purchase, scope: receipt, when: {fact: history.receipts_month, ge: 1}, earn: {fixed: 100}}
- {code: today, trigger: purchase, scope: receipt, when: {fact: receipt.first_of_day, eq: false}, earn: {fixed: 10}}
- {code: spent, trigger: purchase, scope: receipt, when: {fact: history.spend_lifetime, ge: 6}, earn: {fixed: 1}}
"""
    club = world.make(rules, now=now, members=("anna", "bo"))
    bought(club, "R1", ("a", 1, "6.00"), ("b", 1, "3.00"), now=now)
    bring_back(club, "B1", "R1", ("a", 1), ("b", 1), at="2026-11-10T13:00:00", now=now)
    between = bought(club, "R2", ("a", 1, "1.00"), at="2026-11-10T12:30:00", now=now)
    after = bought(club, "R3", ("a", 1, "1.00"), at="2026-11-11T12:30:00", now=now)
    world.drained(now)
    assert world.given(club, between) == {"month": 100, "today": 10, "spent": 1}
    assert world.given(club, after) == {"month": 100}  # R2 alone: one euro
    bo = {"member": "bo-0001"}
    bought(club, "S1", ("a", 2, "6.00"), ("b", 1, "3.00"), now=now, **bo)
    bring_back(club, "C1", "S1", ("a", 1), at="2026-11-10T13:00:00", now=now, member="bo")
    partly = bought(club, "S2", ("a", 1, "1.00"), at="2026-11-10T14:00:00", now=now, **bo)
    world.drained(now)
    assert world.given(club, partly) == {"month": 100, "today": 10, "spent": 1}  # six of nine euros are left


def test_a_whole_receipt_that_comes_back_leaves_no_bonus_behind(now):
    rules = world.BASE + "\n- {code: bonus, trigger: purchase, scope: receipt, earn: {fixed: 7}}"
    club = world.make(rules, now=now)
    sale = bought(club, "R1", ("a", 1, "10.00"), now=now)
    world.drained(now)
    assert pot(club, now) == (17, 0, 0)
    bring_back(club, "B1", "R1", ("a", 1), now=now)
    world.drained(now)
    assert (pot(club, now), world.given(club, sale)) == ((0, 0, 0), {})
    told = queries.explain(activity_id=sale, holder_id=club.holders["anna-0001"], language="en")
    assert sum(told.total.values()) == 0
    sound()


def test_a_threshold_that_is_no_longer_reached(now):
    rules = world.BASE + (
        "\n- {code: big, trigger: purchase, scope: receipt, when: {fact: receipt.net, ge: 100}, earn: {fixed: 50}}"
    )
    club = world.make(rules, now=now)
    bought(club, "R1", ("a", 1, "60.00"), ("b", 4, "40.00"), now=now)
    world.drained(now)
    assert pot(club, now) == (150, 0, 0)
    bring_back(club, "B1", "R1", ("b", 1), now=now)
    world.drained(now)
    assert pot(club, now) == (90, 0, 0)


def test_money_back_without_goods_lowers_the_line(now):
    club = world.make(world.BASE, now=now)
    bought(club, "R1", ("a", 2, "20.00"), now=now)
    world.drained(now)
    bring_back(club, "B1", "R1", ("a", 0, "5.00"), now=now)
    world.drained(now)
    assert pot(club, now) == (15, 0, 0)
    bring_back(club, "B2", "R1", ("a", 1), now=now)
    world.drained(now)
    assert pot(club, now) == (7, 0, 0)  # half of fifteen euros, rounded down
    sound()


def test_a_return_that_waited_takes_back_when_its_purchase_lands(now):
    club = world.make(world.BASE, now=now)
    bring_back(club, "B1", "R1", ("a", 1), now=now, reason="UnknownReceipt")
    world.drained(now)
    bought(club, "R1", ("a", 2, "20.00"), now=now)
    world.drained(now)
    assert pot(club, now) == (10, 0, 0)
    assert world.rows("SELECT count(*) FROM ledger_entry") == [(1,)]  # what came back was never given
    sound()


def test_a_return_by_nobody_takes_from_whoever_bought(now):
    club = world.make(world.BASE, now=now)
    bought(club, "R1", ("a", 1, "20.00"), now=now)
    world.drained(now)
    bring_back(club, "B1", "R1", ("a", 1), now=now, member=None)
    world.drained(now)
    assert pot(club, now) == (0, 0, 0)


def test_s22_each_refusal_has_its_name(now):
    club = world.make(world.BASE, now=now, members=("anna", "bo"))
    bought(club, "R1", ("a", 2, "20.00"), now=now)
    bring_back(club, "B1", "R1", ("a", 1), now=now)
    world.drained(now)
    bring_back(club, "B2", "R9", ("a", 1), now=now, reason="UnknownReceipt")
    bring_back(club, "B3", "R1", ("a", 1), now=now, member="bo", state="quarantined", reason="NotYourReceipt")
    bring_back(club, "B4", "B1", ("a", 1), now=now, state="quarantined", reason="ReturnOfAReturn")
    world.drained(now)
    assert pot(club, now) == (10, 0, 0)
    sound()


def test_a_return_before_points_mature_leaves_no_trace_in_the_pot(now):
    club = world.make("- {code: back, trigger: purchase, earn: {percent: 5, currency: pot}}", now=now)
    bought(club, "R1", ("a", 2, "20.00"), at="2026-11-20T09:00:00", now=now)
    world.drained(now)
    assert pot(club, now, "pot") == (0, 100, 0)
    bring_back(club, "B1", "R1", ("a", 1), at="2026-11-20T10:00:00", now=now)
    world.drained(now)
    assert pot(club, now, "pot") == (0, 50, 0)
    matured = now + timedelta(days=3)
    assert pot(club, matured, "pot") == (50, 0, 0)
    bring_back(club, "B2", "R1", ("a", 1), at="2026-11-22T10:00:00", now=matured)
    world.drained(matured)
    assert pot(club, matured, "pot") == (0, 0, 0)
    sound()


def test_spent_points_become_a_debt_that_later_earnings_repay(now):
    club = world.make(world.BASE, now=now)
    bought(club, "R1", ("a", 1, "100.00"), now=now)
    world.drained(now)
    spend(club, 80, now)
    bring_back(club, "B1", "R1", ("a", 1), now=now)
    world.drained(now)
    assert pot(club, now) == (0, 0, 80)
    bought(club, "R2", ("a", 1, "30.00"), at="2026-11-13T12:00:00", now=now)
    world.drained(now)
    assert pot(club, now) == (0, 0, 50)
    bought(club, "R3", ("a", 1, "70.00"), at="2026-11-14T12:00:00", now=now)
    world.drained(now)
    assert pot(club, now) == (20, 0, 0)
    sound()


@pytest.mark.parametrize(
    ("policy", "left"), [("debt", (0, 0, 80)), ("within_balance", (0, 0, 0)), ("pending_only", (20, 0, 0))]
)
def test_policies_of_what_cannot_be_taken(now, policy, left):
    club = world.make(world.BASE, now=now, points=f", returns: {policy}")
    sale = bought(club, "R1", ("a", 2, "100.00"), now=now)
    world.drained(now)
    spend(club, 80, now)
    bring_back(club, "B1", "R1", ("a", 2), now=now)
    world.drained(now)
    assert pot(club, now) == left
    assert world.given(club, sale) == {}  # nothing should stand, whatever the member kept
    sound()
    bought(club, "R2", ("a", 1, "30.00"), at="2026-11-13T12:00:00", now=now)
    world.drained(now)
    again, kept = pot(club, now), left[0]
    assert again == ((0, 0, 50) if policy == "debt" else (kept + 30, 0, 0))
    assert Forgiven.objects.count() == (policy != "debt")
    sound()


def test_what_died_unspent_is_not_taken_a_second_time(now):
    club = world.make(world.BASE, now=now)
    bought(club, "R1", ("a", 1, "100.00"), now=now)
    bought(club, "R2", ("a", 1, "10.00"), at="2027-06-10T12:00:00", now=now)
    world.drained(now)
    late = datetime(2027, 11, 20, 10, tzinfo=UTC)
    expiry.expire_due(late)
    assert pot(club, late) == (10, 0, 0)
    bring_back(club, "B1", "R1", ("a", 1), at="2027-11-20T08:00:00", now=late)
    world.drained(late)
    assert pot(club, late) == (10, 0, 0)
    sound()


def test_room_under_a_cap_serves_later_activity(now):
    rules = "- {code: base, trigger: purchase, earn: {per_amount: {points: 1}}, limits: [{max: 100, per: month}]}"
    club = world.make(rules, now=now)
    first = bought(club, "R1", ("a", 1, "80.00"), now=now)
    second = bought(club, "R2", ("a", 1, "50.00"), at="2026-11-11T12:00:00", now=now)
    world.drained(now)
    assert (world.given(club, first), world.given(club, second)) == ({"base": 80}, {"base": 20})
    bring_back(club, "B1", "R1", ("a", 1), now=now)
    world.drained(now)
    assert (world.given(club, first), world.given(club, second)) == ({}, {"base": 20})  # decided is decided
    third = bought(club, "R3", ("a", 1, "500.00"), at="2026-11-15T12:00:00", now=now)
    world.drained(now)
    assert world.given(club, third) == {"base": 80}
    sound()


def test_facts_of_their_moment_are_not_read_anew(now):
    """Two purchases of one day, the second landed first: it was the first of its day then, and stays so."""
    rules = world.BASE + (
        "\n- {code: first, trigger: purchase, scope: receipt, when: {fact: receipt.first_of_day, eq: true},"
        " earn: {fixed: 5}}"
    )
    club = world.make(rules, now=now)
    second = bought(club, "R2", ("a", 2, "20.00"), at="2026-11-10T15:00:00", now=now)
    world.drained(now)
    first = bought(club, "R1", ("a", 1, "10.00"), at="2026-11-10T09:00:00", now=now)
    world.drained(now)
    assert world.given(club, first) == world.given(club, second) | {"base": 10} == {"base": 10, "first": 5}
    bring_back(club, "B1", "R2", ("a", 1), now=now)
    world.drained(now)
    assert world.given(club, second) == {"base": 10, "first": 5}


def test_one_return_takes_from_several_purchases(now):
    club = world.make(world.BASE, now=now)
    bought(club, "R1", ("a", 2, "20.00"), now=now)
    bought(club, "R2", ("a", 1, "7.00"), at="2026-11-11T12:00:00", now=now)
    world.drained(now)
    bring_back(club, "B1", "", ("a", 2), now=now)
    world.drained(now)
    assert pot(club, now) == (10, 0, 0)
    sound()
