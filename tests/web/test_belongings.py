"""A member's statement where pots were pooled or merged: her own past stays, and what others bought is theirs."""

from datetime import timedelta

import pytest

from members import households, merging
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
