"""Of two people who are one: what is known of them, what they agreed to, what holds them; and back again."""

from datetime import timedelta

import pytest

from identity.rights import EVERYWHERE
from members import (
    addressing,
    changing,
    consents,
    disputing,
    enrolment,
    holds,
    households,
    inviting,
    merging,
    policies,
    preferring,
    queries,
)
from members.consents import Answer
from members.history import Hand
from programs.models import Program
from tests.members.people import enrol
from tests.members.test_merging import anna, fresh, merge, twin

__all__ = ["anna", "twin"]
pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_what_only_the_gone_one_said_of_the_person_is_kept(program, anna, twin, now):
    twin.member.email, twin.member.email_verified_at = "ana@example.com", now
    twin.member.save()
    done = merge(anna, twin, now)
    fresh(anna.member, twin.member)
    assert (anna.member.first_name, anna.member.phone) == ("Anna", "+33612345678")
    assert (anna.member.email, anna.member.email_verified_at) == ("ana@example.com", now)
    merging.undo(merge_id=done.pk, now=now + DAY, by="user:1")
    fresh(anna.member, twin.member)
    assert (anna.member.phone, anna.member.email, anna.member.email_verified_at) == ("", "", None)
    assert (twin.member.email, twin.member.email_verified_at) == ("ana@example.com", now)


def answers(membership, now, *, source="web", **granted):
    """Her answers to offers by each channel, given a day after the one before."""
    said = [Answer("marketing", channel, yes, "v1") for channel, yes in granted.items()]
    consents.record(member_id=membership.member_id, answers=said, source=source, now=now, by="t")


def latest(membership):
    return {one.channel: (one.granted, one.source) for one in consents.latest(membership.member_id)}


def test_where_two_answers_differ_no_holds_whichever_came_later(anna, twin, now):
    answers(anna, now - DAY, email=False, sms=True, phone=True)
    answers(twin, now, email=True, sms=False, post=True, source="store")
    answers(twin, now - 2 * DAY, phone=False, source="paper")
    done = merge(anna, twin, now)
    assert latest(anna) == {
        "email": (False, "web"), "sms": (False, "store"), "phone": (False, "paper"), "post": (True, "store"),
    }  # fmt: skip
    answers(anna, now + DAY, phone=False)
    merging.undo(merge_id=done.pk, now=now + 2 * DAY, by="user:1")
    undone = {channel: granted for channel, (granted, _) in latest(anna).items()}
    assert undone == {"email": False, "sms": True, "phone": False, "post": False}, "what she said since stands"


def test_an_address_tastes_and_a_store_come_along_and_go_back(program, anna, twin, now):
    store = program.banners.get(code="maison").stores.first()
    hand = Hand("t", "desk")
    said = {"country": "FR", "street": "1 rue de la Paix", "postal_code": "75002", "city": "PARIS"}
    addressing.change(membership=twin, said=said, hand=hand, now=now)
    preferring.choose_store(membership=twin, code=store.code, hand=hand, now=now)
    program.settings["tastes"] = {code: {"en": code} for code in ("garden", "wood", "paint")}
    for one, codes in ((anna, ["wood"]), (twin, ["wood", "garden"])):
        one.program = program
        preferring.choose_tastes(membership=one, codes=codes, hand=hand, now=now)
    done = merge(anna, twin, now)
    fresh(anna)
    assert addressing.of_member(anna.member_id).city == "PARIS"
    assert preferring.tastes_of(anna.pk) == {"wood", "garden"}
    assert anna.home_store == store
    anna.program = program
    preferring.choose_tastes(membership=anna, codes=["garden", "paint"], hand=hand, now=now)
    merging.undo(merge_id=done.pk, now=now, by="t")
    fresh(anna)
    assert (addressing.of_member(anna.member_id), anna.home_store) == (None, None)
    assert preferring.tastes_of(anna.pk) == {"paint"}
    assert addressing.of_member(twin.member_id).city == "PARIS"


def test_what_the_kept_one_said_herself_stays(program, anna, twin, now):
    for one, city in ((anna, "LYON"), (twin, "PARIS")):
        said = {"country": "FR", "street": "1 rue de la Paix", "postal_code": "75002", "city": city}
        addressing.change(membership=one, said=said, hand=Hand("t", "desk"), now=now)
    done = merge(anna, twin, now)
    assert addressing.of_member(anna.member_id).city == "LYON"
    merging.undo(merge_id=done.pk, now=now, by="t")
    assert addressing.of_member(anna.member_id).city == "LYON"


def test_points_are_not_freed_from_a_hold_by_merging(anna, twin, now):
    """A changed contact holds spending for 72 hours; whoever took the account over does not get round it."""
    changing.set_by_staff(
        membership=twin, what="phone", wanted="+33698765432", hand=Hand("user:1", "desk"), now=now
    )  # fmt: skip
    assert holds.is_held(twin.member_id, now)
    done = merge(anna, twin, now)
    assert holds.is_held(anna.member_id, now)
    with pytest.raises(policies.SpendingHeld):
        policies.check_spend(anna, now=now)
    disputing.release(member_id=anna.member_id, hand=Hand("user:1", "desk", "spoken with her"), now=now)
    assert not holds.is_held(anna.member_id, now)
    merging.undo(merge_id=done.pk, now=now, by="t")
    assert not holds.is_held(twin.member_id, now)


def test_an_invitation_to_the_number_of_the_gone_finds_the_kept(program, anna, twin, now):
    cy = enrol(program, now, "Cy")
    household = households.found(membership_id=cy.pk, now=now, by="t")
    before = inviting.invite(household=household, to=twin.number, membership_id=cy.pk, now=now, by="t")
    merge(anna, twin, now)
    after = inviting.invite(household=household, to=twin.number, membership_id=cy.pk, now=now, by="t")
    assert after.invited == anna
    assert {one.pk for one in inviting.waiting_for(anna, now)} == {before.pk, after.pk}


def test_two_people_of_another_program_stay_two_until_they_are_merged_there(program, anna, twin, now):
    other = Program.objects.create(code="other", population=program.population)
    other.banners.set(program.banners.all())
    other.markets.create(code="FR", currency="EUR", languages=["fr"], timezone="Europe/Paris")
    there = [
        enrolment.enrol(program=other, channel="store", now=now, by="t", member=one.member) for one in (anna, twin)
    ]
    done = merge(anna, twin, now)
    fresh(anna.member)
    assert done.person["whole"] is False
    assert anna.member.phone == ""
    merge(*there, now)
    fresh(anna.member)
    assert anna.member.phone == "+33612345678"


def test_of_two_people_a_membership_elsewhere_goes_along(program, anna, twin, now):
    other = Program.objects.create(code="other", population=program.population)
    other.banners.set(program.banners.all())
    other.markets.create(code="FR", currency="EUR", languages=["fr"], timezone="Europe/Paris")
    there = enrolment.enrol(program=other, channel="store", now=now, by="t", member=twin.member)
    done = merge(anna, twin, now)
    fresh(there)
    assert there.member == anna.member
    merging.undo(merge_id=done.pk, now=now, by="t")
    fresh(there)
    assert there.member == twin.member


def test_a_telephone_of_both_finds_one(program, anna, twin, now):
    merge(anna, twin, now)
    hits = queries.search("0612345678", program=program, scopes=[EVERYWHERE])
    assert [(hit.membership, hit.by) for hit in hits] == [(anna, "phone")]
    (gone,) = queries.search(twin.number, program=program, scopes=[EVERYWHERE])
    assert gone.membership == twin, "whose page says who stands for her"
