"""The catalogue: products come from activity (unclassified, until somebody says more) and from a product master.

A product never changes: a new state of it is added and becomes the current one. Lines of activity point at the state
that was current when they landed.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

# Said columns fill gaps: a name already known is the catalogue's, a receipt does not change it.
_SAID = """
    SELECT * FROM unnest(%(skus)s::text[], %(names)s::text[], %(categories)s::text[], %(brands)s::text[])
    AS said (sku, name, category, brand)
"""
_CREATE = f"""
INSERT INTO product (catalogue_id, sku)
SELECT %(catalogue)s, sku FROM ({_SAID}) said
WHERE NOT EXISTS (SELECT FROM product p WHERE p.catalogue_id = %(catalogue)s AND p.sku = said.sku)
ORDER BY sku ON CONFLICT (catalogue_id, sku) DO NOTHING
"""
_GAPS = f"""
SELECT p.id, p.sku, p.current_id, said.name, said.category, said.brand
FROM ({_SAID}) said
JOIN product p ON p.catalogue_id = %(catalogue)s AND p.sku = said.sku
LEFT JOIN product_state s ON s.id = p.current_id
WHERE s.id IS NULL OR (s.name = '' AND said.name <> '') OR (s.category = '' AND said.category <> '')
   OR (s.brand = '' AND said.brand <> '')
"""
_LOCK = "SELECT id FROM product WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
_FILL = f"""
WITH gap AS ({_GAPS}),
added AS (
    INSERT INTO product_state (product_id, sku, name, category, brand, tags, attributes, since)
    SELECT gap.id, gap.sku, coalesce(nullif(s.name, ''), gap.name, ''),
           coalesce(nullif(s.category, ''), gap.category, ''), coalesce(nullif(s.brand, ''), gap.brand, ''),
           coalesce(s.tags, '{{}}'), coalesce(s.attributes, '{{}}'), %(now)s
    FROM gap LEFT JOIN product_state s ON s.id = gap.current_id
    ORDER BY gap.id
    RETURNING id, product_id
)
UPDATE product SET current_id = added.id FROM added WHERE product.id = added.product_id
"""
_STATES = """
SELECT p.sku, p.current_id FROM unnest(%(skus)s::text[]) AS said (sku)
JOIN product p ON p.catalogue_id = %(catalogue)s AND p.sku = said.sku
"""


@dataclass(frozen=True)
class Said:
    """What an activity says of the products in it, each sku once; unknown texts are empty, None where none is said."""

    skus: Sequence[str]
    names: Sequence[str] | None = None
    categories: Sequence[str] | None = None
    brands: Sequence[str] | None = None

    def only(self, wanted: Container[str]) -> Said:
        """The same of some skus."""
        kept = [at for at, sku in enumerate(self.skus) if sku in wanted]
        texts = (self.names, self.categories, self.brands)
        return Said([self.skus[at] for at in kept], *(text and [text[at] for at in kept] for text in texts))

    def values(self) -> dict[str, list[str]]:
        """As the statements name them."""
        none = [""] * len(self.skus)
        texts = {"names": self.names, "categories": self.categories, "brands": self.brands}
        return {"skus": list(self.skus), **{name: list(text or none) for name, text in texts.items()}}


def states_for(*, catalogue_id: int, said: Said, now: datetime) -> dict[str, int]:
    """The current state of each sku. Unknown ones are created unclassified; said texts fill gaps by a new state.

    One statement when everything is known and nothing said, seven at most; safe when several intakes meet the same
    new product.
    """
    values: dict[str, Any] = {"catalogue": catalogue_id, "now": now}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STATES, values | {"skus": list(said.skus)})
        known: dict[str, int] = dict(cursor.fetchall())
        open_skus = {sku for sku in said.skus if known.get(sku) is None} | _gaps(cursor, said, values)
        if open_skus:
            values |= said.only(open_skus).values()
            cursor.execute(_CREATE, values)
            cursor.execute(_GAPS, values)
            cursor.execute(_LOCK, [[row[0] for row in cursor.fetchall()]])
            cursor.execute(_FILL, values)
            cursor.execute(_STATES, values)
            known |= dict(cursor.fetchall())
    return known


def _gaps(cursor: Any, said: Said, values: dict[str, Any]) -> set[str]:
    """Known products that what is said tells more of."""
    if not any((said.names, said.categories, said.brands)):
        return set()
    cursor.execute(_GAPS, values | said.values())
    return {row[1] for row in cursor.fetchall()}


def latest_state_id() -> int:
    """The newest state's id: while it stays, no product has changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM product_state")
        latest: int = cursor.fetchone()[0]
    return latest


