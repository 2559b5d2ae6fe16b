"""Leaving: nothing of value is made or lost on the way, whatever order people leave, come back and are settled in."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.models import AuditEvent
from care.leaving import acting, foreseeing, settling
from ledger import auditing, clawback
from ledger import queries as ledger
from members import closing, matching, suspension
from members.models import Closing, Membership
from rewards import queries as rewards
from rewards.refusals import MembershipClosed
from tests.ledger import frames
from tests.rewards import shop
from tests.rewards.shop import BY, NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=40)


@pytest.fixture
def leaver(program):
    """1,240 points, 8.60 in the pot, 1.20 of it not yet spendable."""
    shop.offer(program)
    member = shop.member(program, points=1240)
    member.earn(860, "pot")
    member.earn(120, "pot", available_at=NOW + timedelta(days=60))
    return member


def put(program, **terms):
    program.settings = {**program.settings, "closing": terms}
    program.save(update_fields=["settings"])


def sums(holder_id):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contra, sum(amount)::bigint FROM ledger_entry WHERE holder_id = %s GROUP BY contra", [holder_id]
        )
        return dict(cursor.fetchall())


def differences(*holders):
    return list(auditing.differences(holders))


def leave(member, now=NOW, **more):
    return acting.close(membership_id=member.membership_id, reason="unused", now=now, by=BY, **more)


def test_by_default_cash_becomes_a_voucher_when_the_cool_off_is_over(leaver):
    foreseen = foreseeing.of(Membership.objects.get(pk=leaver.membership_id), NOW)
    assert [(fate.kind, fate.voucher, fate.lost) for fate in foreseen.fates if fate.kind == "cash"] == [
        ("cash", 860, 120)
    ]
    leave(leaver)
    assert settling.settle_due(now=NOW + timedelta(days=13)) == 0
    assert settling.settle_due(now=LATER) == 1
    (voucher,) = rewards.in_hand(leaver.membership_id, LATER)
    assert (voucher.value, voucher.money, bool(voucher.code)) == (860, "EUR", True)
    assert sums(leaver.holder_id) == {"issue": 2220, "redeem": -860, "breakage": -1360}
    assert closing.latest(leaver.membership_id).outcome == {
        "pot": {"voucher": 860, "lost": 120}, "points": {"lost": 1240},
    }  # fmt: skip
    assert differences(leaver.holder_id) == []
    assert settling.settle_due(now=LATER) == 0, "a second run finds nothing"


def test_until_then_coming_back_is_as_if_nothing_had_happened(leaver, program):
    before = leaver.balance(), leaver.balance(currency="pot")
    Membership.objects.filter(pk=leaver.membership_id).update(status="pending")
    leave(leaver, own=True)
    number = Membership.objects.get(pk=leaver.membership_id).number
    named = matching.match(program.pk, [matching.Bearer(1, member=number)])[1]
    assert (named.reason, named.by) == ("UnknownMember", "closed")
    with pytest.raises(MembershipClosed):
        leaver.redeem()
    back = acting.reopen(membership_id=leaver.membership_id, now=NOW + timedelta(days=3), by=BY, own=True)
    assert back.status == "pending"
    assert (leaver.balance(), leaver.balance(currency="pot")) == before
    assert settling.settle_due(now=LATER) == 0


def test_points_are_given_up_where_the_program_says_so_and_their_return_takes_nothing_twice(leaver, program):
    put(program, pot="forfeit", cool_off_days=0)
    leaver.earn(50, activity_id=77, occurred_on=NOW.date())
    leave(leaver)
    assert settling.settle_due(now=NOW) == 1
    assert sums(leaver.holder_id) == {"issue": 2270, "breakage": -2270}
    import polars as pl

    asked = pl.DataFrame(
        [(leaver.holder_id, 77, 2, shop.currency_id(program.pk, "points"), 50)],
        schema=["holder_id", "activity_id", "revision", "currency_id", "amount"], orient="row",
    )  # fmt: skip
    with connection.cursor() as cursor:
        (taken,) = clawback.take_back(cursor, asked, now=LATER, actor=BY)
    assert (taken.taken, taken.owed) == (50, 0)
    assert sums(leaver.holder_id) == {"issue": 2270, "breakage": -2220, "clawback": -50}
    assert differences(leaver.holder_id) == []


def test_grace_lets_the_pot_be_spent_until_its_day_and_not_a_moment_longer(leaver, program):
    put(program, pot="grace", grace_days=30, cool_off_days=5)
    leave(leaver)
    end = NOW + timedelta(days=30)
    leaver.redeem(key="a", now=end - timedelta(seconds=1))
    with pytest.raises(MembershipClosed):
        leaver.redeem(key="b", now=end)
    assert settling.settle_due(now=end) == 1
    assert (sums(leaver.holder_id)["redeem"], sums(leaver.holder_id)["breakage"]) == (-500, -1720)
    assert differences(leaver.holder_id) == []


def test_a_reward_under_way_keeps_a_member_and_a_late_one_keeps_the_pot(leaver, program):
    leaver.hold()
    with pytest.raises(acting.RewardUnderWay):
        leave(leaver)
    leaver.release()
    put(program, pot="grace", grace_days=10, cool_off_days=0)
    leave(leaver)
    end = NOW + timedelta(days=10)
    leaver.hold(key="late", now=end - timedelta(minutes=5))
    assert settling.settle_due(now=end) == 0, "the till may still confirm"
    leaver.confirm(key="late", now=end + timedelta(minutes=5))
    assert settling.settle_due(now=end + timedelta(hours=1)) == 1
    assert differences(leaver.holder_id) == []


def test_what_is_owed_is_repaid_first_and_the_rest_stays_in_the_books(program):
    member = shop.member(program)
    import polars as pl

    asked = pl.DataFrame(
        [(member.holder_id, 9, 1, shop.currency_id(program.pk, "pot"), 500)],
        schema=["holder_id", "activity_id", "revision", "currency_id", "amount"], orient="row",
    )  # fmt: skip
    with connection.cursor() as cursor:
        clawback.take_back(cursor, asked, now=NOW, actor=BY)
    member.earn(300, "pot", available_at=NOW + timedelta(days=1))
    leave(member)
    assert settling.settle_due(now=LATER) == 1
    assert closing.latest(member.membership_id).outcome == {}
    assert differences(member.holder_id) == []


def test_settled_members_come_back_empty_and_only_by_staff(leaver):
    leave(leaver)
    settling.settle_due(now=LATER)
    with pytest.raises(closing.SettledAlready):
        acting.reopen(membership_id=leaver.membership_id, now=LATER, by=BY, own=True)
    assert acting.reopen(membership_id=leaver.membership_id, now=LATER, by=BY).status == "active"
    assert (leaver.balance(LATER), leaver.balance(LATER, "pot")) == (0, 0)
    with pytest.raises(closing.NotClosed):
        acting.reopen(membership_id=leaver.membership_id, now=LATER, by=BY)


def test_suspended_members_earn_and_do_not_spend_until_somebody_says_why(leaver, program):
    suspension.suspend(membership_id=leaver.membership_id, reason="fraud", words="Two tills at once.", now=NOW, by=BY)
    leaver.earn(10)
    with pytest.raises(MembershipClosed):
        leaver.redeem()
    number = Membership.objects.get(pk=leaver.membership_id).number
    assert matching.match(program.pk, [matching.Bearer(1, member=number)])[1].membership_id == leaver.membership_id
    with pytest.raises(closing.Suspended):
        leave(leaver, own=True)
    with pytest.raises(suspension.NoReason):
        suspension.lift(membership_id=leaver.membership_id, words=" ", now=NOW, by=BY)
    suspension.lift(membership_id=leaver.membership_id, words="It was a slip.", now=NOW, by=BY)
    leaver.redeem()
    told = AuditEvent.objects.filter(action__startswith="members.susp").order_by("pk")
    assert [(event.action, event.data) for event in told] == [
        ("members.suspended", {"reason": "fraud"}), ("members.suspension_lifted", {}),
    ]  # fmt: skip


def test_no_voucher_for_whoever_may_not_spend(leaver):
    suspension.suspend(membership_id=leaver.membership_id, reason="fraud", now=NOW, by=BY)
    leave(leaver)
    settling.settle_due(now=LATER)
    assert rewards.in_hand(leaver.membership_id, LATER) == []
    assert sums(leaver.holder_id) == {"issue": 2220, "breakage": -2220}


STEPS = ["close", "reopen", "settle", "earn", "pending", "owe", "redeem", "hold", "day", "month"]


class Course:
    """A member's leaving and coming back, step by step, with what went in: `earned` and `taken_back`."""

    def __init__(self, program):
        shop.offer(program)
        self.member, self.now, self.earned, self.taken_back = shop.member(program, points=1000), NOW, 1000, 0
        self.steps = count(1)

    def is_open(self):
        return Membership.objects.get(pk=self.member.membership_id).status == "active"

    def close(self):
        leave(self.member, self.now)

    def reopen(self):
        acting.reopen(membership_id=self.member.membership_id, now=self.now, by=BY)

    def settle(self):
        settling.settle_due(now=self.now)

    def earn(self, **dates):
        if self.is_open():
            self.member.earn(300, "pot", now=self.now, **dates)
            self.earned += 300

    def pending(self):
        self.earn(available_at=self.now + timedelta(days=60))

    def owe(self):
        """Goods come back whose points are long gone: more is asked for than is there."""
        pot = shop.currency_id(self.member.program_id, "pot")
        taken = frames.take_back((self.member.holder_id, next(self.steps), 1, pot, 450), now=self.now)
        self.taken_back += sum(one.taken + one.owed for one in taken)

    def redeem(self):
        self.member.redeem(key=f"k{next(self.steps)}", now=self.now)

    def hold(self):
        self.member.hold(key=f"h{next(self.steps)}", now=self.now)

    def day(self):
        self.now += timedelta(days=1)

    def month(self):
        self.now += timedelta(days=30)


