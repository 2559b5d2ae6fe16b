"""Staff edited in the admin: by whoever may everywhere, never by themselves, each change in the trail."""

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from identity import rights, staff
from identity.models import User
from identity.rights import EVERYWHERE, Scope

pytestmark = pytest.mark.django_db
LIST = "admin:identity_user_changelist"


@pytest.fixture
def chief(client, now):
    made = staff.create_staff(
        "chief@example.org", "Chief", [("administrator", EVERYWHERE)], now=now, by="system", admin=True
    )
    client.force_login(made)
    return made


def grants(*rows, prefix="grants", held=()):
    data = {f"{prefix}-TOTAL_FORMS": len(rows) + len(held), f"{prefix}-INITIAL_FORMS": len(held)}
    for n, (role, store) in enumerate([*held, *rows]):
        data |= {f"{prefix}-{n}-role": role, f"{prefix}-{n}-store_code": store}
    return data


def test_somebody_is_invited_with_a_role_and_the_trail_says_by_whom(client, chief):
    answer = client.post(
        reverse("admin:identity_user_add"),
        {"email": "Sofia@example.org", "display_name": "Sofia", **grants(("store_staff", "s1"))},
    )
    assert answer.status_code == 302
    sofia = User.objects.get(email="sofia@example.org")
    assert sofia.staff.display_name == "Sofia"
    assert not sofia.has_usable_password()
    assert rights.scopes(sofia, "members.search") == [Scope(store="s1")]
    event = AuditEvent.objects.filter(action="staff.granted").order_by("-pk")[0]
    assert (event.actor, event.object_id) == (f"user:{chief.pk}", str(sofia.pk))
    assert event.data["roles"] == [["store_staff", "", "", "s1"]]


def test_a_member_may_become_staff_and_keeps_the_login(client, chief):
    member = staff.member_login("both@example.org", password="a long enough one 7")
    client.post(
        reverse("admin:identity_user_add"),
        {"email": "both@example.org", "display_name": "Both", **grants(("auditor", ""))},
    )
    both = User.objects.get(email="both@example.org")
    assert both.pk == member.pk
    assert both.has_usable_password()
    assert rights.may(both, "audit.see", EVERYWHERE)


def test_a_store_role_without_a_store_is_refused(client, chief):
    answer = client.post(
        reverse("admin:identity_user_add"),
        {"email": "x@example.org", "display_name": "X", **grants(("store_manager", ""))},
    )
    assert answer.status_code == 200
    assert "given for a store" in answer.content.decode()
    assert not User.objects.filter(email="x@example.org").exists()


def test_logins_of_members_are_not_listed(client, chief):
    staff.member_login("member@example.org", password="a long enough one 7")
    page = client.get(reverse(LIST)).content.decode()
    assert "chief@example.org" in page
    assert "member@example.org" not in page
    member = User.objects.get(email="member@example.org")
    assert client.get(reverse("admin:identity_user_change", args=[member.pk])).status_code == 302


def test_nobody_edits_themselves(client, chief):
    client.post(reverse("admin:identity_user_change", args=[chief.pk]), {"is_active": "on", **grants(("finance", ""))})
    assert [grant.role for grant in chief.grants.all()] == ["administrator"]


def test_an_administrator_of_one_banner_hands_out_nothing(client, now):
    narrow = staff.create_staff(
        "narrow@example.org", "N", [("administrator", Scope(banner="maison"))], now=now, by="system", admin=True
    )
    other = staff.invite("other@example.org", "O", [], now=now, by="system")
    client.force_login(narrow)
    for answer in (
        client.get(reverse(LIST)),
        client.get(reverse("admin:identity_user_change", args=[other.pk])),
        client.post(reverse("admin:identity_user_add"), {"email": "y@example.org", "display_name": "Y", **grants()}),
    ):
        assert answer.status_code == 403
    assert User.objects.count() == 2


def test_switching_somebody_off_takes_their_rights_at_once(client, chief, now):
    sofia = staff.invite("sofia@example.org", "Sofia", [("auditor", EVERYWHERE)], now=now, by="system")
    profile = {"staff-TOTAL_FORMS": 1, "staff-INITIAL_FORMS": 1, "staff-0-id": sofia.staff.pk, "staff-0-user": sofia.pk,
               "staff-0-display_name": "Sofia", "staff-0-language": "fr"}  # fmt: skip
    grant = sofia.grants.get()
    held = {"grants-0-id": grant.pk, "grants-0-user": sofia.pk}
    answer = client.post(
        reverse("admin:identity_user_change", args=[sofia.pk]),
        {**profile, **grants(("store_staff", "s1"), held=[("auditor", "")]), **held},
    )
    assert answer.status_code == 302, answer.context["errors"]
    sofia = User.objects.get(pk=sofia.pk)
    assert not sofia.is_active
    assert sofia.staff.language == "fr"
    assert not rights.may(sofia, "audit.see", EVERYWHERE)
    assert AuditEvent.objects.filter(action="staff.granted").order_by("-pk")[0].data == {
        "roles": [["auditor", "", "", ""], ["store_staff", "", "", "s1"]], "active": False, "admin": False,
        "superuser": False,
    }  # fmt: skip
