"""Keys change; the codes members were given do not."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from rewards import codes, queries
from rewards.models import VoucherCode
from tests.rewards import shop

pytestmark = pytest.mark.django_db
NEW = "n" * 50


@pytest.fixture
def anna(program):
    """Who was given two vouchers under the key of that day."""
    shop.offer(program)
    member = shop.member(program, points=5_000)
    member.redeem(quantity=2)
    return member


def shown(member):
    return {voucher.code for voucher in queries.vouchers_of(member.membership_id, shop.NOW)}


def is_found(code):
    return VoucherCode.objects.filter(code_hmac__in=list(codes.digests_of(code))).count() == 1


def counted():
    said = StringIO()
    call_command("vouchers", stdout=said)
    return said.getvalue().splitlines()


def test_a_new_secret_changes_no_code_where_vouchers_have_a_key_of_their_own(anna, settings):
    before = shown(anna)
    settings.VOUCHER_KEY = settings.SECRET_KEY  # as the page for operators says
    settings.SECRET_KEY = NEW
    assert shown(anna) == before
    assert all(is_found(code) for code in before)
    anna.redeem(key="later")
    assert counted() == ["3 in hand under the present key"]


@pytest.mark.parametrize("earlier", ["SECRET_KEY_FALLBACKS", "VOUCHER_KEY_FALLBACKS"])
def test_codes_given_under_an_earlier_key_stay_as_they_were(anna, settings, earlier):
    before, old = shown(anna), settings.SECRET_KEY
    settings.SECRET_KEY = NEW
    setattr(settings, earlier, [old])
    assert shown(anna) == before
    assert all(is_found(code) for code in before)
    anna.redeem(key="later")
    (added,) = shown(anna) - before
    assert is_found(added)
    assert counted() == ["1 in hand under the present key", "2 in hand under key 1 of the earlier ones"]


def test_where_a_key_is_gone_no_other_code_is_shown_in_its_place(anna, settings, client):
    settings.SECRET_KEY = NEW
    assert shown(anna) == {None}
    with pytest.raises(CommandError, match="2 in hand under a key that is nowhere any more"):
        counted()


def test_a_short_key_for_vouchers_stops_the_start(monkeypatch):
    from django.core.exceptions import ImproperlyConfigured

    from loyalty.environment import Environment

    monkeypatch.setenv("VOUCHER_KEY", "short")
    monkeypatch.setenv("SECRET_KEY", "s" * 50)
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", f"{'a' * 50}, {'b' * 50}")
    with pytest.raises(ImproperlyConfigured, match="VOUCHER_KEY is shorter"):
        Environment()
    monkeypatch.setenv("VOUCHER_KEY", "v" * 50)
    assert Environment().secret_key_fallbacks == ["a" * 50, "b" * 50]
