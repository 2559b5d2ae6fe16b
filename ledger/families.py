"""Who stands for whom: holders that were merged, and the one that has what they had (`ledger.succession`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger import copying

Heirs = dict[int, int]  # old holder -> its successor, which itself has none

_ANY = "SELECT EXISTS (SELECT FROM holder_successor)"
_OF = """
SELECT s.holder_id, s.successor_id FROM holder_successor s
WHERE s.successor_id = ANY(%(holders)s::bigint[])
   OR s.successor_id IN (SELECT successor_id FROM holder_successor WHERE holder_id = ANY(%(holders)s::bigint[]))
ORDER BY s.holder_id
"""


def heirs_around(cursor: Any, holder_ids: Iterable[int]) -> Heirs:
    """Every succession within the families of these holders, whether they are the old one or the new one."""
    cursor = copying.plain(cursor)
    cursor.execute(_ANY)
    if not cursor.fetchone()[0]:
        return {}
    cursor.execute(_OF, {"holders": sorted(set(holder_ids))})
    return dict(cursor.fetchall())


def family_of(cursor: Any, holder_id: int) -> list[int]:
    """A holder and all with whom it has become one, in order; alone as a rule."""
    return sorted({holder_id, *(one for pair in heirs_around(cursor, [holder_id]).items() for one in pair)})