@settings(max_examples=25)
@given(pot=st.sampled_from(["forfeit", "grace", "voucher"]), steps=st.lists(st.sampled_from(STEPS), max_size=14))
def test_in_any_order_value_is_conserved(program, django_db_blocker, pot, steps):
    """What came in is there, spent, given up, taken back, or has repaid what was owed; whoever left has nothing."""
    put(program, pot=pot, grace_days=20, cool_off_days=10)
    course = Course(program)
    for step in steps:
        try:
            getattr(course, step)()
        except (closing.AlreadyClosed, closing.NotClosed, acting.RewardUnderWay, MembershipClosed):
            pass
        except Exception as refused:
            assert type(refused).__name__ == "InsufficientPoints", step
        course.now += timedelta(seconds=1)
    holder = course.member.holder_id
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(remaining), 0)::bigint FROM ledger_lot WHERE holder_id = %s", [holder])
        (left,) = cursor.fetchone()
    owed = sum(one.debt for one in ledger.balances(holder, course.now))
    moved = sums(holder)
    assert moved["issue"] == course.earned
    assert course.earned == left - sum(amount for contra, amount in moved.items() if contra != "issue")
    assert course.taken_back == owed - moved.get("debt_repay", 0) - moved.get("clawback", 0)
    assert differences(holder) == []
    last = closing.latest(course.member.membership_id)
    assert left == 0 or last is None or last.state != Closing.State.SETTLED or course.is_open()
