"""Memberships pool: they bring all they have, earn together, and leave with nothing unless staff part the pot."""

from datetime import date, timedelta

import pytest

from audit.models import AuditEvent
from ledger import posting, queries
from members import households, inviting, pooling, seats, splitting
from members.models import Invitation, MembershipHolder
from tests.ledger import frames
from tests.members.people import enrol, give, holder, lots, points, points_of, sound, spend

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def anna(program, now):
    return enrol(program, now, "Anna", email="anna@example.com", email_verified_at=now)


@pytest.fixture
def bo(program, now):
    return enrol(program, now, "Bo", email="bo@example.com", email_verified_at=now)


def home(head, *others, now):
    """A household of these, each of whom was asked and said yes."""
    household = households.found(membership_id=head.pk, now=now, by="test")
    for one in others:
        asked = inviting.invite(household=household, to=one.number, membership_id=head.pk, now=now, by="test")
        inviting.accept(invitation_id=asked.pk, membership_id=one.pk, now=now, by="test")
    return household


def steps_of(household, program, now):
    """What the household has of status points."""
    pots = {one.currency_id: one.available for one in queries.balances(household.holder_id, now)}
    return pots[program.currencies.get(code="status").pk]


def sitting(household):
    return [seat.membership.member.first_name for seat in seats.seats_of(household)]


def test_whoever_joins_brings_all_and_lots_keep_their_dates(anna, bo, now):
    give(anna, 100, now, days=30)
    give(bo, 200, now, days=10)
    before = sorted(lots(anna, now) + lots(bo, now))
    household = home(anna, bo, now=now)
    assert holder(anna) == holder(bo) == household.holder_id
    assert sorted(lots(bo, now)) == before
    assert points(anna, now) == (300, 0)
    assert sitting(household) == ["Anna", "Bo"]
    sound()


def test_debt_follows_into_the_household_and_is_repaid_there(anna, bo, now, program):
    give(anna, 100, now)
    give(bo, 50, now)
    spend(bo, 50, now)
    frames.take_back((holder(bo), 1, 1, points_of(program), 30), now=now)
    assert points(bo, now) == (0, 30)
    home(anna, bo, now=now)
    assert points(bo, now) == (70, 0)
    sound()


def test_whoever_leaves_takes_nothing_and_earns_alone_again(anna, bo, now):
    give(anna, 100, now)
    give(bo, 200, now)
    household = home(anna, bo, now=now)
    later = now + DAY
    households.leave(membership_id=bo.pk, now=later, by="test")
    assert (points(bo, later), points(anna, later)) == ((0, 0), (300, 0))
    give(bo, 5, later)
    assert points(bo, later) == (5, 0)
    assert pooling.holder_at(bo.pk, now + timedelta(hours=1)) == household.holder_id
    assert pooling.holder_at(bo.pk, now - DAY) not in {household.holder_id, holder(bo)}
    assert sitting(household) == ["Anna"]
    sound()


def test_where_the_head_leaves_whoever_of_age_came_first_is_head_and_the_last_has_all(program, anna, bo, now):
    program.markets.update(minimum_age=12)
    kid = enrol(program, now, "Kim", birth_date=date(2010, 1, 1))
    household = home(anna, kid, bo, now=now)
    give(anna, 90, now)
    households.leave(membership_id=anna.pk, now=now, by="test")
    household.refresh_from_db()
    assert household.head == bo
    with pytest.raises(households.NotAnAdult):
        households.lead(household=household, membership_id=kid.pk, now=now, by="test")
    households.leave(membership_id=kid.pk, now=now, by="test")
    households.leave(membership_id=bo.pk, now=now, by="test")
    household.refresh_from_db()
    assert household.dissolved_at == now
    assert points(bo, now) == (90, 0)
    with pytest.raises(households.HouseholdGone):
        households.dissolve(household=household, now=now, by="test")
    sound()


