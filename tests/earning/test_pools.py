"""Receipts, limits, history and rewards of members whose pots were pooled, left or merged."""

from datetime import timedelta

import pytest

from earning.models import Award
from ledger import queries
from members import households, merging, pooling
from members.models import Membership
from rewards import queries as rewards
from rewards import redemption, refusals
from tests.earning import world
from tests.earning.test_returns import bought, bring_back, currency, sound

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
REWARD = (
    "rewards: [{code: minus, kind: voucher, cost: {points: 10}, value: {amount: 5.00}, per_member: 2},"
    " {code: other, kind: voucher, cost: {points: 10}, value: {amount: 5.00}}]"
)
TWICE = "limits: [{max: 2, of: times, per: day, for: WHO, overflow: reject}]"
DAILY = f"- {{code: base, trigger: purchase, earn: {{fixed: 10}}, {TWICE}}}"


def one(club, name):
    return Membership.objects.get(program=club.program, number=f"{name}0001")


def points(club, membership, now):
    found = queries.balances(pooling.holder_of(membership.pk), now)
    return next(((pot.available, pot.debt) for pot in found if pot.currency_id == currency(club)), (0, 0))


def club_of(now, *names, rules=world.BASE, **more):
    club = world.make(rules, now=now - 60 * DAY, members=names or ("anna", "bo"), bottom=REWARD, **more)
    return club, *(one(club, name) for name in names or ("anna", "bo"))


def pooled(*members, now):
    head, *others = members
    household = households.found(membership_id=head.pk, now=now, by="t")
    for other in others:
        households.admit(household_id=household.pk, membership_id=other.pk, now=now, by="t")
    return household


def on(now, days, hour=12):
    return f"{(now + timedelta(days=days)).date()}T{hour:02}:00:00"


def holder_of_activity(activity_id):
    (row,) = world.rows("SELECT holder_id FROM attribution WHERE activity_id = %s AND ended_at IS NULL", [activity_id])
    return row[0]


class TestMoments:
    def test_late_receipts_go_to_the_pots_of_their_moment_and_their_points_to_whoever_has_them(self, now):
        club, anna, bo = club_of(now)
        household = pooled(anna, bo, now=now - 10 * DAY)
        households.leave(membership_id=bo.pk, now=now - 5 * DAY, by="t")
        before = bought(club, "before", ("a", 1, "1.00"), at=on(now, -20), now=now, member="bo-0001")
        within = bought(club, "within", ("a", 1, "10.00"), at=on(now, -8), now=now, member="bo-0001")
        after = bought(club, "after", ("a", 1, "100.00"), at=on(now, -2), now=now, member="bo-0001")
        world.drained(now)
        own = [club.holders["bo-0001"], household.holder_id, pooling.holder_of(bo.pk)]
        assert [holder_of_activity(one) for one in (before, within, after)] == own
        assert (points(club, anna, now), points(club, bo, now)) == ((11, 0), (100, 0))
        sound()

    def test_goods_of_each_time_take_their_points_from_whoever_has_them(self, now):
        club, anna, bo = club_of(now)
        bought(club, "before", ("a", 1, "1.00"), at=on(now, -20), now=now, member="bo-0001")
        pooled(anna, bo, now=now - 10 * DAY)
        bought(club, "within", ("a", 1, "10.00"), at=on(now, -8), now=now, member="bo-0001")
        world.drained(now)
        households.leave(membership_id=bo.pk, now=now - 5 * DAY, by="t")
        bought(club, "after", ("a", 1, "100.00"), at=on(now, -2), now=now, member="bo-0001")
        world.drained(now)
        assert (points(club, anna, now), points(club, bo, now)) == ((11, 0), (100, 0))
        for receipt, left in (("before", (10, 100)), ("within", (0, 100)), ("after", (0, 0))):
            bring_back(club, f"r {receipt}", receipt, ("a", 1), at=on(now, -1), now=now, member="bo")
            world.drained(now)
            assert (points(club, anna, now)[0], points(club, bo, now)[0]) == left
        sound()

    def test_activity_goes_back_with_the_cards_when_a_merge_is_undone(self, now):
        club, anna, bo = club_of(now)
        done = merging.merge(kept_id=anna.pk, gone_id=bo.pk, now=now - 5 * DAY, by="t")
        sale = bought(club, "since", ("a", 1, "30.00"), at=on(now, -2), now=now, member="bo-0001")
        world.drained(now)
        assert points(club, anna, now) == (30, 0)
        merging.undo(merge_id=done.pk, now=now, by="t")
        world.drained(now)
        assert (points(club, anna, now), points(club, bo, now)) == ((0, 0), (30, 0))
        assert holder_of_activity(sale) == pooling.holder_of(bo.pk)
        sound()

    def test_both_are_scored_while_they_are_merged(self, now):
        club, anna, bo = club_of(now)
        bought(club, "A", ("a", 1, "30.00"), at=on(now, -2), now=now)
        bought(club, "B", ("a", 1, "12.00"), at=on(now, -2), now=now, member="bo-0001")
        merging.merge(kept_id=anna.pk, gone_id=bo.pk, now=now, by="t")
        world.drained(now)
        assert points(club, anna, now) == (42, 0)
        sound()


