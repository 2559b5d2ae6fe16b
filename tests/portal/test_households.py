"""A member begins a household, is asked into one, leaves it: on her own pages."""

import pytest

from members import inviting, seats
from members.models import Household, Invitation
from messaging.models import Outgoing
from tests.members.people import enrol, give, points
from tests.web.lives import member, receipt

pytestmark = pytest.mark.django_db
HOME = "/demo/me/household/"


@pytest.fixture
def bo(program, now):
    return member(program, now, email="bo@example.com", first_name="Bo")


def said(response):
    return " ".join(response.content.decode().split())


def asked(camille, to):
    return camille.client().post(HOME, {"to": to})


def test_inviting_begins_a_household_and_tells_whoever_is_asked(camille, bo, now):
    receipt(camille, now)
    page = said(camille.client().get(HOME))
    assert "Begin a household" in page
    assert asked(camille, "bo@example.com")["Location"] == HOME
    page = said(camille.client().get(HOME))
    assert "bo@example.com" in page and "42 points" in page and "heads it" in page
    letter = Outgoing.objects.get(kind="household_invited")
    assert (letter.address, letter.membership) == ("bo@example.com", None)
    assert inviting.token_of(letter.facts["invitation"]) not in str(letter.facts)
    assert "You are invited" in said(bo.client().get(HOME))


def test_a_slip_is_told_and_begins_nothing(camille):
    response = asked(camille, "x")
    assert response.status_code == 422
    assert not Household.objects.exists()


def test_the_link_says_what_happens_and_yes_brings_all(camille, bo, now):
    receipt(camille, now)
    receipt(bo, now, points=(8,))
    asked(camille, bo.membership.number)
    invitation = Invitation.objects.get()
    token = inviting.token_of(invitation.public_id)
    page = said(bo.client().get(f"/demo/household/{token}/"))
    assert "Camille invites you to share one pot." in page and "8 points" in page
    answered = bo.client().post(f"/demo/household/{token}/", {"do": "accept"}, follow=True)
    assert "You are in." in said(answered)
    assert points(bo.membership, now) == points(camille.membership, now) == (50, 0)
    page = said(camille.client("fr").get(HOME))
    assert "Bo" in page and "8 points" in page
    assert camille.client().get(f"/demo/household/{token}/", follow=True).redirect_chain


def test_a_stranger_with_the_link_signs_in_first_and_a_wrong_link_says_nothing_of_anybody(client, camille, bo):
    asked(camille, "bo@example.com")
    token = inviting.token_of(Invitation.objects.get().public_id)
    assert "Camille invites you" in said(client.get(f"/demo/household/{token}/"))
    assert client.session["after_sign_in"] == f"/demo/household/{token}/"
    assert "no longer open" in said(client.get("/demo/household/nothing/"))


def test_no_is_an_answer(camille, bo):
    asked(camille, bo.membership.number)
    one = Invitation.objects.get()
    page = f"{HOME}invitations/{one.public_id}/"
    assert camille.client().get(page).status_code == 404
    bo.client().post(page, {"do": "decline"})
    assert bo.client().get(page).status_code == 404
    assert seats.household_of(bo.membership.pk) is None


def test_an_invitation_is_taken_back(camille, bo):
    asked(camille, bo.membership.number)
    one = Invitation.objects.get()
    assert bo.client().post(f"{HOME}invitations/{one.public_id}/back/").status_code == 404
    camille.client().post(f"{HOME}invitations/{one.public_id}/back/")
    one.refresh_from_db()
    assert one.state == "withdrawn"


def test_leaving_says_first_what_stays(camille, bo, now):
    receipt(camille, now)
    asked(camille, bo.membership.number)
    inviting.accept(invitation_id=Invitation.objects.get().pk, membership_id=bo.membership.pk, now=now, by="t")
    page = said(bo.client().get(f"{HOME}leave/"))
    assert "The pot stays with the others" in page and "42 points" in page
    assert "Bo heads the household" in said(camille.client().get(f"{HOME}leave/"))
    left = bo.client().post(f"{HOME}leave/", follow=True)
    assert "You have left" in said(left)
    assert points(bo.membership, now) == (0, 0)
    assert "all that is in the pot becomes yours" in said(camille.client().get(f"{HOME}leave/"))
    assert bo.client().get(f"{HOME}leave/").status_code == 404


def test_the_head_lets_others_go_and_nobody_else_does(camille, bo, now, program):
    cy = enrol(program, now, "Cy")
    give(cy, 5, now)
    asked(camille, bo.membership.number)
    household = Household.objects.get()
    for one in (bo.membership, cy):
        invitation = inviting.invite(
            household=household, to=one.number, membership_id=camille.membership.pk, now=now, by="t"
        )  # fmt: skip
        inviting.accept(invitation_id=invitation.pk, membership_id=one.pk, now=now, by="t")
    page = f"{HOME}members/{cy.public_id}/"
    assert bo.client().get(page).status_code == 404
    assert camille.client().get(f"{HOME}members/{camille.membership.public_id}/").status_code == 404
    assert camille.client().get(page).status_code == 200
    camille.client().post(page, {"do": "remove"})
    assert seats.household_of(cy.pk) is None
    camille.client().post(f"{HOME}members/{bo.membership.public_id}/", {"do": "lead"})
    household.refresh_from_db()
    assert household.head == bo.membership
