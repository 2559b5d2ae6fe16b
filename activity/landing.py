"""Good receipts land: the one way into activity, for files of millions of rows and for one receipt from a till.

One call is one transaction's work: keys, activity, whose it is, returns, and whatever the rooms above hooked on.
Locks are taken in one order by everybody (products, bearers, keys by external id), so that two intakes of the same
receipts wait for each other instead of killing each other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import polars as pl
import psycopg
from django.db import connection, transaction

from activity import attribution, canonical, copying, returns
from activity.assembly import ARRAYS, RECEIPT, Assembled, array
from activity.bearers import Register, Said
from programs import products

DIFFERENT = "DifferentContent"

_ARRIVING = """
CREATE TEMPORARY TABLE IF NOT EXISTS arriving (
    source_id int, external_id text, activity_id bigint, occurred_on date, content_hash bytea
) ON COMMIT DELETE ROWS;
DELETE FROM pg_temp.arriving
"""
_KEY = ["source_id", "external_id", "activity_id", "occurred_on", "content_hash"]
_OUTCOME = [RECEIPT, "receipt_id", "activity_id", "occurred_on", "kind_code", "rows"]
_ACTIVITY = [
    *("activity_id", "occurred_on", "occurred_at", "kind", "source_id", "external_id", "original_external_id"),
    *("bearer_id", "store_id", "channel", "currency", "gross", "net", "event_type", "states", *ARRAYS.values()),
    *("taxes", "line_numbers", "line_attributes", "tenders", "attributes", "file_id"),
]


_STATES = {"sku": pl.String, "state": pl.Int64}
_TOLD = {"sku": pl.String, "said": pl.UInt64}


@dataclass
class Sender:
    """Who sends: its source, the catalogue its skus are of, the programs it feeds; and what was learnt of it so far."""

    source_id: int
    catalogue_id: int
    register: Register
    file_id: int | None = None
    meets_known: bool = False  # a key was here already: look before copying
    states: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_STATES))
    told: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_TOLD))  # what products were said to be
    latest_state: int = -1


@dataclass(frozen=True)
class Landing:
    """What became of each receipt: frames with the columns of _OUTCOME; `refused` also has reason and detail."""

    landed: pl.DataFrame
    duplicates: pl.DataFrame
    refused: pl.DataFrame
    anonymous: int
    unmatched: int

    def __add__(self, other: Landing) -> Landing:
        return Landing(
            pl.concat([self.landed, other.landed]),
            pl.concat([self.duplicates, other.duplicates]),
            pl.concat([self.refused, other.refused]),
            self.anonymous + other.anonymous,
            self.unmatched + other.unmatched,
        )


def land(assembled: Assembled, sender: Sender, *, now: datetime) -> Landing:
    """Land receipts as one transaction (a savepoint inside the caller's). The same content again changes nothing."""
    states = _states(assembled.lines, sender, now)
    bearers = _bearers(assembled.receipts, sender)
    with transaction.atomic(), connection.cursor() as cursor:
        receipts = assembled.receipts.with_columns(
            copying.numbers(cursor, "activity_id_seq", assembled.receipts.height).alias("activity_id"),
            bearers,
            pl.lit(sender.source_id).alias("source_id"),
            pl.col("receipt_id").alias("external_id"),
        )
        is_return = pl.col("kind_code") == canonical.KINDS["return"]
        goods = receipts.filter(~is_return)
        landed = _land_kind(cursor, goods, assembled.lines, states, sender, now)
        if goods.height < receipts.height:
            backs = receipts.filter(is_return)
            landed = landed + _land_returns(cursor, backs, assembled.lines, states, sender, now)
        return landed


def _land_kind(
    cursor: Any, receipts: pl.DataFrame, lines: pl.DataFrame, states: pl.DataFrame, sender: Sender, now: datetime
) -> Landing:
    fresh, known = _keys(cursor, receipts, sender)
    _write(cursor, fresh, lines, states, sender)
    unmatched, holders = _attribute(cursor, fresh, known.filter("same"), sender, now)
    bought = fresh.filter(pl.col("kind_code") == canonical.KINDS["purchase"])
    if not bought.is_empty():
        names = bought.get_column("external_id").to_list()
        returns.go_on(cursor, sender.source_id, which="named", values=names, now=now)
        returns.go_on(cursor, sender.source_id, which="holders", values=holders, now=now)
    return Landing(
        landed=fresh.select(_OUTCOME),
        duplicates=known.filter("same").select(_OUTCOME),
        refused=known.filter(~pl.col("same")).select(
            *_OUTCOME,
            pl.lit(DIFFERENT).alias("reason"),
            pl.lit("this receipt is already here with other content").alias("detail"),
        ),
        anonymous=fresh.get_column("bearer_id").null_count(),
        unmatched=unmatched,
    )


def _land_returns(
    cursor: Any, receipts: pl.DataFrame, lines: pl.DataFrame, states: pl.DataFrame, sender: Sender, now: datetime
) -> Landing:
    """Returns land after the purchases beside them, and only when what they take back is there to be taken."""
    returns.lock(cursor, sender.source_id)
    cursor.execute(
        "SELECT external_id FROM activity_key WHERE source_id = %s AND external_id = ANY(%s)",
        [sender.source_id, receipts.get_column("external_id").to_list()],
    )
    known = pl.Series([name for (name,) in cursor.fetchall()], dtype=pl.String)
    again = receipts.filter(pl.col("external_id").is_in(known.implode()))
    receipts = receipts.filter(~pl.col("external_id").is_in(known.implode()))
    settled = returns.settle(cursor, sender.source_id, _backs(cursor, receipts, lines, states, sender))
    refused = receipts.filter(pl.col(RECEIPT).is_in(list(settled.refused)))
    said = [(settled.refused[key], settled.why(key)) for key in refused.get_column(RECEIPT)]
    refused = refused.select(_OUTCOME).with_columns(
        pl.Series("reason", [reason for reason, _ in said], pl.String),
        pl.Series("detail", [detail for _, detail in said], pl.String),
    )
    accepted = receipts.filter(~pl.col(RECEIPT).is_in(list(settled.refused)))
    landing = _land_kind(cursor, pl.concat([accepted, again]), lines, states, sender, now)
    returns.write(cursor, sender.source_id, settled, now)
    return replace(landing, refused=pl.concat([landing.refused, refused]))


def _backs(
    cursor: Any, receipts: pl.DataFrame, lines: pl.DataFrame, states: pl.DataFrame, sender: Sender
) -> list[returns.Back]:
    """Returns with what they take back by product, and whose they are."""
    lines = lines.join(receipts.select(RECEIPT), on=RECEIPT, how="semi", maintain_order="left")
    lines = lines.join(states, on="sku", maintain_order="left")
    cursor.execute(
        "SELECT id, product_id FROM product_state WHERE id = ANY(%s)", [lines.get_column("state").unique().to_list()]
    )
    product_of = dict(cursor.fetchall())
    placed: dict[int, list[tuple[int, int, int]]] = {}
    for receipt, state, quantity in lines.select(RECEIPT, "state", "quantity").iter_rows():
        place = placed.setdefault(receipt, [])
        place.append((len(place) + 1, product_of[state], quantity))
    bearer_ids = set(receipts.get_column("bearer_id").drop_nulls())
    owners = [matches for _, matches in sorted(sender.register.matches(bearer_ids).items())]
    backs = []
    columns = (RECEIPT, "activity_id", "occurred_on", "occurred", "original_receipt_id", "bearer_id")
    for key, activity_id, day, at, original, bearer in receipts.select(columns).iter_rows():
        known = [matches[bearer] for matches in owners if bearer and matches[bearer].membership_id]
        backs.append(
            returns.Back(
                key=key,
                activity_id=activity_id,
                occurred_on=day,
                occurred_at=at,
                original=original,
                memberships=frozenset(match.membership_id for match in known if match.membership_id),
                holders=tuple(match.holder_id for match in known if match.holder_id),
                lines=placed.get(key, []),
            )
        )
    return backs


# before the transaction: products and bearers, harmless when nothing follows


def _states(lines: pl.DataFrame, sender: Sender, now: datetime) -> pl.DataFrame:
    """(sku, state): what each product of the lines is now. Remembered while the catalogue stands still."""
    latest = products.latest_state_id()
    if latest != sender.latest_state:
        sender.states, sender.told = sender.states.clear(), sender.told.clear()
    told = [name for name in canonical.PRODUCT[1:] if lines.get_column(name).null_count() < lines.height]
    said = lines.select("sku").unique(maintain_order=True).with_columns(pl.lit(0, pl.UInt64).alias("said"))
    if told:
        said = lines.group_by("sku").agg(pl.col(name).drop_nulls().first() for name in told)
        said = said.with_columns(pl.struct(told).hash(seed=3).alias("said"))
    fresh = said.join(sender.told, on=["sku", "said"], how="anti", maintain_order="left")
    if not fresh.is_empty():
        texts = {name: fresh.get_column(name).fill_null("").to_list() for name in told}
        asked = products.Said(fresh.get_column("sku").to_list(), *(texts.get(name) for name in canonical.PRODUCT[1:]))
        found = products.states_for(catalogue_id=sender.catalogue_id, said=asked, now=now)
        answers = pl.DataFrame({"sku": list(found), "state": list(found.values())}, schema=_STATES)
        sender.states = pl.concat([sender.states.join(answers, on="sku", how="anti"), answers])
        sender.told = pl.concat([sender.told, fresh.select(sender.told.columns)])
        latest = products.latest_state_id()
    sender.latest_state = latest
    return said.select("sku").join(sender.states, on="sku", how="left", maintain_order="left")


def _bearers(receipts: pl.DataFrame, sender: Sender) -> pl.Series:
    """bearer_id of each receipt, null when nobody was named."""
    said: list[Said] = receipts.select(canonical.BEARER).rows()
    known = sender.register.ids_of({one for one in said if any(one)})
    return pl.Series("bearer_id", [known[one] if any(one) else None for one in said], dtype=pl.Int64)


# in the transaction


def _keys(cursor: Any, receipts: pl.DataFrame, sender: Sender) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Receipts whose key is now theirs, and those whose key was here (`same`: with the same content)."""
    ordered = receipts.sort("external_id").select(_KEY)
    if not sender.meets_known:
        try:
            with transaction.atomic():
                copying.copy_in(cursor, "activity_key", ordered)
        except psycopg.errors.UniqueViolation:
            sender.meets_known = True
        else:
            return receipts, receipts.clear().with_columns(pl.lit(True).alias("same"))
    cursor.execute(_ARRIVING)
    copying.copy_in(cursor, "pg_temp.arriving", ordered)
    cursor.execute(
        f"INSERT INTO activity_key ({', '.join(_KEY)}) SELECT {', '.join(_KEY)} FROM pg_temp.arriving"
        " ORDER BY external_id ON CONFLICT (source_id, external_id) DO NOTHING RETURNING activity_id"
    )
    fresh = pl.Series("activity_id", [number for (number,) in cursor.fetchall()], dtype=pl.Int64)
    cursor.execute(
        "SELECT a.activity_id, k.activity_id, k.occurred_on, k.content_hash = a.content_hash FROM pg_temp.arriving a"
        " JOIN activity_key k USING (source_id, external_id) WHERE k.activity_id <> a.activity_id"
    )
    known = pl.DataFrame(
        cursor.fetchall(),
        schema={"activity_id": pl.Int64, "known_id": pl.Int64, "known_on": pl.Date, "same": pl.Boolean},
        orient="row",
    )
    met = receipts.join(known, on="activity_id", maintain_order="left").drop("activity_id", "occurred_on")
    met = met.rename({"known_id": "activity_id", "known_on": "occurred_on"})
    return receipts.filter(pl.col("activity_id").is_in(fresh.implode())), met


def _write(cursor: Any, fresh: pl.DataFrame, lines: pl.DataFrame, states: pl.DataFrame, sender: Sender) -> None:
    named = {name: name[5:] for name in lines.columns if name.startswith("line.")}
    placed = lines.select(RECEIPT, "sku", *named).join(states, on="sku", how="left", maintain_order="left")
    by_receipt = placed.group_by(RECEIPT, maintain_order=True).agg("state", *named)
    by_receipt = by_receipt.select(RECEIPT, array("state").alias("states"), _line_attributes(by_receipt, named))
    rows = fresh.join(by_receipt, on=RECEIPT, how="left", maintain_order="left")
    rows = rows.with_columns(
        copying.moments("occurred").alias("occurred_at"),
        pl.col("states").fill_null("{}"),
        pl.lit(sender.file_id, pl.Int64).alias("file_id"),
    )
    rows = rows.rename({"kind_code": "kind", "original_receipt_id": "original_external_id"})
    copying.copy_in(cursor, "activity", rows.select(_ACTIVITY))


def _line_attributes(by_receipt: pl.DataFrame, named: dict[str, str]) -> pl.Series:
    """A JSON object per receipt: attribute -> one value a line; null where no line says one."""
    texts: list[str | None] = [None] * by_receipt.height
    for at, row in enumerate(by_receipt.select(*named).iter_rows(named=True)) if named else ():
        said = {named[name]: values for name, values in row.items() if any(value is not None for value in values)}
        texts[at] = json.dumps(said, ensure_ascii=False) if said else None
    return pl.Series("line_attributes", texts, pl.String)


def _attribute(
    cursor: Any, fresh: pl.DataFrame, again: pl.DataFrame, sender: Sender, now: datetime
) -> tuple[int, list[int]]:
    """Say whose the fresh receipts are, in each program; also known ones a program has not been told of yet.

    Returns how many fresh receipts name somebody no program knows, and the holders found.
    """
    columns = ["activity_id", "occurred_on", "bearer_id"]
    fresh = fresh.select(columns).filter(pl.col("bearer_id").is_not_null())
    again = again.select(columns).filter(pl.col("bearer_id").is_not_null())
    wanted = fresh.join(pl.DataFrame({"program_id": sender.register.programs}), how="cross")
    if not again.is_empty():
        wanted = pl.concat([wanted, _untold(cursor, again, sender)])
    if wanted.is_empty():
        return 0, []
    matched = _matches(sender, set(wanted.get_column("bearer_id")))
    rows = wanted.join(matched, on=["program_id", "bearer_id"], how="left", maintain_order="left")
    publish(cursor, rows, now)
    nobody = rows.group_by("activity_id").agg(pl.col("membership_id").is_null().all().alias("nobody"))
    unmatched = fresh.join(nobody.filter("nobody"), on="activity_id", how="semi").height
    return unmatched, attribution.holders_in_landed(cursor)


def _untold(cursor: Any, again: pl.DataFrame, sender: Sender) -> pl.DataFrame:
    cursor.execute(
        "SELECT a.activity_id, p.program_id FROM unnest(%s::bigint[]) AS a (activity_id)"
        " CROSS JOIN unnest(%s::bigint[]) AS p (program_id)"
        " WHERE NOT EXISTS (SELECT FROM attribution t WHERE t.activity_id = a.activity_id"
        " AND t.program_id = p.program_id AND t.ended_at IS NULL)",
        [again.get_column("activity_id").to_list(), list(sender.register.programs)],
    )
    missing = pl.DataFrame(cursor.fetchall(), schema={"activity_id": pl.Int64, "program_id": pl.Int64}, orient="row")
    return again.join(missing, on="activity_id").select("activity_id", "occurred_on", "bearer_id", "program_id")


def _matches(sender: Sender, bearer_ids: set[int]) -> pl.DataFrame:
    found = [
        (program_id, bearer_id, match.membership_id, match.holder_id, match.reason, match.by or None)
        for program_id, matches in sender.register.matches(bearer_ids).items()
        for bearer_id, match in matches.items()
    ]
    return pl.DataFrame(found, schema=_MATCHED, orient="row")


_MATCHED = {
    "program_id": pl.Int64,
    "bearer_id": pl.Int64,
    "membership_id": pl.Int64,
    "holder_id": pl.Int64,
    "reason": pl.String,
    "by": pl.String,
}


def publish(cursor: Any, rows: pl.DataFrame, now: datetime) -> None:
    """Write attributions (activity_id, occurred_on and the columns of a match) and tell the rooms above."""
    cursor.execute(attribution.LANDED)
    copying.copy_in(cursor, "pg_temp.landed", rows.select("activity_id", "occurred_on", *_MATCHED))
    attribution.begin(cursor, now)
