"""Goods that points were spent on come back, and the points with them."""

from uuid import uuid4

import pytest

from members.models import Membership
from rewards import redemption
from tests.earning import world
from tests.earning.test_returns import bought, bring_back, pot, sound

pytestmark = pytest.mark.django_db
REWARD = "rewards: [{code: minus, kind: voucher, cost: {points: 150}, value: {amount: 5.00}}]"


def with_two_hundred(now):
    club = world.make(world.BASE, now=now, bottom=REWARD)
    bought(club, "R0", ("a", 1, "200.00"), at="2026-11-01T12:00:00", now=now)
    world.drained(now)
    who = Membership.objects.get(holders__holder_id=club.holders["anna-0001"])
    redemption.redeem(
        membership_id=who.pk, reward="minus", receipt="R1", key=uuid4(), channel="store", now=now, by="test"
    )
    bought(club, "R1", ("a", 2, "70.00"), now=now)
    world.drained(now)
    assert pot(club, now) == (120, 0, 0)
    return club


def test_s55_points_spent_on_the_goods_come_back_with_them(now):
    club = with_two_hundred(now)
    bring_back(club, "B1", "R1", ("a", 2), now=now)
    world.drained(now)
    assert pot(club, now) == (200, 0, 0)
    sound()


def test_half_of_the_goods_brings_half_of_the_points(now):
    club = with_two_hundred(now)
    bring_back(club, "B1", "R1", ("a", 1), now=now)
    world.drained(now)
    assert pot(club, now) == (120 - 35 + 75, 0, 0)
    bring_back(club, "B2", "R1", ("a", 1), now=now)
    world.drained(now)
    assert pot(club, now) == (200, 0, 0)
    sound()
