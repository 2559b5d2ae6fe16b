"""Two holders became one; what was the old one's comes back to the one that stands for it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from earning import journey, pending, rescoring
from ledger import expiry, families, holders, posting, queries, succession
from members.models import Membership, MembershipHolder
from programs import queries as programs
from rewards import queries as rewards
from rewards import redemption
from tests.earning import world
from tests.earning.test_returns import bought, bring_back, currency, pot, sound
from tests.ledger.test_rivals import at_once

pytestmark = pytest.mark.django_db
REWARD = "rewards: [{code: minus, kind: voucher, cost: {points: 150}, value: {amount: 5.00}}]"
DAY = timedelta(days=1)


def club_of_two(now, **more):
    return world.make(world.BASE, now=now, members=("anna", "bo"), **more)


def merge(club, now, old="anna", new="bo"):
    """As a merge of members does: the value moves, and the old membership's holder is the new one from now on."""
    numbers = [one.id for one in programs.currencies_of(club.program.pk)]
    was, is_now = club.holders[f"{old}-0001"], club.holders[f"{new}-0001"]
    succession.merge(old=was, new=is_now, currency_ids=numbers, now=now, by="test")
    for row in MembershipHolder.objects.filter(holder_id=was, until_at=None):
        row.until_at = now
        row.save()
        MembershipHolder.objects.create(membership_id=row.membership_id, holder_id=is_now, from_at=now)


def membership(club, name):
    """Whose holder it was first."""
    return Membership.objects.filter(holders__holder_id=club.holders[f"{name}-0001"]).order_by("pk").first()


def lots(club, now, member="bo"):
    """(points left, the day they die) of each lot."""
    found = queries.lots(club.holders[f"{member}-0001"], [currency(club)], now)
    return [(lot.remaining, lot.expires_at and lot.expires_at.date().isoformat()) for lot in found]


def test_a_hundred_and_two_hundred_are_three_hundred_and_lots_keep_their_dates(now):
    club = club_of_two(now)
    bought(club, "A", ("a", 1, "100.00"), at="2026-10-01T12:00:00", now=now)
    bought(club, "B", ("a", 1, "200.00"), at="2026-11-01T12:00:00", member="bo-0001", now=now)
    world.drained(now)
    before = lots(club, now, "anna") + lots(club, now)
    merge(club, now)
    assert (pot(club, now), pot(club, now, member="bo")) == ((0, 0, 0), (300, 0, 0))
    assert lots(club, now) == before == [(100, "2027-10-01"), (200, "2027-11-01")]
    sound()


def test_goods_of_the_old_holder_take_their_own_points_from_the_successor(now):
    club = club_of_two(now)
    bought(club, "B", ("a", 1, "200.00"), at="2026-10-01T12:00:00", member="bo-0001", now=now)
    sale = bought(club, "A", ("a", 2, "100.00"), at="2026-11-01T12:00:00", now=now)
    world.drained(now)
    merge(club, now)
    bring_back(club, "R", "A", ("a", 1), now=now)
    world.drained(now)
    # its own lot, although another dies before
    assert lots(club, now) == [(200, "2027-10-01"), (50, "2027-11-01")]
    assert pot(club, now) == (0, 0, 0)
    assert world.given(club, sale) == {"base": 50}
    sound()


def test_the_successor_brings_back_what_the_old_holder_bought(now):
    club = club_of_two(now)
    bought(club, "A", ("a", 2, "100.00"), now=now)
    world.drained(now)
    bring_back(club, "R0", "A", ("a", 1), now=now, member="bo", state="quarantined", reason="NotYourReceipt")
    merge(club, now)
    bring_back(club, "R1", "A", ("a", 1), now=now, member="bo")
    bring_back(club, "R2", None, ("a", 1), now=now, member="bo")  # names no receipt: the latest that had it
    world.drained(now)
    assert pot(club, now, member="bo") == (0, 0, 0)
    sound()


