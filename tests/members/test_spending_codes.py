"""One-time codes of spending: good for a minute, once, for one member; guessing is stopped."""

from datetime import timedelta

import pytest

from members import policies, proofs, spending_codes
from members.models import CardProof
from tests.ledger.test_rivals import at_once

pytestmark = pytest.mark.django_db


def use(membership, code, now, key="k"):
    spending_codes.use(membership_id=membership.pk, code=code, key=key, now=now, by="user:1")


def wrong_code(membership, now):
    good = {spending_codes.shown(membership.pk, now - spending_codes.STEP * back).digits for back in range(6)}
    return next(f"{guess:06d}" for guess in range(100) if f"{guess:06d}" not in good)


def test_a_code_is_good_for_a_minute_and_only_for_its_member(make_membership, now):
    anna, bo = make_membership(), make_membership()
    code = spending_codes.shown(anna.pk, now)
    assert len(code.digits) == 6
    assert timedelta(seconds=50) <= code.until - now <= timedelta(seconds=60)
    with pytest.raises(spending_codes.WrongCode):
        use(bo, code.digits, now)
    with pytest.raises(spending_codes.WrongCode):
        use(anna, code.digits, code.until)
    use(anna, f"{code.digits[:3]} {code.digits[3:]}", code.until - timedelta(microseconds=1))


def test_a_code_is_used_once_and_the_same_act_may_ask_again(make_membership, now):
    anna = make_membership()
    code = spending_codes.shown(anna.pk, now).digits
    use(anna, code, now, key="redeem 1")
    use(anna, code, now, key="redeem 1")
    with pytest.raises(spending_codes.CodeUsed):
        use(anna, code, now, key="redeem 2")
    assert CardProof.objects.filter(good=True).count() == 1
    later = now + spending_codes.STEP
    use(anna, spending_codes.shown(anna.pk, later).digits, later, key="redeem 2")


def test_after_five_wrong_ones_a_right_one_has_to_wait(make_membership, now):
    anna, bo = make_membership(), make_membership()
    for _ in range(proofs.WRONG_ONES):
        with pytest.raises(spending_codes.WrongCode):
            use(anna, wrong_code(anna, now), now)
    with pytest.raises(proofs.TooManyTries):
        use(anna, spending_codes.shown(anna.pk, now).digits, now)
    use(bo, spending_codes.shown(bo.pk, now).digits, now)  # others are not kept out
    later = now + proofs.WITHIN
    use(anna, spending_codes.shown(anna.pk, later).digits, later)


def test_who_may_not_spend_may_not_by_code_either(make_membership, now):
    held = make_membership(status="suspended")
    with pytest.raises(policies.CannotSpend):
        use(held, spending_codes.shown(held.pk, now).digits, now)


def test_under_an_earlier_key_a_code_is_good_while_that_key_is_listed(make_membership, now, settings):
    anna = make_membership()
    code = spending_codes.shown(anna.pk, now).digits
    settings.VOUCHER_KEY_FALLBACKS = [settings.VOUCHER_KEY or settings.SECRET_KEY]
    settings.VOUCHER_KEY = "k" * 40
    assert spending_codes.shown(anna.pk, now).digits != code
    use(anna, code, now)


@pytest.mark.django_db(transaction=True)
def test_of_many_tills_with_one_code_one_is_let_through(make_membership, now):
    anna = make_membership()
    code = spending_codes.shown(anna.pk, now).digits
    answers = at_once([lambda n=n: use(anna, code, now, key=f"till {n}") for n in range(8)])
    assert sorted(type(answer).__name__ for answer in answers) == ["CodeUsed"] * 7 + ["NoneType"]
