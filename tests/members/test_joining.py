"""Joining online: who becomes whom, once their address is proven."""

import json
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import close_old_connections, connection

from audit.models import AuditEvent
from identity.models import User
from members import consents, enrolment, joining, matching, models
from members.consents import Answer


def a_login(email, proven=True):
    user = User.objects.create_user(email)
    EmailAddress.objects.filter(user=user).update(verified=proven)
    return user


def pending(program, now, **typed):
    return joining.PendingJoin.of(
        program=program, now=now, **{"email": "ana@example.org", "first_name": "Ana", "consents": (), **typed}
    )


def in_store(program, now, **fields):
    return enrolment.enrol(program=program, channel="store", now=now, by="user:9", **fields)


@pytest.mark.django_db
def test_what_was_typed_survives_the_session_as_plain_text(program, now):
    typed = pending(
        program,
        now,
        birth_date=date(1990, 1, 2),
        phone="0639982148",
        consents=[Answer("marketing", "email", True, "w1")],
    )
    session = {}
    joining.keep(session, typed)
    assert joining.kept(json.loads(json.dumps(session))) == typed
    joining.forget(session)
    assert joining.kept(session) is None
    assert not models.Member.objects.exists()


@pytest.mark.django_db
def test_somebody_new_becomes_a_member_whose_address_names_them(program, now):
    user = a_login("ana@example.org")
    typed = pending(program, now, consents=[Answer("marketing", "email", True, "w1")])
    joined = joining.complete(user=user, pending=typed, now=now)
    assert (joined.new, joined.claimed) == (True, False)
    membership = joined.membership
    assert (membership.channel, membership.status) == ("web", "active")
    assert membership.member.email_verified_at == now
    assert models.Login.objects.get().user_id == user.pk
    assert matching.match(program.pk, [matching.Bearer(1, email="ana@example.org")])[1].membership_id == membership.pk
    assert consents.granted(membership.member_id, "marketing", "email")


@pytest.mark.django_db
def test_twice_is_once(program, now):
    user = a_login("ana@example.org")
    typed = pending(program, now, consents=[Answer("marketing", "email", True, "w1")])
    first = joining.complete(user=user, pending=typed, now=now)
    again = joining.complete(user=user, pending=typed, now=now)
    assert (again.membership.pk, again.new, again.claimed) == (first.membership.pk, False, False)
    assert models.Consent.objects.count() == 1
    assert models.Card.objects.count() == models.MembershipHolder.objects.count() == 1


@pytest.mark.django_db
def test_an_address_that_was_not_proven_or_is_anothers_makes_nobody(program, now):
    typed = pending(program, now)
    with pytest.raises(joining.NotYours):
        joining.complete(user=a_login("ana@example.org", proven=False), pending=typed, now=now)
    with pytest.raises(joining.NotYours):
        joining.complete(user=a_login("eve@example.org"), pending=typed, now=now)
    assert not models.Member.objects.exists()


@pytest.mark.django_db
def test_who_was_enrolled_in_a_store_with_this_address_is_the_same_person(program, now):
    before = in_store(program, now, first_name="Ana", email="ana@example.org", status="pending", card_number="PLASTIC1")
    later = now + timedelta(days=3)
    joined = joining.complete(
        user=a_login("ana@example.org"), pending=pending(program, now, birth_date=date(1990, 1, 2)), now=later
    )
    assert (joined.membership.pk, joined.new, joined.claimed) == (before.pk, False, True)
    member = models.Member.objects.get()
    assert (member.email_verified_at, member.birth_date) == (later, date(1990, 1, 2))
    assert joined.membership.status == "active"
    assert models.Card.objects.get().number == "PLASTIC1"
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"members.claimed", "members.activated"} <= actions


