"""Random lives of four members: whatever they pool, leave, part, merge and undo, value is neither made nor lost."""

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import posting
from members import households, merging, pooling, seats, splitting
from members.models import Merge
from members.refusals import Refused
from tests.earning import world
from tests.ledger import frames
from tests.members.people import enrol, give, holder, points_of, sound, spend

pytestmark = pytest.mark.django_db
WHO = st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(st.just("earn"), WHO, st.integers(1, 300), st.integers(1, 9)),
    st.tuples(st.just("spend"), WHO, st.integers(1, 200)),
    st.tuples(st.just("take_back"), WHO, st.integers(1, 150)),
    st.tuples(st.just("found"), WHO),
    st.tuples(st.just("join"), WHO, WHO),
    st.tuples(st.just("leave"), WHO),
    st.tuples(st.just("split"), WHO, st.integers(1, 100)),
    st.tuples(st.just("merge"), WHO, WHO),
    st.tuples(st.just("undo"), WHO),
)
FREE = {"earn", "spend", "take_back"}
_activities = count(1)


class Lives:
    """What the steps do; a refusal changes nothing, and is no failure."""

    def __init__(self, program, now):
        self.program, self.now = program, now
        self.members = [enrol(program, now, name) for name in ("Anna", "Bo", "Cy", "Di")]

    def do(self, what, who, *more):
        member = self.members[who]
        getattr(self, what)(member, *more)

    def earn(self, member, amount, days):
        give(member, amount, self.now, days=days)

    def spend(self, member, amount):
        spend(member, amount, self.now)

    def take_back(self, member, amount):
        frames.take_back((holder(member), next(_activities), 1, points_of(self.program), amount), now=self.now)

    def found(self, member):
        households.found(membership_id=member.pk, now=self.now, by="t")

    def join(self, member, other):
        household = seats.household_of(self.members[other].pk)
        if household:
            households.admit(household_id=household.pk, membership_id=member.pk, now=self.now, by="t")

    def leave(self, member):
        households.leave(membership_id=member.pk, now=self.now, by="t")

    def split(self, member, percent):
        household = seats.household_of(member.pk) or seats.last_household_of(member.pk)
        if household:
            splitting.split(
                household=household, membership_id=member.pk, percent=percent, reason="r", now=self.now, by="t"
            )  # fmt: skip

    def merge(self, member, other):
        merging.merge(kept_id=member.pk, gone_id=self.members[other].pk, now=self.now, by="t")

    def undo(self, member):
        done = Merge.objects.filter(kept=member, undone_at=None).order_by("-pk").first()
        if done:
            merging.undo(merge_id=done.pk, partly=True, now=self.now, by="t")


def standing():
    """(points by the day they die, points less debt), over every pot there is."""
    by_day = Counter()
    for day, left in world.rows("SELECT expires_at::date, sum(remaining)::bigint FROM ledger_lot GROUP BY 1"):
        by_day[day] += left
    ((owed,),) = world.rows("SELECT coalesce(sum(debt), 0)::bigint FROM ledger_wallet")
    return +by_day, sum(by_day.values()) - owed


@settings(max_examples=40)
@given(steps=st.lists(STEPS, min_size=4, max_size=24))
def test_value_is_conserved_day_by_day_whatever_is_pooled_parted_merged_and_undone(program, now, steps):
    with world.undone():
        lives = Lives(program, now)
        for step in steps:
            before = standing()
            try:
                lives.do(*step)
            except (Refused, posting.InsufficientPoints, posting.InDebt):
                assert standing() == before, f"{step} was refused and yet did something"
                continue
            after = standing()
            if step[0] not in FREE:
                repaid = sum(before[0].values()) - sum(after[0].values())
                assert repaid >= 0, step
                assert after[1] == before[1], step
                assert repaid or after[0] == before[0], f"{step} changed the day on which points die"
                assert not after[0] - before[0], f"{step} changed the day on which points die"
        sound()
        open_pots = {pooling.holder_of(one.pk) for one in lives.members}
        outside = world.rows(
            "SELECT sum(total + debt)::bigint FROM ledger_wallet WHERE NOT holder_id = ANY(%s)", [list(open_pots)]
        )[0][0]
        assert not outside, "something lies in a pot that is nobody's"


def test_dying_while_pooled_changes_nothing_of_it(program, now):
    lives = Lives(program, now)
    anna, bo, *_ = lives.members
    give(bo, 10, now, days=2)
    lives.found(anna)
    lives.join(bo, 0)
    from ledger import expiry

    expiry.expire_due(now + timedelta(days=3))
    assert standing()[1] == 0
    sound()