def test_dissolving_leaves_the_pot_to_the_head(anna, bo, now):
    household = home(anna, bo, now=now)
    give(bo, 40, now)
    households.dissolve(household=household, now=now, by="user:1", reason="they parted")
    assert (points(anna, now), points(bo, now)) == ((40, 0), (0, 0))
    sound()


def test_nobody_sits_twice_nor_beyond_the_limit_nor_in_another_program(program, anna, bo, now):
    program.settings["household_members"] = 2
    program.save()
    household = home(anna, bo, now=now)
    with pytest.raises(households.InAHousehold):
        households.found(membership_id=bo.pk, now=now, by="test")
    cy = enrol(program, now, "Cy")
    with pytest.raises(households.HouseholdFull):
        inviting.invite(household=household, to=cy.number, membership_id=anna.pk, now=now, by="test")
    with pytest.raises(households.HouseholdFull):
        households.admit(household_id=household.pk, membership_id=cy.pk, now=now, by="test")
    program.settings["household_members"] = 0
    program.save()
    with pytest.raises(households.NoHouseholds):
        households.found(membership_id=cy.pk, now=now, by="test")


def test_only_the_head_lets_others_go_and_nobody_a_stranger(program, anna, bo, now):
    household = home(anna, bo, now=now)
    cy = enrol(program, now, "Cy")
    for who, head in ((anna, bo.pk), (anna, anna.pk), (cy, anna.pk), (cy, None)):
        with pytest.raises(households.NotInIt):
            households.remove(household=household, membership_id=who.pk, head_id=head, now=now, by="test")
    households.remove(household=household, membership_id=bo.pk, head_id=anna.pk, now=now, by="test")
    assert sitting(household) == ["Anna"]
    households.remove(household=household, membership_id=anna.pk, head_id=None, now=now, by="user:1")
    assert sitting(household) == []


class TestSplitting:
    def test_staff_give_whoever_leaves_a_part_with_its_dates(self, anna, bo, now, program):
        give(anna, 100, now, days=30)
        give(bo, 200, now, days=10)
        household = home(anna, bo, now=now)
        given = splitting.split(
            household=household, membership_id=bo.pk, amounts={points_of(program): 250}, reason="agreed", now=now,
            by="user:1", key="k",
        )  # fmt: skip
        assert given == {points_of(program): 250}
        assert lots(bo, now) == [(200, (now + 10 * DAY).date()), (50, (now + 30 * DAY).date())]
        assert lots(anna, now) == [(50, (now + 30 * DAY).date())]
        assert AuditEvent.objects.get(action="households.split").data["reason"] == "agreed"
        sound()

    def test_a_share_is_rounded_down_and_may_come_after_leaving(self, anna, bo, now, program):
        give(anna, 101, now)
        give(anna, 40, now, currency_id=program.currencies.get(code="status").pk)
        household = home(anna, bo, now=now)
        households.leave(membership_id=bo.pk, now=now, by="test")
        (part,) = splitting.foreseen(household=household, percent=50, now=now)
        assert (part.given, part.stays) == (50, 51)
        splitting.split(household=household, membership_id=bo.pk, percent=50, reason="r", now=now, by="user:1")
        assert (points(anna, now), points(bo, now)) == ((51, 0), (50, 0))
        assert steps_of(household, program, now) == 40, "what steps are reached by stays"
        sound()

    def test_a_pot_that_is_owed_gives_nothing_and_says_so_before(self, anna, bo, now, program):
        household = home(anna, bo, now=now)
        frames.take_back((household.holder_id, 1, 1, points_of(program), 30), now=now)
        pot = program.currencies.get(code="pot")
        give(anna, 10, now, currency_id=pot.pk)
        for currency_id, amount in ((points_of(program), 1), (pot.pk, 11)):
            with pytest.raises(splitting.NotSplit):
                splitting.foreseen(household=household, amounts={currency_id: amount}, now=now)
        (part,) = splitting.foreseen(household=household, amounts={pot.pk: 10}, now=now)
        assert part.stays == 0

    def test_what_is_not_there_is_not_parted_and_nobody_leaves(self, anna, bo, now, program):
        give(anna, 10, now)
        household = home(anna, bo, now=now)
        with pytest.raises(splitting.NotSplit) as refused:
            splitting.split(
                household=household, membership_id=bo.pk, amounts={points_of(program): 11}, reason="r", now=now,
                by="user:1",
            )  # fmt: skip
        assert refused.value.available == 10
        assert sitting(household) == ["Anna", "Bo"]
        cy = enrol(program, now, "Cy")
        with pytest.raises(households.NotInIt):
            splitting.split(household=household, membership_id=cy.pk, percent=10, reason="r", now=now, by="user:1")


