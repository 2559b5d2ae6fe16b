"""Two memberships were one person's: one has all of both, the other points at it; and back again."""

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from identity.models import User
from ledger import posting
from members import (
    cards,
    households,
    matching,
    merging,
    policies,
    pooling,
    queries,
)
from members.matching import Bearer
from members.models import Card, Login, MembershipHolder, Merge
from tests import waiting
from tests.ledger import frames
from tests.ledger.test_rivals import at_once
from tests.members.people import enrol, give, holder, lots, points, points_of, sound, spend

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def anna(program, now):
    return enrol(program, now, "Anna")


@pytest.fixture
def twin(program, now):
    return enrol(program, now - 30 * DAY, "Ana", phone="+33612345678", card_number="TWINCARD")


def merge(kept, gone, now, **more):
    return merging.merge(kept_id=kept.pk, gone_id=gone.pk, now=now, by="user:1", **more)


def fresh(*rows):
    for row in rows:
        row.refresh_from_db()


def test_a_hundred_and_two_hundred_are_three_hundred_and_lots_keep_their_dates(anna, twin, now):
    give(anna, 100, now, days=30)
    give(twin, 200, now, days=10)
    before = sorted(lots(anna, now) + lots(twin, now))
    done = merge(anna, twin, now, reason="the same address")
    assert points(anna, now) == (300, 0)
    assert sorted(lots(anna, now)) == before
    fresh(anna, twin)
    assert (twin.status, twin.merged_into, anna.status) == ("closed", anna, "active")
    assert anna.joined_at == now - 30 * DAY
    assert done.moved == {str(points_of(anna.program)): [200, 0]}
    assert merging.absorbed(anna.pk) == [anna.pk, twin.pk]
    assert AuditEvent.objects.get(action="members.merged").data["reason"] == "the same address"
    sound()


def test_debt_follows_and_is_repaid(anna, twin, now):
    give(anna, 100, now)
    frames.take_back((holder(twin), 1, 1, points_of(anna.program), 30), now=now)
    merge(anna, twin, now)
    assert points(anna, now) == (70, 0)
    sound()


def test_cards_numbers_phone_and_login_of_the_gone_name_the_kept(program, anna, twin, now):
    user = User.objects.create_user("ana@example.com")
    Login.objects.create(member=twin.member, user=user, population=program.population)
    merge(anna, twin, now)
    said = [Bearer(1, card="TWINCARD"), Bearer(2, member=twin.number), Bearer(3, phone="+33612345678")]
    found = matching.match(program.pk, said)
    assert {one.membership_id for one in found.values()} == {anna.pk}
    assert {one.holder_id for one in found.values()} == {holder(anna)}
    assert queries.member_of(user, program) == anna
    assert policies.acts_on_self(user, anna.member_id)
    anna.status = "closed"
    anna.save()
    assert {one.membership_id for one in matching.match(program.pk, said[1:]).values()} == {None}


def test_two_logins_both_lead_to_the_kept_one(program, anna, twin, now):
    users = [User.objects.create_user(f"{one.pk}@example.com") for one in (anna, twin)]
    for one, user in zip((anna, twin), users, strict=True):
        Login.objects.create(member=one.member, user=user, population=program.population)
    done = merge(anna, twin, now)
    assert [queries.member_of(user, program) for user in users] == [anna, anna]
    assert policies.acts_on_self(users[1], anna.member_id)
    merging.undo(merge_id=done.pk, now=now, by="user:1")
    assert [queries.member_of(user, program) for user in users] == [anna, twin]


class TestRefused:
    def test_merged_closed_suspended_or_of_two_programs(self, program, anna, twin, now):
        with pytest.raises(merging.NotOnePerson):
            merge(anna, anna, now)
        cy = enrol(program, now, "Cy")
        merge(anna, twin, now)
        for kept, gone in ((anna, twin), (twin, anna), (cy, twin), (twin, cy)):
            with pytest.raises(merging.AlreadyMerged):
                merge(kept, gone, now)
        for status in ("closed", "suspended"):
            cy.status = status
            cy.save()
            with pytest.raises(merging.NotMergeable):
                merge(anna, cy, now)

    def test_one_who_shares_pots_leaves_first(self, program, anna, twin, now):
        cy = enrol(program, now, "Cy")
        household = households.found(membership_id=twin.pk, now=now, by="t")
        households.admit(household_id=household.pk, membership_id=cy.pk, now=now, by="t")
        give(twin, 50, now)
        with pytest.raises(merging.InOtherHousehold):
            merge(anna, twin, now)
        give(anna, 10, now)
        done = merge(twin, anna, now)  # the other way round: what Anna has goes into the household
        assert points(cy, now) == (60, 0)
        merging.undo(merge_id=done.pk, now=now, by="t")
        assert (points(anna, now), points(cy, now)) == ((10, 0), (50, 0))
        sound()

    def test_two_of_one_household_become_one_without_moving_anything(self, program, anna, twin, now):
        from members import seats

        household = households.found(membership_id=twin.pk, now=now, by="t")
        households.admit(household_id=household.pk, membership_id=anna.pk, now=now, by="t")
        give(twin, 50, now)
        done = merge(anna, twin, now)
        assert [seat.membership for seat in seats.seats_of(household)] == [anna]
        household.refresh_from_db()
        assert household.head == anna
        merging.undo(merge_id=done.pk, now=now, by="t")
        assert [seat.membership for seat in seats.seats_of(household)] == [twin, anna]
        household.refresh_from_db()
        assert household.head == twin
        assert points(anna, now) == points(twin, now) == (50, 0)