class TestLimits:
    @pytest.mark.parametrize(("who", "given"), [("member", 40), ("household", 20)])
    def test_a_household_takes_as_many_members_or_as_one(self, now, who, given):
        club, anna, bo = club_of(now, rules=DAILY.replace("WHO", who))
        pooled(anna, bo, now=now - 10 * DAY)
        for name in ("anna", "bo"):
            for hour in (9, 10, 11):
                bought(club, f"{name} {hour}", ("a", 1, "1.00"), at=on(now, -3, hour), now=now, member=f"{name}-0001")
        world.drained(now)
        assert points(club, anna, now) == (given, 0)

    @pytest.mark.parametrize("who", ["member", "household"])
    def test_joining_begins_no_limit_anew(self, now, who):
        """Mutant: limits read by holder alone give four."""
        club, anna, bo = club_of(now, rules=DAILY.replace("WHO", who))
        for hour in (8, 9):
            bought(club, f"{hour}", ("a", 1, "1.00"), at=on(now, 0, hour), now=now, member="bo-0001")
        world.drained(now)
        pooled(anna, bo, now=now)
        for hour in (12, 13):
            bought(club, f"{hour}", ("a", 1, "1.00"), at=on(now, 0, hour), now=now + DAY, member="bo-0001")
        world.drained(now + DAY)
        assert points(club, anna, now) == (20, 0)

    def test_nor_does_leaving(self, now):
        club, anna, bo = club_of(now, rules=DAILY.replace("WHO", "member"))
        pooled(anna, bo, now=now - DAY)
        for hour in (8, 9):
            bought(club, f"{hour}", ("a", 1, "1.00"), at=on(now, 0, hour), now=now, member="bo-0001")
        world.drained(now)
        households.leave(membership_id=bo.pk, now=now, by="t")
        bought(club, "12", ("a", 1, "1.00"), at=on(now, 0), now=now + DAY, member="bo-0001")
        world.drained(now + DAY)
        assert points(club, bo, now) == (0, 0)

    def test_what_the_gone_one_took_counts_for_the_kept(self, now):
        club, anna, bo = club_of(now, rules=DAILY.replace("WHO", "member"))
        for name in ("anna", "bo"):
            bought(club, name, ("a", 1, "1.00"), at=on(now, 0, 9), now=now, member=f"{name}-0001")
        world.drained(now)
        merging.merge(kept_id=anna.pk, gone_id=bo.pk, now=now, by="t")
        bought(club, "more", ("a", 1, "1.00"), at=on(now, 0), now=now + DAY)
        world.drained(now + DAY)
        assert points(club, anna, now) == (20, 0)


class TestHistory:
    RULES = "- {code: base, trigger: purchase, when: {fact: history.receipts_month, ge: 1}, earn: {fixed: 5}}"

    def facts(self):
        return {row.facts["history.receipts_month"] for row in Award.objects.exclude(posted=0)}

    def test_she_keeps_it_when_she_joins_and_it_is_hers_alone(self, now):
        club, anna, bo = club_of(now, rules=self.RULES)
        bought(club, "1", ("a", 1, "1.00"), at=on(now, -9), now=now, member="bo-0001")
        pooled(anna, bo, now=now - 5 * DAY)
        bought(club, "2", ("a", 1, "1.00"), at=on(now, -2), now=now, member="bo-0001")
        bought(club, "first of hers", ("a", 1, "1.00"), at=on(now, -1), now=now)
        world.drained(now)
        assert points(club, anna, now) == (5, 0)
        assert self.facts() == {1}

    def test_of_two_that_are_one_it_is_of_both(self, now):
        club, anna, bo = club_of(now, rules=self.RULES)
        bought(club, "1", ("a", 1, "1.00"), at=on(now, -9), now=now, member="bo-0001")
        merging.merge(kept_id=anna.pk, gone_id=bo.pk, now=now - 5 * DAY, by="t")
        bought(club, "2", ("a", 1, "1.00"), at=on(now, -2), now=now)
        world.drained(now)
        bring_back(club, "back", "1", ("a", 1), at=on(now, -2, 15), now=now)
        bought(club, "3", ("a", 1, "1.00"), at=on(now, -1), now=now)
        world.drained(now)
        assert points(club, anna, now) == (10, 0)
        assert self.facts() == {1}


