"""Points come back when the goods they were spent on do."""

from datetime import timedelta
from fractions import Fraction

import pytest
from django.db import connection, transaction

from ledger import auditing, queries
from members.models import MembershipHolder
from rewards import refunds, refusals
from tests.earning import world
from tests.ledger import frames
from tests.rewards import shop

pytestmark = pytest.mark.django_db
NOW = shop.NOW
RULES = "- {code: base, trigger: purchase, earn: {per_amount: {points: 1}}}"
DAY = timedelta(days=1)


def give_back(activity_id, returned, now=NOW):
    with transaction.atomic(), connection.cursor() as cursor:
        given = refunds.give_back(cursor, activity_id=activity_id, returned=Fraction(returned), now=now)
    return sum(back.amount for back in given)


@pytest.fixture
def club(db):
    """Anna, who bought for 200 points and then for 70, and spent 150 on the second receipt (S55)."""
    made = world.make(RULES, now=NOW)
    shop.offer(made.program, shop.reward(cost={"points": 150}))
    made.buy("R1", "2026-11-10T10:00:00", ("1", "200.00"), now=NOW)
    world.drained(NOW)
    return made


def anna(club):
    row = MembershipHolder.objects.get(holder_id=club.holders["anna-0001"])
    return shop.Member(row.membership_id, row.holder_id, club.program.pk)


def test_s55_a_full_return_gives_back_what_was_spent_on_it(club):
    member = anna(club)
    member.redeem(receipt="R2")
    receipt = club.buy("R2", "2026-11-19T10:00:00", ("1", "70.00"), now=NOW)
    world.drained(NOW)
    assert member.balance() == 200 + 70 - 150
    assert give_back(receipt, 1) == 150
    frames.take_back((member.holder_id, receipt, 2, shop.currency_id(club.program.pk, "points"), 70), now=NOW)
    assert member.balance() == 200
    assert give_back(receipt, 1) == 0, "asked again, it moves nothing"
    assert list(auditing.differences()) == []


def test_a_partial_return_gives_back_its_share_rounded_down_and_the_last_one_the_rest(club):
    member = anna(club)
    member.redeem(receipt="R2")
    receipt = club.buy("R2", "2026-11-19T10:00:00", ("1", "70.00"), now=NOW)
    assert [give_back(receipt, share) for share in ("1/7", "4/7", "4/7", "2/7", "1")] == [21, 64, 0, 0, 65]
    (lot,) = queries.lots(member.holder_id, [shop.currency_id(club.program.pk, "points")], NOW)
    assert (lot.initial, lot.remaining) == (200, 200)


def test_what_names_no_receipt_or_another_or_is_only_held_gives_nothing_back(club):
    member = anna(club)
    member.redeem()
    receipt = club.buy("R2", "2026-11-19T10:00:00", ("1", "70.00"), now=NOW)
    member.earn(300)
    member.redeem(key="other", receipt="R3")
    member.hold(key="held", receipt="R2")
    assert give_back(receipt, 1) == 0


def test_points_whose_lot_died_meanwhile_live_for_the_programs_days_of_grace(club):
    member = anna(club)
    shop.offer(club.program, shop.reward(cost={"points": 250}))
    member.earn(100, expires_at=NOW + DAY)
    member.redeem(receipt="R2")
    receipt = club.buy("R2", "2026-11-19T10:00:00", ("1", "70.00"), now=NOW)
    later = NOW + 3 * DAY
    assert give_back(receipt, 1, later) == 250
    assert member.balance(later) == 300
    grace_ends = NOW.replace(hour=23) + 33 * DAY  # midnight in Paris, thirty whole days after the 23rd
    assert member.balance(grace_ends - timedelta(seconds=1)) == 300
    assert member.balance(grace_ends) == 200
    club.program.settings["grace_days"] = 0
    club.program.save()
    assert list(auditing.differences()) == []


def test_a_redemption_that_lapsed_gives_nothing_back(club):
    member = anna(club)
    member.hold(receipt="R2")
    with pytest.raises(refusals.HoldLapsed):
        member.confirm(now=NOW + DAY)
    receipt = club.buy("R2", "2026-11-19T10:00:00", ("1", "70.00"), now=NOW)
    assert give_back(receipt, 1) == 0


def test_a_share_is_a_share(club):
    with pytest.raises(ValueError, match="between 0 and 1"):
        give_back(1, 2)


def test_a_receipt_of_another_source_with_the_same_number_gives_nothing_back(club):
    """Two tills' systems count from one; the redemption says whose receipt it names."""
    from activity import sources

    member = anna(club)
    web, _ = sources.source_for("web", program=club.program, now=NOW, by="test")
    member.redeem(receipt="R2", source="web")
    at_the_till = club.buy("R2", "2026-11-19T10:00:00", ("1", "70.00"), now=NOW)
    club.source = web
    on_the_web = club.buy("R2", "2026-11-18T10:00:00", ("1", "70.00"), now=NOW)
    assert (give_back(at_the_till, 1), give_back(on_the_web, 1)) == (0, 150)


def test_where_nobody_said_whose_receipt_it_is_the_nearest_in_time_is_meant(club):
    from activity import sources

    member = anna(club)
    web, _ = sources.source_for("web", program=club.program, now=NOW, by="test")
    member.redeem(receipt="R2")  # on the 20th
    near = club.buy("R2", "2026-11-20T10:55:00", ("1", "70.00"), now=NOW)
    club.source = web
    far = club.buy("R2", "2026-11-18T10:00:00", ("1", "70.00"), now=NOW)
    assert (give_back(far, 1), give_back(near, 1)) == (0, 150)
