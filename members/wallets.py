"""Passes in wallets: which devices hold them, what they were told, and what is due to be told.

What a pass says is worked out above this room; here it is a digest. Nothing is sent here, and nothing is decided while
points are booked: a sweep compares (`portal.passes.pushing`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from members import keys
from members.models import Card, WalletDevice, WalletPass

PAUSE = timedelta(minutes=5)
"""A wallet is told of a pass at most once in this time, however often the balance moves."""
LEASE = timedelta(minutes=5)
MOST_TRIES = 8
MOST_DEVICES = 20
"""Phones and watches one pass may be on; the oldest give way."""
FAREWELL = timedelta(days=3)
"""How long phones of somebody who was erased are still told, so that their pass loses her name and is void. All tries
are over long before; a phone that was told asks here what changed, and must find its registration then."""

_DUE = """
UPDATE wallet_pass SET due_at = %(until)s WHERE card_id IN (
    SELECT card_id FROM wallet_pass WHERE due_at <= %(now)s ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) RETURNING card_id, changed_at
"""


class Over(Exception):
    """The pass is of somebody who was erased: no phone is written down any more."""


@dataclass(frozen=True)
class Due:
    """A pass somebody is to be told of, leased for LEASE. `changed_at` is what the wallet will have been told."""

    card_id: int
    changed_at: datetime


def token_of(serial: str) -> str:
    """What a device proves itself with when it asks about this pass."""
    return _token(serial, keys.known()[0])


def is_token(serial: str, said: str) -> bool:
    """Whether it is the token of this pass, also of an earlier key."""
    return any(constant_time_compare(_token(serial, key), said) for key in keys.known())


def fetched(*, card: Card, told: str, now: datetime, google: bool = False) -> WalletPass:
    """The pass was given out; from now on changes of it are looked for."""
    row, _new = WalletPass.objects.get_or_create(
        card=card, defaults={"told": told, "changed_at": now.replace(microsecond=0), "in_google": google}
    )
    if google and not row.in_google:
        row.in_google = True
        row.save(update_fields=["in_google"])
    return row


def register(*, card: Card, device: str, push_token: str, now: datetime) -> bool:
    """A device asks to be told of this pass; False when it had asked before. Raises Over."""
    with transaction.atomic():
        Card.objects.select_for_update().get(pk=card.pk)
        if WalletPass.objects.filter(card=card, ends_at__isnull=False).exists():
            raise Over(f"card {card.pk}")
        _, new = WalletDevice.objects.update_or_create(
            card=card, device=device, defaults={"push_token": push_token, "since": now}
        )
        newest = WalletDevice.objects.filter(card=card).order_by("-since", "-pk").values("pk")[:MOST_DEVICES]
        WalletDevice.objects.filter(card=card).exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()
    return new


def unregister(*, card: Card, device: str) -> None:
    """A device does not want to be told any more."""
    WalletDevice.objects.filter(card=card, device=device).delete()


def push_token_ended(push_token: str) -> None:
    """Nothing listens to this token any more."""
    WalletDevice.objects.filter(push_token=push_token).delete()


def changed(*, told: dict[int, str], now: datetime) -> int:
    """Write down what passes say now (card id -> digest); those that say something new are due, after their pause."""
    count = 0
    for row in WalletPass.objects.filter(card_id__in=told):
        if row.told != told[row.card_id]:
            due = max(now, row.pushed_at + PAUSE) if row.pushed_at else now
            count += WalletPass.objects.filter(pk=row.pk, told=row.told).update(
                told=told[row.card_id], changed_at=now.replace(microsecond=0), due_at=due, tries=0
            )
    return count


def lease(*, now: datetime, limit: int) -> list[Due]:
    """The next passes to tell of; nobody else takes them for LEASE."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"now": now, "until": now + LEASE, "limit": limit})
        return [Due(card_id, changed_at) for card_id, changed_at in cursor.fetchall()]


def pushed(due: Due, *, now: datetime) -> None:
    """Whoever wanted to be told was. What changed while it was being told is due again, after the pause."""
    row = WalletPass.objects.filter(pk=due.card_id)
    told = row.filter(changed_at=due.changed_at).update(due_at=None, pushed_at=now, tries=0)
    if not told:
        row.update(due_at=now + PAUSE, pushed_at=now)


def failed(due: Due, *, now: datetime) -> bool:
    """Try again later and later; False when it is given up until the pass changes anew."""
    tries = WalletPass.objects.filter(pk=due.card_id).values_list("tries", flat=True).get() + 1
    again = now + timedelta(minutes=2**tries) if tries < MOST_TRIES else None
    WalletPass.objects.filter(pk=due.card_id).update(tries=tries, due_at=again)
    return again is not None


def end(*, memberships: Iterable[int], now: datetime) -> None:
    """Her passes are told a last time, of a member who is being erased; their devices are forgotten after FAREWELL."""
    rows = WalletPass.objects.filter(card__membership__in=memberships, ends_at=None)
    rows.update(ends_at=now + FAREWELL, told="")  # whatever it says then is new


def forget_ended(*, now: datetime) -> int:
    """Delete the devices of passes whose farewell is over, told or given up; how many."""
    over = WalletPass.objects.filter(ends_at__lte=now)
    over.filter(due_at__isnull=False).update(due_at=None)
    done, _ = WalletDevice.objects.filter(card__wallet__in=over).delete()
    return done


def not_in_google(card_id: int) -> None:
    """Google knows no such card: its link was shown and never used."""
    WalletPass.objects.filter(pk=card_id).update(in_google=False)


def serials_since(*, device: str, cards: Iterable[Card], since: datetime | None) -> list[WalletPass]:
    """The passes of a device that changed after `since`, oldest change first."""
    rows = WalletPass.objects.filter(card__in=cards, card__wallet_devices__device=device)
    return list((rows.filter(changed_at__gt=since) if since else rows).order_by("changed_at").select_related("card"))


def _token(serial: str, key: bytes) -> str:
    return salted_hmac("members.wallets", serial, secret=key, algorithm="sha256").hexdigest()[:40]
