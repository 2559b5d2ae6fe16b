"""Nothing is kept a day longer than it says, and nothing goes a day before."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction

from activity.models import Attribution, Bearer, Quarantine
from audit import access, clock, guards, trail
from audit.models import AccessEvent, AuditEvent
from care import cases, tasks
from care.models import Archive, CaseFile, Erasure
from care.privacy import archives, columns, erasing, idleness, replaying, retention
from identity.models import Device, User
from members import changing, inviting, proofs, wallets
from members.history import Hand
from members.models import CardProof, ContactChange, Invitation, Member, Membership, NameWord, WalletDevice
from messaging import outbox
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


def test_who_waits_for_an_answer_keeps_nobody_behind_her_from_being_asked(program, now, monkeypatch):
    monkeypatch.setattr(idleness, "AT_ONCE", 1)
    idle_since(program, now, 1200)
    assert retention.idle_members(now) == 1
    behind = lives.member(program, now - timedelta(days=1200), email="behind@example.com")
    Member.objects.filter(pk=behind.membership.member_id).update(created_at=now - timedelta(days=1200))
    assert retention.idle_members(now) == 1


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


def aged(made, **columns):
    """The row as it would be had it been made then; `auto_now` and use cases say otherwise."""
    type(made)._default_manager.filter(pk=made.pk).update(**columns)
    return made


def _bearer(program, now, then):
    till = lives.source(program)
    row = Bearer.objects.create(source_id=till.pk, card="4711", email="x@example.com", digest=b"b")
    Attribution.objects.create(
        activity_id=1, occurred_on=then.date(), program_id=program.pk, bearer_id=row.pk, by="card", at=then,
        reason="UnknownMember",
    )  # fmt: skip
    return lambda: Bearer.objects.filter(card__isnull=False).exists()


def _contact_change(program, now, then):
    life = lives.member(program, then)
    told = Hand("user:1", "store", "dit ici")
    changing.set_by_staff(membership=life.membership, what="phone", wanted="+33612345678", hand=told, now=then)
    return lambda: ContactChange.objects.exclude(wanted="").exists()


def _invitation(program, now, then):
    life = lives.member(program, then)
    begun = then - inviting.LASTS
    inviting.ask(membership_id=life.membership.pk, to="x@example.com", now=begun, by="test")
    return lambda: Invitation.objects.exclude(sent_to="").exists()


def _message(program, now, then):
    outbox.owe(membership_id=lives.member(program, then).membership.pk, kind="welcome", values={"x": 1}, now=then,
               key="k")  # fmt: skip
    Outgoing.objects.update(state="sent", ended_at=then)
    return lambda: Outgoing.objects.exclude(facts={}).exists()


def _evidence(program, now, then, photo):
    case = cases.open(membership=lives.member(program, then).membership, type="other", channel="web", words="x",
                      now=then, by="test", files=[photo()])  # fmt: skip
    cases.solve(case_id=case.pk, words="x", outcome="answer", now=then, by="test", data={})
    return lambda: CaseFile.objects.filter(removed_at=None).exists()


def _archive(program, now, then):
    row = archives.ask(membership_id=lives.member(program, then).membership.pk, now=then, by="test")
    aged(row, state="taken", taken_at=then)
    return lambda: Archive.objects.exists()


def _session(program, now, then):
    Session.objects.create(session_key="k", session_data="", expire_date=then)
    return lambda: Session.objects.exists()


def _device(program, now, then):
    Device.objects.create(user=lives.member(program, then).user, digest="d", first_seen_at=then, last_seen_at=then)
    return lambda: Device.objects.exists()


def _wallet_device(program, now, then):
    life = lives.member(program, then)
    card = life.membership.cards.first()
    wallets.register(card=card, device="phone", push_token="token", now=then)
    wallets.fetched(card=card, told="", now=then)
    wallets.end(memberships=[life.membership.pk], now=then)
    return lambda: WalletDevice.objects.exists()


def _access(program, now, then):
    access.record(actor="user:1", membership_id=1, page="member", purpose="desk", at=then)
    return lambda: AccessEvent.objects.exists()


def _event(program, now, then):
    trail.record(action="x", actor="user:1", obj=("x", 1), at=then)
    return lambda: AuditEvent.objects.filter(action="x").exists()


def _proof(program, now, then):
    proofs.right(lives.member(program, then).membership, CardProof.What.CLAIM, then, "test")
    return lambda: CardProof.objects.exists()


def _admin_entry(program, now, then):
    user = lives.member(program, then).user
    aged(LogEntry.objects.create(user=user, action_flag=1, change_message=""), action_time=then)
    return lambda: LogEntry.objects.exists()


def _words(program, now, then):
    """Not a day but a change: a name that nobody has any more, one that somebody has, one that a race has lost."""
    member = lives.member(program, now, first_name="Zwetschge").membership.member
    if then < now - timedelta(days=1):
        member.first_name = "Mirabelle"
        member.save()
        NameWord.objects.filter(word="mirabelle").delete()
    return lambda: NameWord.objects.filter(word="zwetschge").exists()


DAYS = {
    "bearers": (1095, _bearer), "contact changes": (396, _contact_change), "invitations": (30, _invitation),
    "messages": (396, _message), "evidence": (365, _evidence), "archives": (1095, _archive), "sessions": (0, _session),
    "devices": (396, _device), "wallet devices": (3, _wallet_device),
    "accesses": (1095, _access), "events": (3652, _event), "proofs": (396, _proof),
    "admin entries": (396, _admin_entry), "words of names": (0, _words),
}  # fmt: skip
ELSEWHERE = {"idle members", "quarantine", "logins", "invited staff"}
"""Jobs whose day has a test of its own: above, and in tests/identity/test_staffing.py."""


@pytest.mark.parametrize("job", sorted(DAYS))
def test_it_is_there_on_its_last_day_and_gone_the_day_after(job, program, photo):
    """By the database's own clock: the guards of what only grows believe no other."""
    now = clock.now()
    days, made = DAYS[job]
    for since, stays in ((days - 1, True), (days + 1 + (days == 0), False)):
        with transaction.atomic():
            there = made(program, now, now - timedelta(days=since), **({"photo": photo} if job == "evidence" else {}))
            assert there(), since
            assert (retention.JOBS[job](now) > 0) is not stays, since
            assert there() is stays, since
            assert retention.JOBS[job](now) == 0, "and once"
            transaction.set_rollback(True)


