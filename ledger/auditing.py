"""Recomputing the ledger from its entries: every stored number must be the sum of what made it.

Each check is one set-based statement that returns only what differs; results are streamed. A healthy ledger costs
about a pass over its entries (`manage.py audit`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection

from ledger import copying


@dataclass(frozen=True)
class Difference:
    """One thing that does not add up: `found` is stored, `expected` is what its parts come to (null: missing)."""

    check: str
    holder_id: int
    subject: str
    found: int | None
    expected: int | None


LOTS = "lot remaining = sum of its entries"
FIRST = "lot initial = its first entry"
CURRENCY = "entry currency = currency of its lot"
TOTAL = "wallet total = sum of its lots"
HELD = "wallet held = sum held in its lots"
DEBT = "wallet debt = sum of its debt entries"
NO_POSTING = "entry has its posting"
NO_ENTRY = "posting has its entries"
NO_DEBT_POSTING = "debt entry has its posting"
HOLDER = "holder is known"
REPAID = "repayment = debt repaid"
TRANSFER = "transfer sums to zero"
DEBT_MOVED = "debt that changed hands sums to zero"
HELD_LOT = "lot held = its open holds"
HOLD = "hold = sum of its lots"
CAPTURED = "captured hold = what its posting spent"
GIVEN_BACK = "what came back was spent"
PROGRAM = "wallets = what the program gave"

# {lots}, {entries} ... stand for the tables, cut to the holders asked for.
# Rows: check, holder, subject, found, expected.
STATEMENTS = (
    # Every lot is filled by the entry of its own number, what is left is the sum of its entries, and these name its
    # currency; entries of a lot that is missing show as well. One pass: what is sound is dropped before it is named.
    f"""
    SELECT named.what, coalesce(l.holder_id, e.holder_id), 'lot ' || coalesce(l.lot_id, e.lot_id), named.found,
           named.expected
    FROM (SELECT holder_id, lot_id, sum(amount) AS total, min(currency_id) AS currency, max(currency_id) AS other,
                 sum(amount) FILTER (WHERE entry_id = lot_id) AS first,
                 min(posting_id) FILTER (WHERE entry_id = lot_id) AS posting_id
          FROM {{entries}} GROUP BY holder_id, lot_id) e
    FULL JOIN {{lots}} l ON l.holder_id = e.holder_id AND l.lot_id = e.lot_id
    CROSS JOIN LATERAL (VALUES
        ('{LOTS}', l.remaining, e.total, l.remaining IS DISTINCT FROM e.total),
        ('{FIRST}', l.initial, e.first,
         l.initial IS DISTINCT FROM e.first OR l.posting_id IS DISTINCT FROM e.posting_id),
        ('{CURRENCY}', l.currency_id, CASE WHEN e.currency = l.currency_id THEN e.other ELSE e.currency END,
         e.currency <> l.currency_id OR e.other <> l.currency_id)
    ) AS named(what, found, expected, differs)
    WHERE (l.remaining IS DISTINCT FROM e.total OR l.initial IS DISTINCT FROM e.first
           OR l.posting_id IS DISTINCT FROM e.posting_id OR e.currency <> l.currency_id OR e.other <> l.currency_id)
      AND named.differs""",
    f"""
    SELECT named.what, coalesce(w.holder_id, l.holder_id), 'currency ' || coalesce(w.currency_id, l.currency_id),
           named.found, named.expected
    FROM (SELECT holder_id, currency_id, sum(remaining) AS total, sum(held) AS held
          FROM {{lots}} GROUP BY holder_id, currency_id) l
    FULL JOIN {{wallets}} w ON w.holder_id = l.holder_id AND w.currency_id = l.currency_id
    CROSS JOIN LATERAL (VALUES
        ('{TOTAL}', w.total, coalesce(l.total, 0)),
        ('{HELD}', w.held, coalesce(l.held, 0))
    ) AS named(what, found, expected)
    WHERE named.found IS DISTINCT FROM named.expected""",
    f"""
    SELECT '{DEBT}', coalesce(w.holder_id, d.holder_id), 'currency ' || coalesce(w.currency_id, d.currency_id), w.debt,
           coalesce(d.debt, 0)
    FROM (SELECT holder_id, currency_id, sum(amount) AS debt FROM {{debts}} GROUP BY holder_id, currency_id) d
    FULL JOIN {{wallets}} w ON w.holder_id = d.holder_id AND w.currency_id = d.currency_id
    WHERE w.debt IS DISTINCT FROM coalesce(d.debt, 0)""",
    # Entries have a posting of their kind. A return under a policy that forgives may find nothing to take, and a
    # transfer to a successor may be of debt alone; every other posting moved something.
    f"""
    SELECT CASE WHEN e.posting_id IS NULL THEN '{NO_ENTRY}' ELSE '{NO_POSTING}' END,
           coalesce(p.holder_id, e.holder_id), 'posting ' || coalesce(p.posting_id, e.posting_id), NULL, NULL
    FROM (SELECT holder_id, posting_id, min(kind) AS kind, max(kind) AS other
          FROM {{entries}} WHERE kind <> 'repay' GROUP BY holder_id, posting_id) e
    FULL JOIN {{postings}} p ON p.holder_id = e.holder_id AND p.posting_id = e.posting_id
    WHERE p.posting_id IS NULL OR e.kind <> p.kind OR e.other <> p.kind
       OR (e.posting_id IS NULL AND p.kind <> 'take_back'
           AND NOT EXISTS (SELECT FROM {{debts}} d WHERE d.holder_id = p.holder_id AND d.posting_id = p.posting_id
                           AND d.reason = 'transfer'))""",
    f"""
    SELECT '{NO_DEBT_POSTING}', d.holder_id, 'debt entry ' || d.entry_id, d.posting_id, NULL
    FROM {{debts}} d LEFT JOIN {{postings}} p ON p.holder_id = d.holder_id AND p.posting_id = d.posting_id
    WHERE p.posting_id IS NULL""",
    f"""
    SELECT '{HOLDER}', w.holder_id, 'currency ' || w.currency_id, NULL, NULL
    FROM {{wallets}} w LEFT JOIN ledger_holder h ON h.holder_id = w.holder_id WHERE h.holder_id IS NULL""",
    # What repaid debt left a lot and lowered the debt by as much, in the same posting.
    f"""
    SELECT '{REPAID}', coalesce(e.holder_id, d.holder_id), 'posting ' || coalesce(e.posting_id, d.posting_id), d.total,
           e.total
    FROM (SELECT holder_id, posting_id, currency_id, sum(amount) AS total FROM {{entries}}
          WHERE contra = 'debt_repay' GROUP BY holder_id, posting_id, currency_id) e
    FULL JOIN (SELECT holder_id, posting_id, currency_id, sum(amount) AS total FROM {{debts}}
               WHERE reason = 'repay' GROUP BY holder_id, posting_id, currency_id) d
      ON d.holder_id = e.holder_id AND d.posting_id = e.posting_id AND d.currency_id = e.currency_id
    WHERE e.total IS DISTINCT FROM d.total""",
    # Both holders of a transfer are read whole, whichever of them was asked for.
    f"""
    SELECT '{TRANSFER}', min(p.holder_id), 'transfer ' || p.transfer_id || ' in currency ' || e.currency_id,
           sum(e.amount), 0
    FROM ledger_posting p JOIN ledger_entry e ON e.holder_id = p.holder_id AND e.posting_id = p.posting_id
    WHERE p.transfer_id IN (SELECT transfer_id FROM {{postings}} WHERE transfer_id IS NOT NULL)
      AND e.contra = 'transfer'
    GROUP BY p.transfer_id, e.currency_id HAVING sum(e.amount) <> 0""",
    f"""
    SELECT '{DEBT_MOVED}', min(p.holder_id), 'transfer ' || p.transfer_id || ' in currency ' || d.currency_id,
           sum(d.amount), 0
    FROM ledger_posting p JOIN ledger_debt_entry d ON d.holder_id = p.holder_id AND d.posting_id = p.posting_id
    WHERE d.reason = 'transfer' AND p.transfer_id IN (SELECT transfer_id FROM {{postings}})
    GROUP BY p.transfer_id, d.currency_id HAVING sum(d.amount) <> 0""",
    # What is held in a lot is what open holds hold there; what a hold is for lies in its lots.
    f"""
    SELECT '{HELD_LOT}', coalesce(l.holder_id, k.holder_id), 'lot ' || coalesce(l.lot_id, k.lot_id), l.held, k.amount
    FROM (SELECT holder_id, lot_id, held FROM {{lots}} WHERE held <> 0) l
    FULL JOIN (SELECT k.holder_id, k.lot_id, sum(k.amount) AS amount
               FROM {{holds}} h JOIN {{hold_lots}} k ON k.holder_id = h.holder_id AND k.hold_id = h.hold_id
               WHERE h.state = 'open' GROUP BY k.holder_id, k.lot_id) k
      ON k.holder_id = l.holder_id AND k.lot_id = l.lot_id
    WHERE l.held IS DISTINCT FROM k.amount""",
    f"""
    SELECT '{HOLD}', coalesce(h.holder_id, k.holder_id), 'hold ' || coalesce(h.hold_id, k.hold_id), h.amount, k.amount
    FROM {{holds}} h
    FULL JOIN (SELECT holder_id, hold_id, sum(amount) AS amount FROM {{hold_lots}} GROUP BY holder_id, hold_id) k
      ON k.holder_id = h.holder_id AND k.hold_id = h.hold_id
    WHERE h.amount IS DISTINCT FROM k.amount""",
    f"""
    SELECT '{CAPTURED}', h.holder_id, 'hold ' || h.hold_id, h.amount, e.amount
    FROM {{holds}} h
    LEFT JOIN (SELECT holder_id, posting_id, -sum(amount) AS amount FROM {{entries}} WHERE kind = 'spend'
               GROUP BY holder_id, posting_id) e ON e.holder_id = h.holder_id AND e.posting_id = h.posting_id
    WHERE h.state = 'captured' AND h.amount IS DISTINCT FROM e.amount""",
    # No spend came back twice.
    f"""
    SELECT '{GIVEN_BACK}', p.holder_id, 'posting ' || p.source_id, sum(back.amount)::bigint, max(spent.amount)::bigint
    FROM {{postings}} p
    JOIN (SELECT holder_id, posting_id, sum(amount) AS amount FROM {{entries}} WHERE kind = 'give_back'
          GROUP BY holder_id, posting_id) back ON back.holder_id = p.holder_id AND back.posting_id = p.posting_id
    LEFT JOIN (SELECT holder_id, posting_id, -sum(amount) AS amount FROM {{entries}} WHERE kind = 'spend'
               GROUP BY holder_id, posting_id) spent
      ON spent.holder_id = p.holder_id AND spent.posting_id = p.source_id
    WHERE p.kind = 'give_back' GROUP BY p.holder_id, p.source_id
    HAVING sum(back.amount) > coalesce(max(spent.amount), 0)""",
    # Conservation: what the pots hold is what the program gave, less what came back to it, contra by contra.
    f"""
    SELECT '{PROGRAM}', 0, 'currency ' || coalesce(w.currency_id, e.currency_id), w.total, e.total
    FROM (SELECT currency_id, sum(total) AS total FROM {{wallets}} GROUP BY currency_id) w
    FULL JOIN (SELECT currency_id, sum(amount) AS total FROM {{entries}} GROUP BY currency_id) e
      ON e.currency_id = w.currency_id
    WHERE coalesce(w.total, 0) <> coalesce(e.total, 0)""",
)
_TABLES = {
    "lots": "ledger_lot",
    "entries": "ledger_entry",
    "wallets": "ledger_wallet",
    "debts": "ledger_debt_entry",
    "postings": "ledger_posting",
    "holds": "ledger_hold",
    "hold_lots": "ledger_hold_lot",
}


def differences(holder_ids: Iterable[int] | None = None) -> Iterator[Difference]:
    """Every difference of the whole ledger, or of some holders; none when all is well."""
    holders = None if holder_ids is None else list(holder_ids)
    cut = "{}" if holders is None else "(SELECT * FROM {} WHERE holder_id = ANY(%(holders)s::bigint[]))"
    tables = {name: cut.format(table) for name, table in _TABLES.items()}
    with connection.cursor() as django_cursor:
        cursor = copying.plain(django_cursor)
        for statement in STATEMENTS:
            cursor.execute(statement.format(**tables), None if holders is None else {"holders": holders})
            for check, holder_id, subject, found, expected in cursor:
                yield Difference(check, holder_id, subject, _whole(found), _whole(expected))


def _whole(number: object) -> int | None:
    return None if number is None else int(number)  # type: ignore[call-overload]