class TestUndoing:
    def test_everything_goes_back(self, program, anna, twin, now):
        give(anna, 100, now, days=30)
        give(twin, 200, now, days=10)
        done = merge(anna, twin, now)
        later = now + DAY
        merging.undo(merge_id=done.pk, now=later, by="user:1")
        fresh(anna, twin, done)
        assert (points(anna, later), points(twin, later)) == ((100, 0), (200, 0))
        assert lots(twin, later) == [(200, (now + 10 * DAY).date())]
        assert (twin.status, twin.merged_into, anna.joined_at) == ("active", None, now)
        assert Card.objects.get(number="TWINCARD").membership == twin
        assert (done.undone_at, done.undone_by) == (later, "user:1")
        with pytest.raises(merging.TooLate):
            merging.undo(merge_id=done.pk, now=later, by="user:1")
        again = merge(anna, twin, later)
        assert points(anna, later) == (300, 0)
        assert merging.whole(again, merging.shares_of(again, later))
        sound()

    def test_what_was_spent_stays_and_has_to_be_agreed_to(self, anna, twin, now):
        give(anna, 100, now, days=30)
        give(twin, 200, now, days=10)
        done = merge(anna, twin, now)
        spend(anna, 150, now)
        with pytest.raises(merging.NotWhole) as refused:
            merging.undo(merge_id=done.pk, now=now, by="user:1")
        (share,) = refused.value.shares
        assert (share.brought, share.there, share.gone) == (200, 50, {"redeem": 150})
        merging.undo(merge_id=done.pk, partly=True, now=now, by="user:1")
        assert (points(anna, now), points(twin, now)) == ((100, 0), (50, 0))
        sound()

    def test_debt_goes_back_as_far_as_it_is_owed(self, anna, twin, now):
        frames.take_back((holder(twin), 1, 1, points_of(anna.program), 30), now=now)
        done = merge(anna, twin, now)
        give(anna, 10, now)
        with pytest.raises(merging.NotWhole):
            merging.undo(merge_id=done.pk, now=now, by="t")
        merging.undo(merge_id=done.pk, partly=True, now=now, by="t")
        assert (points(anna, now), points(twin, now)) == ((0, 0), (0, 20))
        sound()

    def test_only_within_thirty_days_and_the_later_merge_first(self, program, anna, twin, now):
        cy = enrol(program, now, "Cy")
        give(twin, 5, now)
        first = merge(anna, twin, now)
        second = merge(cy, anna, now)
        fresh(twin)
        assert twin.merged_into == cy
        with pytest.raises(merging.TooLate):
            merging.undo(merge_id=first.pk, now=now, by="t")
        merging.undo(merge_id=second.pk, now=now, by="t")
        fresh(twin)
        assert twin.merged_into == anna
        assert points(anna, now) == (5, 0)
        with pytest.raises(merging.TooLate):
            merging.undo(merge_id=first.pk, now=now + merging.UNDO_WITHIN, by="t")
        # its pots moved with the second merge and came back into others
        with pytest.raises(merging.TooLate):
            merging.undo(merge_id=first.pk, now=now, by="t")
        sound()


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_both_ways_at_once_one_wins(self, program, anna, twin, now):
        give(anna, 100, now)
        give(twin, 200, now)
        answers = at_once([lambda: merge(anna, twin, now), lambda: merge(twin, anna, now)])
        assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyMerged", "Merge"]
        assert Merge.objects.count() == 1
        assert points(Merge.objects.get().kept, now) == (300, 0)
        sound()

    def test_a_spend_that_has_begun_is_waited_for(self, anna, twin, now):
        """The spend holds the pot when the merge comes: what it took is not merged. Mutant: no lock, 300 merged."""
        import threading

        from django.db import connection, transaction

        give(anna, 100, now)
        give(twin, 200, now)
        begun, go = threading.Event(), threading.Event()

        def slow_spend():
            with transaction.atomic():
                spend(twin, 50, now)
                begun.set()
                waiting.until_somebody_waits()
                go.set()

        def then_merge():
            begun.wait(30)
            return merge(anna, twin, now)

        answers = at_once([slow_spend, then_merge])
        assert go.is_set()
        assert answers[0] is None
        assert points(anna, now) == (250, 0)
        connection.close()
        sound()

    def test_spending_of_both_while_they_are_merged_sells_nothing_twice(self, anna, twin, now):
        give(anna, 100, now)
        give(twin, 100, now)

        def spends(who, number):
            def act():
                return posting.spend(
                    holder_id=pooling.holder_of(who.pk), currency_id=points_of(who.program), amount=20,
                    key=f"{who.pk} {number}", now=now, actor="t",
                )  # fmt: skip

            return act

        acts = [spends(who, number) for number in range(7) for who in (anna, twin)]
        answers = at_once([*acts, lambda: merge(anna, twin, now)])
        sold = sum(type(answer).__name__ == "Spent" for answer in answers)
        assert {type(answer).__name__ for answer in answers} <= {"Spent", "InsufficientPoints", "Merge"}
        assert points(anna, now) == (200 - 20 * sold, 0)
        sound()


def test_a_card_that_was_bound_since_stays_with_the_kept_one(anna, twin, now):
    done = merge(anna, twin, now)
    cards.bind(membership=anna, number="LATERCARD", now=now, by="t")
    merging.undo(merge_id=done.pk, now=now, by="t")
    assert Card.objects.get(number="LATERCARD").membership == anna
    assert MembershipHolder.objects.filter(membership=twin, until_at=None).count() == 1
