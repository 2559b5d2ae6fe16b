"""Forgetting what messages said: for erasures, and for addresses whose message is long over."""

from __future__ import annotations

from datetime import datetime

from messaging.models import Outgoing


def forget(*, membership_ids: list[int], now: datetime, addresses: tuple[str, ...] = ()) -> int:
    """Take every value and address out of the messages of these memberships and addresses; what waits is dropped."""
    mine = Outgoing.objects.filter(membership_id__in=membership_ids)
    if addresses:
        mine = mine | Outgoing.objects.filter(address__in=addresses)
    ids = list(mine.values_list("pk", flat=True))
    rows = Outgoing.objects.filter(pk__in=ids)
    rows.filter(state=Outgoing.State.WAITING).update(
        state=Outgoing.State.DROPPED, ended_at=now, error="erased", token=None, lease_until=None
    )
    return rows.update(facts={}, address="")
