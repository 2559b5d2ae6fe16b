"""Opening balances: each lot of a system is opened once, under its own key, and corrected by the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from ledger import opening
from replication.outcomes import Outcome
from replication.records import Lot
from replication.refusals import RecordRefused
from values import periods

_KNOWN = (
    "SELECT key, identity_id, holder_id, amount, revision FROM replication_lot WHERE system_id = %s AND key = ANY(%s)"
)
_KEEP = """
INSERT INTO replication_lot (system_id, key, identity_id, holder_id, currency_id, amount, revision, earned_on,
                             expires_on)
SELECT %s, n.* FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::int[], %s::bigint[], %s::int[], %s::date[],
                           %s::date[]) AS n
"""
_CHANGE = "UPDATE replication_lot SET amount = %s, revision = %s WHERE system_id = %s AND key = %s"
_ASSERTED = """
SELECT currency_id, sum(amount)::bigint FROM replication_lot WHERE system_id = %s AND holder_id = ANY(%s)
GROUP BY currency_id
"""
_HOLDERS = "SELECT DISTINCT holder_id FROM replication_lot WHERE system_id = %s AND identity_id = ANY(%s)"


@dataclass(frozen=True)
class Owned:
    """A lot and whose it is: the identity it came with, the holder it is posted to when it is new."""

    identity_id: int
    holder_id: int
    external_id: str
    lot: Lot


@dataclass(frozen=True)
class Ledger:
    """Where lots are posted: `zone` is the program's home, whose midnights are theirs."""

    system_id: int
    zone: str
    now: datetime
    by: str


def taken_by_others(cursor: Any, system_id: int, keys: dict[str, int | None]) -> set[str]:
    """Keys (key -> the identity that says it now, None: a new one) that came with somebody else before."""
    if not keys:
        return set()
    cursor.execute(_KNOWN, [system_id, list(keys)])
    return {key for key, identity_id, *_ in cursor.fetchall() if keys[key] != identity_id}


def post(cursor: Any, ledger: Ledger, owned: Sequence[Owned], outcome: Outcome) -> set[int]:
    """Open what is new, correct what changed; the identities whose lots moved. Raises ledger.posting.InsufficientPoints
    when a correction takes more than is left."""
    if not owned:
        return set()
    cursor.execute(_KNOWN, [ledger.system_id, [one.lot.key for one in owned]])
    known = {key: rest for key, *rest in cursor.fetchall()}
    fresh = [one for one in owned if one.lot.key not in known]
    moved = {one.identity_id for one in fresh}
    _open(cursor, ledger, fresh, outcome)
    for one in owned:
        if one.lot.key in known:
            _identity, holder_id, before, revision = known[one.lot.key]
            if one.lot.amount != before:
                _correct(cursor, ledger, one, holder_id, before, revision, outcome)
                moved.add(one.identity_id)
    return moved


def compare(cursor: Any, ledger: Ledger, identity_ids: Sequence[int], outcome: Outcome) -> None:
    """Read from the books what the pots of these identities were opened with, beside what their system says."""
    if not identity_ids:
        return
    cursor.execute(_HOLDERS, [ledger.system_id, list(identity_ids)])
    holders = [holder for (holder,) in cursor.fetchall()]
    cursor.execute(_ASSERTED, [ledger.system_id, holders])
    for currency_id, amount in cursor.fetchall():
        outcome.move(currency_id, "asserted", amount)
    for currency_id, amount in opening.booked(cursor, holders, source_id=ledger.system_id).items():
        outcome.move(currency_id, "booked", amount)


def _open(cursor: Any, ledger: Ledger, fresh: Sequence[Owned], outcome: Outcome) -> None:
    if not fresh:
        return
    columns = [
        [one.lot.key for one in fresh], [one.identity_id for one in fresh], [one.holder_id for one in fresh],
        [one.lot.currency_id for one in fresh], [one.lot.amount for one in fresh], [0] * len(fresh),
        [one.lot.earned_on for one in fresh], [one.lot.expires_on for one in fresh],
    ]  # fmt: skip
    cursor.execute(_KEEP, [ledger.system_id, *columns])
    openings = [_opening(ledger, one, one.holder_id, 0) for one in fresh if one.lot.amount]
    opening.open_lots(cursor, openings, now=ledger.now, actor=ledger.by, source_id=ledger.system_id)
    for one in fresh:
        outcome.move(one.lot.currency_id, "opened", one.lot.amount)


def _correct(
    cursor: Any, ledger: Ledger, one: Owned, holder_id: int, before: int, revision: int, outcome: Outcome
) -> None:  # fmt: skip
    change = _opening(ledger, one, holder_id, revision + 1)
    names = [_name(ledger, one.lot, number) for number in range(revision + 1)]
    by = one.lot.amount - before
    opening.correct(
        cursor, change, before=names, by=by, now=ledger.now, actor=ledger.by, source_id=ledger.system_id
    )  # fmt: skip
    cursor.execute(_CHANGE, [one.lot.amount, revision + 1, ledger.system_id, one.lot.key])
    outcome.move(one.lot.currency_id, "corrected", by)


def _opening(ledger: Ledger, one: Owned, holder_id: int, revision: int) -> opening.Opening:
    """Spendable from the first day on, at the latest now unless they say otherwise; dead after the last day."""
    lot = one.lot
    available_at = _begins(lot.available_on or lot.earned_on, ledger)
    if lot.available_on is None:
        available_at = min(available_at, ledger.now)
    expires_at = _begins(lot.expires_on + timedelta(days=1), ledger) if lot.expires_on else None
    return opening.Opening(
        holder_id, lot.currency_id, lot.amount, _name(ledger, lot, revision), lot.earned_on, available_at, expires_at
    )  # fmt: skip


def _name(ledger: Ledger, lot: Lot, revision: int) -> str:
    return f"replication:{ledger.system_id}:{lot.key}:{revision}"


def _begins(day: date, ledger: Ledger) -> datetime:
    return periods.begins_at(day, ledger.zone)


def check_not_anothers(lot_keys: Sequence[str], others: set[str]) -> None:
    """Raises RecordRefused for a lot that came with somebody else before."""
    for key in lot_keys:
        if key in others:
            raise RecordRefused("LotTaken", "lots.id", f"lot {key} came with somebody else")
