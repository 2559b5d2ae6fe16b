"""Whatever the order of arrival and the cuts into batches, the same things happened and the same points stand."""

import random

import pytest
from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st

from activity import single
from earning import auditing
from earning.models import Mark
from programs import queries as programs
from tests.conftest import SOAK
from tests.earning import world

pytestmark = pytest.mark.django_db

# nothing here reads the order in which things arrive
RULES = """
- {code: base, trigger: purchase, earn: {per_amount: {points: 1}}}
- {code: gone, trigger: purchase, when: {fact: line.sku, eq: d}, earn: {exclude: true}}
- {code: twice, trigger: purchase, scope: line, when: {fact: line.sku, in: [a, b]}, earn: {multiply: 2}}
- {code: big, trigger: purchase, scope: receipt, when: {fact: receipt.net, ge: 30}, earn: {fixed: 10}}
- {code: units, trigger: purchase, when: {fact: line.sku, eq: c}, earn: {per_unit: 2}}
- {code: once, trigger: purchase, earn: {fixed: 60}, limits: [{max: 50, per: activity}]}
- {code: back, trigger: purchase, earn: {percent: 5, currency: pot}}
- {code: hello, trigger: visit, earn: {fixed: 3}}
"""
# these hang on what came before, in order of occurrence
ORDERED = (
    RULES
    + """
- {code: first, trigger: purchase, scope: receipt, when: {fact: receipt.first_of_day, eq: true}, earn: {fixed: 5}}
- {code: capped, trigger: purchase, earn: {fixed: 7}, limits: [{max: 20, per: month}, {max: 2, of: times, per: week}]}
"""
)
LINE = st.tuples(st.sampled_from("abcd"), st.integers(1, 3), st.integers(1, 4000))


@st.composite
def lives(draw):
    """Rows of receipts, visits and returns of three members: each a list of rows that land together."""
    happened = []
    for number in range(draw(st.integers(3, 9))):
        who, day, hour = (
            draw(st.sampled_from(["anna", "bo", "cleo"])),
            draw(st.integers(1, 15)),
            draw(st.integers(8, 20)),
        )
        head = {"occurred_at": f"2026-11-{day:02d}T{hour:02d}:{number:02d}:00", "store": "s1", "member": f"{who}-0001"}
        if draw(st.integers(0, 5)) == 0:
            happened.append([head | {"receipt_id": f"V{number}", "kind": "visit"}])
            continue
        lines = draw(st.lists(LINE, min_size=1, max_size=4))
        happened.append([
            head | {"receipt_id": f"R{number}", "sku": sku, "quantity": str(units), "gross": f"{cents / 100:.2f}"}
            for sku, units, cents in lines
        ])  # fmt: skip
        for part in range(draw(st.integers(0, 2))):
            skus = {}
            for sku, units, _ in lines:
                skus[sku] = skus.get(sku, 0) + units
            head_back = head | {
                "kind": "return",
                "original_receipt_id": f"R{number}",
                "receipt_id": f"B{number}-{part}",
            }
            head_back["occurred_at"] = f"2026-11-{draw(st.integers(day + 1, 18)):02d}T21:{number:02d}:0{part}"
            # half of it at most in each of two returns, so that no order of arrival refuses one
            back = [(sku, total // 2) for sku, total in sorted(skus.items()) if total // 2]
            if back:
                happened.append([head_back | {"sku": sku, "quantity": str(units), "gross": "0"} for sku, units in back])
    return happened


_clubs = {}


def the_club(rules, now):
    """Made once for all examples of a test, in whose transaction it stands."""
    known = programs.program_by_code("club")
    if known is None:
        _clubs["now"] = world.make(rules, now=now, members=("anna", "bo", "cleo"))
    return _clubs["now"]


def lived(happened, now, *, rules=RULES, each=0, limit=10_000):
    """The state after these landed in this order and were scored in these cuts; undone before it is told."""
    club = the_club(rules, now)
    with world.undone():
        for place, rows in enumerate(happened, 1):
            outcome = single.land_one(rows, source=club.source, program=club.program, now=now)
            assert outcome.state == "landed", outcome
            if each and place % each == 0:
                world.drained(now, limit=limit)
        world.drained(now, limit=limit)
        assert (Mark.objects.count(), auditing.differences()) == (0, [])
        pots = sorted((member, code, count) for member in ("anna", "bo", "cleo") for code, count in net(club, member))
        return [row for row in world.awards() if row[-1] or row[-2]], pots


def net(club, member):
    """(currency, what stands less what is owed), wherever it stands."""
    return world.rows(
        "SELECT c.code, (w.total - w.debt)::bigint FROM ledger_wallet w JOIN currency c ON c.id = w.currency_id"
        " WHERE w.holder_id = %s AND w.total - w.debt <> 0",
        [club.holders[f"{member}-0001"]],
    )


@settings(max_examples=60 if SOAK else 5)
@any_of(happened=lives(), seed=st.integers(0, 2**32))
def test_any_order_of_arrival_ends_in_the_same_state(now, happened, seed):
    shuffled = list(happened)
    random.Random(seed).shuffle(shuffled)
    expected = lived(happened, now)
    assert lived(shuffled, now, each=1) == expected
    assert lived(shuffled, now, each=3) == expected


@settings(max_examples=60 if SOAK else 4)
@any_of(happened=lives())
def test_any_cut_into_batches_gives_the_same_awards(now, happened):
    """Landed as it happened: one at a time, by sevens and all at once, also where rules read the order."""
    in_order = sorted(happened, key=lambda rows: rows[0]["occurred_at"])
    purchases = [rows for rows in in_order if rows[0].get("kind") != "return"]
    expected = lived(purchases, now, rules=ORDERED)
    assert lived(purchases, now, rules=ORDERED, each=1) == expected
    assert lived(purchases, now, rules=ORDERED, each=7) == expected
    assert lived(purchases, now, rules=ORDERED, limit=2) == expected


@settings(max_examples=40 if SOAK else 4)
@any_of(happened=lives())
def test_returns_cut_into_batches_as_they_come(now, happened):
    in_order = sorted(happened, key=lambda rows: rows[0]["occurred_at"])
    assert lived(in_order, now, each=1) == lived(in_order, now, each=7) == lived(in_order, now)


@settings(max_examples=20 if SOAK else 4)
@any_of(happened=lives())
def test_running_twice_posts_nothing(now, happened):
    from django.db import connection

    from earning import marks

    club = the_club(RULES, now)
    with world.undone():
        for rows in happened:
            single.land_one(rows, source=club.source, program=club.program, now=now)
            world.drained(now)
        before = [world.count(table) for table in ("ledger_posting", "ledger_entry", "ledger_lot", "award")]
        with connection.cursor() as cursor:
            marks.mark_holders(cursor, club.holders.values(), reason="again", now=now)
        world.drained(now)
        assert [world.count(table) for table in ("ledger_posting", "ledger_entry", "ledger_lot", "award")] == before
