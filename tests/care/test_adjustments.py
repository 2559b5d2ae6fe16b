"""Points by hand: within a ceiling at once, above it by another person's word; seen on the statement in words."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from care import adjustments, cases, outcomes, terms
from care.models import Adjustment
from care.outcomes import Outcome
from care.refusals import FourEyes, NotInThisState, NoWords, OutOfTime, UnknownReason
from identity.models import User
from identity.rights import Scope
from ledger import auditing
from ledger import queries as pots
from ledger.posting import InsufficientPoints
from members.models import Login
from members.policies import OwnAccount
from programs import queries as programs
from tests.care.conftest import NOW, person
from tests.ledger.test_rivals import at_once
from tests.web.lives import Life, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def camille(program: Any) -> Life:
    return member(program, NOW)


def ask(life: Life, user: User, amount: int, **fields: Any) -> Adjustment:
    currency = programs.currencies_of(life.program.pk)[0]
    values = {"reason": "goodwill", "words": "For the broken box", "key": uuid.uuid4(), "now": NOW} | fields
    return adjustments.ask(membership=life.membership, currency=currency, amount=amount, user=user, **values)


def available(life: Life) -> int:
    found = pots.balances(life.holder_id, NOW)
    return found[0].available if found else 0


def units(life: Life, money: int) -> int:
    """How many points are worth so many minor units of money."""
    value, _ = adjustments.value_of(life.membership, programs.currencies_of(life.program.pk)[0], 1000)
    return money * 1000 // value


def test_within_the_ceiling_it_is_posted_at_once_and_once(camille: Life, sofia: User) -> None:
    key = uuid.uuid4()
    row = ask(camille, sofia, 100, key=key)
    assert (row.state, available(camille)) == ("posted", 100)
    assert ask(camille, sofia, 100, key=key).pk == row.pk
    assert ask(camille, sofia, -40).state == "posted"
    assert (available(camille), list(auditing.differences())) == (60, [])
    with pytest.raises(InsufficientPoints):
        ask(camille, sofia, -61)
    assert Adjustment.objects.count() == 2


def test_above_the_ceiling_another_person_decides(camille: Life, sofia: User) -> None:
    finance = person("finance", "marc")
    row = ask(camille, sofia, units(camille, 2001))
    assert (row.state, available(camille)) == ("waiting", 0)
    with pytest.raises(FourEyes):
        adjustments.approve(adjustment_id=row.pk, user=sofia, now=NOW)
    with pytest.raises(IntegrityError, match="four_eyes"), transaction.atomic():
        Adjustment.objects.filter(pk=row.pk).update(decided_by=row.asked_by)
    adjustments.approve(adjustment_id=row.pk, user=finance, now=NOW)
    assert available(camille) == row.amount
    with pytest.raises(NotInThisState):
        adjustments.approve(adjustment_id=row.pk, user=finance, now=NOW)
    other = ask(camille, sofia, units(camille, 3000))
    with pytest.raises(NoWords):
        adjustments.refuse(adjustment_id=other.pk, user=finance, words=" ", now=NOW)
    adjustments.refuse(adjustment_id=other.pk, user=finance, words="Too much", now=NOW)
    late = ask(camille, sofia, units(camille, 3000))
    with pytest.raises(OutOfTime):
        adjustments.approve(adjustment_id=late.pk, user=finance, now=NOW + timedelta(days=7))
    assert adjustments.let_expire(now=NOW + timedelta(days=7)) == 1
    assert available(camille) == row.amount


def test_the_day_has_a_ceiling_too_counted_both_ways(camille: Life, sofia: User) -> None:
    twenty = units(camille, 2000)
    states = [ask(camille, sofia, twenty if turn % 2 == 0 else -twenty).state for turn in range(6)]
    assert states == ["posted"] * 5 + ["waiting"]
    assert ask(camille, sofia, -1).state == "waiting"
    assert ask(camille, sofia, twenty, now=NOW + timedelta(days=1)).state == "posted"
    assert ask(camille, person("call_centre", "lea"), twenty).state == "posted"


def test_a_role_elsewhere_gives_no_room(camille: Life) -> None:
    near, far = (person("store_manager", code, Scope(store=code)) for code in ("s1", "s2"))
    assert adjustments.room_of(near, camille.membership, NOW).act == 1000
    assert adjustments.room_of(far, camille.membership, NOW).act == 0


def test_what_is_refused(camille: Life, sofia: User) -> None:
    with pytest.raises(UnknownReason):
        ask(camille, sofia, 1, reason="because")
    with pytest.raises(NoWords):
        ask(camille, sofia, 1, words=" ")
    Login.objects.filter(member_id=camille.membership.member_id).update(user=sofia)
    with pytest.raises(OwnAccount):
        ask(camille, sofia, 1)
    assert not Adjustment.objects.exists()


def test_a_playbook_says_other_ceilings_and_reasons(camille: Life, sofia: User) -> None:
    said = {"ceilings": {"call_centre": {"act": "5", "day": "6"}}, "reasons": {"birthday": {"en": "Birthday"}}}
    camille.program.settings = {"care": {**said, "due_days": {"other": 1}}}
    camille.program.save()
    assert adjustments.room_of(sofia, camille.membership, NOW).act == 500
    assert terms.of(camille.program.pk).due_days["other"] == 1
    with pytest.raises(UnknownReason):
        ask(camille, sofia, 1)


def test_a_case_waits_for_the_decision_and_ends_with_it(camille: Life, sofia: User) -> None:
    case = cases.open(
        membership=camille.membership, type="wrong_points", channel="phone", words="x", now=NOW, by="user:0"
    )
    code = programs.currencies_of(camille.program.pk)[0].code
    big = Outcome("adjust", words="Sorry", currency=code, amount=units(camille, 3000), reason="missing")
    done = outcomes.settle(case_id=case.pk, outcome=big, user=sofia, now=NOW)
    case.refresh_from_db()
    assert (done.waits, case.state) == (True, "open")
    row = Adjustment.objects.get()
    adjustments.approve(adjustment_id=row.pk, user=person("finance", "marc"), now=NOW)
    case.refresh_from_db()
    assert (case.state, case.outcome, available(camille)) == ("solved", "adjust", row.amount)


@pytest.mark.django_db(transaction=True)
def test_the_ceiling_of_a_day_holds_when_acts_come_at_once(program: Any) -> None:
    life, sofia = member(program, NOW), person("call_centre", "sofia")
    twenty = units(life, 2000)
    answers = at_once([lambda: ask(life, sofia, twenty)] * 8)
    assert sorted(answer.state for answer in answers) == ["posted"] * 5 + ["waiting"] * 3
    assert available(life) == 5 * twenty


@pytest.mark.parametrize(("language", "word"), [("en", "Goodwill"), ("fr", "Geste commercial")])
def test_the_member_reads_why_on_the_statement(program: Any, language: str, word: str) -> None:
    now = datetime.now(UTC)
    life = member(program, now)
    ask(life, person("call_centre", "sofia"), 100, now=now)
    assert word in life.client(language).get("/demo/activity/").content.decode()
