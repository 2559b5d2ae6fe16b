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


# {lots}, {entries} ... stand for the tables, cut to the holders asked for.
CHECKS: dict[str, str] = {
    # Every lot is filled by the entry of its own number, and what is left is the sum of its entries; entries name the
    # lot's currency. Entries of a lot that is missing show here as well.
    "lot remaining = sum of its entries": """
        SELECT coalesce(l.holder_id, e.holder_id), 'lot ' || coalesce(l.lot_id, e.lot_id), l.remaining, e.total
        FROM (SELECT holder_id, lot_id, sum(amount) AS total FROM {entries} GROUP BY holder_id, lot_id) e
        FULL JOIN {lots} l ON l.holder_id = e.holder_id AND l.lot_id = e.lot_id
        WHERE l.remaining IS DISTINCT FROM e.total""",
    "lot initial = its first entry": """
        SELECT l.holder_id, 'lot ' || l.lot_id, l.initial, e.amount
        FROM {lots} l LEFT JOIN {entries} e ON e.holder_id = l.holder_id AND e.entry_id = l.lot_id
        WHERE l.initial IS DISTINCT FROM e.amount OR l.posting_id <> e.posting_id OR e.lot_id <> l.lot_id""",
    "entry currency = its lot's": """
        SELECT e.holder_id, 'entry ' || e.entry_id, e.currency_id, l.currency_id
        FROM {entries} e JOIN {lots} l ON l.holder_id = e.holder_id AND l.lot_id = e.lot_id
        WHERE e.currency_id <> l.currency_id""",
    "wallet total = sum of its lots": """
        SELECT coalesce(w.holder_id, l.holder_id), 'currency ' || coalesce(w.currency_id, l.currency_id), w.total,
               coalesce(l.total, 0)
        FROM (SELECT holder_id, currency_id, sum(remaining) AS total FROM {lots} GROUP BY holder_id, currency_id) l
        FULL JOIN {wallets} w ON w.holder_id = l.holder_id AND w.currency_id = l.currency_id
        WHERE w.total IS DISTINCT FROM coalesce(l.total, 0)""",
    "wallet held = sum of its lots' held": """
        SELECT w.holder_id, 'currency ' || w.currency_id, w.held, coalesce(l.held, 0)
        FROM {wallets} w
        LEFT JOIN (SELECT holder_id, currency_id, sum(held) AS held FROM {lots} GROUP BY holder_id, currency_id) l
          ON w.holder_id = l.holder_id AND w.currency_id = l.currency_id
        WHERE w.held <> coalesce(l.held, 0)""",
    "wallet debt = sum of its debt entries": """
        SELECT coalesce(w.holder_id, d.holder_id), 'currency ' || coalesce(w.currency_id, d.currency_id), w.debt,
               coalesce(d.debt, 0)
        FROM (SELECT holder_id, currency_id, sum(amount) AS debt FROM {debts} GROUP BY holder_id, currency_id) d
        FULL JOIN {wallets} w ON w.holder_id = d.holder_id AND w.currency_id = d.currency_id
        WHERE w.debt IS DISTINCT FROM coalesce(d.debt, 0)""",
    "entry has its posting": """
        SELECT e.holder_id, 'entry ' || e.entry_id, e.posting_id, NULL
        FROM {entries} e LEFT JOIN {postings} p ON p.holder_id = e.holder_id AND p.posting_id = e.posting_id
        WHERE p.posting_id IS NULL OR (e.kind <> p.kind AND e.kind <> 'repay')""",
    "debt entry has its posting": """
        SELECT d.holder_id, 'debt entry ' || d.entry_id, d.posting_id, NULL
        FROM {debts} d LEFT JOIN {postings} p ON p.holder_id = d.holder_id AND p.posting_id = d.posting_id
        WHERE p.posting_id IS NULL""",
    # A return under a policy that forgives may find nothing to take; every other posting moved something.
    "posting has its entries": """
        SELECT p.holder_id, 'posting ' || p.posting_id, NULL, NULL
        FROM {postings} p LEFT JOIN {entries} e ON e.holder_id = p.holder_id AND e.posting_id = p.posting_id
        WHERE e.entry_id IS NULL AND p.kind <> 'take_back'""",
    "holder is known": """
        SELECT w.holder_id, 'currency ' || w.currency_id, NULL, NULL
        FROM {wallets} w LEFT JOIN ledger_holder h ON h.holder_id = w.holder_id WHERE h.holder_id IS NULL""",
    # What repaid debt left a lot and lowered the debt by as much, in the same posting: the pots together hold what the
    # program's side of the entries says, and no movement is half there.
    "repayment = debt repaid": """
        SELECT coalesce(e.holder_id, d.holder_id), 'posting ' || coalesce(e.posting_id, d.posting_id), d.total, e.total
        FROM (SELECT holder_id, posting_id, currency_id, sum(amount) AS total FROM {entries}
              WHERE contra = 'debt_repay' GROUP BY holder_id, posting_id, currency_id) e
        FULL JOIN (SELECT holder_id, posting_id, currency_id, sum(amount) AS total FROM {debts}
                   WHERE reason = 'repay' GROUP BY holder_id, posting_id, currency_id) d
          ON d.holder_id = e.holder_id AND d.posting_id = e.posting_id AND d.currency_id = e.currency_id
        WHERE e.total IS DISTINCT FROM d.total""",
    "transfer sums to zero": """
        SELECT min(p.holder_id), 'transfer ' || p.transfer_id || ' in currency ' || e.currency_id, sum(e.amount), 0
        FROM ledger_posting p JOIN ledger_entry e ON e.holder_id = p.holder_id AND e.posting_id = p.posting_id
        WHERE p.transfer_id IN (SELECT transfer_id FROM {postings} WHERE transfer_id IS NOT NULL)
        GROUP BY p.transfer_id, e.currency_id HAVING sum(e.amount) <> 0""",
    "wallets = program's side": """
        SELECT 0, 'currency ' || coalesce(w.currency_id, e.currency_id), w.total, e.total
        FROM (SELECT currency_id, sum(total) AS total FROM {wallets} GROUP BY currency_id) w
        FULL JOIN (SELECT currency_id, sum(amount) AS total FROM {entries} GROUP BY currency_id) e
          ON e.currency_id = w.currency_id
        WHERE coalesce(w.total, 0) <> coalesce(e.total, 0)""",
}
_TABLES = {
    "lots": "ledger_lot",
    "entries": "ledger_entry",
    "wallets": "ledger_wallet",
    "debts": "ledger_debt_entry",
    "postings": "ledger_posting",
}


def differences(holder_ids: Iterable[int] | None = None) -> Iterator[Difference]:
    """Every difference of the whole ledger, or of some holders; none when all is well."""
    holders = None if holder_ids is None else list(holder_ids)
    cut = "{}" if holders is None else "(SELECT * FROM {} WHERE holder_id = ANY(%(holders)s::bigint[]))"
    tables = {name: cut.format(table) for name, table in _TABLES.items()}
    with connection.cursor() as django_cursor:
        cursor = copying.plain(django_cursor)
        for check, statement in CHECKS.items():
            cursor.execute(statement.format(**tables), {"holders": holders} if "%(" in cut else None)
            for holder_id, subject, found, expected in cursor:
                yield Difference(check, holder_id, subject, _whole(found), _whole(expected))


def _whole(number: object) -> int | None:
    return None if number is None else int(number)  # type: ignore[call-overload]
