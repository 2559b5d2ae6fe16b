"""Using a voucher at a till by its code: once, while it lives, in the program that gave it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit import trail
from members.models import Membership
from rewards import codes
from rewards.models import Voucher, VoucherCode
from rewards.refusals import NoSuchVoucher, OtherMoney, VoucherExpired, VoucherUsed


@dataclass(frozen=True)
class Used:
    """What comes off the bill: `value` in minor units of `money`."""

    voucher_id: int
    membership_id: int
    value: int
    money: str


def use(*, program_id: int, code: str, now: datetime, by: str, money: str | None = None) -> Used:
    """End a voucher: what it is worth is off the bill, which is in `money` where that is known.

    Raises NoSuchVoucher, VoucherUsed, VoucherExpired, OtherMoney.
    """
    with transaction.atomic():
        name = VoucherCode.objects.filter(code_hmac__in=list(codes.digests_of(code))).first()
        found = Voucher.objects.select_for_update().filter(
            holder_id=name.holder_id, voucher_id=name.voucher_id
        ).first() if name else None  # fmt: skip
        if found is None or not Membership.objects.filter(pk=found.membership_id, program_id=program_id).exists():
            raise NoSuchVoucher("no voucher of this program has that code")
        if found.used_at is not None:
            raise VoucherUsed("the voucher was used before")
        if found.expires_at is not None and found.expires_at <= now:
            raise VoucherExpired("the voucher lives no more")
        if money is not None and found.money != money:
            raise OtherMoney(found.money)
        found.used_at = now
        found.save(update_fields=["used_at"])
        trail.record(action="vouchers.used", actor=by, obj=("voucher", found.voucher_id), at=now)
    return Used(found.voucher_id, found.membership_id, found.amount, found.money)
