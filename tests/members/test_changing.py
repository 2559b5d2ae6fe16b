"""A changed contact: spending stops for three days, unless the old contact agrees; a dispute waits for staff."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from identity.models import User
from members import change_codes, changing, disputing, enrolment, holds, policies
from members.history import Hand
from members.models import ContactHistory, Member, Membership
from messaging.models import Outgoing
from tests.web.lives import Life, member

pytestmark = pytest.mark.django_db
SELF = Hand("member:x", "web")
DESK = Hand("user:1", "store", "asked at the desk")


@pytest.fixture
def camille(program: Any, now: datetime) -> Life:
    return member(program, now)


def changed(life: Life, now: datetime, wanted: str = "new@example.com") -> Any:
    asked = changing.ask(membership=life.membership, what="email", wanted=wanted, hand=SELF, now=now)
    return changing.confirm(
        membership=life.membership, what="email", code=change_codes.code_of(asked.uid), hand=SELF, now=now
    )


def may_spend(life: Life, now: datetime) -> bool:
    membership = Membership.objects.get(pk=life.membership.pk)
    may = policies.can_spend(membership, now=now)
    if may:
        policies.check_spend(membership, now=now)
    else:
        with pytest.raises(policies.SpendingHeld):
            policies.check_spend(membership, now=now)
    return may


def test_the_login_follows_and_three_days_nothing_is_spent(camille: Life, now: datetime) -> None:
    assert may_spend(camille, now)
    changed(camille, now)
    person = Member.objects.get(pk=camille.membership.member_id)
    assert (person.email, person.email_verified_at) == ("new@example.com", now)
    [address] = EmailAddress.objects.filter(user=camille.user)
    assert (address.email, address.verified, address.primary) == ("new@example.com", True, True)
    assert not may_spend(camille, now + timedelta(hours=71, minutes=59))
    assert may_spend(camille, now + holds.HOLD)
    kept = ContactHistory.objects.get(what="email")
    assert (kept.before, kept.door, kept.by) == ("camille@example.com", "web", "member:x")


def test_no_reward_is_taken_meanwhile(camille: Life, now: datetime) -> None:
    from rewards import redemption
    from rewards.refusals import NotOnOffer, SpendingHeld

    take: Any = {"membership_id": camille.membership.pk, "reward": "r", "key": "k", "channel": "web", "by": "t"}
    with pytest.raises(NotOnOffer):
        redemption.redeem(**take, now=now)
    changed(camille, now)
    with pytest.raises(SpendingHeld):
        redemption.redeem(**take, now=now)


def test_the_old_contact_agrees_and_spending_goes_on(camille: Life, now: datetime) -> None:
    change = changed(camille, now)
    assert disputing.was_me(uid=str(change.uid), now=now)
    assert may_spend(camille, now)
    assert disputing.was_not_me(uid=str(change.uid), now=now) is None  # said is said
    assert Member.objects.get(pk=camille.membership.member_id).email == "new@example.com"


def test_not_me_puts_everything_back_until_staff_release_it(camille: Life, now: datetime) -> None:
    client, change = camille.client(), changed(camille, now)
    for _ in range(2):
        disputing.was_not_me(uid=str(change.uid), now=now)
    assert User.objects.get(pk=camille.user.pk).email == "camille@example.com"
    assert client.get("/demo/me/").headers["location"] == "/demo/"  # signed out
    later = now + timedelta(days=30)
    assert not may_spend(camille, later)
    with pytest.raises(changing.ContactDisputed):
        changing.ask(membership=camille.membership, what="email", wanted="again@example.com", hand=SELF, now=later)
    assert disputing.release(member_id=camille.membership.member_id, hand=DESK, now=later)
    assert may_spend(camille, later)
    assert not disputing.release(member_id=camille.membership.member_id, hand=DESK, now=later)


def test_the_old_address_is_written_to_and_only_it_may_object(camille: Life, now: datetime) -> None:
    change = changed(camille, now)
    rows = {row.address: row.facts for row in Outgoing.objects.filter(kind="contact_changed")}
    assert rows["camille@example.com"]["change"] == str(change.uid)
    assert "change" not in rows[""]  # the new one cannot confirm itself
    assert "new@example.com" not in str(rows)


def test_an_address_taken_while_the_code_was_on_its_way_is_nobodys_gain(
    camille: Life, program: Any, now: datetime
) -> None:
    asked = changing.ask(membership=camille.membership, what="email", wanted="w@example.com", hand=SELF, now=now)
    member(program, now, email="w@example.com", first_name="Marc")
    code = change_codes.code_of(asked.uid)
    with pytest.raises(changing.WrongCode):
        changing.confirm(membership=camille.membership, what="email", code=code, hand=SELF, now=now)
    assert User.objects.get(pk=camille.user.pk).email == "camille@example.com"


def test_an_address_somebody_only_typed_is_free(camille: Life, now: datetime) -> None:
    User.objects.create_user("typed@example.com")
    changed(camille, now, "typed@example.com")
    assert User.objects.get(email="typed@example.com").pk == camille.user.pk


def test_staff_confirm_a_phone_and_never_an_address(program: Any, now: datetime) -> None:
    membership = enrolment.enrol(program=program, channel="store", now=now, by="t", phone="+33612345678")
    with pytest.raises(ValueError, match="code"):
        changing.set_by_staff(membership=membership, what="email", wanted="a@example.com", hand=DESK, now=now)
    with pytest.raises(changing.NoWayToConfirm):
        changing.ask(membership=membership, what="phone", wanted="+33611111111", hand=SELF, now=now)
    changing.set_by_staff(membership=membership, what="phone", wanted="06 11 11 11 11", hand=DESK, now=now)
    assert Member.objects.get(pk=membership.member_id).phone == "+33611111111"
    assert ContactHistory.objects.get(what="phone").reason == "asked at the desk"
    assert holds.is_held(membership.member_id, now)


def test_a_link_is_ours_and_of_this_week(camille: Life) -> None:
    link = change_codes.link_of("0b8f7a62-6d0e-4f0c-9d0e-5b0a6c1d2e3f")
    assert change_codes.change_of(link) == "0b8f7a62-6d0e-4f0c-9d0e-5b0a6c1d2e3f"
    assert change_codes.change_of(link[:-2] + "xx") is None
