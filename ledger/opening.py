"""What a pot had elsewhere before it came here: lots with their own dates, opened by the thousand, once each.

A lot is named by a key of its sender; opened under that name it never is again. What the sender corrects afterwards is
posted as the difference: more makes another lot of the same dates, less leaves the lots of that name, then others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ledger import consumption, copying, debts, hooks, idempotency, lapsing, records, wallets
from ledger.consumption import Demand, Lots
from ledger.posting import InsufficientPoints

if TYPE_CHECKING:
    import polars as pl

SOURCE_TYPE = "replication"
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Opening:
    """`amount` (> 0, smallest units) that a sender's lot had; `key` names it, `expires_at` None is never."""

    holder_id: int
    currency_id: int
    amount: int
    key: str
    earned_on: date
    available_at: datetime
    expires_at: datetime | None


_DRAW_OWN = """
WITH own AS (
    SELECT l.holder_id, l.lot_id, l.currency_id, l.remaining - l.held AS free,
           sum(l.remaining - l.held) OVER (ORDER BY l.lot_id) - (l.remaining - l.held) AS before
    FROM ledger_lot l JOIN ledger_posting p ON p.holder_id = l.holder_id AND p.posting_id = l.posting_id
    WHERE l.holder_id = %(holder)s AND l.currency_id = %(currency)s AND p.idem = ANY(%(keys)s::uuid[])
      AND l.remaining > l.held AND (l.expires_at IS NULL OR l.expires_at > %(now)s)
), draw AS (
    SELECT *, least(free, %(amount)s - before)::bigint AS amount FROM own WHERE before < %(amount)s
), lots AS (
    UPDATE ledger_lot l SET remaining = l.remaining - d.amount FROM draw d
    WHERE l.holder_id = d.holder_id AND l.lot_id = d.lot_id
), entries AS (
    INSERT INTO ledger_entry (holder_id, entry_id, posting_id, lot_id, currency_id, amount, kind, contra, effective_at)
    SELECT holder_id, nextval('ledger_entry_id'), %(posting)s, lot_id, currency_id, -amount, 'opening', 'opening',
           %(now)s
    FROM draw ORDER BY lot_id
)
SELECT coalesce(sum(amount), 0)::bigint FROM draw
"""
# holder by holder: joined as wholes, the books are read from end to end
_BOOKED = """
SELECT one.currency_id, sum(one.amount)::bigint
FROM unnest(%(holders)s::bigint[]) AS h (holder_id) CROSS JOIN LATERAL (
    SELECT e.currency_id, sum(e.amount) AS amount
    FROM ledger_posting p JOIN ledger_entry e ON e.holder_id = p.holder_id AND e.posting_id = p.posting_id
    WHERE p.holder_id = h.holder_id AND p.kind = 'opening' AND p.source_type = %(type)s
      AND p.source_id = %(source)s AND e.contra = 'opening'
    GROUP BY e.currency_id
) AS one
GROUP BY one.currency_id ORDER BY one.currency_id
"""


def open_lots(cursor: Any, openings: Sequence[Opening], *, now: datetime, actor: str, source_id: int) -> None:
    """Post each opening as a lot of its own, inside the caller's transaction; debts of these pots are repaid from them.

    `source_id` is the sender, kept with each posting. Raises psycopg.errors.UniqueViolation (ledger_posting_once) for
    a name that this holder's pots have already.
    """
    if not openings:
        return
    cursor = copying.plain(cursor)
    lots = _frame(openings)
    posting_ids = copying.numbers(cursor, "ledger_posting_id", lots.height)
    lots = lots.with_columns(
        posting_ids.alias("posting_id"), copying.numbers(cursor, "ledger_entry_id", lots.height).alias("lot_id")
    )
    _write(cursor, lots, now, actor, source_id)
    _credit(cursor, openings, posting_ids.to_list(), now)


