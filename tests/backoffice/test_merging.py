"""Two members who are one person, at the desk: found, compared, merged, and two again."""

import pytest

from care.models import Erasure
from identity.rights import EVERYWHERE, Scope
from members import merging
from members.models import Login, Merge
from tests.members.people import enrol, give, points, spend
from tests.web.lives import receipt

pytestmark = pytest.mark.django_db


@pytest.fixture
def twin(program, now, camille):
    return enrol(program, now, "Camile", phone="+33612345678", store=camille.membership.home_store)


def said(response):
    return " ".join(response.content.decode().split())


def at(life):
    return f"/desk/members/{life.membership.public_id}/"


def test_a_twin_is_found_on_the_page_compared_and_made_one(desk, camille, twin, now):
    receipt(camille, now)
    give(twin, 8, now)
    camille.membership.member.phone = "+33612345678"
    camille.membership.member.save()
    client = desk("call_centre")
    assert "same phone" in said(client.get(at(camille)))
    page = said(client.get(f"{at(camille)}same/{twin.public_id}/"))
    assert "together" in page and "<b>50</b>" in page
    done = client.post(f"{at(camille)}same/{twin.public_id}/", {"reason": "the same phone"}, follow=True)
    assert "The two are one now." in said(done)
    assert points(camille.membership, now) == (50, 0)
    assert Merge.objects.get().reason == "the same phone"
    assert "Undo: Camile" in said(client.get(at(camille)))
    assert "stands for this member now" in said(client.get(f"/desk/members/{twin.public_id}/"))


def test_undoing_says_what_stays_and_wants_it_agreed_to(desk, camille, twin, now):
    give(twin, 80, now)
    done = merging.merge(kept_id=camille.membership.pk, gone_id=twin.pk, now=now, by="t")
    spend(camille.membership, 30, now)
    client, page = desk("store_manager", Scope(store="s1")), f"{at(camille)}merged/{done.pk}/"
    assert "What is left is enough" in said(client.get(page))
    assert "Some of the points are gone" in said(client.post(page, follow=True))
    client.post(page, {"partly": "on"})
    assert points(twin, now) == (50, 0)
    assert client.get(page).status_code == 404


def test_a_refusal_is_told_and_the_page_offers_no_merge(desk, camille, twin, now):
    twin.status = "suspended"
    twin.save()
    page = said(desk("call_centre").get(f"{at(camille)}same/{twin.public_id}/"))
    assert "closed or suspended" in page and "Make them one" not in page
    response = desk("administrator").post(f"{at(camille)}same/{twin.public_id}/", {"reason": "r"})
    assert response.status_code == 422


def test_another_one_is_found_by_number(desk, camille, twin):
    client = desk("call_centre")
    found = client.post(f"{at(camille)}same/", {"number": twin.number})
    assert found["Location"] == f"{at(camille)}same/{twin.public_id}/"
    assert client.post(f"{at(camille)}same/", {"number": "9999"}).status_code == 422


def test_the_right_is_needed_over_both_and_never_over_oneself(desk, program, now, camille, twin):
    elsewhere = enrol(program, now, "Camille", store=program.banners.get(code="halles").stores.get())
    manager = desk("store_manager", Scope(store="s1"))
    assert manager.get(f"{at(camille)}same/{twin.public_id}/").status_code == 200
    assert manager.get(f"{at(camille)}same/{elsewhere.public_id}/").status_code == 404
    assert manager.get(f"/desk/members/{elsewhere.public_id}/same/{twin.public_id}/").status_code == 404
    client = desk("call_centre", EVERYWHERE)
    Login.objects.create(
        member=twin.member, user_id=int(client.session["_auth_user_id"]), population=program.population
    )
    assert client.get(f"{at(camille)}same/{twin.public_id}/").status_code == 404
    assert client.post(f"/desk/members/{twin.public_id}/same/{camille.membership.public_id}/").status_code == 404
    assert not Merge.objects.exists()


@pytest.mark.parametrize(("page", "deed"), [("close/", "reopen"), ("data/", "erase")])
def test_what_is_ended_or_deleted_is_the_whole_person(desk, camille, twin, now, page, deed):
    merging.merge(kept_id=camille.membership.pk, gone_id=twin.pk, now=now, by="t")
    client, there = desk("administrator"), f"/desk/members/{twin.public_id}/{page}"
    assert "act on that one" in said(client.get(there)) and f'value="{deed}"' not in said(client.get(there))
    client.post(there, {"do": deed, "act": deed, "reason": "called", "words": "w"})
    twin.refresh_from_db()
    assert twin.status == "closed" and not Erasure.objects.exists()
