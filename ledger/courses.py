"""What pots did over time, as plain changes: for whoever counts what was earned, or what was there, at any moment.

A change is (holder_id, at, amount, key, undoes). `key` is the activity it belongs to, 0 for none. With `undoes`, the
amount (positive) was taken back of what that activity gave, whenever that was. Points count from the moment they can
be spent, so one that is still to come stands at its own moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Row = tuple[int, datetime, int, int, bool]

_LAST_YEAR = 2900  # what waits for an event waits without end

_ENTRIES = """
SELECT e.holder_id, e.lot_id, coalesce(l.activity_id, 0), l.available_at, l.expires_at, e.contra, e.amount,
       e.effective_at, CASE WHEN e.contra = 'clawback' THEN coalesce(p.source_id, 0) ELSE 0 END
FROM ledger_entry e
JOIN ledger_lot l ON l.holder_id = e.holder_id AND l.lot_id = e.lot_id
LEFT JOIN ledger_posting p ON e.contra = 'clawback' AND p.holder_id = e.holder_id AND p.posting_id = e.posting_id
WHERE e.holder_id = ANY(%s) AND e.currency_id = %s
"""
# Amounts and moments as `earned` tells them; a holder's count for its heir. OFFSET 0: holder by holder, also while the
# statistics still say that the tables are small.
_EARNED = """
WITH asked AS (
    SELECT * FROM unnest(%(holders)s::bigint[], %(heirs)s::bigint[], %(since)s::timestamptz[])
      AS asked (holder_id, of_holder, since)
), change AS (
    SELECT a.of_holder, a.since, one.* FROM asked a CROSS JOIN LATERAL (
        SELECT CASE WHEN e.contra = 'clawback' THEN -e.amount ELSE e.amount END AS amount,
               CASE WHEN e.contra = 'clawback' THEN coalesce((SELECT source_id FROM ledger_posting p
                      WHERE p.holder_id = e.holder_id AND p.posting_id = e.posting_id), 0)
                    WHEN e.amount > 0 THEN coalesce(l.activity_id, 0) ELSE 0 END AS key,
               e.contra = 'clawback' AS undoes,
               CASE WHEN e.contra <> 'clawback' AND e.amount > 0 THEN l.available_at ELSE e.effective_at END AS at
        FROM ledger_entry e JOIN ledger_lot l ON l.holder_id = e.holder_id AND l.lot_id = e.lot_id
        WHERE e.holder_id = a.holder_id AND e.currency_id = %(currency)s
          AND e.contra IN ('issue', 'goodwill', 'opening', 'clawback') AND l.available_at < %(never)s
        UNION ALL
        SELECT d.amount, coalesce(p.source_id, 0), true, d.effective_at
        FROM ledger_debt_entry d JOIN ledger_posting p ON p.holder_id = d.holder_id AND p.posting_id = d.posting_id
        WHERE d.holder_id = a.holder_id AND d.currency_id = %(currency)s AND d.reason = 'return'
        OFFSET 0
    ) AS one
), moment AS (
    SELECT *, (extract(epoch FROM at) * 1000000)::bigint AS us FROM change WHERE at < %(never)s
)
SELECT of_holder, at, amount, key, undoes, NULL::text[] FROM moment WHERE since IS NULL OR at >= since
UNION ALL
SELECT of_holder, NULL, NULL, NULL, NULL, ARRAY[
    count(*), sum(amount), sum(us), sum(key), sum(us::numeric * amount), sum(amount::numeric * key),
    count(*) FILTER (WHERE undoes)]::text[]
FROM moment WHERE at < since GROUP BY of_holder
"""


def earned(
    cursor: Any, heirs: Mapping[int, int], currency_id: int, since: Mapping[int, datetime]
) -> tuple[list[Row], dict[int, tuple[int, ...]]]:
    """What was earned, opened or adjusted; what was taken back, or owed for it, undoes. Transfers are no earnings.

    `heirs`: each holder to the one whom it counts for, itself as a rule. Of those with a moment in `since` only the
    changes from then on, and sums over those before: how many; amounts, moments (microseconds), keys, moments x
    amounts, amounts x keys; how many undo.
    """
    holder_ids = list(heirs)
    cursor.execute(
        _EARNED,
        {
            "holders": holder_ids,
            "heirs": [heirs[holder] for holder in holder_ids],
            "since": [since.get(heirs[holder]) for holder in holder_ids],
            "currency": currency_id,
            "never": datetime(_LAST_YEAR, 1, 1, tzinfo=UTC),
        },
    )
    rows: list[Row] = []
    sums: dict[int, tuple[int, ...]] = {}
    for holder, at, amount, key, undoes, parts in cursor.fetchall():
        if parts is None:
            rows.append((holder, at, amount, key, undoes))
        else:
            sums[holder] = tuple(int(part) for part in parts)
    return rows, sums


def balance(cursor: Any, holder_ids: Sequence[int], currency_id: int) -> Iterator[Row]:
    """What was there to be spent (held points included): in from maturity on, out when spent and when it dies."""
    cursor.execute(_ENTRIES, [list(holder_ids), currency_id])
    left: dict[tuple[int, int, datetime], int] = defaultdict(int)
    for row in cursor.fetchall():
        holder_id, lot_id, activity_id, available_at, expires_at, contra, amount, at, cause = row
        if contra == "expire" or available_at.year >= _LAST_YEAR:
            continue  # a lot dies at its own moment, whenever that was written down
        if expires_at is not None:
            left[holder_id, lot_id, expires_at] += amount
        if contra == "clawback" and amount < 0:
            yield holder_id, at, -amount, cause, True
        else:
            yield holder_id, max(at, available_at), amount, activity_id if amount > 0 else 0, False
    for (holder_id, _, dies_at), amount in left.items():
        if amount > 0:
            yield holder_id, dies_at, -amount, 0, False