class TestInviting:
    def test_a_known_and_an_unknown_number_look_alike(self, anna, bo, now):
        household = home(anna, now=now)
        known = inviting.invite(household=household, to=bo.number, membership_id=anna.pk, now=now, by="test")
        unknown = inviting.invite(household=household, to="9999 9999 9999", membership_id=anna.pk, now=now, by="test")
        assert (known.sent_to, known.invited) == (bo.number, bo)
        assert (unknown.sent_to, unknown.invited) == ("999999999999", None)
        assert [one.pk for one in inviting.waiting_for(bo, now)] == [known.pk]

    def test_an_address_is_asked_by_its_link_and_found_by_who_has_proven_it(self, anna, bo, now, program):
        household = home(anna, now=now)
        asked = inviting.invite(household=household, to="BO@example.com", membership_id=anna.pk, now=now, by="test")
        token = inviting.token_of(asked.public_id)
        assert inviting.by_token(program, token, now) == asked
        assert inviting.by_token(program, f"{token[:-1]}x", now) is None
        assert inviting.waiting_for(bo, now) == [asked]
        bo.member.email_verified_at = None
        assert inviting.waiting_for(bo, now) == []
        inviting.accept(invitation_id=asked.pk, membership_id=bo.pk, now=now, by="test")
        asked.refresh_from_db()
        assert (asked.state, asked.sent_to, asked.joined) == ("accepted", "", bo)

    def test_an_invitation_is_answered_once_and_ends(self, anna, bo, now, program):
        household = home(anna, now=now)
        asked = inviting.invite(household=household, to=bo.number, membership_id=anna.pk, now=now, by="test")
        late = now + inviting.LASTS
        with pytest.raises(inviting.InvitationOver):
            inviting.accept(invitation_id=asked.pk, membership_id=bo.pk, now=late, by="test")
        assert inviting.by_token(program, inviting.token_of(asked.public_id), late) is None
        inviting.withdraw(household=household, public_id=asked.public_id, now=now, by="test")
        with pytest.raises(inviting.InvitationOver):
            inviting.decline(invitation_id=asked.pk, now=now, by="test")
        assert Invitation.objects.get().state == "withdrawn"

    def test_a_household_asks_a_few_at_a_time(self, anna, now):
        household = home(anna, now=now)
        for number in range(inviting.MOST_OPEN):
            inviting.invite(household=household, to=f"x{number}@example.com", membership_id=anna.pk, now=now, by="t")
        with pytest.raises(inviting.TooManyInvitations):
            inviting.invite(household=household, to="more@example.com", membership_id=anna.pk, now=now, by="t")


def test_a_frozen_pot_stays_where_it_is(anna, now):
    from django.db import connection

    give(anna, 10, now)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_wallet SET frozen_reason = 'stolen'")
    with pytest.raises(pooling.PotsFrozen):
        households.found(membership_id=anna.pk, now=now, by="test")
    assert MembershipHolder.objects.filter(membership=anna).count() == 1


def test_points_set_aside_are_decided_first(anna, now, program):
    from ledger import holding

    give(anna, 10, now)
    holding.hold(
        holder_id=holder(anna), currency_id=points_of(program), amount=5, key="h", lapses_at=now + DAY, now=now,
        actor="t",
    )  # fmt: skip
    with pytest.raises(pooling.PotsHeld):
        households.found(membership_id=anna.pk, now=now, by="test")
    with pytest.raises(posting.InsufficientPoints):
        spend(anna, 6, now)