def test_points_that_live_by_activity_live_on_by_the_activity_of_every_pot(now):
    """Earned by Bo a year ago, renewed by Bo before and by Anna after they pooled."""
    club = world.make(world.BASE, now=now - 400 * DAY, members=("anna", "bo"))
    club.program.currencies.filter(code="points").update(expiry={"inactivity": {"months": 3}})
    anna, bo = one(club, "anna"), one(club, "bo")
    for days in (-200, -120):
        moment = now + timedelta(days=days + 1)
        bought(club, f"bo {days}", ("a", 1, "10.00"), at=on(now, days), now=moment, member="bo-0001")
        world.drained(moment)
    pooled(anna, bo, now=now - 60 * DAY)
    bought(club, "anna", ("a", 1, "1.00"), at=on(now, -40), now=now - 39 * DAY)
    world.drained(now - 39 * DAY)
    assert points(club, anna, now) == (21, 0)
    assert points(club, anna, now + 60 * DAY) == (0, 0)


class TestRewards:
    def test_what_one_took_before_counts_in_every_pot_and_for_the_kept(self, now):
        club, anna, bo = club_of(now)
        bought(club, "A", ("a", 1, "100.00"), at=on(now, -9), now=now, member="bo-0001")
        world.drained(now)
        self.take(bo, "k1", now)
        pooled(anna, bo, now=now)
        self.take(bo, "k2", now)
        with pytest.raises(refusals.LimitReached):
            self.take(bo, "k3", now)
        assert self.take(bo, "k1", now).quantity == 1  # asked again: answered as the first time, nothing taken
        self.take(anna, "k4", now)
        assert pot_of(club, anna, now) == 70
        merging.merge(kept_id=anna.pk, gone_id=bo.pk, now=now, by="t")
        with pytest.raises(refusals.LimitReached):
            self.take(anna, "k5", now)
        assert len(rewards.in_hand(anna.pk, now)) == 3

    def test_one_cannot_confirm_what_another_of_the_household_holds(self, now):
        club, anna, bo = club_of(now)
        bought(club, "A", ("a", 1, "100.00"), at=on(now, -9), now=now)
        world.drained(now)
        pooled(anna, bo, now=now)
        redemption.hold(membership_id=anna.pk, reward="minus", key="k", channel="web", now=now, by="t")
        with pytest.raises(refusals.NoSuchRedemption):
            redemption.confirm(membership_id=bo.pk, key="k", now=now, by="t")
        with pytest.raises(refusals.StillHeld) as refused:
            households.leave(membership_id=anna.pk, now=now, by="t")
        assert refused.value.codes == ["minus"]
        households.leave(membership_id=bo.pk, now=now, by="t")
        bo_again = now + DAY  # by then it has lapsed
        households.leave(membership_id=anna.pk, now=bo_again, by="t")

    def test_a_merge_waits_for_what_is_held(self, now):
        club, anna, bo = club_of(now)
        bought(club, "A", ("a", 1, "100.00"), at=on(now, -9), now=now, member="bo-0001")
        world.drained(now)
        redemption.hold(membership_id=bo.pk, reward="other", key="k", channel="web", now=now, by="t")
        with pytest.raises(refusals.StillHeld):
            merging.merge(kept_id=anna.pk, gone_id=bo.pk, now=now, by="t")
        bo.refresh_from_db()
        assert bo.merged_into is None

    def test_children_earn_and_adults_spend(self, now):
        club, anna, bo = club_of(now)
        bo.member.birth_date = (now - 15 * 365 * DAY).date()
        bo.member.save()
        bought(club, "A", ("a", 1, "100.00"), at=on(now, -9), now=now, member="bo-0001")
        world.drained(now)
        self.take(bo, "own", now)  # her own pot is hers
        pooled(anna, bo, now=now)
        with pytest.raises(refusals.NotAnAdult):
            self.take(bo, "shared", now)
        self.take(anna, "shared", now)

    def take(self, membership, key, now):
        return redemption.redeem(
            membership_id=membership.pk, reward="minus", key=key, channel="web", now=now, by="t"
        )  # fmt: skip


def pot_of(club, membership, now):
    return points(club, membership, now)[0]