def test_every_job_has_its_day_and_every_day_its_job():
    assert set(retention.JOBS) == set(DAYS) | ELSEWHERE
    for name, table in columns.tables().items():
        if re.search(r"\d|year|month|day", table.retention) and "books" not in table.retention:
            assert retention.KEEPS.get(name) in retention.JOBS, f"{name} is kept {table.retention}: by which job?"


@pytest.mark.parametrize(("table", "since"), [("audit_access", 1094), ("audit_event", 3651), ("card_proof", 395)])
def test_nobody_can_let_go_of_what_is_younger(program, table, since):
    now = clock.now()
    made = {"audit_access": _access, "audit_event": _event, "card_proof": _proof}[table]
    there = made(program, now, now - timedelta(days=since))
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        guards.let_go(table, before=now + timedelta(days=1))
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET at = at"):
        with pytest.raises(DatabaseError, match="permission denied|only grows"), transaction.atomic():
            connection.cursor().execute(statement)
    assert there()


def test_the_beat_keeps_every_class_and_one_that_fails_stops_no_other(program, monkeypatch):
    assert {one["task"] for one in settings.CELERY["beat_schedule"].values()} >= {"care.tasks.retain"}
    done = []
    jobs = {name: lambda now, name=name: done.append(name) or 0 for name in retention.JOBS}
    jobs["quarantine"] = lambda now: 1 / 0
    monkeypatch.setattr(retention, "JOBS", jobs)
    for _beat in range(2):
        tasks.retain()
    assert done == [name for name in jobs if name != "quarantine"], "once a night each"
    jobs["quarantine"] = lambda now: done.append("mended") or 0
    tasks.retain()
    assert done[-1] == "mended", "what failed is tried again by the next beat"
