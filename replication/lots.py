"""Opening balances: each lot of a system is opened once, under its own key, and corrected by the difference."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from ledger import opening
from replication.outcomes import Outcome
from replication.records import Lot
from values import periods

_KNOWN = (
    "SELECT key, identity_id, holder_id, amount, revision FROM replication_lot WHERE system_id = %s AND key = ANY(%s)"
)
_KEEP = """
COPY replication_lot (system_id, key, identity_id, holder_id, currency_id, amount, revision, earned_on, expires_on)
FROM STDIN
"""
_CHANGE = "UPDATE replication_lot SET amount = %s, revision = %s WHERE system_id = %s AND key = %s"
_ASSERTED = """
SELECT currency_id, sum(amount)::bigint FROM replication_lot WHERE system_id = %s AND holder_id = ANY(%s)
GROUP BY currency_id
"""
_HOLDERS = "SELECT DISTINCT holder_id FROM replication_lot WHERE identity_id = ANY(%s)"


@dataclass(frozen=True, slots=True)
class Opened:
    """A lot that came before: the identity and holder it came with, what its system last said it had."""

    identity_id: int
    holder_id: int
    amount: int
    revision: int


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


def opened(cursor: Any, system_id: int, keys: Sequence[str]) -> dict[str, Opened]:
    """Those of these keys under which a lot came before."""
    if not keys:
        return {}
    cursor.execute(_KNOWN, [system_id, list(keys)])
    return {key: Opened(*rest) for key, *rest in cursor.fetchall()}


def post(
    cursor: Any, ledger: Ledger, owned: Sequence[Owned], known: Mapping[str, Opened], outcome: Outcome
) -> set[int]:  # fmt: skip
    """Open what is new, correct what changed since it was `known`; the identities whose lots moved.

    Raises ledger.posting.InsufficientPoints when a correction takes more than is left.
    """
    fresh = [one for one in owned if one.lot.key not in known]
    moved = {one.identity_id for one in fresh}
    _open(cursor, ledger, fresh, outcome)
    for one in owned:
        before = known.get(one.lot.key)
        if before is not None and one.lot.amount != before.amount:
            _correct(cursor, ledger, one, before, outcome)
            moved.add(one.identity_id)
    return moved


def compare(
    cursor: Any, ledger: Ledger, holder_ids: Collection[int], identity_ids: Sequence[int], outcome: Outcome
) -> None:
    """Read from the books what these pots, and those of these identities, were opened with, beside what their system
    says."""
    holders = list(holder_ids)
    if identity_ids:
        cursor.execute(_HOLDERS, [list(identity_ids)])
        holders += [holder for (holder,) in cursor.fetchall() if holder not in holder_ids]
    if not holders:
        return
    cursor.execute(_ASSERTED, [ledger.system_id, holders])
    for currency_id, amount in cursor.fetchall():
        outcome.move(currency_id, "asserted", amount)
    for currency_id, amount in opening.booked(cursor, holders, source_id=ledger.system_id).items():
        outcome.move(currency_id, "booked", amount)


def _open(cursor: Any, ledger: Ledger, fresh: Sequence[Owned], outcome: Outcome) -> None:
    if not fresh:
        return
    with cursor.copy(_KEEP) as copy:
        for one in fresh:
            lot = one.lot
            copy.write_row(
                (ledger.system_id, lot.key, one.identity_id, one.holder_id, lot.currency_id, lot.amount, 0,
                 lot.earned_on, lot.expires_on)
            )  # fmt: skip
    openings = [_opening(ledger, one, one.holder_id, 0) for one in fresh if one.lot.amount]
    opening.open_lots(cursor, openings, now=ledger.now, actor=ledger.by, source_id=ledger.system_id)
    for one in fresh:
        outcome.move(one.lot.currency_id, "opened", one.lot.amount)


def _correct(cursor: Any, ledger: Ledger, one: Owned, before: Opened, outcome: Outcome) -> None:
    revision = before.revision + 1
    change = _opening(ledger, one, before.holder_id, revision)
    names = [_name(ledger, one.lot, number) for number in range(revision)]
    by = one.lot.amount - before.amount
    opening.correct(
        cursor, change, before=names, by=by, now=ledger.now, actor=ledger.by, source_id=ledger.system_id
    )  # fmt: skip
    cursor.execute(_CHANGE, [one.lot.amount, revision, ledger.system_id, one.lot.key])
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
    return _begins_in(day, ledger.zone)


@lru_cache(maxsize=16_384)
def _begins_in(day: date, zone: str) -> datetime:
    """The lots of a base have few days among many."""
    return periods.begins_at(day, zone)
