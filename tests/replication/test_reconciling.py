"""Conflicts, deletions, who is missing, dry runs, steps: what a base that lives on both sides needs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from members import changing, closing, hooks
from members.history import Hand
from members.models import Member, Membership
from messaging.models import Outgoing
from replication import conflicts, feeding, report
from replication import hooks as erasing
from replication.models import Conflict, Fact, Identity, Line, Run
from tests.replication.conftest import lot, person
from tests.replication.test_landing import balances, counts, holder, lines, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(crm):
    crm.owners = {"phone": "shared"}
    crm.save()
    return crm


def both_change(load, system, **said):
    load(system, [person(phone="+33611111111")])
    Member.objects.update(phone="+33622222222")
    return load(system, [person(version=2, phone="+33633333333", **said)])


def test_what_only_one_side_changed_is_no_conflict(shared, load):
    load(shared, [person(phone="+33611111111")])
    assert counts(load(shared, [person(version=2, phone="+33633333333")])) == {"changed": 1}
    Member.objects.update(phone="+33622222222")
    assert counts(load(shared, [person(version=3, phone="+33633333333")])) == {"unchanged": 1}
    assert member().phone == "+33622222222"


def test_what_both_changed_waits_for_staff_and_is_asked_once(shared, load, now):
    run = both_change(load, shared)
    assert counts(run) == {"conflicting": 1} and member().phone == "+33622222222"
    assert lines(run) == [(1, "C1", "conflicting", "BothChanged", "phone")]
    assert counts(load(shared, [person(version=3, phone="+33633333333")])) == {"unchanged": 1}
    load(shared, [person(version=4, phone="+33644444444")])
    assert list(Conflict.objects.order_by("pk").values_list("state", "theirs")) == [
        ("overtaken", ""), ("open", "+33644444444"),
    ]  # fmt: skip
    waiting = Conflict.objects.get(state="open")
    conflicts.resolve(conflict_id=waiting.pk, answer="theirs", now=now, by="user:1")
    assert member().phone == "+33644444444"
    assert Conflict.objects.get(pk=waiting.pk).theirs == ""
    with pytest.raises(conflicts.NotWaiting):
        conflicts.resolve(conflict_id=waiting.pk, answer="ours", now=now, by="user:1")


@pytest.mark.parametrize(("rule", "phone"), [("theirs", "+33633333333"), ("ours", "+33622222222")])
def test_a_rule_decides_without_staff(shared, load, rule, phone):
    shared.conflicts = rule
    shared.save()
    both_change(load, shared)
    assert member().phone == phone and not Conflict.objects.exists()


@pytest.mark.parametrize(("hours", "phone"), [(1, "+33633333333"), (-1, "+33622222222")])
def test_the_newest_counts_by_the_moments_of_both(shared, load, now, hours, phone):
    shared.conflicts = "newest"
    shared.save()
    load(shared, [person(phone="+33611111111")])
    hand = Hand("user:1", "phone", "said so")
    changing.set_by_staff(membership=Membership.objects.get(), what="phone", wanted="+33622222222", hand=hand, now=now)
    moment = (now + timedelta(hours=hours)).isoformat()
    load(shared, [person(version=2, phone="+33633333333", changed_at=moment)])
    assert member().phone == phone


def test_who_was_deleted_there_stays_closed_whatever_comes_late(crm, load, now):
    load(crm, [person(version=1, first_name="Ida"), person("C2", version=1)])
    run = load(crm, [person(version=3, deleted=True), person("C9", version=3, deleted=True)])
    assert counts(run) == {"deleted": 2}
    assert Identity.objects.get(external_id="C1").membership.status == "closed"
    assert not Outgoing.objects.exists(), "their system tells them, not a letter of ours"
    assert counts(load(crm, [person(version=2, first_name="Eda"), person("C9", version=2)])) == {"late": 2}
    assert not Identity.objects.get(external_id="C9").membership_id
    assert counts(load(crm, [person(version=3, deleted=True)])) == {"repeated": 1}
    assert counts(load(crm, [person(version=4, first_name="Ada"), person("C9", version=4)])) == {
        "created": 1, "changed": 1,
    }  # fmt: skip
    assert Identity.objects.get(external_id="C1").membership.status == "active" and member().first_name == "Ada"


def test_an_erased_person_is_never_filled_again(crm, load, now, monkeypatch):
    erased = []
    monkeypatch.setattr(erasing, "on_erase", [lambda **values: erased.append(values["member_id"])])
    crm.deletions = "erase"
    crm.save()
    load(crm, [person(first_name="Ida")])
    assert counts(load(crm, [person(version=2, deleted=True)])) == {"deleted": 1}
    assert erased == [member().pk]
    run = load(crm, [person(version=3, first_name="Ida")])
    assert lines(run) == [(1, "C1", "refused", "Erased", "external_id")]


def test_who_was_erased_here_is_not_brought_back_by_their_crm(crm, load, now):
    load(crm, [person(first_name="Ida")])
    hooks.tell("erased", membership_id=Membership.objects.get().pk, now=now, by="member")
    assert lines(load(crm, [person(version=2, first_name="Ida")])) == [(1, "C1", "refused", "Erased", "external_id")]


def _ids_kept():
    """Every external id that stands anywhere in this room."""
    rows = [*Identity.objects.values_list("external_id"), *Line.objects.values_list("external_id")]
    return [one for (one,) in rows] + [fact.facts["external_id"] for fact in Fact.objects.all()]


@pytest.mark.parametrize("named", ["ida@example.com", "0612345678"])
def test_an_id_that_is_a_contact_is_forgotten_with_her_and_never_comes_back(crm, load, now, named, settings):
    load(crm, [person(named, first_name="Ida", phone="+33612345678"), person("C2")])
    load(crm, [person(named, version=2, birth_date="never")])  # refused: a line names it
    feeding.look(system=crm, now=now)
    whose = Identity.objects.get(external_id=named).membership_id
    hooks.tell("erased", membership_id=whose, now=now, by="member")
    assert named not in _ids_kept() and "C2" in _ids_kept()
    settings.VOUCHER_KEY, settings.VOUCHER_KEY_FALLBACKS = "n" * 40, [settings.VOUCHER_KEY or settings.SECRET_KEY]
    [(_, told, outcome, reason, _)] = lines(load(crm, [person(named, version=3, first_name="Ida")]))
    assert (told.startswith("erased-"), outcome, reason) == (True, "refused", "Erased")
    assert counts(load(crm, [person(named, version=4, deleted=True)])) == {"unchanged": 1}
    assert named not in _ids_kept() and Membership.objects.count() == 2


def test_an_id_that_is_a_contact_is_forgotten_where_their_system_deletes_her(crm, load, now, monkeypatch):
    def erase(**values):
        hooks.tell("erased", membership_id=Membership.objects.get().pk, now=now, by="t")

    monkeypatch.setattr(erasing, "on_erase", [erase])
    crm.deletions = "erase"
    crm.save()
    load(crm, [person("ida@example.com")])
    assert counts(load(crm, [person("ida@example.com", version=2, deleted=True)])) == {"deleted": 1}
    row = Identity.objects.get()
    assert row.external_id.startswith("erased-") and (row.erased, row.version) == (True, 2)
    assert [line[3] for line in lines(load(crm, [person("ida@example.com", version=3)]))] == ["Erased"]


def test_who_left_here_is_told_and_not_opened_by_a_record(crm, load, now):
    load(crm, [person(first_name="Ida")])
    closing.close(membership_id=Membership.objects.get().pk, reason="moved", now=now, by="member")
    assert lines(load(crm, [person(version=2, first_name="Ada")])) == [(1, "C1", "refused", "Closed", "status")]


def base(number, **said):
    return [person(f"C{one}", **said) for one in range(number)]


def test_a_full_file_tells_who_is_missing_and_deletes_nobody_unless_told(crm, load):
    load(crm, base(20), kind="full")
    run = load(crm, base(19, version=2), kind="full")
    assert run.missing == {"known": 20, "missing": 1, "deleted": 0, "held": ""}
    assert lines(run) == [(None, "C19", "missing", "MissingFromFullFile", "")]
    assert Membership.objects.filter(status="closed").count() == 0


def test_who_is_missing_is_deleted_where_told_but_never_too_many(crm, load):
    crm.missing, crm.missing_most_percent = "delete", 10
    crm.save()
    load(crm, base(20), kind="full")
    assert load(crm, base(17, version=2), kind="full").missing == {
        "known": 20, "missing": 3, "deleted": 0, "held": "too_many",
    }  # fmt: skip
    assert load(crm, base(18, version=3), kind="full").missing["deleted"] == 2
    assert Membership.objects.filter(status="closed").count() == 2
    assert counts(load(crm, base(20, version=3), kind="full")) == {"repeated": 18, "changed": 2}, "they are back"


def test_nobody_is_missed_when_a_record_could_not_be_read(crm, load, tmp_path):
    crm.missing, crm.missing_most_percent = "delete", 50
    crm.save()
    load(crm, base(4), kind="full")
    run = load(crm, [*base(3, version=2), {"version": 2}], kind="full")
    assert run.missing["held"] == "unreadable_records" and run.missing["deleted"] == 0


def test_a_dry_run_computes_everything_and_keeps_the_report_alone(crm, load, now):
    load(crm, base(2), kind="full")
    sent = [
        person("C0", version=2, first_name="Ida", lots=[lot()]),
        person("C5", lots=[lot("L5", 70)]),
        person("C6", store="x"),
    ]
    run = load(crm, sent, kind="full", dry_run=True)
    assert run.dry and counts(run) == {"created": 1, "changed": 1, "refused": 1}
    assert run.missing["missing"] == 1
    [points] = report.of(run).points
    assert (points.said, points.booked) == (570, 570) and report.of(run).adds_up
    assert {row[1:4] for row in lines(run)} == {
        ("C6", "refused", "NotOffered"),
        ("C1", "missing", "MissingFromFullFile"),
    }
    assert Member.objects.count() == 2 and balances("C0", now) == {}
    assert Run.objects.count() == 2 and Identity.objects.get(external_id="C0").version == 1


def test_a_partners_newcomer_who_looks_like_a_member_waits(partner, load, now, program):
    sent = [
        person("P1", first_name="Ida", email="ida@example.com"),
        person("P2", first_name="Ida", email="ida@example.com"),
    ]
    run = load(partner, [sent[0]])
    again = load(partner, [sent[1]])
    assert counts(run) == {"created": 1} and counts(again) == {"conflicting": 1}
    assert counts(load(partner, sent)) == {"repeated": 1, "conflicting": 1}, "the same file asks the same question"
    waiting = Conflict.objects.get()
    conflicts.resolve(conflict_id=waiting.pk, answer="another", now=now, by="user:1")
    assert Membership.objects.count() == 2 and Conflict.objects.get().record is None
    third = person("P3", first_name="Ida", email="ida@example.com")
    load(partner, [third])
    conflict = Conflict.objects.get(state="open")
    Identity.objects.filter(membership=conflict.membership).update(external_id="gone", system=other(program, now))
    conflicts.resolve(conflict_id=conflict.pk, answer="same", now=now, by="user:1")
    assert Membership.objects.count() == 2 and Identity.objects.get(external_id="P3").membership == conflict.membership
    assert counts(load(partner, [third])) == {"repeated": 1}


def other(program, now):
    from replication import systems

    return systems.make(code="other", program=program, now=now, by="test", channel="partner")


def test_a_merged_members_record_goes_to_the_one_that_stands_for_it(crm, load, now):
    load(crm, [person("C1", first_name="Ida"), person("C2", first_name="Ada")])
    kept, gone = (Identity.objects.get(external_id=one).membership for one in ("C1", "C2"))
    Membership.objects.filter(pk=gone.pk).update(status="closed", merged_into=kept)
    assert counts(load(crm, [person("C2", version=2, first_name="Eda", lots=[lot()])])) == {"changed": 1}
    assert member("C1").first_name == "Ida" and list(balances("C1", now).values()) == [500]
    assert counts(load(crm, [person("C2", version=3, deleted=True)])) == {"deleted": 1}
    assert Membership.objects.get(pk=kept.pk).status == "active" and holder("C1")
    assert Line.objects.filter(outcome="refused").count() == 0
