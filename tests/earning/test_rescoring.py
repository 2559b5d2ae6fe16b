"""Scoring again on purpose: shown, approved by another person, run, resumable, and never twice."""

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from earning import auditing, claims, replays, rescoring
from earning.models import Award, Claim, Rescore, RescoreHolder
from members.models import Membership
from tests.earning import world

pytestmark = pytest.mark.django_db
FIRST = (
    "- {code: first, trigger: purchase, scope: receipt, when: {fact: receipt.first_of_day, eq: true}, earn: {fixed: 5}}"
)


def membership(club, member="anna"):
    return Membership.objects.get(holders__holder_id=club.holders[f"{member}-0001"]).pk


def through(club, scope, now):
    """Previewed by one, approved by another, run."""
    row = rescoring.preview(program=club.program, scope=scope, now=now, by="user:1", reason="a slip")
    rescoring.approve(preview_id=row.pk, now=now, by="user:2")
    return rescoring.run(preview_id=row.pk, now=now, by="user:2")


def corrected(now, members=("anna", "bo")):
    """Two members bought under one point a euro; three would have been right from the start."""
    club = world.make(world.BASE, now=now, members=members)
    for number, member in enumerate(members):
        club.buy(
            f"R{number}", f"2026-11-{number + 9:02d}T12:00:00", ("a", f"{10 * (number + 1)}.00"), member=member, now=now
        )
    world.drained(now)
    world.publish(world.BASE.replace("points: 1", "points: 3"), now=now, top="valid_from: 2026-11-01")
    return club


def test_a_corrected_rulebook_is_shown_approved_and_run_once(now):
    club = corrected(now)
    scope = rescoring.correction(date(2026, 11, 1), date(2026, 11, 30))
    row = rescoring.preview(program=club.program, scope=scope, now=now, by="user:1")
    assert (row.holders, row.activities, row.members) == (2, 2, 2)
    assert row.points == {"points": {"given": 60, "taken": 0}}
    assert row.histogram == [{"from": 10, "until": 100, "members": 2}]
    assert world.given(club) == {"base": 30}, "a preview writes nothing"
    with pytest.raises(rescoring.NotApproved):
        rescoring.run(preview_id=row.pk, now=now, by="user:2")
    with pytest.raises(rescoring.SamePerson):
        rescoring.approve(preview_id=row.pk, now=now, by="user:1")
    rescoring.approve(preview_id=row.pk, now=now, by="user:2")
    done = rescoring.run(preview_id=row.pk, now=now, by="user:2")
    assert (done.state, done.done_holders) == ("done", 2)
    assert world.given(club) == {"base": 90}
    assert [club.balances(member, now)["points"] for member in ("anna", "bo")] == [30, 60]
    entries = world.count("ledger_entry")
    assert rescoring.run(preview_id=row.pk, now=now, by="user:2").state == "done"
    again = through(club, scope, now)
    assert (again.members, again.points, world.count("ledger_entry")) == (0, {}, entries)
    assert auditing.differences() == []
    assert set(AuditEvent.objects.filter(object_type="rescore").values_list("action", flat=True)) == {
        "rescore.previewed", "rescore.approved", "rescore.done",
    }  # fmt: skip


def test_a_correction_that_gives_less_takes_back(now):
    club = corrected(now)
    world.publish(world.BASE.replace("points: 1", "points: 0.5"), now=now + timedelta(1), top="valid_from: 2026-11-10")
    done = through(club, rescoring.correction(date(2026, 11, 10), None), now)
    assert done.points == {"points": {"given": 0, "taken": 10}}
    assert [club.balances(member, now)["points"] for member in ("anna", "bo")] == [10, 10]


def test_one_member_or_some_receipts(now):
    club = corrected(now)
    through(club, rescoring.of_member(membership(club, "bo")), now)
    assert [club.balances(member, now)["points"] for member in ("anna", "bo")] == [10, 60]
    anna = Award.objects.get(holder_id=club.holders["anna-0001"]).activity_id
    through(club, rescoring.of_receipts([anna]), now)
    assert [club.balances(member, now)["points"] for member in ("anna", "bo")] == [30, 60]


