"""Heads and lines of a chunk become receipts: one row each, ready to land, and the rows that cannot land, with reasons.

A receipt is good only when all its rows are: one bad row holds the others back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import polars as pl

from activity import canonical
from activity.reading.blocks import LINE
from activity.validation import HEAD, LARGEST, ROW
from values.money import minor_exponent

INVALID, MIXED, HELD = "InvalidField", "MixedReceipt", "HeldWithReceipt"
RECEIPT = "receipt"  # number of a receipt in its chunk, in order of first rows
_UNIT_PRICE_STEP = 10**9  # a thousandth times a unit price of nine decimals, down to a thousandth of money
ARRAYS = {"quantity": "quantities", "gross": "grosses", "discount": "discounts", "net": "nets"}
_RARE = {"tax": "taxes", "line": "line_numbers"}
_MONEY = ("gross", "discount", "net", "tax")
_REFUSAL = dict.fromkeys(("receipt_id", "reason", "field", "detail"), pl.String)
_SEPARATOR, _BETWEEN = "\x1f", "\x1e"


@dataclass(frozen=True)
class Assembled:
    """What a chunk holds.

    `receipts`: RECEIPT, receipt_id, kind_code, original_receipt_id, occurred (UTC), occurred_on, store_id, channel,
    currency, card, member, email, phone, event_type, tenders, attributes (JSON text), content_hash, rows, gross, net,
    and the arrays quantities, grosses, discounts, nets, taxes, line_numbers as text.
    `lines`: of good receipts, in order: RECEIPT, sku, product_name, category, brand, quantity (thousandths), gross,
    discount, net, tax (minor units), line, line.NAME.
    `places`: RECEIPT, LINE of every good row. `bad`: ROW, LINE, receipt_id, reason, field, detail.
    """

    receipts: pl.DataFrame
    lines: pl.DataFrame
    places: pl.DataFrame
    bad: pl.DataFrame


def assemble(heads: pl.DataFrame, lines: pl.DataFrame, currency: str, *, spoken: bool = False) -> Assembled:
    """Put a chunk's receipts together. `currency` is the money of receipts whose store says none.

    `spoken`: by somebody who says all there is at once, not read from a file: there may be no store, and a row that
    names no product only tells one more tender.
    """
    heads, receipts = _receipts(heads, currency)
    numbers = heads.select(HEAD, RECEIPT, pl.col("field").alias("head_field"), pl.col("detail").alias("head_detail"))
    lines = lines.join(numbers, on=HEAD, how="left", maintain_order="left")
    if not _in_order(lines):
        lines = lines.sort(RECEIPT, "line", ROW, nulls_last=True)
    lines = _judged(_with_amounts(_with_receipt(lines, receipts)), spoken=spoken)
    if _all_good(lines, receipts):
        bad = pl.DataFrame(schema={ROW: lines.schema[ROW], LINE: lines.schema[LINE], **_REFUSAL})
        spoilt = pl.DataFrame(schema={RECEIPT: lines.schema[RECEIPT]})
    else:
        bad, spoilt = _bad(lines, receipts)
        lines = lines.filter(pl.col(RECEIPT).is_not_null())
    if not spoilt.is_empty():
        receipts = receipts.join(spoilt, on=RECEIPT, how="anti", maintain_order="left")
        lines = lines.join(spoilt, on=RECEIPT, how="anti", maintain_order="left")
    receipts = _with_tenders_and_attributes(receipts, heads)
    rows = lines.group_by(RECEIPT, maintain_order=True).agg(pl.len().cast(pl.Int64).alias("rows"))
    receipts = receipts.join(rows, on=RECEIPT, how="left", maintain_order="left")
    places = lines.select(RECEIPT, LINE)
    if lines.get_column("no_line").any():
        lines = lines.filter(~pl.col("no_line"))
    return Assembled(_with_content_hash(_with_lines(receipts, lines)), lines, places, bad)


# receipts


def _receipts(heads: pl.DataFrame, currency: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Heads numbered by receipt, and one row per receipt; `mixed` names the field its rows contradict each other in."""
    known = heads.filter(pl.col("receipt_id").is_not_null())
    own = [name for name in known.columns if name not in (HEAD, "receipt_id", "field", "detail")]
    if known.get_column("receipt_id").n_unique() == known.height:
        receipts = known.with_columns(pl.lit(None, pl.String).alias("mixed"))
    else:
        said = ("kind_code", "original_receipt_id", "store", "channel", *canonical.BEARER, "currency", "event_type")
        receipts = (
            known.group_by("receipt_id", maintain_order=True)
            .agg(
                pl.first(HEAD),
                *(pl.col(name).drop_nulls().first() for name in own if name not in ("occurred", "occurred_on")),
                pl.col("occurred").min(),
                pl.col("occurred_on").sort_by("occurred").first(),
                *((pl.col(name).drop_nulls().n_unique() > 1).alias(f"?{name}") for name in said),
            )
            .with_columns(
                pl.coalesce(
                    pl.when(pl.col(f"?{name}")).then(pl.lit(name.removesuffix("_code"))) for name in said
                ).alias("mixed")
            )
            .drop(f"?{name}" for name in said)
        )
    receipts = receipts.with_columns(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias(RECEIPT),
        pl.col("kind_code").fill_null(canonical.KINDS["purchase"]),
        pl.col("currency").fill_null(pl.col("store_currency")).fill_null(currency),
    )
    receipts = receipts.with_columns(_step(receipts))
    numbered = heads.join(receipts.select("receipt_id", RECEIPT), on="receipt_id", how="left", maintain_order="left")
    return numbered, receipts


