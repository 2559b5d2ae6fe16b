"""Random lives of four members: whatever they pool, leave, part, merge and undo, value is neither made nor lost."""

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import expiry, holding, posting
from members import households, merging, pooling, seats, splitting
from members.models import Merge
from members.refusals import Refused
from tests.earning import world
from tests.ledger import frames
from tests.members.people import enrol, holder, sound

pytestmark = pytest.mark.django_db
WHO = st.integers(0, 3)
POT = st.sampled_from(["points", "points", "status", "pot"])
STEPS = st.one_of(
    # of each kind of pot: points, status points, cash; spendable at once or in some days, dying after some more
    st.tuples(st.just("earn"), WHO, st.integers(1, 300), st.integers(1, 9), POT, st.integers(0, 3)),
    st.tuples(st.just("spend"), WHO, st.integers(1, 200), POT),
    st.tuples(st.just("take_back"), WHO, st.integers(1, 150), POT),
    st.tuples(st.just("hold"), WHO, st.integers(1, 50), POT),
    st.tuples(st.just("wait"), WHO, st.integers(1, 3)),
    st.tuples(st.just("found"), WHO),
    st.tuples(st.just("found"), WHO),
    st.tuples(st.just("join"), WHO, WHO),
    st.tuples(st.just("join"), WHO, WHO),
    st.tuples(st.just("leave"), WHO),
    st.tuples(st.just("split"), WHO, st.integers(1, 100)),
    st.tuples(st.just("merge"), WHO, WHO),
    st.tuples(st.just("undo"), WHO),
)
FREE = {"earn", "spend", "take_back", "hold", "wait"}
_activities = count(1)


class Lives:
    """What the steps do; a refusal changes nothing, and is no failure."""

    def __init__(self, program, now):
        self.program, self.now = program, now
        self.members = [enrol(program, now, name) for name in ("Anna", "Bo", "Cy", "Di")]
        self.currencies = {one.code: one.pk for one in program.currencies.all()}
        for number, member in enumerate(self.members):  # so that whatever moves moves something of each kind
            self.earn(member, 100 + number, 4 + number, "points", 2)
            self.earn(member, 10 + number, 6, "pot", 0)

    def do(self, what, who, *more):
        member = self.members[who]
        getattr(self, what)(member, *more)

    def earn(self, member, amount, days, pot, pending):
        posting.earn(
            holder_id=holder(member), currency_id=self.currencies[pot], amount=amount, key=f"e{next(_activities)}",
            now=self.now, actor="t", available_at=self.now + timedelta(days=pending),
            expires_at=self.now + timedelta(days=pending + days),
        )  # fmt: skip

    def spend(self, member, amount, pot):
        posting.spend(
            holder_id=holder(member), currency_id=self.currencies[pot], amount=amount, key=f"s{next(_activities)}",
            now=self.now, actor="t",
        )  # fmt: skip

    def take_back(self, member, amount, pot):
        frames.take_back((holder(member), next(_activities), 1, self.currencies[pot], amount), now=self.now)

    def hold(self, member, amount, pot):
        """Set aside for a day; until then whoever would move this pot is refused."""
        holding.hold(
            holder_id=holder(member), currency_id=self.currencies[pot], amount=amount, key=f"h{next(_activities)}",
            lapses_at=self.now + timedelta(days=1), now=self.now, actor="t",
        )  # fmt: skip

    def wait(self, _member, days):
        """Points mature, die, and are let go meanwhile."""
        self.now += timedelta(days=days)
        expiry.expire_due(self.now)

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
    """(points by pot, the day they can be spent and the day they die; points less debt by pot), over all there is."""
    lots = world.rows(
        "SELECT currency_id, available_at::date, expires_at::date, sum(remaining)::bigint FROM ledger_lot"
        " WHERE remaining > 0 GROUP BY 1, 2, 3"
    )
    by_day = Counter({row[:3]: row[3] for row in lots})
    net = Counter(dict(world.rows("SELECT currency_id, -sum(debt)::bigint FROM ledger_wallet GROUP BY 1")))
    for (currency_id, *_), left in by_day.items():
        net[currency_id] += left
    return by_day, {currency_id: left for currency_id, left in net.items() if left}


@settings(max_examples=12)
@given(steps=st.lists(STEPS, min_size=4, max_size=16))
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
                assert repaid or after[0] == before[0], f"{step} changed a day"
                assert not after[0] - before[0], f"{step} changed a day"
        sound()
        open_pots = {pooling.holder_of(one.pk) for one in lives.members}
        outside = world.rows(
            "SELECT sum(total + debt)::bigint FROM ledger_wallet WHERE NOT holder_id = ANY(%s)", [list(open_pots)]
        )[0][0]
        assert not outside, "something lies in a pot that is nobody's"


def test_dying_while_pooled_changes_nothing_of_it(program, now):
    lives = Lives(program, now)
    anna, bo, *_ = lives.members
    lives.found(anna)
    lives.join(bo, 0)
    expiry.expire_due(now + timedelta(days=30))
    assert standing() == (Counter(), {})
    sound()