def test_what_the_successor_has_not_is_owed_by_the_successor(now):
    club = club_of_two(now)
    bought(club, "A", ("a", 1, "100.00"), now=now)
    world.drained(now)
    merge(club, now)
    posting.spend(
        holder_id=club.holders["bo-0001"], currency_id=currency(club), amount=70, key="s", now=now, actor="t"
    )  # fmt: skip
    bring_back(club, "R", "A", ("a", 1), now=now)
    world.drained(now)
    assert (pot(club, now), pot(club, now, member="bo")) == ((0, 0, 0), (0, 0, 70))
    bought(club, "late", ("a", 1, "90.00"), now=now)  # of the old member's card: repays what is owed
    world.drained(now)
    assert pot(club, now, member="bo") == (20, 0, 0)
    sound()


@pytest.mark.parametrize("policy", ["within_balance", "pending_only"])
def test_a_policy_that_forgives_forgives_the_successor(now, policy):
    club = club_of_two(now, points=f", returns: {policy}")
    bought(club, "A", ("a", 2, "100.00"), now=now)
    world.drained(now)
    merge(club, now)
    posting.spend(
        holder_id=club.holders["bo-0001"], currency_id=currency(club), amount=70, key="s", now=now, actor="t"
    )  # fmt: skip
    bring_back(club, "R", "A", ("a", 1), now=now)
    world.drained(now)
    assert pot(club, now, member="bo") == ((0, 0, 0) if policy == "within_balance" else (30, 0, 0))
    sound()


def test_debt_of_one_is_repaid_from_points_of_the_other(now):
    club = club_of_two(now)
    bought(club, "A", ("a", 1, "100.00"), now=now)
    bought(club, "B", ("a", 1, "150.00"), member="bo-0001", now=now)
    world.drained(now)
    posting.spend(
        holder_id=club.holders["anna-0001"], currency_id=currency(club), amount=100, key="s", now=now, actor="t"
    )  # fmt: skip
    bring_back(club, "R", "A", ("a", 1), now=now)
    world.drained(now)
    assert pot(club, now) == (0, 0, 100)
    merge(club, now)
    assert (pot(club, now), pot(club, now, member="bo")) == ((0, 0, 0), (50, 0, 0))
    sound()


def test_debt_alone_changes_hands(now):
    club = club_of_two(now)
    bought(club, "A", ("a", 1, "100.00"), now=now)
    world.drained(now)
    posting.spend(
        holder_id=club.holders["anna-0001"], currency_id=currency(club), amount=100, key="s", now=now, actor="t"
    )  # fmt: skip
    bring_back(club, "R", "A", ("a", 1), now=now)
    world.drained(now)
    merge(club, now)
    assert (pot(club, now), pot(club, now, member="bo")) == ((0, 0, 0), (0, 0, 100))
    sound()


@pytest.mark.parametrize("posted", [True, False], ids=["death posted", "death not posted"])
@pytest.mark.parametrize("died", ["before the merge", "after the merge"])
def test_points_that_died_are_not_taken_a_second_time(now, died, posted):
    """Half of them were never spent and died; the goods come back."""
    club = club_of_two(now)
    later = datetime(2027, 11, 20, 10, tzinfo=UTC)
    bought(club, "A", ("a", 1, "100.00"), at="2026-11-10T12:00:00", now=now)  # dies on 2027-11-11
    world.drained(now)
    if died == "after the merge":
        merge(club, now)
    if posted:
        expiry.expire_due(later)
    if died == "before the merge":
        merge(club, later)
    bought(club, "B", ("a", 1, "40.00"), at="2027-11-15T12:00:00", member="bo-0001", now=later)
    world.drained(later)
    before = lots(club, later)
    bring_back(club, "R", "A", ("a", 1), at="2027-11-16T12:00:00", now=later)
    world.drained(later)
    assert (pot(club, later, member="bo"), lots(club, later)) == ((40, 0, 0), before)
    if died == "before the merge":  # they lie where they died: nothing moves between the two for it
        assert world.rows("SELECT count(*) FROM ledger_entry WHERE kind = 'transfer'") == [(0,)]
    sound()


