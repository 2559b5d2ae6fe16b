"""People of a store: invited within the manager's own rights, ended at once; badges at a shared till."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from audit.models import AuditEvent
from identity import departing, hooks, rights, staff, staffing, tills
from identity.models import Badge, Grant, StaffProfile, User
from identity.rights import EVERYWHERE, Scope
from members import enrolment
from messaging.models import Outgoing

pytestmark = pytest.mark.django_db
S1, S2 = Scope(store="s1"), Scope(store="s2")
PIN, INES = "4711", "ines@example.com"


@pytest.fixture(autouse=True)
def fresh_limits() -> Any:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def manager(program: Any, now: Any) -> User:
    return staff.create_staff("max@example.com", "Max", [("store_manager", S1)], now=now, by="test")


@pytest.fixture
def cashier(program: Any, now: Any) -> User:
    return staff.create_staff("lea@example.com", "Léa", [("store_staff", S1)], now=now, by="test")


def invite(by_user: User, now: Any, *, role: str = "store_staff", scope: Scope = S1, address: str = INES) -> User:
    return staffing.invite(by_user, address=address, display_name="Inès", role=role, scope=scope, now=now)


def test_a_manager_gives_what_is_his_where_it_is_his(manager: User, now: Any) -> None:
    assert staffing.roles_to_give(manager, S1) == ["store_staff", "store_manager"]
    assert staffing.roles_to_give(manager, S2) == staffing.roles_to_give(manager, EVERYWHERE) == []
    user = invite(manager, now)
    assert rights.may(user, "members.see", S1) and not rights.may(user, "staff.invite", S1)
    assert [person.name for person in staffing.people_of(manager)] == ["Inès"]


@pytest.mark.parametrize(
    ("role", "scope"),
    [("store_staff", S2), ("store_staff", EVERYWHERE), ("administrator", S1), ("call_centre", S1), ("auditor", S1),
     ("marketing", EVERYWHERE), ("finance", S1)],
)  # fmt: skip
def test_nothing_above_or_beside_his_own_rights(manager: User, now: Any, role: str, scope: Scope) -> None:
    with pytest.raises(staffing.BeyondOwnRights):
        invite(manager, now, role=role, scope=scope)
    assert not User.objects.filter(email=INES).exists()


def test_who_may_not_invite_invites_nobody(cashier: User, now: Any) -> None:
    with pytest.raises(staffing.BeyondOwnRights):
        invite(cashier, now)


def test_a_manager_of_a_banner_looks_after_its_stores_alone(program: Any, now: Any, cashier: User) -> None:
    held = [("administrator", Scope(banner="maison"))]
    chief = staff.create_staff("chief@example.com", "Chief", held, now=now, by="test")
    other = staff.create_staff("o@example.com", "Otto", [("store_staff", S2)], now=now, by="test")
    assert [person.user for person in staffing.people_of(chief)] == [cashier]
    assert staffing.person_of(chief, other.pk) is None
    assert "store_manager" in staffing.roles_to_give(chief, S1) and staffing.roles_to_give(chief, S2) == []


def test_an_invitation_keeps_what_somebody_holds_and_is_told(
    manager: User, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[hooks.Happened] = []
    monkeypatch.setattr(hooks, "on_happened", [told.append])
    both = staff.create_staff(INES, "Inès", [("store_staff", S2)], now=now, by="test")
    invite(manager, now)
    assert {grant.store_code for grant in both.grants.all()} == {"s1", "s2"}
    assert [(one.what, one.address) for one in told] == [("rights", INES), ("rights", INES), ("invited", INES)]


def test_the_end_of_work_takes_rights_badge_and_sessions_at_once(
    manager: User, cashier: User, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[hooks.Happened] = []
    monkeypatch.setattr(hooks, "on_happened", [left.append])
    tills.set_badge(cashier, number="B07", pin=PIN, now=now, by="test")
    client = Client()
    client.force_login(cashier, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/desk/").status_code == 200
    person = staffing.person_of(manager, cashier.pk)
    assert person is not None
    staffing.end_work(manager, person, now=now)
    assert client.get("/desk/").status_code == 302, "signed out, not only without rights"
    assert not Grant.objects.filter(user=cashier).exists() and not Badge.objects.exists()
    assert [one.what for one in left] == ["badge_set", "left"]
    assert AuditEvent.objects.get(action="staff.left").data == {"gone": True}
    assert staffing.people_of(manager) == []


def test_what_somebody_does_elsewhere_goes_on(manager: User, now: Any) -> None:
    both = staff.create_staff(
        "b@example.com", "Bo", [("store_staff", S1), ("store_staff", S2)], now=now, by="test"
    )  # fmt: skip
    person = staffing.person_of(manager, both.pk)
    assert person is not None and [grant.store_code for grant in person.grants] == ["s1"]
    staffing.end_work(manager, person, now=now)
    assert [grant.store_code for grant in both.grants.all()] == ["s2"]


def test_a_manager_does_not_end_whom_he_could_not_invite(manager: User, now: Any) -> None:
    odd = staff.create_staff("odd@example.com", "Odd", [("call_centre", S1)], now=now, by="test")
    person = staffing.person_of(manager, odd.pk)
    assert person is not None
    with pytest.raises(staffing.BeyondOwnRights):
        staffing.end_work(manager, person, now=now)


@pytest.mark.parametrize("pin", ["123", "1111", "1234", "98765", "12a4", "123456789", ""])
def test_a_pin_that_everybody_would_try_is_none(cashier: User, now: Any, pin: str) -> None:
    with pytest.raises(tills.InvalidPin):
        tills.set_badge(cashier, number="B07", pin=pin, now=now, by="test")


def test_a_badge_belongs_to_one_person_and_its_pin_is_kept_as_a_digest(cashier: User, manager: User, now: Any) -> None:
    badge = tills.set_badge(cashier, number=" b07 ", pin=PIN, now=now, by="test")
    assert badge.number == "B07" and PIN not in badge.pin and badge.pin.startswith("argon2")
    told = Outgoing.objects.get(kind="badge_set")
    assert (told.address, told.facts) == (cashier.email, {"number": "B07"}), "nobody sets a PIN unseen"
    with pytest.raises(tills.InvalidBadge):
        tills.set_badge(manager, number="B07", pin=PIN, now=now, by="test")


@pytest.fixture
def till(program: Any, now: Any) -> Client:
    """A browser that is a till of s1."""
    made, token = tills.open_till(name="Front", store_code="s1", now=now, by="test")
    client = Client()
    client.cookies[tills.COOKIE] = token
    return client


def switch(client: Client, number: str = "B07", pin: str = PIN) -> bool:
    client.post("/desk/switch/", {"number": number, "pin": pin})
    return "_auth_user_id" in client.session


def test_at_a_till_people_switch_by_badge_and_each_act_is_theirs(
    till: Client, cashier: User, manager: User, now: Any
) -> None:
    assert till.get("/desk/").headers["location"] == "/desk/switch/"
    for user, number in ((cashier, "B07"), (manager, "B01")):
        tills.set_badge(user, number=number, pin=PIN, now=now, by="test")
        assert switch(till, number)
        assert till.session["_auth_user_id"] == str(user.pk)
        assert till.get("/desk/").status_code == 200
    assert till.get("/desk/staff/").status_code == 404, "a badge is too little to invite"
    till.post("/desk/switch/", {"act": "leave"})
    assert till.get("/desk/").headers["location"] == "/desk/switch/"


def test_a_badge_opens_no_admin_and_gives_less_than_a_sign_in(till: Client, now: Any) -> None:
    roles = [("store_manager", S1), ("administrator", EVERYWHERE)]
    boss = staff.create_staff("boss@example.com", "Boss", roles, now=now, by="test", superuser=True, admin=True)
    tills.set_badge(boss, number="B09", pin=PIN, now=now, by="test")
    assert switch(till, "B09")
    assert till.get("/admin/").status_code == 302
    for path in ("/desk/imports/", "/desk/staff/", "/desk/tills/"):
        assert till.get(path).status_code == 404
    boss.refresh_from_db()
    assert boss.is_staff and boss.is_superuser, "only this sign-in is narrowed"
    boss.at_till_of = "s1"
    assert rights.may(boss, "members.see", S1) and not rights.may(boss, "members.see", S2)


def test_a_till_left_alone_signs_out_and_a_closed_one_is_none(
    till: Client, cashier: User, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tills.set_badge(cashier, number="B07", pin=PIN, now=now, by="test")
    assert switch(till)
    monkeypatch.setattr(tills, "IDLE_SECONDS", -1)
    assert till.get("/desk/").headers["location"] == "/desk/switch/"
    monkeypatch.setattr(tills, "IDLE_SECONDS", 180)
    assert switch(till)
    made = tills.Till.objects.get()
    tills.close_till(made, now=now + timedelta(hours=1), by="test")
    assert till.get("/desk/").headers["location"].startswith("/account/")
    assert till.get("/desk/switch/").status_code == 404


def test_a_badge_is_good_at_its_own_store_alone_and_never_without_a_till(cashier: User, now: Any) -> None:
    tills.set_badge(cashier, number="B07", pin=PIN, now=now, by="test")
    elsewhere = Client()
    _till, token = tills.open_till(name="x", store_code="s2", now=now, by="test")
    assert elsewhere.post("/desk/switch/", {"number": "B07", "pin": PIN}).status_code == 404
    elsewhere.cookies[tills.COOKIE] = token
    assert not switch(elsewhere)


def test_pins_are_throttled_for_a_badge_at_a_till_and_the_others_go_on(
    till: Client, cashier: User, manager: User, now: Any, settings: Any
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # tries are counted, not hashed
    tills.set_badge(cashier, number="B07", pin=PIN, now=now, by="test")
    tills.set_badge(manager, number="B01", pin=PIN, now=now, by="test")
    for number in range(5):
        assert not switch(till, "B07", f"90{number}7")
    assert not switch(till, "B07"), "the right PIN comes too late"
    assert switch(till, "B01")
    till.post("/desk/switch/", {"act": "leave"})
    tills.set_badge(cashier, number="B07", pin="5823", now=now, by="test")
    assert not switch(till, "B07"), "the old PIN is none"
    assert switch(till, "B07", "5823"), "a new one is not kept waiting for the tries with the old"


def key_of(user: User) -> None:
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={})


def test_who_is_dismissed_is_out_at_the_till_and_has_no_key_left(
    till: Client, cashier: User, manager: User, now: Any
) -> None:
    tills.set_badge(cashier, number="B07", pin=PIN, now=now, by="test")
    key_of(cashier)
    assert switch(till) and till.get("/desk/").status_code == 200
    person = staffing.person_of(manager, cashier.pk)
    assert person is not None
    staffing.end_work(manager, person, now=now)
    assert till.get("/desk/").headers["location"] == "/desk/switch/", "in the middle of her work"
    assert not switch(till) and not Authenticator.objects.exists()


def test_what_a_member_signs_in_with_stays_hers(cashier: User, manager: User, program: Any, now: Any) -> None:
    enrolment.enrol(program=program, channel="web", now=now, by="test", user_id=cashier.pk, first_name="Léa",
                    email=cashier.email, email_verified_at=now, market_code="FR")  # fmt: skip
    key_of(cashier)
    person = staffing.person_of(manager, cashier.pk)
    assert person is not None
    staffing.end_work(manager, person, now=now)
    assert Authenticator.objects.filter(user=cashier).exists()


def test_a_login_that_is_closed_or_switched_off_in_the_admin_loses_the_same(
    till: Client, cashier: User, manager: User, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[int] = []
    monkeypatch.setattr(hooks, "on_happened", [lambda one: left.append(one.user_id) if one.what == "left" else None])
    boss = staff.create_staff("boss@example.com", "Boss", [], now=now, by="test", superuser=True)
    for user, number in ((cashier, "B07"), (manager, "B01")):
        tills.set_badge(user, number=number, pin=PIN, now=now, by="test")
        key_of(user)
    staff.dismiss(cashier, now=now, by="test")
    admin = Client()
    admin.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    there = f"/admin/identity/user/{manager.pk}/change/"
    form = admin.get(there).context["adminform"].form
    typed = {"staff-TOTAL_FORMS": "1", "staff-INITIAL_FORMS": "1", "staff-0-id": manager.staff.pk,
             "staff-0-user": manager.pk, "staff-0-display_name": "Max", "staff-0-language": "en",
             "grants-TOTAL_FORMS": "1", "grants-INITIAL_FORMS": "1", "grants-0-id": manager.grants.get().pk,
             "grants-0-user": manager.pk, "grants-0-role": "store_manager", "grants-0-store_code": "s1"}  # fmt: skip
    assert "is_active" in form.fields and admin.post(there, typed).status_code == 302
    assert left == [cashier.pk, manager.pk]
    assert not Badge.objects.exists() and not Authenticator.objects.exists()
    assert not switch(till) and not switch(till, "B01")


@pytest.mark.parametrize(("days", "gone"), [(14, False), (15, True)])
def test_an_invitation_that_nobody_took_up_lapses(manager: User, now: Any, days: int, gone: bool) -> None:
    mistyped = invite(manager, now)
    began = invite(manager, now, address="began@example.com")
    then = now - timedelta(days=days) + timedelta(hours=1)
    User.objects.filter(pk__in=[mistyped.pk, began.pk, manager.pk]).update(date_joined=then)
    User.objects.filter(pk__in=[began.pk, manager.pk]).update(last_login=then)
    assert departing.let_lapse(now=now) == gone
    assert Grant.objects.filter(user=mistyped).exists() is not gone
    assert StaffProfile.objects.filter(user=mistyped).exists() is not gone, "or the login would be kept for it"
    assert Grant.objects.filter(user=began).exists()
    assert departing.let_lapse(now=now) == 0
