"""A household at the desk: asked for, let go of, parted, ended."""

import re

import pytest

from identity.rights import Scope
from members import households, inviting, seats
from members.models import Invitation, Login
from tests.members.people import enrol, give, points, points_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def bo(program, now, camille):
    return enrol(program, now, "Bo", store=camille.membership.home_store)


@pytest.fixture
def pooled(camille, bo, now):
    household = households.found(membership_id=camille.membership.pk, now=now, by="t")
    households.admit(household_id=household.pk, membership_id=bo.pk, now=now, by="t")
    give(bo, 101, now)
    return household


def said(response):
    return " ".join(response.content.decode().split())


def at(membership, page="household/"):
    return f"/desk/members/{membership.public_id}/{page}"


def test_staff_invite_for_a_member_and_take_it_back(desk, camille, bo):
    client = desk("store_staff", Scope(store="s1"))
    client.post(at(camille.membership), {"do": "invite", "to": bo.number})
    one = Invitation.objects.get()
    assert one.by.startswith("user:")
    assert bo.number in said(client.get(at(camille.membership)))
    client.post(at(camille.membership), {"do": "withdraw", "who": one.public_id})
    one.refresh_from_db()
    assert one.state == "withdrawn"


def test_a_part_goes_with_whoever_leaves(desk, camille, bo, pooled, now, program):
    client = desk("call_centre")
    page = said(client.get(at(bo, "household/part/")))
    assert "101" in page
    currency = points_of(program)
    for sure in ({}, {"sure": "1"}):
        asked = client.post(at(bo, "household/part/"), {f"amount_{currency}": "102", "reason": "agreed", **sure})
        assert asked.status_code == 422 and "only 101 can be given" in said(asked)
    seen = client.post(at(bo, "household/part/"), {"percent": "50", "reason": "agreed"})
    assert "<b>50</b>" in said(seen) and '<td class="num">51</td>' in said(seen)
    assert seats.household_of(bo.pk) == pooled, "looking does nothing"
    hidden = dict(re.findall(r'type="hidden" name="((?:amount_|reason)[^"]*)" value="([^"]*)"', said(seen)))
    assert hidden == {f"amount_{currency}": "50", "reason": "agreed"}
    client.post(at(bo, "household/part/"), {**hidden, "sure": "1"})
    assert (points(bo, now), points(camille.membership, now)) == ((50, 0), (51, 0))
    client.post(at(bo, "household/part/"), {f"amount_{currency}": "1", "reason": "and one more", "sure": "1"})
    assert points(bo, now) == (51, 0)
    assert client.post(at(bo, "household/part/"), {"reason": "nothing said"}).status_code == 422


def test_letting_go_and_ending(desk, camille, bo, pooled, now):
    client = desk("call_centre")
    assert "Camille" in said(client.get(at(bo, "")))
    client.post(at(camille.membership), {"do": "remove", "who": bo.public_id})
    assert points(bo, now) == (0, 0)
    client.post(at(camille.membership), {"do": "dissolve"})
    assert seats.household_of(camille.membership.pk) is None
    assert points(camille.membership, now) == (101, 0)
    assert client.post(at(camille.membership), {"do": "remove", "who": bo.public_id}).status_code == 404


def test_nobody_at_the_desk_acts_on_her_own_household(desk, program, camille, bo, pooled):
    client = desk("call_centre")
    Login.objects.create(member=bo.member, user_id=int(client.session["_auth_user_id"]), population=program.population)
    for one in (bo, camille.membership):
        assert client.get(at(one)).status_code == 404
        assert client.post(at(one, "household/part/"), {"percent": "50", "reason": "r"}).status_code == 404


def test_an_invitation_of_staff_is_accepted_like_any_other(desk, camille, bo, now):
    desk("call_centre").post(at(camille.membership), {"do": "invite", "to": bo.number})
    one = Invitation.objects.get()
    inviting.accept(invitation_id=one.pk, membership_id=bo.pk, now=one.at, by="t")
    assert len(seats.seats_of(one.household)) == 2
