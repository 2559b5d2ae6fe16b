"""A batch gives what one at a time would give, whatever lands in whatever order and however it is cut."""

import random
from datetime import timedelta

import polars as pl
import pytest
from django.db import connection, transaction

from activity import intake
from earning import batches, frames, journey
from earning.models import Mark
from tests.conftest import SOAK
from tests.earning import world

pytestmark = pytest.mark.django_db

RULES = """
- {code: base, trigger: purchase, earn: {per_amount: {points: 1}}, limits: [{max: 60, per: month, overflow: reduce}]}
- {code: first, trigger: purchase, scope: receipt, when: {fact: receipt.first_of_day, eq: true}, earn: {fixed: 5}}
- {code: daily, trigger: purchase, earn: {fixed: 7}, limits: [{max: 10, per: day, overflow: reduce}]}
- {code: often, trigger: purchase, earn: {fixed: 3}, limits: [{max: 2, of: times, per: week, overflow: reject}]}
- {code: streak, trigger: purchase, scope: receipt, when: {fact: history.visit_streak, ge: 2}, earn: {fixed: 11}}
- {code: back, trigger: purchase, earn: {percent: 5, currency: pot}, limits: [{max: 90, per: year}]}
- {code: hello, trigger: visit, earn: {fixed: 2}, limits: [{max: 1, of: times, per: day, overflow: reject}]}
"""
MEMBERS = ("anna", "bo", "chen")


class Undone(Exception):
    pass


def a_world(seed):
    """Receipts of a few days across a month's end, not in order, several at one moment."""
    dice = random.Random(seed)
    rows = []
    for number in range(30):
        at = f"2026-{dice.choice(('10-30', '10-31', '11-01', '11-02', '11-04'))}T{dice.randrange(8, 20):02d}:00:00"
        kind = "visit" if dice.random() < 0.15 else "purchase"
        amount = "" if kind == "visit" else f"{dice.randrange(100, 3000) / 100:.2f}"
        sku = "" if kind == "visit" else dice.choice("abc")
        quantity = "" if kind == "visit" else "1"
        store, member = dice.choice(("s1", "u1")), dice.choice(MEMBERS)
        rows.append(f"R{number:02d},{at},{kind},{store},{member}-0001,{sku},{quantity},{amount}")
    return "receipt_id,occurred_at,kind,store,member,sku,quantity,gross\n" + "\n".join(rows) + "\n"


def scored(now, limit, shuffled):
    """The awards when batches have this many marks; undone again."""
    found = []
    try:
        with transaction.atomic():
            dice = random.Random(shuffled)
            while done := journey.work(now=now, first_bucket=dice.randrange(64), limit=limit):
                assert not done.failed, done.failed
            found = world.awards()
            raise Undone
    except Undone:
        return found


@pytest.mark.parametrize("seed", range(40 if SOAK else 2))
def test_batches_of_any_size_give_the_same_awards(now, seed, tmp_path):
    club = world.make(RULES, now=now, members=MEMBERS)
    path = tmp_path / "till.csv"
    path.write_text(a_world(seed))
    counts = intake.ingest(path, source=club.source, program=club.program, now=now, by="test")
    assert counts.landed_rows == 30, counts
    together = scored(now, 1000, seed)
    assert len(together) > 40
    assert sum(wanted != target for *_, wanted, target, _ in together) > 5, "the limits bite"
    assert scored(now, 7, seed) == together
    assert scored(now, 1, seed) == together


def test_a_holder_with_more_than_a_batch_is_parted_in_order_of_occurrence(now):
    """Numbers are given in order of arrival: the one of the evening came first, and must not take the cap first."""
    club = world.make("- {code: daily, trigger: purchase, earn: {fixed: 7}, limits: [{max: 10, per: day}]}", now=now)
    evening = club.buy("R1", "2026-11-19T20:00:00", ("a", "1.00"), now=now)
    noon = club.buy("R2", "2026-11-19T12:00:00", ("a", "1.00"), now=now)
    morning = club.buy("R3", "2026-11-19T08:00:00", ("a", "1.00"), now=now)
    assert world.drained(now, limit=1) == 3
    assert [world.given(club, one).get("daily", 0) for one in (morning, noon, evening)] == [7, 3, 0]


def test_a_late_receipt_takes_what_room_is_left(now):
    rules = "- {code: base, trigger: purchase, earn: {per_amount: {points: 1}}, limits: [{max: 100, per: month}]}"
    club = world.make(rules, now=now)
    first = club.buy("R1", "2026-11-10T12:00:00", ("a", "80.00"), now=now)
    assert world.drained(now) == 1
    late = club.buy("R2", "2026-11-05T12:00:00", ("a", "80.00"), now=now)
    later = club.buy("R3", "2026-11-15T12:00:00", ("a", "80.00"), now=now)
    before = club.buy("R4", "2026-10-31T12:00:00", ("a", "80.00"), now=now)
    assert world.drained(now + timedelta(days=1)) == 3
    granted = [world.given(club, one).get("base", 0) for one in (first, late, later, before)]
    assert granted == [80, 20, 0, 80], "what was decided stands, and October is another month"


