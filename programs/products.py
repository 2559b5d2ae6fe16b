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


_MASTER = """
WITH said AS (
    SELECT * FROM unnest(%(skus)s::text[], %(names)s::text[], %(categories)s::text[], %(brands)s::text[],
                         %(tags)s::jsonb[], %(attributes)s::jsonb[])
    AS said (sku, name, category, brand, tags, attributes)
),
wanted AS (
    SELECT p.id, p.sku, said.name, said.category, said.brand, said.attributes,
           ARRAY(SELECT jsonb_array_elements_text(said.tags)) AS tags
    FROM said JOIN product p ON p.catalogue_id = %(catalogue)s AND p.sku = said.sku
),
added AS (
    INSERT INTO product_state (product_id, sku, name, category, brand, tags, attributes, since)
    SELECT w.id, w.sku, w.name, w.category, w.brand, w.tags::varchar[], w.attributes, %(now)s
    FROM wanted w JOIN product p ON p.id = w.id LEFT JOIN product_state s ON s.id = p.current_id
    WHERE s.id IS NULL OR (s.name, s.category, s.brand, s.tags::text[], s.attributes)
          IS DISTINCT FROM (w.name, w.category, w.brand, w.tags, w.attributes)
    ORDER BY w.id
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
    ordered = [last[sku] for sku in sorted(last)]
    values: dict[str, Any] = {
        "catalogue": catalogue_id,
        "now": now,
        "skus": [row["sku"] for row in ordered],
        "names": [row.get("name") or "" for row in ordered],
        "categories": [row.get("category") or "" for row in ordered],
        "brands": [row.get("brand") or "" for row in ordered],
        "tags": [json.dumps(list(row.get("tags") or ()), ensure_ascii=False) for row in ordered],
        "attributes": [json.dumps(dict(row.get("attributes") or {}), ensure_ascii=False) for row in ordered],
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CREATE, values)
        cursor.execute(
            "SELECT id FROM product WHERE catalogue_id = %s AND sku = ANY(%s) ORDER BY id FOR UPDATE",
            [catalogue_id, values["skus"]],
        )
        cursor.execute(_MASTER, values)
        changed: int = cursor.rowcount
    return changed
