"""Points that wait for an event."""

from datetime import UTC, datetime, timedelta

import pytest

from activity import single, sources
from earning import auditing, pending
from ledger import posting
from ledger import queries as pots
from tests.earning import world
from tests.earning.test_returns import bought, bring_back, pot

pytestmark = pytest.mark.django_db
UNTIL = ", pending: {until: delivered}"
TYPES = "event_types: [{code: delivered}]"


def club_of(now):
    return world.make(world.BASE, now=now, points=UNTIL, bottom=TYPES)


def test_points_wait_until_the_goods_are_delivered(now):
    club = club_of(now)
    sale = bought(club, "R1", ("a", 1, "10.00"), now=now)
    other = bought(club, "R2", ("a", 1, "7.00"), now=now)
    world.drained(now)
    years = now + timedelta(days=300)
    assert (pot(club, now), pot(club, years)) == ((0, 17, 0), (0, 17, 0))
    assert [one.next_available_at for one in pots.balances(club.holders["anna-0001"], now)] == [None]
    with pytest.raises(posting.InsufficientPoints):
        posting.spend(
            holder_id=club.holders["anna-0001"],
            currency_id=world.programs.currencies_of(club.program.pk)[0].id,
            amount=1, key="k", now=now, actor="t",
        )  # fmt: skip
    assert pending.deliver(program=club.program, activity_id=sale, now=now, by="test") == 1
    assert (
        pending.deliver(program=club.program, called=(club.source.pk, "R1"), event_type="delivered", now=now, by="test")
        == 0
    )
    assert pot(club, now) == (10, 7, 0)
    assert pot(club, datetime(2027, 11, 11, tzinfo=UTC)) == (0, 0, 0)  # a year from the purchase, delivered or not
    assert pending.deliver(program=club.program, activity_id=other, now=now, by="test") == 1
    assert auditing.differences() == []


def test_a_delivery_before_the_scoring_counts(now):
    club = club_of(now)
    sale = bought(club, "R1", ("a", 1, "10.00"), now=now)
    assert pending.deliver(program=club.program, activity_id=sale, now=now, by="test") == 0
    world.drained(now)
    assert pot(club, now) == (10, 0, 0)


def test_goods_that_come_back_before_delivery_leave_no_trace(now):
    club = club_of(now)
    sale = bought(club, "R1", ("a", 2, "10.00"), now=now)
    world.drained(now)
    bring_back(club, "B1", "R1", ("a", 1), now=now)
    world.drained(now)
    assert pot(club, now) == (0, 5, 0)
    pending.deliver(program=club.program, activity_id=sale, now=now, by="test")
    assert pot(club, now) == (5, 0, 0)


def test_an_event_that_names_the_receipt_delivers_it(now):
    club = club_of(now)
    bought(club, "R1", ("a", 1, "10.00"), now=now)
    world.drained(now)
    row = {"receipt_id": "E1", "kind": "event", "event_type": "delivered", "original_receipt_id": "R1",
           "occurred_at": "2026-11-15T12:00:00", "member": "anna-0001", "store": "s1"}  # fmt: skip
    outcome = single.land_one([row], source=club.source, program=club.program, now=now)
    assert outcome.state == "landed", outcome
    world.drained(now)
    assert pot(club, now) == (10, 0, 0)


def test_a_delivery_says_whose_number_it_names(now):
    """Two sources may use one number: neither is delivered by the other's."""
    club = club_of(now)
    bought(club, "R1", ("a", 1, "10.00"), now=now)
    other, _ = sources.source_for("webshop", program=club.program, now=now, by="t")
    row = {"receipt_id": "R1", "kind": "purchase", "occurred_at": "2026-11-10T12:00:00", "member": "anna-0001",
           "store": "s1", "line": "1", "sku": "a", "quantity": "1", "gross": "7.00"}  # fmt: skip
    assert single.land_one([row], source=other, program=club.program, now=now).state == "landed"
    world.drained(now)
    assert pot(club, now) == (0, 17, 0)
    assert pending.deliver(program=club.program, called=(other.pk, "R1"), now=now, by="test") == 1
    assert pot(club, now) == (7, 10, 0)
    with pytest.raises(ValueError, match="its id, or"):
        pending.deliver(program=club.program, now=now, by="test")


def test_what_is_unknown_or_waits_for_nothing_is_refused(now):
    club = club_of(now)
    with pytest.raises(pending.UnknownReceipt):
        pending.deliver(program=club.program, called=(club.source.pk, "R9"), now=now, by="test")
    with pytest.raises(pending.NothingWaits):
        pending.deliver(program=club.program, called=(club.source.pk, "R9"), event_type="opened", now=now, by="test")