def test_points_the_old_holder_spent_on_goods_come_back_to_the_successor_with_the_dates_they_had(now):
    club = club_of_two(now, bottom=REWARD)
    bought(club, "A0", ("a", 1, "200.00"), at="2026-10-01T12:00:00", now=now)
    world.drained(now)
    anna = membership(club, "anna")
    redemption.redeem(
        membership_id=anna.pk, reward="minus", receipt="A1", key=uuid4(), channel="store", now=now, by="test"
    )  # fmt: skip
    bought(club, "A1", ("a", 2, "70.00"), at="2026-11-01T12:00:00", now=now)
    world.drained(now)
    merge(club, now)
    assert lots(club, now) == [(50, "2027-10-01"), (70, "2027-11-01")]
    bring_back(club, "R1", "A1", ("a", 1), now=now, at="2026-11-12T12:00:00")
    world.drained(now)
    assert sorted(lots(club, now)) == [(35, "2027-11-01"), (50, "2027-10-01"), (75, "2027-10-01")]
    bring_back(club, "R2", "A1", ("a", 1), now=now)
    world.drained(now)
    assert pot(club, now, member="bo") == (200, 0, 0)
    assert {day for _, day in lots(club, now)} == {"2027-10-01"}
    assert [one.state for one in rewards.vouchers_of(anna.pk, now)] == ["used"]
    sound()


def test_the_successor_spends_on_a_receipt_of_the_old_holder(now):
    """The receipt lands under the old card after the redemption of the new holder."""
    club = club_of_two(now, bottom=REWARD)
    bought(club, "B", ("a", 1, "200.00"), member="bo-0001", now=now)
    sale = bought(club, "A1", ("a", 1, "70.00"), now=now)
    world.drained(now)
    merge(club, now)
    bo = Membership.objects.exclude(pk=membership(club, "anna").pk).get()
    redemption.redeem(
        membership_id=bo.pk, reward="minus", receipt="A1", key=uuid4(), channel="store", now=now, by="test"
    )  # fmt: skip
    bring_back(club, "R", "A1", ("a", 1), now=now)
    world.drained(now)
    assert (pot(club, now, member="bo"), world.given(club, sale)) == ((200, 0, 0), {})
    sound()


def test_points_of_the_old_holder_that_wait_for_an_event_mature_with_the_successor(now):
    club = club_of_two(now, points=", pending: {until: delivered}")
    sale = bought(club, "A", ("a", 1, "100.00"), now=now)
    world.drained(now)
    merge(club, now)
    assert pot(club, now, member="bo") == (0, 100, 0)
    pending.deliver(program=club.program, activity_id=sale, now=now, by="t")
    assert pot(club, now, member="bo") == (100, 0, 0)
    sound()


def test_scoring_again_gives_and_takes_with_the_successor(now):
    club = club_of_two(now)
    sale = bought(club, "A", ("a", 1, "100.00"), now=now)
    world.drained(now)
    merge(club, now)
    for day, rate, after in ((1, 3, 300), (2, 2, 200)):
        rules = world.BASE.replace("points: 1", f"points: {rate}")
        world.publish(rules, now=now + timedelta(minutes=day), top=f"valid_from: 2026-11-0{day}")
        scope = rescoring.of_receipts([sale])
        row = rescoring.preview(program=club.program, scope=scope, now=now, by="clerk")
        rescoring.approve(preview_id=row.pk, now=now, by="chief")
        assert rescoring.run(preview_id=row.pk, now=now, by="chief").state == "done"
        assert (pot(club, now), pot(club, now, member="bo")) == ((0, 0, 0), (after, 0, 0))
        sound()


