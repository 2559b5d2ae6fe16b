"""A voucher is used once, while it lives, where it was given."""

from datetime import timedelta

import pytest

from rewards import refusals, using
from rewards.models import Voucher
from tests.ledger.test_rivals import at_once
from tests.rewards import shop

pytestmark = pytest.mark.django_db(transaction=True)
NOW = shop.NOW


def given(program):
    shop.offer(program)
    anna = shop.member(program, points=500)
    return anna.redeem().vouchers[0].code


def use(program, code, now=NOW):
    return using.use(program_id=program.pk, code=code, now=now, by="t")


def test_a_voucher_is_used_once_however_many_tills_ask(program):
    code = given(program)
    answers = at_once([lambda: use(program, code.lower().replace("-", " "))] * 4)
    assert sorted(type(answer).__name__ for answer in answers) == ["Used", "VoucherUsed", "VoucherUsed", "VoucherUsed"]
    assert next(one for one in answers if isinstance(one, using.Used)).value == 500
    assert Voucher.objects.get().used_at == NOW


def test_an_unknown_a_foreign_and_a_dead_voucher_are_refused(program):
    code = given(program)
    with pytest.raises(refusals.NoSuchVoucher):
        use(program, "ABCD-EFGH-JKMN")
    with pytest.raises(refusals.NoSuchVoucher):
        using.use(program_id=program.pk + 1, code=code, now=NOW, by="t")
    with pytest.raises(refusals.VoucherExpired):
        use(program, code, NOW + timedelta(days=62))
    assert Voucher.objects.get().used_at is None
