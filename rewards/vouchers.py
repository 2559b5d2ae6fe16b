"""Giving vouchers: as many as were redeemed, each with a code of its own, living by whole local days."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from members.pooling import Kin
from programs.queries import Market
from rewards import codes
from rewards.records import Row
from rewards.terms import Reward
from values import periods
from values.money import minor_exponent

IN_HAND, USED, EXPIRED, GIVEN_BACK = "in_hand", "used", "expired", "given_back"


@dataclass(frozen=True)
class VoucherRow:
    """A voucher as its holder sees it. `value` in minor units of `money`; `expires_on` is the last day it lives.

    `code` is None when the key it was given under is gone (docs/operations.md, changing keys).
    """

    code: str | None
    reward_code: str
    value: int
    money: str
    issued_at: datetime
    expires_on: date | None
    state: str


_GIVE = """
INSERT INTO voucher (holder_id, voucher_id, redemption_id, membership_id, reward_id, amount, money, salt, issued_at,
                     expires_at, used_at)
VALUES (%(holder)s, nextval('voucher_id'), %(redemption)s, %(membership)s, %(reward)s, %(amount)s, %(money)s, %(salt)s,
        %(now)s, %(expires_at)s, %(used_at)s)
RETURNING voucher_id
"""
_NAME = "INSERT INTO voucher_code (code_hmac, holder_id, voucher_id) VALUES (%(digest)s, %(holder)s, %(voucher)s)"
_READ = """
SELECT v.salt, c.code_hmac, r.code, v.amount, v.money, v.issued_at, v.expires_at, v.used_at,
       EXISTS (SELECT FROM redemption_undone u WHERE u.redemption_id = v.redemption_id)
FROM voucher v JOIN voucher_code c ON c.holder_id = v.holder_id AND c.voucher_id = v.voucher_id
JOIN reward r ON r.id = v.reward_id
WHERE v.holder_id = ANY(%(holders)s) AND {which}
ORDER BY v.expires_at NULLS LAST, v.voucher_id
"""
_LIVING = """
SELECT v.salt, c.code_hmac FROM voucher v
JOIN voucher_code c ON c.holder_id = v.holder_id AND c.voucher_id = v.voucher_id
WHERE v.used_at IS NULL AND (v.expires_at IS NULL OR v.expires_at > %(now)s)
"""
_OF_REDEMPTION = _READ.replace("{which}", "v.redemption_id = %(redemption)s")
_OF_MEMBERSHIP = _READ.replace("{which}", "v.membership_id = ANY(%(memberships)s)")


def give(cursor: Any, row: Row, market: Market, now: datetime) -> None:
    """Give the vouchers of a redemption. One that names its receipt is spent there and then."""
    terms = Reward.model_validate(row.offer)
    money = row.money or market.currency  # redemptions of before there were prices by market say none
    values = {
        "holder": row.holder_id,
        "redemption": row.redemption_id,
        "membership": row.membership_id,
        "reward": row.reward_id,
        "amount": worth(terms, money),
        "money": money,
        "now": now,
        "expires_at": _dies_at(terms.valid_days, now, market.timezone),
        "used_at": now if row.receipt else None,
    }
    for _ in range(row.quantity):
        salt = codes.new_salt()
        cursor.execute(_GIVE, {**values, "salt": salt})
        (voucher_id,) = cursor.fetchone()
        named = {"digest": codes.digest_of(codes.new_code(salt)), "holder": row.holder_id, "voucher": voucher_id}
        cursor.execute(_NAME, named)


def worth(terms: Reward, money: str) -> int:
    """What one voucher is worth, in minor units."""
    return int(terms.value.amount.scaleb(minor_exponent(money)))


def of_redemption(cursor: Any, row: Row, zone: str, now: datetime) -> tuple[VoucherRow, ...]:
    """What a redemption gave, as it stands now."""
    cursor.execute(_OF_REDEMPTION, {"holders": [row.holder_id], "redemption": row.redemption_id})
    return tuple(_row(found, zone, now) for found in cursor.fetchall())


def of_membership(cursor: Any, kin: Kin, zone: str, now: datetime) -> list[VoucherRow]:
    """Every voucher a person was ever given, out of whatever pot and by whichever membership; those that die first
    before."""
    cursor.execute(_OF_MEMBERSHIP, {"holders": list(kin.holders), "memberships": list(kin.memberships)})
    return [_row(found, zone, now) for found in cursor.fetchall()]


def keys_of_living(now: datetime) -> Counter[int | None]:
    """How many vouchers in hand were given under which key: 0 for the present one, None for one that is gone."""
    counts: Counter[int | None] = Counter()
    with transaction.atomic(), connection.cursor() as wrapper:
        cursor = wrapper.cursor
        cursor.execute("DECLARE living NO SCROLL CURSOR FOR " + _LIVING, {"now": now})
        while rows := cursor.execute("FETCH 10000 FROM living").fetchall():
            counts.update(codes.key_of(bytes(salt), bytes(digest)) for salt, digest in rows)
    return counts


def _dies_at(valid_days: int | None, now: datetime, zone: str) -> datetime | None:
    if valid_days is None:
        return None
    return periods.begins_at(periods.day_of(now, zone) + timedelta(days=valid_days + 1), zone)


def _row(found: tuple[Any, ...], zone: str, now: datetime) -> VoucherRow:
    salt, digest, reward_code, amount, money, issued_at, expires_at, used_at, undone = found
    gone = expires_at is not None and expires_at <= now
    return VoucherRow(
        code=codes.code_of(bytes(salt), bytes(digest)),
        reward_code=reward_code,
        value=amount,
        money=money,
        issued_at=issued_at,
        expires_on=expires_at and periods.day_of(expires_at - timedelta(microseconds=1), zone),
        state=GIVEN_BACK if undone else USED if used_at else EXPIRED if gone else IN_HAND,
    )