def test_a_merge_waits_for_open_holds_and_never_frees_a_frozen_pot(now):
    club = club_of_two(now, bottom=REWARD)
    bought(club, "A", ("a", 1, "200.00"), now=now)
    world.drained(now)
    anna = membership(club, "anna")
    redemption.hold(membership_id=anna.pk, reward="minus", key="k", channel="web", now=now, by="t")
    with pytest.raises(succession.HoldsOpen):
        merge(club, now)
    merge(club, now + DAY)  # by then it has lapsed
    with pytest.raises(succession.AlreadySucceeded):
        succession.merge(
            old=club.holders["anna-0001"], new=club.holders["bo-0001"], currency_ids=[1], now=now, by="t"
        )  # fmt: skip
    assert pot(club, now + DAY, member="bo") == (200, 0, 0)
    sound()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_wallet SET frozen_reason = 'stolen'")
    (third,) = holders.open(now=now)
    with pytest.raises(posting.WalletFrozen):
        succession.merge(
            old=club.holders["bo-0001"], new=third, currency_ids=[currency(club)], now=now, by="t"
        )  # fmt: skip


def test_a_chain_of_merges_ends_with_the_last(now):
    club = world.make(world.BASE, now=now, members=("anna", "bo", "cy"))
    bought(club, "A", ("a", 2, "100.00"), now=now)
    world.drained(now)
    merge(club, now)
    bring_back(club, "R1", "A", ("a", 1), now=now)
    world.drained(now)
    merge(club, now, old="bo", new="cy")
    bring_back(club, "R2", "A", ("a", 1), now=now)
    world.drained(now)
    assert [pot(club, now, member=one) for one in ("anna", "bo", "cy")] == [(0, 0, 0)] * 3
    sound()


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_a_merge_while_a_return_is_posted_ends_the_same_whoever_comes_first(self, now):
        """Twenty members are merged while what they brought back is posted by two workers."""
        names = [f"m{n}" for n in range(10)]
        club = world.make(world.BASE, now=now, members=[*names, "one"])
        for name in names:
            bought(club, f"sale {name}", ("a", 2, "100.00"), member=f"{name}-0001", now=now)
        world.drained(now)
        for name in names:
            bring_back(club, f"back {name}", f"sale {name}", ("a", 1), now=now, member=name)

        def work():
            while journey.work(now=now, limit=4):
                pass

        answers = at_once([work, work, *(lambda name=name: merge(club, now, name, "one") for name in names)])
        assert [answer for answer in answers if answer is not None] == []
        later = now + DAY  # whoever was merged in the middle is tried again
        world.drained(later)
        assert pot(club, later, member="one") == (500, 0, 0)
        assert [pot(club, later, member=name) for name in names] == [(0, 0, 0)] * 10
        sound()

    def test_a_merge_between_the_look_and_the_posting_is_seen(self, now, monkeypatch):
        """Mutant: without the second look the points would be owed by a holder that has no more."""
        club = club_of_two(now)
        bought(club, "A", ("a", 1, "100.00"), now=now)
        world.drained(now)
        bring_back(club, "R", "A", ("a", 1), now=now)
        looked = families.heirs_around
        looks = []

        def look_then_merge(cursor, holder_ids):
            found = looked(cursor, holder_ids)
            looks.append(found)
            if len(looks) == 2:  # the first asks whose limits count together, before anything is scored
                (answer,) = at_once([lambda: merge(club, now)])
                assert answer is None, answer
            return found

        monkeypatch.setattr("earning.heirs.families.heirs_around", look_then_merge)
        done = journey.work(now=now)
        assert "SucceededMeanwhile" in done.failed
        monkeypatch.undo()
        world.drained(now + DAY)
        assert (pot(club, now), pot(club, now, member="bo")) == ((0, 0, 0), (0, 0, 0))
        sound()

    def test_of_two_merges_into_each_other_one_wins(self, now):
        club = club_of_two(now)
        bought(club, "A", ("a", 1, "100.00"), now=now)
        world.drained(now)
        one, two = (club.holders[f"{name}-0001"] for name in ("anna", "bo"))
        ids = [currency(club)]
        answers = at_once(
            [
                lambda: succession.merge(old=one, new=two, currency_ids=ids, now=now, by="t"),
                lambda: succession.merge(old=two, new=one, currency_ids=ids, now=now, by="t"),
            ]
        )
        assert sorted(type(answer).__name__ for answer in answers) == ["AlreadySucceeded", "NoneType"]
        assert pot(club, now)[0] + pot(club, now, member="bo")[0] == 100
        sound()