def _step(receipts: pl.DataFrame) -> pl.Expr:
    """How many thousandths one minor unit of the receipt's money has."""
    steps = {money: 10 ** (3 - minor_exponent(money)) for money in receipts.get_column("currency").unique()}
    return pl.col("currency").replace_strict(steps, return_dtype=pl.Int64, default=10).alias("step")


def _with_tenders_and_attributes(receipts: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    receipts = receipts.with_columns(pl.lit(None, pl.String).alias("tenders"))
    paid = heads.filter(pl.col("tender").is_not_null() | pl.col("tender_mills").is_not_null())
    if not paid.is_empty():
        paid = (
            paid.join(receipts.select(RECEIPT, "step"), on=RECEIPT)
            .unique([RECEIPT, "tender", "tender_mills"], keep="first", maintain_order=True)
            .with_columns(pl.col("tender_mills") // pl.col("step"))
            .group_by(RECEIPT, maintain_order=True)
            .agg(pl.struct(kind="tender", amount="tender_mills").alias("paid"))
        )
        texts = [json.dumps(tenders, ensure_ascii=False) for tenders in paid.get_column("paid").to_list()]
        paid = paid.select(RECEIPT, pl.Series("tenders", texts, pl.String))
        receipts = receipts.drop("tenders").join(paid, on=RECEIPT, how="left", maintain_order="left")
    named = [name for name in receipts.columns if name.startswith("attr.")]
    made = [_object(row) for row in receipts.select(pl.col(named).name.map(lambda n: n[5:])).iter_rows(named=True)]
    return receipts.with_columns(pl.Series("attributes", made or [None] * receipts.height, pl.String))


def _object(row: dict[str, Any]) -> str | None:
    said = {name: value for name, value in row.items() if value is not None}
    return json.dumps(said, ensure_ascii=False, sort_keys=True) if said else None


# lines


def _in_order(lines: pl.DataFrame) -> bool:
    column = lines.get_column(RECEIPT)
    return column.null_count() == 0 and column.is_sorted() and lines.get_column("line").null_count() == lines.height


def _with_receipt(lines: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    at = lines.get_column(RECEIPT)
    return lines.with_columns(
        receipts.get_column(name).gather(at).alias(name) for name in ("kind_code", "step", "event_type", "store")
    )


def _with_amounts(lines: pl.DataFrame) -> pl.DataFrame:
    """Minor units from thousandths, defaults filled; what does not divide stays null and is refused by _judged."""
    step, back = pl.col("step"), pl.col("kind_code") == canonical.KINDS["return"]
    lines = lines.with_columns(
        pl.when(pl.col(name) % step == 0).then(pl.col(name) // step).alias(f"{name}!") for name in _MONEY
    )
    lines = lines.with_columns(
        (pl.col(name).is_not_null() & pl.col(f"{name}!").is_null()).alias(f"{name}?") for name in _MONEY
    )
    lines = lines.drop(_MONEY).rename({f"{name}!": name for name in _MONEY})
    lines = lines.with_columns(
        pl.when(back).then(pl.col(name).abs()).otherwise(pl.col(name)).alias(name)
        for name in ("quantity", "unit_price", *_MONEY)
    )
    lines = lines.with_columns(pl.col("quantity").fill_null(1000))
    if lines.get_column("gross").null_count():
        # 10^-12 of money in 128 bits, rounded half up to the minor unit
        unit = step.cast(pl.Int128) * _UNIT_PRICE_STEP
        product = pl.col("quantity").cast(pl.Int128) * pl.col("unit_price")
        rounded = (product + unit // 2) // unit
        lines = lines.with_columns(
            pl.col("gross").fill_null(
                pl.when(product.is_between(0, LARGEST * _UNIT_PRICE_STEP)).then(rounded).cast(pl.Int64, strict=False)
            )
        )
    lines = lines.with_columns(pl.col("discount").fill_null(0))
    return lines.with_columns(pl.col("net").fill_null(pl.col("gross") - pl.col("discount")))


def _judged(lines: pl.DataFrame, *, spoken: bool) -> pl.DataFrame:
    """`no_line`: a visit or event says no line. `field`, `detail`: the first thing wrong with the row itself."""
    has_lines = pl.col("kind_code") <= canonical.KINDS["return"]
    said_line = pl.col("sku").is_not_null() | pl.col("unit_price").is_not_null() | (pl.col("gross").is_not_null())
    lines = lines.with_columns((~has_lines).fill_null(False).alias("no_line"))
    if spoken:
        pays = has_lines & ~said_line & pl.col("line").is_null() & (pl.len().over(RECEIPT) > 1)
        lines = lines.with_columns(pl.col("no_line") | pays.fill_null(False))
        has_lines = has_lines & ~pl.col("no_line")
    refused: list[tuple[str, pl.Expr, str]] = [
        *((name, pl.col(f"{name}?"), f"{name} has more decimals than its money") for name in _MONEY),
        ("sku", pl.col("no_line") & said_line, "a visit or an event has no lines"),
        ("sku", has_lines & pl.col("sku").is_null(), "sku is missing"),
        ("store", pl.col("store").is_null() & pl.col(RECEIPT).is_not_null() & (not spoken), "store is missing"),
        (
            "event_type",
            (pl.col("kind_code") == canonical.KINDS["event"]) & pl.col("event_type").is_null(),
            "event_type is missing",
        ),
        (
            "gross",
            has_lines & pl.col("gross").is_null() & pl.col("unit_price").is_null(),
            "neither unit_price nor gross is there",
        ),
        ("gross", has_lines & pl.col("gross").is_null(), "quantity x unit_price is no amount"),
        *((name, pl.col(name) < 0, f"{name} is below zero") for name in ("quantity", "gross", "net", "tax")),
    ]
    holds = lines.select(expression.fill_null(False).alias(f"{at}") for at, (_, expression, _) in enumerate(refused))
    hit = [at for at in range(len(refused)) if holds.to_series(at).any()]
    if hit:
        lines = lines.hstack([holds.to_series(at).alias(f"!{at}") for at in hit])
        own = pl.col("field").is_null()
        field = pl.coalesce(pl.when(pl.col(f"!{at}")).then(pl.lit(refused[at][0])) for at in hit)
        detail = pl.coalesce(pl.when(pl.col(f"!{at}")).then(pl.lit(refused[at][2])) for at in hit)
        lines = lines.with_columns(
            pl.when(own).then(field).otherwise("field").alias("field"),
            pl.when(own).then(detail).otherwise("detail").alias("detail"),
        ).drop(f"!{at}" for at in hit)
    return lines.drop(*(f"{name}?" for name in _MONEY), "step", "event_type", "store")


def _all_good(lines: pl.DataFrame, receipts: pl.DataFrame) -> bool:
    """Whether nothing was said against any row, as is so with nearly every chunk."""
    said_nothing = [lines.get_column("field"), lines.get_column("head_field"), receipts.get_column("mixed")]
    return lines.get_column(RECEIPT).null_count() == 0 and all(one.null_count() == len(one) for one in said_nothing)


def _bad(lines: pl.DataFrame, receipts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every row that is bad or held back, and the numbers of their receipts."""
    wrong = pl.col("field").is_not_null() | pl.col("head_field").is_not_null() | pl.col(RECEIPT).is_null()
    mixed = receipts.filter(pl.col("mixed").is_not_null()).select(RECEIPT, "mixed")
    wrong_rows = lines.filter(wrong)
    spoilt = pl.concat([wrong_rows.select(RECEIPT), mixed.select(RECEIPT)]).unique().drop_nulls()
    held = lines.filter(wrong | pl.col(RECEIPT).is_in(spoilt.get_column(RECEIPT).implode()))
    held = held.join(mixed, on=RECEIPT, how="left", maintain_order="left")
    held = held.join(receipts.select(RECEIPT, "receipt_id"), on=RECEIPT, how="left", maintain_order="left")
    invalid = pl.col("field").is_not_null() | pl.col("head_field").is_not_null() | pl.col(RECEIPT).is_null()
    is_mixed = pl.col("mixed").is_not_null()
    bad = held.select(
        ROW,
        LINE,
        "receipt_id",
        pl.when(invalid)
        .then(pl.lit(INVALID))
        .when(is_mixed)
        .then(pl.lit(MIXED))
        .otherwise(pl.lit(HELD))
        .alias("reason"),
        pl.coalesce("head_field", "field", pl.when(~invalid).then("mixed"), pl.lit("")).alias("field"),
        pl.coalesce(
            "head_detail",
            "detail",
            pl.when(is_mixed).then(
                pl.concat_str(pl.lit("rows of this receipt say different things about its "), pl.col("mixed"))
            ),
            pl.lit("another row of this receipt is in quarantine"),
        ).alias("detail"),
    )
    return bad, spoilt


# content


def _with_lines(receipts: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Add the receipts' arrays (as PostgreSQL writes them), their sums, and the texts only the content hash reads."""
    rare = ["tax", "line", *sorted(name for name in lines.columns if name.startswith("line."))]
    present = [name for name in rare if lines.get_column(name).null_count() < lines.height]
    grouped = lines.group_by(RECEIPT, maintain_order=True).agg(
        "sku",
        *(pl.col(name).alias(arrays) for name, arrays in ARRAYS.items()),
        *present,
        pl.col("gross").sum(),
        pl.col("net").sum(),
    )
    texts = grouped.select(
        RECEIPT,
        "gross",
        "net",
        pl.col("sku").list.join(_BETWEEN).alias("said.sku"),
        *(array(name) for name in ARRAYS.values()),
        *(_said(name) for name in present),
        *(array(name).alias(_RARE[name]) for name in present if name in _RARE),
    )
    receipts = receipts.join(texts, on=RECEIPT, how="left", maintain_order="left")
    absent = [name for name in (*(f"said.{name}" for name in rare), *_RARE.values()) if name not in receipts.columns]
    return receipts.with_columns(
        pl.col(*ARRAYS.values()).fill_null("{}"),
        pl.col("gross", "net").fill_null(0),
        *(pl.lit(None, pl.String).alias(name) for name in absent),
    )


def array(name: str) -> pl.Expr:
    """A list column of integers as the text of a PostgreSQL array; a list of nothing but nulls is no array."""
    elements = pl.col(name).cast(pl.List(pl.String)).list.eval(pl.element().fill_null("NULL")).list.join(",")
    text = pl.concat_str(pl.lit("{"), elements, pl.lit("}"))
    said = pl.col(name).list.drop_nulls().list.len() > 0
    return (pl.when(said).then(text) if name in _RARE else text).alias(name)


def _said(name: str) -> pl.Expr:
    """A rare field of the lines as text; nothing when no line of the receipt says it, whatever the others do."""
    text = pl.col(name).cast(pl.List(pl.String)).list.eval(pl.element().fill_null("")).list.join(_BETWEEN)
    return pl.when(pl.col(name).list.drop_nulls().list.len() > 0).then(text).alias(f"said.{name}")


def _with_content_hash(receipts: pl.DataFrame) -> pl.DataFrame:
    """Add content_hash: 128 bits over everything sent about a receipt, who the sender said it was included.

    Not over what we make of it: ids of ours, and names of products, which are the catalogue's and change there.
    """
    named = sorted(name for name in receipts.columns if name.startswith("said.line."))
    own = ("kind_code", "original_receipt_id", "store", "channel", *canonical.BEARER, "currency")
    texts = ("event_type", "tenders", "attributes", "said.sku", *ARRAYS.values(), "said.tax", "said.line")
    whole = receipts.select(
        pl.concat_str(
            [
                *(pl.col(name).cast(pl.String).fill_null("") for name in own),
                pl.col("occurred").dt.epoch("us").cast(pl.String),
                *(pl.col(name).fill_null("") for name in texts),
                *(_named_text(name) for name in named),
            ],
            separator=_SEPARATOR,
        )
    ).to_series()
    said = [name for name in receipts.columns if name.startswith("said.")]
    return receipts.drop(said).with_columns(pl.Series("content_hash", _digests(whole), pl.String))


def _named_text(name: str) -> pl.Expr:
    """An attribute of the lines with its name; nothing where a receipt has none, though another of the file has."""
    return (
        pl.when(pl.col(name).is_not_null()).then(pl.concat_str(pl.lit(f"{name}="), pl.col(name))).otherwise(pl.lit(""))
    )


def _digests(texts: Iterable[str]) -> list[str]:
    """Stable for ever: no hash of Polars, which may change with its version. Hexadecimal, as COPY wants bytea."""
    return ["\\x" + blake2b(text.encode(), digest_size=16).hexdigest() for text in texts]
