"""A member's statement where pots were pooled or merged: her own past stays, and what others bought is theirs."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from identity import staff
from identity.models import User
from identity.rights import EVERYWHERE
from members import households, merging
from members.models import Login, Membership
from tests.earning import world
from tests.members.people import enrol, give
from tests.web.lives import member, receipt

pytestmark = pytest.mark.django_db


def said(response):
    return " ".join(response.content.decode().split())


def test_in_a_household_ones_own_receipts_open_and_those_of_others_only_say_who_earned(camille, program, now):
    bo = member(program, now, email="bo@example.com", first_name="Bo")
    before = receipt(camille, now - timedelta(minutes=5))
    theirs = receipt(bo, now - timedelta(minutes=4), points=(8,))
    household = households.found(membership_id=camille.membership.pk, now=now, by="t")
    households.admit(household_id=household.pk, membership_id=bo.membership.pk, now=now, by="t")
    camille_now = type(camille)(camille.user, camille.membership, household.holder_id, program)
    bo_now = type(bo)(bo.user, bo.membership, household.holder_id, program)
    own, shared = receipt(camille_now, now, points=(5,)), receipt(bo_now, now, points=(7,))
    page = said(camille.client().get(f"/demo/activity/?month={now:%Y-%m}"))
    assert f"/activity/{before}/" in page and f"/activity/{own}/" in page
    assert "Earned by Bo" in page and f"/activity/{shared}/" not in page
    assert camille.client().get(f"/demo/activity/{shared}/").status_code == 404
    assert camille.client().get(f"/demo/activity/{theirs}/").status_code == 404
    assert camille.client().get(f"/demo/activity/{before}/").status_code == 200
    households.leave(membership_id=bo.membership.pk, now=now + timedelta(minutes=1), by="t")
    assert bo.client().get(f"/demo/activity/{shared}/").status_code == 200
    assert bo.client().get(f"/demo/activity/{own}/").status_code == 404


def test_of_two_that_are_one_the_statement_shows_both_and_no_transfer(desk, camille, program, now):
    twin = enrol(program, now - timedelta(days=1), "Camile", store=camille.membership.home_store)
    life = type(camille)(None, twin, twin.holders.get().holder_id, program)
    sale = receipt(life, now - timedelta(minutes=5))
    give(twin, 8, now)
    merging.merge(kept_id=camille.membership.pk, gone_id=twin.pk, now=now, by="t")
    page = said(camille.client().get(f"/demo/activity/?month={now:%Y-%m}"))
    assert f"/activity/{sale}/" in page
    assert "transferred" not in page
    page = said(desk("call_centre").get(f"/desk/members/{camille.membership.public_id}/?before={now:%Y-%m}&why={sale}"))
    assert "Purchase" in page and "transferred" not in page


def browser(user):
    client = Client(headers={"accept-language": "en"})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


CASH = "- {code: cash, trigger: purchase, earn: {percent: 10, currency: pot}}"


def test_a_receipt_says_why_and_from_when_whatever_became_of_the_pot_it_was_earned_into(db):
    now = datetime.now(UTC)  # what is pending is so at the moment of the page
    club = world.make(f"{world.BASE}\n{CASH}", now=now - timedelta(days=9), members=("anna", "bo", "cy"))
    anna, bo, cy = Membership.objects.order_by("pk")
    user = User.objects.create_user("anna@example.com")
    Login.objects.create(member=anna.member, user=user, population_id=club.program.population_id)
    agent = staff.create_staff("so@example.com", "So", [("call_centre", EVERYWHERE)], now=now, by="t")
    at = (now - timedelta(hours=5)).isoformat()
    sale, _other = (club.buy(f"R{who}", at, ("a", "30.00"), member=who, now=now) for who in ("anna", "bo"))
    world.drained(now)
    her, desk = browser(user), browser(agent)

    def check(*, pending=True):
        page = re.sub("<[^>]+>", "", said(her.get(f"/club/activity/{sale}/")))
        assert "No points" not in page and "Why 30 points" in page and "points, yours to use" in page
        assert ("in the pot, yours on" in page) is pending
        shown = said(desk.get(f"/desk/members/{anna.public_id}/?why={sale}"))
        assert "1 point per euro" in shown and "+30" in shown

    check()
    household = households.found(membership_id=anna.pk, now=now, by="t")
    households.admit(household_id=household.pk, membership_id=bo.pk, now=now, by="t")
    check()
    households.leave(membership_id=anna.pk, now=now, by="t")
    check(pending=False)  # what was still to come is the household's
    merging.merge(kept_id=anna.pk, gone_id=cy.pk, now=now, by="t")
    check(pending=False)
