"""Blank cards printed together: their codes, their one store, and what is left of them."""

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from members import batches, cards, claim_codes, enrolment, numbers
from members.models import Card
from members.refusals import NotOffered
from programs.models import Store

pytestmark = pytest.mark.django_db


def test_a_batch_is_numbers_with_codes_of_which_only_digests_are_kept(program, now):
    batch = batches.prepare(program=program, count=60, now=now, by="user:1")
    again = batches.prepare(program=program, count=1, now=now, by="user:1")
    assert (batch.code, again.code) == ("2026-0001", "2026-0002")
    rows = list(batches.for_printer(batch=batch, now=now, by="user:1"))
    assert rows == list(batches.for_printer(batch=batch, now=now, by="user:1"))  # the printer may lose the file
    assert len({row.number for row in rows}) == len({row.claim_code for row in rows}) == 60
    assert all(numbers.has_check_digit(row.number) and len(row.claim_code) == 9 for row in rows)
    card = Card.objects.get(number=rows[0].number)
    kept = bytes(card.claim_digest)
    assert rows[0].claim_code.replace("-", "").encode() not in kept
    assert claim_codes.fits(rows[0].claim_code.lower().replace("-", " "), card.number, kept)
    assert not claim_codes.fits(rows[1].claim_code, card.number, kept)
    assert not claim_codes.fits(rows[0].claim_code, rows[1].number, kept)


def test_a_code_made_under_an_earlier_key_stays_good_while_that_key_is_listed(program, now, settings):
    batch = batches.prepare(program=program, count=1, now=now, by="user:1")
    [row] = batches.for_printer(batch=batch, now=now, by="user:1")
    digest = bytes(Card.objects.get(number=row.number).claim_digest)
    settings.VOUCHER_KEY_FALLBACKS = [settings.VOUCHER_KEY or settings.SECRET_KEY]
    settings.VOUCHER_KEY = "k" * 40
    assert claim_codes.fits(row.claim_code, row.number, digest)
    assert [row] == list(batches.for_printer(batch=batch, now=now, by="user:1"))


def test_a_batch_goes_to_one_store_of_the_program_and_its_codes_are_read_for_a_week(program, other_program, now):
    batch = batches.prepare(program=program, count=2, now=now, by="user:1")
    foreign = Store.objects.create(
        banner=other_program.banners.get(), code="far", market_code="FR", names={"en": "Far"}
    )
    with pytest.raises(NotOffered):
        batches.hand(batch=batch, store=foreign, now=now, by="user:1")
    handed = batches.hand(batch=batch, store=Store.objects.get(code="s1"), now=now, by="user:2")
    assert (handed.store.code, handed.handed_by) == ("s1", "user:2")
    with pytest.raises(batches.BatchHanded):
        batches.hand(batch=batch, store=Store.objects.get(code="s2"), now=now, by="user:2")
    assert len(list(batches.for_printer(batch=handed, now=now + batches.PRINTED_WITHIN, by="user:2"))) == 2
    with pytest.raises(batches.TooLateToPrint):
        batches.for_printer(batch=handed, now=now + batches.PRINTED_WITHIN + timedelta(seconds=1), by="user:2")
    assert list(AuditEvent.objects.values_list("action", flat=True)) == [
        "cards.batch_made", "cards.batch_handed", "cards.batch_printed",
    ]  # fmt: skip


def test_stock_is_what_was_handed_less_what_was_bound_and_says_when_it_is_low(program, now):
    store = Store.objects.get(code="s1")
    batches.prepare(program=program, count=batches.LOW, now=now, by="u", store=store)
    batches.prepare(program=program, count=7, now=now, by="u")  # at the printer: in no store's stock
    [stock] = batches.stock_of(program)
    assert (stock.handed, stock.bound, stock.left, stock.is_low) == (batches.LOW, 0, batches.LOW, False)
    number = Card.objects.filter(batch__store=store).first().number
    enrolment.enrol(program=program, channel="store", now=now, by="u", card_number=number, market_code="FR")
    [stock] = batches.stock_of(program)
    assert (stock.bound, stock.left, stock.is_low) == (1, batches.LOW - 1, True)


@pytest.mark.parametrize("count", [0, -1, batches.MOST + 1])
def test_nobody_prints_none_or_too_many(program, now, count):
    with pytest.raises(cards.TooMany):
        batches.prepare(program=program, count=count, now=now + timedelta(1), by="u")
