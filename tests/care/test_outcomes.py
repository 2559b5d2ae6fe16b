"""What ends a case posts by itself: a card replaced, points of a reward given back; and nobody gives twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from care import adjustments, cases, outcomes
from care.models import Adjustment, Case
from care.outcomes import Outcome
from care.refusals import NotInThisState, NotRefundable
from identity.models import User
from ledger import auditing
from members.models import Card, Membership
from messaging import delivery
from messaging.models import Outgoing
from programs import queries as programs
from rewards import using
from tests.care.conftest import NOW, person
from tests.rewards import shop
from tests.web.lives import Life, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def camille(program: Any) -> Life:
    return member(program, NOW)


def opened(membership: Membership, type: str = "wrong_points") -> Case:
    return cases.open(membership=membership, type=type, channel="phone", words="Hm", now=NOW, by="user:0")


def settle(case: Case, user: User, outcome: Outcome) -> outcomes.Done:
    return outcomes.settle(case_id=case.pk, outcome=outcome, user=user, now=NOW)


def much(life: Life) -> Outcome:
    """More than an agent may give alone."""
    code = programs.currencies_of(life.program.pk)[0].code
    return Outcome("adjust", words="Sorry", currency=code, amount=900_000, reason="missing")


def test_a_lost_card_is_replaced_and_the_member_is_told(camille: Life, sofia: User) -> None:
    case, old = opened(camille.membership, "lost_card"), camille.membership.cards.get()
    seen = outcomes.preview(case_id=case.pk, outcome=Outcome("card", card_id=old.pk), user=sofia, now=NOW)
    assert seen.card != old.number and camille.membership.cards.get() == old
    done = settle(case, sofia, Outcome("card", card_id=old.pk))
    old.refresh_from_db()
    case.refresh_from_db()
    assert (old.status, case.state, case.outcome) == ("replaced", "solved", "card")
    assert Card.objects.get(number=done.card).membership == camille.membership
    steps = Outgoing.objects.filter(kind="case_update").order_by("pk").values_list("facts__step", flat=True)
    assert list(steps) == ["opened", "solved"]
    with pytest.raises(NotInThisState):
        settle(opened(camille.membership), sofia, Outcome("card", card_id=old.pk))


def test_points_of_a_reward_that_never_came_are_given_back_once(program: Any, sofia: User) -> None:
    shop.offer(program, now=NOW)
    anna = shop.member(program, 1200)
    first, used = anna.redeem(key="a"), anna.redeem(key="b")
    using.use(program_id=program.pk, code=used.vouchers[0].code, now=NOW, by="test")
    membership = Membership.objects.get(pk=anna.membership_id)
    case, outcome = opened(membership, "reward_not_received"), Outcome("refund", redemption_id=first.redemption_id)
    seen = outcomes.preview(case_id=case.pk, outcome=outcome, user=sofia, now=NOW)
    assert ([amount for _currency, amount in seen.points], anna.balance()) == ([500], 200)
    settle(case, sofia, outcome)
    assert anna.balance() == 700
    other = shop.member(program)
    for whose, redemption in (
        (membership, first.redemption_id), (membership, used.redemption_id), (membership, 0),
        (Membership.objects.get(pk=other.membership_id), first.redemption_id),
    ):  # fmt: skip
        with pytest.raises(NotRefundable):
            settle(opened(whose), sofia, Outcome("refund", redemption_id=redemption))
    assert (anna.balance(), list(auditing.differences())) == (700, [])


def test_what_waits_for_a_second_person_ends_with_its_case(camille: Life, sofia: User) -> None:
    case, finance = opened(camille.membership), person("finance", "marc")
    assert settle(case, sofia, much(camille)).waits
    with pytest.raises(NotInThisState):
        settle(case, sofia, much(camille))
    settle(case, sofia, Outcome("answer", words="The points are there, look again."))
    with pytest.raises(NotInThisState):
        adjustments.approve(adjustment_id=Adjustment.objects.get().pk, user=finance, now=NOW)
    assert Adjustment.objects.get().state == "expired"


def test_whoever_left_is_given_nothing_by_hand(camille: Life, sofia: User) -> None:
    case = opened(camille.membership)
    settle(case, sofia, much(camille))
    Membership.objects.filter(pk=camille.membership.pk).update(status="closed")
    with pytest.raises(NotInThisState):
        adjustments.approve(adjustment_id=Adjustment.objects.get().pk, user=person("finance", "marc"), now=NOW)
    with pytest.raises(NotInThisState):
        settle(opened(Membership.objects.get()), sofia, much(camille))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_step_of_a_case_is_told_in_words(camille: Life, sofia: User, language: str) -> None:
    camille.membership.member.language = language
    camille.membership.member.save()
    by, case = f"user:{sofia.pk}", opened(camille.membership)
    who: Any = {"case_id": case.pk, "now": NOW, "by": by}
    cases.note(words="not for her", **who)
    cases.message(words="We look into it", **who)
    cases.message(words="Which day?", asks=True, **who)
    cases.refuse(words="It is another shop's", **who)
    cases.reopen(words="not for her", **who)
    settle(case, sofia, Outcome("answer", words="Here they are"))
    delivery.deliver_due(clock=lambda: NOW + timedelta(seconds=1))
    letters = [one.body for one in mail.outbox if str(case.pk) in one.subject]
    told = {
        "en": ["You have our answer by 27 November 2026", "About your request", "We need an answer", "We cannot do",
               "is open again. You have our answer by 27 November 2026", "is solved"],
        "fr": ["réponse d’ici le 27 novembre 2026", "À propos de votre demande", "Il nous faut une réponse",
               "ne pouvons pas", "rouverte. Vous aurez notre réponse d’ici le", "est réglée"],
    }[language]  # fmt: skip
    assert len(letters) == 6 and all(words in letter for words, letter in zip(told, letters, strict=True)), letters
    assert not any("not for her" in letter for letter in letters)
    assert all(f"/demo/me/requests/{case.pk}/" in letter for letter in letters)
    assert "We look into it" in letters[1] and "Here they are" in letters[5]
