"""Who left and joins again: everything as it was while nothing is settled, anew afterwards, or by staff."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from care.leaving import acting, settling
from care.privacy import erasing
from identity.models import User
from members import joining, merging, rejoining, suspension
from members.models import Membership
from messaging.models import Outgoing
from tests.members.people import enrol, give, points
from tests.web.lives import member

pytestmark = pytest.mark.django_db
LATER = timedelta(days=40)


@pytest.fixture
def camille(program, now):
    made = member(program, now)
    EmailAddress.objects.filter(user=made.user).update(verified=True)
    give(made.membership, 300, now)
    return made


def leave(life, now):
    acting.close(membership_id=life.membership.pk, reason="unused", now=now, by="t")


def again(life, now):
    return joining.join(user=life.user, program=life.program, now=now, first_name="Camille", terms="2")


def test_until_it_is_settled_everything_is_as_it_was(camille, now):
    leave(camille, now)
    joined = again(camille, now + timedelta(days=3))
    assert (joined.membership.pk, joined.new, joined.again) == (camille.membership.pk, False, rejoining.RESTORED)
    row = Membership.objects.get(pk=camille.membership.pk)
    assert (row.status, row.joined_at) == ("active", now)
    assert points(row, now) == (300, 0)
    assert settling.settle_due(now=now + LATER) == 0


def test_afterwards_it_begins_anew_with_the_same_cards_and_an_empty_pot(camille, now):
    leave(camille, now)
    settling.settle_due(now=now + LATER)
    Outgoing.objects.all().delete()
    joined = again(camille, now + LATER)
    assert joined.again == rejoining.ANEW
    row = Membership.objects.get(pk=camille.membership.pk)
    assert (row.status, row.joined_at, row.number) == ("active", now + LATER, camille.membership.number)
    assert points(row, now + LATER) == (0, 0)
    assert [one.kind for one in Outgoing.objects.all()] == ["welcome"]
    assert row.cards.filter(status="active").exists()


def test_who_was_suspended_before_asks_at_the_desk_and_nothing_is_written(camille, now):
    suspension.suspend(membership_id=camille.membership.pk, reason="fraud", now=now, by="t")
    leave(camille, now)
    settling.settle_due(now=now + LATER)
    with pytest.raises(rejoining.StaffDecide):
        again(camille, now + LATER)
    row = Membership.objects.get(pk=camille.membership.pk)
    assert row.status == "closed" and not row.terms.exists()


def test_a_closed_one_without_a_leaving_is_staffs(camille, now):
    """As another system left it."""
    Membership.objects.filter(pk=camille.membership.pk).update(status="closed")
    with pytest.raises(rejoining.StaffDecide):
        again(camille, now)


def test_the_login_of_a_gone_one_opens_the_kept_one(program, camille, now):
    kept = enrol(program, now, "Camille")
    merging.merge(kept_id=kept.pk, gone_id=camille.membership.pk, now=now, by="t")
    acting.close(membership_id=kept.pk, reason="unused", now=now, by="t")
    joined = again(camille, now)
    assert (joined.membership.pk, joined.again) == (kept.pk, rejoining.RESTORED)


def test_an_address_of_two_who_became_one_names_the_one(program, now):
    """Nobody is enrolled a third time because a merged record has the address as well."""
    kept = enrol(program, now, "Anna")
    gone = enrol(program, now, "Anna", email="anna@example.com")
    merging.merge(kept_id=kept.pk, gone_id=gone.pk, now=now, by="t")
    user = User.objects.create_user("anna@example.com")
    joined = joining.join(user=user, program=program, now=now, first_name="Anna")
    assert (joined.membership.pk, joined.claimed, joined.new) == (kept.pk, True, False)


def test_coming_back_takes_back_that_all_is_deleted(camille, now):
    erasing.ask(member_id=camille.membership.member_id, reason="own", now=now, by="t")
    again(camille, now + timedelta(days=1))
    assert erasing.asked(camille.membership.member_id) is None
    assert erasing.erase_due(now=now + LATER) == 0


def test_the_page_says_which_and_leads_there(camille, now):
    client = camille.client()
    leave(camille, now)
    assert client.get("/demo/join/")["Location"].endswith("/demo/me/leave/")
    settling.settle_due(now=now + timedelta(days=400))
    assert 'href="/demo/join/"' in client.get("/demo/me/leave/").content.decode()
    typed = {"first_name": "Camille", "market": "FR", "birth_date": "1990-01-02"}
    page = client.post("/demo/join/", typed, follow=True)
    assert "begins anew, with an empty pot" in page.content.decode(), page.content.decode()[:3000]
    suspension.suspend(membership_id=camille.membership.pk, reason="fraud", now=now, by="t")
    leave(camille, now)
    settling.settle_due(now=now + timedelta(days=400))
    assert 'href="/demo/join/"' not in client.get("/demo/me/leave/").content.decode()
    page = client.post("/demo/join/", typed, follow=True)
    assert "The desk of a store opens it again" in page.content.decode()