# A master is a whole catalogue: its rows go in by COPY once, and products that are new get their first state with them.
_TOLD = """
CREATE TEMPORARY TABLE IF NOT EXISTS master_row (
    sku text, name text, category text, brand text, tags text[], attributes jsonb, product_id bigint, state_id bigint
) ON COMMIT DELETE ROWS;
DELETE FROM pg_temp.master_row
"""
_COPY = "COPY pg_temp.master_row (sku, name, category, brand, tags, attributes) FROM STDIN"
_SEQUENCES = "SELECT pg_get_serial_sequence('product', 'id'), pg_get_serial_sequence('product_state', 'id')"
_NUMBER = """
UPDATE pg_temp.master_row m SET product_id = nextval(%(products)s::regclass), state_id = nextval(%(states)s::regclass)
WHERE NOT EXISTS (SELECT FROM product p WHERE p.catalogue_id = %(catalogue)s AND p.sku = m.sku)
"""
_BEGIN = """
INSERT INTO product (id, catalogue_id, sku, current_id)
SELECT product_id, %(catalogue)s, sku, state_id FROM pg_temp.master_row WHERE product_id IS NOT NULL
ORDER BY sku ON CONFLICT (catalogue_id, sku) DO NOTHING
"""
_FIRST = """
INSERT INTO product_state (id, product_id, sku, name, category, brand, tags, attributes, since)
SELECT m.state_id, m.product_id, m.sku, m.name, m.category, m.brand, m.tags, m.attributes, %(now)s
FROM pg_temp.master_row m JOIN product p ON p.id = m.product_id ORDER BY m.product_id
"""
# those that were here, or that another made at this moment
_LOCK_KNOWN = """
SELECT p.id FROM product p JOIN pg_temp.master_row m ON m.sku = p.sku
WHERE p.catalogue_id = %(catalogue)s AND p.id IS DISTINCT FROM m.product_id ORDER BY p.id FOR UPDATE OF p
"""
_NEXT = """
WITH added AS (
    INSERT INTO product_state (product_id, sku, name, category, brand, tags, attributes, since)
    SELECT p.id, p.sku, m.name, m.category, m.brand, m.tags, m.attributes, %(now)s
    FROM pg_temp.master_row m JOIN product p ON p.catalogue_id = %(catalogue)s AND p.sku = m.sku
    LEFT JOIN product_state s ON s.id = p.current_id
    WHERE p.id IS DISTINCT FROM m.product_id
      AND (s.id IS NULL OR (s.name, s.category, s.brand, s.tags::text[], s.attributes)
                           IS DISTINCT FROM (m.name, m.category, m.brand, m.tags, m.attributes))
    ORDER BY p.id
    RETURNING id, product_id
)
UPDATE product SET current_id = added.id FROM added WHERE product.id = added.product_id
"""


def upsert(*, catalogue_id: int, rows: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Load a product master: sku, name, category (a path with slashes), brand, tags (list), attributes (dict).

    A row says everything about its product. Returns how many products got a new state: none for the same rows again.
    The last row of a sku counts. Set-based, in the order of skus, so that two loads take turns.
    """
    last = {row["sku"]: row for row in rows}
    values = {"catalogue": catalogue_id, "now": now}
    with transaction.atomic(), connection.cursor() as wrapper:
        cursor = wrapper.cursor
        cursor.execute(_TOLD)
        with cursor.copy(_COPY) as copy:
            for sku in sorted(last):
                copy.write_row(_as_told(last[sku]))
        cursor.execute("ANALYZE pg_temp.master_row")
        products, states = cursor.execute(_SEQUENCES).fetchone()  # once: by the row it costs more than the rest
        cursor.execute(_NUMBER, {**values, "products": products, "states": states})
        new = cursor.rowcount
        changed = 0
        if new:
            cursor.execute(_BEGIN, values)
            cursor.execute(_FIRST, values)
            changed = cursor.rowcount
        if changed < len(last):
            cursor.execute(_LOCK_KNOWN, values)
            cursor.execute(_NEXT, values)
            changed += cursor.rowcount
    return changed


def _as_told(row: Mapping[str, Any]) -> tuple[Any, ...]:
    tags = [str(tag) for tag in row.get("tags") or ()]
    attributes = json.dumps(dict(row.get("attributes") or {}), ensure_ascii=False)
    return row["sku"], row.get("name") or "", row.get("category") or "", row.get("brand") or "", tags, attributes