def test_a_limit_is_one_members_own(now):
    rules = "- {code: base, trigger: purchase, earn: {fixed: 60}, limits: [{max: 100, per: month}]}"
    club = world.make(rules, now=now, members=("anna", "bo"))
    for number, member in enumerate(("anna", "bo", "anna", "bo")):
        club.buy(f"R{number}", f"2026-11-{number + 10}T12:00:00", ("a", "1.00"), member=member, now=now)
        world.drained(now)
    assert [club.balances(member, now)["points"] for member in ("anna", "bo")] == [100, 100]


def test_a_mark_that_arrives_meanwhile_stays(now, monkeypatch):
    club = world.make(world.BASE, now=now)
    club.buy("R1", "2026-11-10T12:00:00", ("a", "1.00"), now=now)
    desired = journey._desired

    def interrupted(cursor, batch, standing, holding):
        monkeypatch.setattr(journey, "_desired", desired)
        club.buy("R2", "2026-11-11T12:00:00", ("a", "2.00"), now=now)
        return desired(cursor, batch, standing, holding)

    monkeypatch.setattr(journey, "_desired", interrupted)
    assert journey.work(now=now).activities == 1
    assert [mark.activity_id for mark in Mark.objects.all()] != []
    assert club.balances("anna", now)["points"] == 1
    assert world.drained(now) == 1
    assert club.balances("anna", now)["points"] == 3


def test_without_the_order_of_occurrence_the_cut_shows(now, monkeypatch):
    """A mutant: marks read in order of arrival. The test above must fail with it."""
    from earning import batches

    monkeypatch.setattr(batches, "_READ_EARLIEST_MARKS", batches._READ_EARLIEST_MARKS.replace("a.occurred_at, ", ""))
    with pytest.raises(AssertionError):
        test_a_holder_with_more_than_a_batch_is_parted_in_order_of_occurrence(now)


def test_without_usage_the_cap_is_lost(now, monkeypatch):
    """A mutant: earlier batches are forgotten. The test above must fail with it."""
    from earning import usage

    monkeypatch.setattr(usage, "of", lambda *_: None)
    with pytest.raises(AssertionError):
        test_a_late_receipt_takes_what_room_is_left(now)


def test_the_batch_tables_are_empty_for_the_next_call_in_one_transaction(now):
    club = world.make(world.BASE, now=now)
    club.buy("R1", "2026-11-10T12:00:00", ("a", "1.00"), now=now)
    world.drained(now)
    club.buy("R2", "2026-11-11T12:00:00", ("a", "1.00"), now=now)
    assert journey.work(now=now).activities == 1
    assert connection.in_atomic_block


def test_a_few_receipts_open_into_the_same_lines_as_many():
    kinds = {"activity_id": pl.Int64, "line_count": pl.Int64}
    kinds |= dict.fromkeys(("states", "quantities", "grosses", "nets"), pl.String)
    few = [(1, 2, "7 8", "1000 -500", "99 0", "90 0"), (2, 0, None, None, None, None), (3, 1, "7", "3000", "5", "5")]
    visits = [(100 + place, 0, None, None, None, None) for place in range(frames.FEW)]
    opened = [
        batches.lines_of(pl.DataFrame(rows, schema=kinds, orient="row")) for rows in (few, [*few, *visits])
    ]  # fmt: skip
    assert opened[0].rows() == [(1, 1, 7, 1000, 99, 90), (1, 2, 8, -500, 0, 0), (3, 1, 7, 3000, 5, 5)]
    assert opened[0].equals(opened[1])
    assert opened[0].schema == opened[1].schema


def test_a_few_rows_are_read_as_many_are(db):
    schema = {"n": pl.Int64, "small": pl.UInt8, "text": pl.String, "yes": pl.Boolean, "day": pl.Date}
    one = (
        "(-5::bigint, 3, 'a', true, DATE '2026-02-28'), (NULL, NULL, NULL, NULL, NULL), (9, 0, '', false, '1969-12-31')"
    )
    with connection.cursor() as cursor:
        few = frames.read(cursor, f"VALUES {one}", schema)
        many = frames.read(cursor, "VALUES " + ", ".join([one] * frames.FEW), schema)
    assert few.schema == many.schema == schema
    assert few.rows() == many.rows()[:3]
    assert few.rows()[1] == (None,) * 5
