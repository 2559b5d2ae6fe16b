"""Cards handed out blank and claimed later, and what staff decide on receipts of a blocked card."""

import pytest

from activity import attribution, disowning, handed_out, single
from activity.models import Attribution
from members import batches, cards, enrolment, proofs
from members.models import Card, CardProof
from programs.models import Source
from tests.ledger.test_rivals import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(program, now):
    source = Source.objects.create(code="till", catalogue=program.population)
    source.programs.add(program)

    def sell(receipt, card):
        row = {"receipt_id": receipt, "occurred_at": "2026-11-20T10:00:00+01:00", "store": "s1", "card": card,
               "sku": "100", "quantity": "1", "gross": "7.00"}  # fmt: skip
        return single.land_one([row], source=source, program=program, now=now).activity_id

    return sell


@pytest.fixture
def blank(program, now):
    batch = batches.prepare(program=program, count=2, now=now, by="u")
    return next(iter(batches.for_printer(batch=batch, now=now, by="u")))


def anna(program, now):
    return enrolment.enrol(program=program, channel="web", now=now, by="u", market_code="FR")


def claim(membership, number, proof, now):
    return handed_out.claim(membership_id=membership.pk, number=number, proof=proof, now=now, by="member:x")


def owner_of(activity_id):
    return Attribution.objects.get(activity_id=activity_id, ended_at=None).membership_id


def test_a_card_is_claimed_by_its_code_and_by_a_receipt_and_what_waited_is_the_members(program, now, till, blank):
    member = anna(program, now)
    waiting = till("T1", f"{blank.number[:4]} {blank.number[4:]}")
    assert owner_of(waiting) is None
    card = claim(member, blank.number, blank.claim_code, now)
    assert (card.status, card.membership_id, owner_of(waiting)) == ("active", member.pk, member.pk)
    other = Card.objects.get(status="blank")
    bought = till("T2", other.number)
    assert claim(member, other.number, " T2 ", now).membership_id == owner_of(bought) == member.pk


def test_unknown_used_and_unproven_numbers_are_refused_alike(program, now, till, blank):
    member = anna(program, now)
    till("T1", "88888888")  # a receipt of another card
    used = enrolment.enrol(program=program, channel="store", now=now, by="u", market_code="FR").cards.get().number
    refusals = set()
    for number, proof in (("99999999999", "T1"), (used, blank.claim_code), (blank.number, "T1"), (blank.number, "")):
        with pytest.raises(handed_out.NotClaimed) as refused:
            claim(member, number, proof, now)
        refusals.add(str(refused.value))
    assert len(refusals) == 1
    assert CardProof.objects.filter(what="claim", good=False).count() == 4
    with pytest.raises(handed_out.NotClaimed):
        claim(member, blank.number, "\0", now)
    with pytest.raises(proofs.TooManyTries):
        claim(member, blank.number, blank.claim_code, now)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_a_card_one_has_it(program, now, blank):
    people = [anna(program, now), anna(program, now)]
    answers = at_once([lambda one=one: claim(one, blank.number, blank.claim_code, now) for one in people])
    assert sorted(type(answer).__name__ for answer in answers) == ["Card", "NotClaimed"]
    card = Card.objects.get(number=blank.number)
    assert card.membership_id == next(one for one in answers if isinstance(one, Card)).membership_id


def test_staff_say_whose_the_receipts_of_a_blocked_card_are(program, now, till, blank):
    member = enrolment.enrol(
        program=program, channel="store", now=now, by="u", market_code="FR", card_number=blank.number
    )
    card = member.cards.get()
    before = till("T0", card.number)
    cards.block(card=card, reason="lost", now=now, by="u")
    hers, foreign, later = till("T1", card.number), till("T2", card.number), till("T3", card.number)
    assert [one.external_id for one in disowning.waiting(card)] == ["T1", "T2", "T3"]
    decided = disowning.decide(card=card, theirs=[hers, before], others=[foreign, hers], now=now, by="user:1")
    assert decided == (1, 1)
    assert [one.external_id for one in disowning.waiting(card)] == ["T3"]
    cards.unblock(card=card, now=now, by="user:1")  # found again: only what nobody decided about comes back
    attribution.rematch(program, now)
    owners = [owner_of(one) for one in (before, hers, foreign, later)]
    assert owners == [member.pk, member.pk, None, member.pk]
