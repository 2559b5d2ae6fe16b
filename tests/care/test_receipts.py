"""A receipt is given to the member who shows it: once, within the window, never another's; scored by its own day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from activity import single
from audit.models import AuditEvent
from care import cases, outcomes, receipts
from care.models import Case, ReceiptClaim
from care.outcomes import Outcome
from care.refusals import AlreadyCredited, AnothersReceipt, InQuarantine, NotInThisState, ReceiptUnknown, TooLate
from earning import auditing
from identity.models import User
from ledger import queries as pots
from members.models import Membership
from members.policies import OwnAccount
from tests.care import papers
from tests.care.conftest import NOW, person
from tests.earning import world
from tests.ledger.test_rivals import at_once

pytestmark = pytest.mark.django_db
LINE = ("a", "10.00")


def of(club: world.World, member: str) -> Membership:
    return Membership.objects.get(holders__holder_id=club.holders[f"{member}-0001"])


def opened(club: world.World, member: str = "anna", *, number: str = "R1", files: bool = False, now: Any = NOW) -> Case:
    sent = [SimpleUploadedFile("r.jpg", papers.picture())] if files else []
    return cases.open(
        membership=of(club, member), type="missing_points", channel="phone", words="Where are my points?",
        receipt=number, files=sent, now=now, by="user:0",
    )  # fmt: skip


def points(club: world.World, member: str = "anna") -> int:
    found = pots.balances(club.holders[f"{member}-0001"], NOW)
    return found[0].available if found else 0


def settle(case: Case, user: User, outcome: Outcome) -> outcomes.Done:
    return outcomes.settle(case_id=case.pk, outcome=outcome, user=user, now=NOW)


def evidenced(number: str = "R9", at: str = "2026-11-18T10:00") -> receipts.Evidenced:
    return receipts.Evidenced("tills", "s1", number, at, [("a", "1", "12.00"), ("b", "2", "8.00")])


def test_a_receipt_that_came_without_a_member_is_shown_first_and_given_once(sofia: User) -> None:
    club = world.make(world.BASE, now=NOW - timedelta(days=5), members=("anna", "bo"))
    sale = club.buy("R1", "2026-11-18T10:00", LINE, member="", now=NOW)
    case = opened(club)
    outcome = Outcome("receipt", words="We found it.", activity_id=sale)
    assert [(one.number, one.whose) for one in receipts.find(case.membership, "R1")] == [("R1", "nobodys")]
    seen = outcomes.preview(case_id=case.pk, outcome=outcome, user=sofia, now=NOW)
    assert [amount for _currency, amount in seen.points] == [10]
    assert (ReceiptClaim.objects.count(), world.drained(NOW), points(club)) == (0, 0, 0)
    settle(case, sofia, outcome)
    world.drained(NOW)
    case.refresh_from_db()
    assert (points(club), case.state, case.outcome) == (10, "solved", "receipt")
    with pytest.raises(NotInThisState):
        settle(case, sofia, outcome)
    with pytest.raises(AlreadyCredited):
        settle(opened(club, "bo"), sofia, outcome)
    with pytest.raises(AlreadyCredited):
        settle(opened(club), sofia, outcome)
    assert (points(club), points(club, "bo"), auditing.differences()) == (10, 0, [])
    assert AuditEvent.objects.filter(action="case.solved").count() == 1


def test_it_is_scored_by_the_rulebook_of_its_day(sofia: User) -> None:
    club = world.make(world.BASE, now=NOW - timedelta(days=9), top="valid_from: 2026-11-01")
    sale = club.buy("R1", "2026-11-12T10:00", LINE, member="", now=NOW - timedelta(days=8))
    double = world.BASE.replace("points: 1", "points: 2")
    world.publish(double, now=NOW - timedelta(days=4), top="valid_from: 2026-11-16")
    settle(opened(club), sofia, Outcome("receipt", activity_id=sale))
    world.drained(NOW)
    assert points(club) == 10


def test_another_members_receipt_is_not_moved(sofia: User) -> None:
    club = world.make(world.BASE, now=NOW - timedelta(days=5), members=("anna", "bo"))
    bos = club.buy("R1", "2026-11-18T10:00", LINE, member="bo", now=NOW)
    with pytest.raises(AnothersReceipt):
        settle(opened(club), sofia, Outcome("receipt", activity_id=bos))
    mine = club.buy("R2", "2026-11-18T10:00", LINE, now=NOW)
    with pytest.raises(AlreadyCredited):
        settle(opened(club), sofia, Outcome("receipt", activity_id=mine))
    assert not ReceiptClaim.objects.exists()


def test_a_receipt_that_waits_for_anothers_blocked_card_is_anothers(sofia: User) -> None:
    from members import cards
    from members.models import Card

    club = world.make(world.BASE, now=NOW - timedelta(days=5), members=("anna", "bo"))
    cards.bind(membership=of(club, "bo"), number="BO-CARD-1", now=NOW, by="test")
    cards.block(card=Card.objects.get(number="BOCARD1"), reason="lost", now=NOW, by="test")
    sale = club.buy("R1", "2026-11-18T10:00", LINE, member="", card="BO-CARD-1", now=NOW)
    with pytest.raises(AnothersReceipt):
        settle(opened(club), sofia, Outcome("receipt", activity_id=sale))
    settle(opened(club, "bo"), sofia, Outcome("receipt", activity_id=sale))
    world.drained(NOW)
    assert (points(club), points(club, "bo")) == (0, 10)


@pytest.mark.parametrize(("days", "late"), [(90, False), (91, True)])
def test_the_window_is_counted_to_the_day_of_asking(sofia: User, days: int, late: bool) -> None:
    asked = NOW - timedelta(days=1)
    club = world.make(world.BASE, now=NOW - timedelta(days=200))
    day = (asked - timedelta(days=days)).date()
    sale = club.buy("R1", f"{day}T12:00", LINE, member="", now=NOW)
    case = opened(club, now=asked)
    if late:
        with pytest.raises(TooLate):
            settle(case, sofia, Outcome("receipt", activity_id=sale))
    else:
        settle(case, sofia, Outcome("receipt", activity_id=sale))
        assert ReceiptClaim.objects.count() == 1


def test_one_that_never_came_lands_on_evidence_and_the_till_sends_it_in_vain(sofia: User) -> None:
    club = world.make(world.BASE, now=NOW - timedelta(days=5), members=("anna", "bo"))
    with pytest.raises(ReceiptUnknown):
        settle(opened(club, number="R9"), sofia, Outcome("land", evidenced=evidenced()))
    case = opened(club, number="R9", files=True)
    seen = outcomes.preview(case_id=case.pk, outcome=Outcome("land", evidenced=evidenced()), user=sofia, now=NOW)
    assert [amount for _currency, amount in seen.points] == [20]
    settle(case, sofia, Outcome("land", evidenced=evidenced()))
    world.drained(NOW)
    assert points(club) == 20
    row = {"receipt_id": "R9", "occurred_at": "2026-11-18T10:01", "store": "s1", "member": "bo-0001", "sku": "a",
           "quantity": "1", "gross": "20.00"}  # fmt: skip
    again = single.land_one([row], source=club.source, program=club.program, now=NOW)
    assert (again.state, again.reason) == ("quarantined", "DifferentContent")
    world.drained(NOW)
    assert (points(club), points(club, "bo"), auditing.differences()) == (20, 0, [])
    with pytest.raises(InQuarantine):
        settle(opened(club, "bo", number="R9", files=True), sofia, Outcome("land", evidenced=evidenced()))


@pytest.mark.parametrize("at", ["2026-12-24T10:00", "yesterday", "2026-06-01T10:00"])
def test_evidence_of_no_day_that_counts_lands_nothing(sofia: User, at: str) -> None:
    club = world.make(world.BASE, now=NOW - timedelta(days=5))
    case = opened(club, number="R9", files=True)
    with pytest.raises((ReceiptUnknown, TooLate)):
        settle(case, sofia, Outcome("land", evidenced=evidenced(at=at)))
    assert (world.count("activity"), ReceiptClaim.objects.count(), case.events.count()) == (0, 0, 1)


def test_staff_do_not_work_on_their_own_case() -> None:
    from members.models import Login

    club = world.make(world.BASE, now=NOW - timedelta(days=5))
    sale = club.buy("R1", "2026-11-18T10:00", LINE, member="", now=NOW)
    sofia, case = person("call_centre", "sofia"), opened(club)
    member = case.membership.member
    Login.objects.create(member=member, user=sofia, population_id=member.population_id)
    for act in (
        lambda: settle(case, sofia, Outcome("receipt", activity_id=sale)),
        lambda: cases.note(case_id=case.pk, words="x", now=NOW, by=f"user:{sofia.pk}"),
        lambda: cases.hand_to(case_id=case.pk, owner=sofia, now=NOW, by=f"user:{sofia.pk}"),
    ):
        with pytest.raises(OwnAccount):
            act()
    assert not ReceiptClaim.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_one_receipt_at_once_one_gets_it() -> None:
    club = world.make(world.BASE, now=NOW - timedelta(days=5), members=("anna", "bo"))
    sofia, marc = person("call_centre", "sofia"), person("call_centre", "marc")
    sale = club.buy("R1", "2026-11-18T10:00", LINE, member="", now=NOW)
    found, shown = Outcome("receipt", activity_id=sale), Outcome("land", evidenced=evidenced())
    for outcome in (found, shown):
        first, second = (opened(club, who, files=True) for who in ("anna", "bo"))
        acts = [
            lambda case=first, outcome=outcome: settle(case, sofia, outcome),
            lambda case=second, outcome=outcome: settle(case, marc, outcome),
        ]
        names = sorted(type(answer).__name__ for answer in at_once(acts))
        assert names == ["AlreadyCredited", "Done"], names
    world.drained(NOW)
    assert points(club) + points(club, "bo") == 30
    assert ReceiptClaim.objects.count() == 2