def test_a_replay_reads_facts_anew_and_nothing_else_does(now):
    club = world.make(world.BASE + "\n" + FIRST, now=now)
    second = club.buy("R2", "2026-11-10T15:00:00", ("a", "1.00"), now=now)
    world.drained(now)
    first = club.buy("R1", "2026-11-10T09:00:00", ("a", "1.00"), now=now)
    world.drained(now)
    both = {"base": 1, "first": 5}
    assert (world.given(club, first), world.given(club, second)) == (both, both)
    through(club, rescoring.of_member(membership(club)), now)
    assert (world.given(club, first), world.given(club, second)) == (both, both)
    done = through(club, rescoring.replay(date(2026, 11, 10), date(2026, 11, 10)), now)
    assert (world.given(club, first), world.given(club, second)) == (both, {"base": 1})
    assert done.points == {"points": {"given": 0, "taken": 5}}
    again = through(club, rescoring.of_member(membership(club)), now)  # from the facts that the replay kept
    assert again.points == {}
    assert auditing.differences() == []


def test_a_replay_orders_what_a_cap_gave(now):
    rules = "- {code: base, trigger: purchase, earn: {per_amount: {points: 1}}, limits: [{max: 100, per: month}]}"
    club = world.make(rules, now=now)
    late = club.buy("R2", "2026-11-10T15:00:00", ("a", "80.00"), now=now)
    world.drained(now)
    early = club.buy("R1", "2026-11-09T09:00:00", ("a", "80.00"), now=now)
    world.drained(now)
    assert (world.given(club, early), world.given(club, late)) == ({"base": 20}, {"base": 80})
    through(club, rescoring.replay(date(2026, 11, 1), date(2026, 11, 30)), now)
    assert (world.given(club, early), world.given(club, late)) == ({"base": 80}, {"base": 20})
    assert club.balances("anna", now) == {"points": 100}


def test_a_run_cut_off_goes_on_where_it_stopped(now, monkeypatch):
    club = corrected(now, members=("anna", "bo", "cleo"))
    monkeypatch.setattr(replays, "AT_ONCE", 1)
    row = rescoring.preview(
        program=club.program, scope=rescoring.correction(date(2026, 11, 1), None), now=now, by="user:1"
    )
    rescoring.approve(preview_id=row.pk, now=now, by="user:2")
    do, count = replays.do, []

    def dies(*values, **more):
        if count:
            raise KeyboardInterrupt
        count.append(do(*values, **more))
        return count[0]

    with monkeypatch.context() as cut, pytest.raises(KeyboardInterrupt):
        cut.setattr(replays, "do", dies)
        rescoring.run(preview_id=row.pk, now=now, by="user:2")
    assert Rescore.objects.get(pk=row.pk).done_holders == 1
    assert rescoring.run(preview_id=row.pk, now=now, by="user:2").state == "done"
    assert world.given(club) == {"base": 180}
    assert RescoreHolder.objects.filter(done_at=None).count() == 0
    assert (Claim.objects.count(), auditing.differences()) == (0, [])


def test_holders_that_a_worker_has_are_left_for_later(now, monkeypatch):
    club = corrected(now)
    row = rescoring.preview(
        program=club.program, scope=rescoring.correction(date(2026, 11, 1), None), now=now, by="user:1"
    )
    rescoring.approve(preview_id=row.pk, now=now, by="user:2")
    held = claims.claim_these([club.holders["anna-0001"]], now=now)
    monkeypatch.setattr(rescoring, "_PATIENCE", 2)
    assert rescoring.run(preview_id=row.pk, now=now, by="user:2").done_holders == 1
    claims.finish(held.token)
    assert rescoring.run(preview_id=row.pk, now=now, by="user:2").state == "done"
    assert world.given(club) == {"base": 90}


def test_the_command_tells_and_refuses(now, capsys):
    corrected(now)
    call_command("rescore", "preview", "--program", "club", "--from", "2026-11-01", "--by", "user:1")
    number = Rescore.objects.get().pk
    assert "points: 60 more, 0 less, for 2 members" in capsys.readouterr().out
    with pytest.raises(CommandError, match="SamePerson"):
        call_command("rescore", "approve", str(number), "--by", "user:1")
    call_command("rescore", "approve", str(number), "--by", "user:2")
    call_command("rescore", "run", str(number))
    call_command("rescore", "status", str(number))
    assert "2 of 2 holders" in (said := capsys.readouterr().out)
    assert "is done" in said
    call_command("rescore", "preview", "--program", "club", "--member", "anna-0001", "--by", "user:1")
    with pytest.raises(CommandError, match="no member"):
        call_command("rescore", "preview", "--program", "club", "--member", "x", "--by", "user:1")
    with pytest.raises(CommandError, match="NothingInScope"):
        call_command("rescore", "preview", "--program", "club", "--from", "2029-11-01", "--by", "user:1")
    with pytest.raises(CommandError, match="NotApproved"):
        call_command("rescore", "withdraw", str(number), "--by", "user:1")
