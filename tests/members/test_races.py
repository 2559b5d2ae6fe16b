"""Two things about one membership at the same moment: made certain by waiting until the second one waits."""

from datetime import timedelta

import pytest
from django.db import transaction

from care.leaving import acting, settling
from earning import journey
from ledger import auditing
from members import closing, households, merging, pooling, seats
from members.models import Closing, Membership
from tests import waiting
from tests.earning import world
from tests.earning.test_pools import club_of, on, points
from tests.earning.test_returns import bought
from tests.ledger.test_rivals import at_once
from tests.members.people import enrol, give, sound
from tests.members.people import points as points_in
from tests.rewards import shop
from tests.rewards.shop import BY, NOW
from tests.rewards.test_blocking import aside

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOW + timedelta(days=14)


def behind(first, second):
    """Do `first` in a transaction that ends only once `second` waits for it; what each said."""
    with transaction.atomic():
        said = first()
        thread, answers = aside(second)
        waiting.until_somebody_waits()
        assert answers == []
    thread.join()
    return said, answers[0]


class TestJoiningAndMerging:
    """Bo joins a household of Cy's while somebody merges her into Anna."""

    @pytest.fixture
    def three(self, program, now):
        anna, bo, cy = (enrol(program, now, name) for name in ("Anna", "Bo", "Cy"))
        for one, amount in ((anna, 100), (bo, 20), (cy, 3)):
            give(one, amount, now)
        household = households.found(membership_id=cy.pk, now=now, by="t")

        def join():
            return households.admit(household_id=household.pk, membership_id=bo.pk, now=now, by="t")

        def merge():
            return merging.merge(kept_id=anna.pk, gone_id=bo.pk, now=now, by="t")

        return anna, bo, cy, join, merge

    def test_who_joins_first_is_merged_no_more(self, three, now):
        anna, bo, cy, join, merge = three
        _, answer = behind(join, merge)
        assert isinstance(answer, merging.InOtherHousehold)
        assert [points_in(one, now) for one in (anna, bo, cy)] == [(100, 0), (23, 0), (23, 0)]
        sound()

    def test_who_was_merged_first_joins_no_more(self, three, now):
        anna, bo, cy, join, merge = three
        _, answer = behind(merge, join)
        assert isinstance(answer, households.NotActive)
        assert [points_in(one, now) for one in (anna, cy)] == [(120, 0), (3, 0)]
        assert seats.household_of(bo.pk) is None
        sound()


def test_the_last_seat_of_a_household_is_taken_once(program, now):
    anna, bo, cy = (enrol(program, now, name) for name in ("Anna", "Bo", "Cy"))
    program.settings["household_members"] = 2
    program.save()
    household = households.found(membership_id=anna.pk, now=now, by="t")

    def admit(one):
        return lambda: households.admit(household_id=household.pk, membership_id=one.pk, now=now, by="t")

    _, answer = behind(admit(bo), admit(cy))
    assert isinstance(answer, households.HouseholdFull)
    assert len(seats.seats_of(household)) == 2


class TestSettling:
    """A pot of 8.60 and 1,240 points, left with a fortnight to come back."""

    @pytest.fixture
    def leaver(self, program):
        shop.offer(program)
        member = shop.member(program, points=1240)
        member.earn(860, "pot")
        return member

    def leave(self, leaver, program, **terms):
        program.settings = {**program.settings, "closing": terms}
        program.save()
        acting.close(membership_id=leaver.membership_id, reason="unused", now=NOW, by=BY)

    def test_who_comes_back_while_it_is_settled_comes_too_late(self, leaver, program):
        self.leave(leaver, program, pot="voucher")

        def back():
            return acting.reopen(membership_id=leaver.membership_id, now=LATER, by=BY, own=True)

        settled, answer = behind(lambda: settling.settle(membership_id=leaver.membership_id, now=LATER), back)
        assert settled and isinstance(answer, closing.SettledAlready)
        assert Closing.objects.get().state == "settled"

    def test_who_came_back_is_not_settled(self, leaver, program):
        self.leave(leaver, program, pot="voucher")
        _, settled = behind(
            lambda: acting.reopen(membership_id=leaver.membership_id, now=LATER, by=BY, own=True),
            lambda: settling.settle(membership_id=leaver.membership_id, now=LATER),
        )
        assert settled is False
        assert (leaver.balance(LATER), leaver.balance(LATER, "pot")) == (1240, 860)

    def test_what_is_being_spent_in_the_last_second_is_not_lost_as_well(self, leaver, program):
        self.leave(leaver, program, pot="grace", grace_days=14)
        _, settled = behind(
            lambda: leaver.redeem(now=LATER - timedelta(seconds=1)),
            lambda: settling.settle(membership_id=leaver.membership_id, now=LATER),
        )
        assert settled is True
        assert Closing.objects.get().outcome == {"points": {"lost": 740}, "pot": {"lost": 860}}
        assert list(auditing.differences([leaver.holder_id])) == []

    def test_nothing_is_spent_behind_a_settlement(self, leaver, program):
        self.leave(leaver, program, pot="grace", grace_days=14)
        _, answer = behind(
            lambda: settling.settle(membership_id=leaver.membership_id, now=LATER),
            lambda: leaver.redeem(now=LATER - timedelta(seconds=1)),
        )
        assert type(answer).__name__ == "MembershipClosed"
        assert Closing.objects.get().outcome == {"points": {"lost": 1240}, "pot": {"lost": 860}}


def test_receipts_of_both_are_scored_while_the_two_become_one(now):
    """A worker runs beside the merge: every receipt counts once, wherever it was when its pots moved."""
    club, anna, bo = club_of(now)
    for n in range(3):
        bought(club, f"A{n}", ("a", 1, "10.00"), at=on(now, -2, hour=n), now=now)
        bought(club, f"B{n}", ("a", 1, "1.00"), at=on(now, -2, hour=n), now=now, member="bo-0001")

    def work():
        while journey.work(now=now, limit=3):
            pass

    answers = at_once([work, work, lambda: merging.merge(kept_id=anna.pk, gone_id=bo.pk, now=now, by="t")])
    assert [one for one in answers if isinstance(one, Exception)] == []
    later = now + timedelta(days=1)  # whoever was merged in the middle is tried again
    world.drained(later)
    assert points(club, anna, later) == (33, 0)
    assert Membership.objects.get(pk=bo.pk).merged_into == anna
    assert pooling.holder_of(bo.pk) == pooling.holder_of(anna.pk)
    sound()