def correct(
    cursor: Any, change: Opening, *, before: Sequence[str], by: int, now: datetime, actor: str, source_id: int
) -> None:
    """Post the difference `by` (not 0) under the new name `change.key`; `before` are the names this lot had so far.

    Less is taken from its own lots first, then from whatever may be spent. Raises InsufficientPoints.
    """
    if by > 0:
        more = Opening(
            change.holder_id, change.currency_id, by, change.key, change.earned_on, change.available_at,
            change.expires_at,
        )  # fmt: skip
        open_lots(cursor, [more], now=now, actor=actor, source_id=source_id)
        return
    pot = (change.holder_id, change.currency_id)
    lapsing.locked(cursor, [pot], now)
    around = records.Circumstances(actor, source_type=SOURCE_TYPE, source_id=source_id)
    idem = idempotency.of_client(change.key)
    asked = idempotency.fingerprint(do="opening", currency=change.currency_id, amount=by)
    posting_id = records.post(cursor, change.holder_id, idem, asked, "opening", around, now)
    values = {
        "holder": pot[0], "currency": pot[1], "amount": -by, "posting": posting_id, "now": now,
        "keys": [str(idempotency.of_client(key)) for key in before],
    }  # fmt: skip
    cursor.execute(_DRAW_OWN, values)
    rest = -by - int(cursor.fetchone()[0])
    if rest:
        demand = Demand(*pot, rest, posting_id)
        drawn = consumption.draw(cursor, [demand], Lots.SPENDABLE, now=now, kind="opening", contra="opening")
        if (found := sum(one.amount for one in drawn)) < rest:
            raise InsufficientPoints(-by - rest + found)
    wallets.move(cursor, [(*pot, by, 0)])
    hooks.moved(cursor, [pot], now)


def booked(cursor: Any, holder_ids: Iterable[int], *, source_id: int) -> dict[int, int]:
    """What a sender's openings and corrections come to in these books, by currency: read, not remembered."""
    cursor.execute(_BOOKED, {"holders": list(holder_ids), "type": SOURCE_TYPE, "source": source_id})
    return dict(cursor.fetchall())


def _frame(openings: Sequence[Opening]) -> pl.DataFrame:
    import polars as pl

    moment = pl.Datetime("us", "UTC")
    return pl.DataFrame(
        {
            "holder_id": [one.holder_id for one in openings],
            "currency_id": [one.currency_id for one in openings],
            "amount": [one.amount for one in openings],
            "idem": [idempotency.text_of_client(one.key) for one in openings],
            "occurred_on": [one.earned_on for one in openings],
            "available_at": [_matures(one) for one in openings],
            "expires_at": [one.expires_at for one in openings],
        },
        schema={
            "holder_id": pl.Int64, "currency_id": pl.Int32, "amount": pl.Int64, "idem": pl.String,
            "occurred_on": pl.Date, "available_at": moment, "expires_at": moment,
        },
    )  # fmt: skip


def _matures(one: Opening) -> datetime:
    """The table wants every lot to mature before it dies."""
    if one.expires_at is not None and one.expires_at <= one.available_at:
        return one.expires_at - _MICROSECOND
    return one.available_at


def _write(cursor: Any, lots: pl.DataFrame, now: datetime, actor: str, source_id: int) -> None:
    import polars as pl

    one = pl.lit
    moment = copying.moments(pl.Series([now], dtype=pl.Datetime("us", "UTC")))[0]
    postings = lots.select(
        "holder_id", "posting_id", "idem", one("opening").alias("kind"), one(SOURCE_TYPE).alias("source_type"),
        one(source_id).alias("source_id"), one(copying.safe(actor)).alias("actor"), one(moment).alias("effective_at"),
    )  # fmt: skip
    copying.copy_in(cursor, "ledger_posting", postings)
    made = lots.select(
        "holder_id", "lot_id", "posting_id", pl.col("amount").alias("initial"), pl.col("amount").alias("remaining"),
        copying.moments(lots["available_at"]), copying.moments(lots["expires_at"]), "currency_id", "occurred_on",
    )  # fmt: skip
    copying.copy_in(cursor, "ledger_lot", made)
    entries = lots.select(
        "holder_id", pl.col("lot_id").alias("entry_id"), "posting_id", "lot_id", "currency_id", "amount",
        one("opening").alias("kind"), one("opening").alias("contra"), one(moment).alias("effective_at"),
    )  # fmt: skip
    copying.copy_in(cursor, "ledger_entry", entries)


def _credit(cursor: Any, openings: Sequence[Opening], posting_ids: list[int], now: datetime) -> None:
    totals: dict[wallets.Pot, int] = {}
    for one in openings:
        pot = (one.holder_id, one.currency_id)
        totals[pot] = totals.get(pot, 0) + one.amount
    wallets.make(cursor, totals)
    indebted = {pot for pot, wallet in wallets.lock(cursor, totals).items() if wallet.debt}
    wallets.move(cursor, [(*pot, amount, 0) for pot, amount in sorted(totals.items())])
    if indebted:
        debts.repay(cursor, posting_ids, sorted(indebted), now=now)
    hooks.moved(cursor, totals, now)
