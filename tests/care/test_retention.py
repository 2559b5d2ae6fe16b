"""Nothing is kept a day longer than it says, and nothing goes a day before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activity.models import Quarantine
from care.models import Erasure
from care.privacy import erasing, idleness, replaying, retention
from identity.models import User
from members.models import Member, Membership
from messaging.models import Outgoing
from tests.web import lives

pytestmark = pytest.mark.django_db


def idle_since(program, now, days, **terms):
    """Somebody whose last action is so many days ago."""
    program.settings = {**program.settings, "retention": terms}
    program.save(update_fields=["settings"])
    then = now - timedelta(days=days)
    life = lives.member(program, then)
    Member.objects.filter(pk=life.membership.member_id).update(created_at=then)
    return life


@pytest.mark.parametrize(("days", "gone"), [(1094, False), (1096, True)])
def test_three_years_after_the_last_action_a_person_is_forgotten(program, now, days, gone):
    life = idle_since(program, now, days, idle="erase")
    retention.run(now=now)
    assert erasing.is_erased(life.membership.member_id) is gone
    assert (Member.objects.get(pk=life.membership.member_id).first_name == "") is gone
    assert retention.run(now=now) == {}, "once a night"
    assert retention.idle_members(now) == 0, "and done once"


def test_she_is_asked_first_and_has_time_to_answer(program, now):
    life = idle_since(program, now, 1200)
    assert retention.idle_members(now) == 1
    assert Outgoing.objects.get(kind=idleness.KIND).membership_id == life.membership.pk
    assert retention.idle_members(now + timedelta(days=29)) == 0
    assert retention.idle_members(now + timedelta(days=30)) == 1
    assert erasing.is_erased(life.membership.member_id)


def test_a_receipt_is_an_action(program, now):
    life = idle_since(program, now, 1200, idle="erase")
    lives.receipt(life, now - timedelta(days=1094))
    assert retention.idle_members(now) == 0


@pytest.mark.parametrize(("days", "gone"), [(89, False), (91, True)])
def test_rows_in_quarantine_forget_what_they_held(program, now, days, gone):
    row = Quarantine.objects.create(
        source=lives.source(program), program=program, line=1, reason="InvalidField", raw=b"secret", detail="secret",
        state="dropped", at=now - timedelta(days=120), changed_at=now - timedelta(days=days),
    )  # fmt: skip
    assert retention.quarantine(now) == gone
    row.refresh_from_db()
    assert (bytes(row.raw) == b"") is gone
    assert retention.quarantine(now) == 0


@pytest.mark.parametrize(("days", "gone"), [(29, False), (31, True)])
def test_logins_of_people_who_never_joined_go(program, now, days, gone):
    member = lives.member(program, now - timedelta(days=99))
    lonely = User.objects.create_user("lonely@example.com")
    User.objects.filter(pk__in=[lonely.pk, member.user.pk]).update(date_joined=now - timedelta(days=days))
    assert retention.logins(now) == gone
    assert User.objects.filter(pk=lonely.pk).exists() is not gone
    assert User.objects.filter(pk=member.user.pk).exists()


def test_an_erasure_is_done_again_on_a_backup_that_knew_her(program, now):
    life = lives.member(program, now)
    member_id = life.membership.member_id
    erasing.erase_now(member_id=member_id, reason="asked", now=now, by="test")
    listed = list(replaying.lines())
    assert "Camille" not in listed[0]
    Erasure.objects.all().delete()  # as in a backup from before
    Member.objects.filter(pk=member_id).update(first_name="Camille", email="camille@example.com")
    Membership.objects.filter(pk=life.membership.pk).update(status="active")
    done = replaying.replay([*listed, '{"member": "nobody"}', ""], now=now)
    assert (done.erased, done.already, done.unknown, done.waiting) == (1, 0, 1, ())
    assert Member.objects.get(pk=member_id).email == ""
    assert replaying.replay(listed, now=now).already == 1
    with pytest.raises(replaying.NoErasureList):
        replaying.replay(["{}"], now=now)