@pytest.mark.django_db
def test_a_claimed_member_of_another_program_of_the_population_joins_this_one_too(program, sister_program, now):
    before = in_store(sister_program, now, first_name="Ana", email="ana@example.org")
    joined = joining.complete(user=a_login("ana@example.org"), pending=pending(program, now), now=now)
    assert (joined.new, joined.claimed, joined.membership.member_id) == (True, True, before.member_id)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("known", "typed", "same"),
    [
        ({"first_name": "Ana"}, {"first_name": "ÁNA maria"}, True),
        ({"first_name": "Bob"}, {"first_name": "Ana"}, False),
        (
            {"first_name": "Bob", "birth_date": date(1990, 1, 2)},
            {"first_name": "Ana", "birth_date": date(1990, 1, 2)},
            True,
        ),
        ({"first_name": "Ana", "birth_date": date(1990, 1, 2)}, {"birth_date": date(1991, 1, 2)}, False),
        ({"phone": "+33639982148"}, {}, True),
    ],
)
def test_who_shares_a_mailbox_and_is_somebody_else_is_not_claimed(program, now, known, typed, same):
    before = in_store(program, now, email="ana@example.org", **known)
    joined = joining.complete(user=a_login("ana@example.org"), pending=pending(program, now, **typed), now=now)
    assert joined.claimed is same
    assert (joined.membership.pk == before.pk) is same
    assert models.Login.objects.get().member_id == joined.membership.member_id


@pytest.mark.django_db
def test_between_two_who_could_be_meant_nobody_is_claimed(program, now):
    for _ in range(2):
        in_store(program, now, email="ana@example.org", first_name="Ana")
    joined = joining.complete(user=a_login("ana@example.org"), pending=pending(program, now), now=now)
    assert (joined.new, joined.claimed, models.Member.objects.count()) == (True, False, 3)


@pytest.mark.django_db
def test_an_address_somebody_proved_before_is_kept_and_matches_them_still(program, now):
    earlier = a_login("ana@example.org")
    first = joining.complete(user=earlier, pending=pending(program, now), now=now).membership
    EmailAddress.objects.filter(user=earlier).delete()
    earlier.email = "moved@example.org"
    earlier.save()
    second = joining.complete(user=a_login("ana@example.org"), pending=pending(program, now), now=now)
    assert second.new
    assert second.membership.member.email_verified_at is None
    assert matching.match(program.pk, [matching.Bearer(1, email="ana@example.org")])[1].membership_id == first.pk


@pytest.mark.django_db
def test_one_login_is_one_member_in_each_population_and_they_never_meet(program, sister_program, other_program, now):
    user = a_login("ana@example.org")
    here, sister, other = (
        joining.complete(user=user, pending=pending(one, now), now=now).membership
        for one in (program, sister_program, other_program)
    )
    assert here.member_id == sister.member_id != other.member_id
    assert models.Login.objects.filter(user=user).count() == 2


@pytest.mark.django_db
def test_too_young_is_told_before_any_code_is_sent(program, now):
    with pytest.raises(enrolment.TooYoung):
        pending(program, now, birth_date=date(2015, 1, 1))
    with pytest.raises(enrolment.InvalidContact):
        pending(program, now, email="")


@pytest.mark.django_db
def test_a_suspended_membership_stays_what_staff_made_it(program, now):
    user = a_login("ana@example.org")
    membership = joining.complete(user=user, pending=pending(program, now), now=now).membership
    models.Membership.objects.update(status="suspended")
    assert joining.complete(user=user, pending=pending(program, now), now=now).membership.status == "suspended"
    assert models.Membership.objects.get().pk == membership.pk


@pytest.mark.django_db(transaction=True)
def test_the_same_person_pressing_the_button_many_times_at_once_is_one_member(program, now):
    user, typed = a_login("ana@example.org"), pending(program, now)
    in_store(program, now, email="ana@example.org", first_name="Eve")  # somebody else of the same mailbox
    gate, answers = threading.Barrier(5), []

    def press():
        try:
            gate.wait(60)
            answers.append(joining.complete(user=user, pending=replace(typed), now=now))
        except Exception as error:
            answers.append(error)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(joined.new for joined in answers) == [False] * 4 + [True]
    assert len({joined.membership.pk for joined in answers}) == 1
    assert (models.Member.objects.count(), models.Login.objects.count()) == (2, 1)
