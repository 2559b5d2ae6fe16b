"""What a currency's policy let a member keep when an activity's points could not be taken back.

With `within_balance` and `pending_only` a return may take less than it should. The award says what should stand, and
this table how much more the member was left with, so that the same loss is never claimed again, and is set off when
the activity earns anew. Ledger's movements of an activity = posted of its awards + what was forgiven.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from earning import frames
from ledger.clawback import Taken

_KEY = ["holder_id", "activity_id", "currency_id"]
_KNOWN = """
SELECT holder_id, activity_id, currency_id, amount FROM forgiven
WHERE amount > 0 AND (holder_id, activity_id, currency_id)
      IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[]))
"""
_SCHEMA: dict[str, Any] = {**dict.fromkeys(_KEY, pl.Int64), "forgiven": pl.Int64}
_ADD = """
INSERT INTO forgiven (holder_id, activity_id, currency_id, amount, occurred_on)
SELECT f.*, k.occurred_on FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::bigint[])
                               AS f (holder_id, activity_id, currency_id, amount)
JOIN activity AS k ON k.activity_id = f.activity_id
ON CONFLICT (holder_id, activity_id, currency_id) DO UPDATE SET amount = forgiven.amount + excluded.amount
"""


def remember(cursor: Any, taken: Iterable[Taken]) -> None:
    """Keep what could not be taken and is not owed either."""
    _add(cursor, [(one.holder_id, one.activity_id, one.currency_id, one.forgiven) for one in taken if one.forgiven])


def set_off(cursor: Any, earned: pl.DataFrame) -> pl.DataFrame:
    """`earned` (rows of moves, amount > 0) less what these activities were forgiven; nothing left, no row."""
    keys = [earned[name].to_list() for name in _KEY]
    known = frames.read(cursor, _KNOWN, _SCHEMA, keys)
    if known.is_empty():
        return earned
    met = earned.join(known, on=_KEY, how="left", maintain_order="left").with_columns(
        pl.min_horizontal("amount", pl.col("forgiven").fill_null(0)).alias("met")
    )
    _add(cursor, [(*key, -met_now) for *key, met_now in met.select(*_KEY, "met").iter_rows() if met_now])
    left = met.with_columns(pl.col("amount") - pl.col("met")).filter(pl.col("amount") > 0)
    return left.select(earned.columns)


def _add(cursor: Any, rows: list[Any]) -> None:
    if rows:
        cursor.execute(_ADD, [list(column) for column in zip(*sorted(rows), strict=True)])
