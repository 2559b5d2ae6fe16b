"""A redemption undone by staff because what it gave never arrived: the points come back, its vouchers end.

The redemption itself stays confirmed, as it was; that it was undone is a row of its own, once per redemption. Points
go back to the lots they were drawn from, those that died meanwhile live again for the program's grace days. Stock,
share and budget stay taken: what was sent may yet arrive somewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from ledger import families, reversal, succession
from members import pooling
from members.models import Membership
from programs import queries as programs
from rewards import standing
from rewards.models import Cost, Redemption, Undone, Voucher
from rewards.refunds import GRACE_DAYS
from rewards.refusals import AlreadyUndone, NoSuchRedemption, VoucherUsed
from values import periods


@dataclass(frozen=True)
class Back:
    """What came back: (currency_id, amount), and how many vouchers ended."""

    amounts: tuple[tuple[int, int], ...]
    vouchers: int


def undo(*, membership_id: int, redemption_id: int, reason: str, now: datetime, by: str) -> Back:
    """Give the points of a confirmed redemption back, whole. Raises NoSuchRedemption, VoucherUsed, AlreadyUndone."""
    with transaction.atomic(), connection.cursor() as wrapper:
        membership = standing.of(membership_id, None).membership
        row = _redemption(wrapper.cursor, membership_id, redemption_id)
        if row is None:
            raise NoSuchRedemption("this member has no confirmed redemption of that number")
        _write(row, reason, now, by)
        vouchers = Voucher.objects.select_for_update().filter(holder_id=row.holder_id, redemption_id=redemption_id)
        if any(voucher.used_at is not None for voucher in vouchers):
            raise VoucherUsed("a voucher of this redemption was used")
        ended = vouchers.update(used_at=now)
        costs = Cost.objects.filter(holder_id=row.holder_id, redemption_id=redemption_id, posting_id__isnull=False)
        grace = _grace(membership, now)
        back = []
        # its pot may have become another's: all of them now and in order, and what comes back goes on to that one
        heirs = families.heirs_around(wrapper.cursor, [row.holder_id])
        currency_ids = pooling.currencies_of(membership.program_id)
        if heirs:
            succession.lock(wrapper.cursor, {*heirs, *heirs.values()}, currency_ids, now)
        for cost in costs.order_by("currency_id"):
            given = reversal.give_back(
                wrapper.cursor, holder_id=cost.holder_id, posting_id=int(cost.posting_id or 0), up_to=cost.amount,
                grace_until=grace, now=now, actor=by, source="desk",
            )  # fmt: skip
            back.append((cost.currency_id, given.amount))
        if heirs:
            succession.hand_over(wrapper.cursor, heirs, currency_ids, now, by)
    return Back(tuple(back), ended)


def _redemption(cursor: Any, membership_id: int, redemption_id: int) -> Redemption | None:
    kin = pooling.kin_of(membership_id)
    return Redemption.objects.filter(
        redemption_id=redemption_id, holder_id__in=kin.holders, membership_id__in=kin.memberships, state="confirmed"
    ).first()


def _write(row: Redemption, reason: str, now: datetime, by: str) -> None:
    try:
        with transaction.atomic():
            Undone.objects.create(
                redemption_id=row.redemption_id, holder_id=row.holder_id, reason=reason[:300], at=now, by=by
            )
    except IntegrityError:
        raise AlreadyUndone("this redemption was undone before") from None


def _grace(membership: Membership, now: datetime) -> datetime:
    market = programs.market_of(membership.program_id, membership.market_code)
    zone = market.timezone if market else "UTC"
    days = programs.settings_of(membership.program_id).get("grace_days", GRACE_DAYS)
    return periods.begins_at(periods.day_of(now, zone) + timedelta(days=days + 1), zone)
