"""Rows of text become typed heads and lines, a block at a time, all in integers.

A head stands for consecutive rows that say the same about their receipt, so that what a receipt has once is read once.
Nothing is raised: what cannot be read gets the name of its field and the reason beside it (`field`, `detail`).
Amounts come out in thousandths of their money, which every currency's minor unit divides; the receipt's currency
decides later how many decimals it really has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from activity import canonical
from activity.reading.blocks import DEFECT

LARGEST = 10**15  # thousandths: a quantity or an amount of a thousand milliards is a mistake, not a sale
_FINE = 9  # decimals read of a number, so that digits beyond the third are seen and refused
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_SHORT = 9  # characters: a point and eight decimals, or a milliard; 10^-9 of it fits in 64 bits
ROW, HEAD = "row", "head"
_MICROS = pl.Datetime("us")


@dataclass(frozen=True)
class StoreFacts:
    """What intake knows of a store."""

    store_id: int
    timezone: str
    currency: str


@dataclass(frozen=True)
class Surroundings:
    """What a row's meaning hangs on beside the row: the program's stores and how the file writes dates."""

    stores: dict[str, StoreFacts]
    timezone: str  # of activity without a store
    currency: str
    date_format: str | None = None
    typed_dates: bool = False  # values of the file may be moments already, whatever its format of dates
    file_timezone: str | None = None  # of local times, when the file says; else the store's


@dataclass(frozen=True)
class Typed:
    """`heads`: one row per head. `lines`: one per row of the file, pointing at its head. Both end in field, detail."""

    heads: pl.DataFrame
    lines: pl.DataFrame


def typed(rows: pl.DataFrame, surroundings: Surroundings) -> Typed:
    """Read `rows` (canonical columns as String, ROW, LINE, DEFECT). HEAD is the ROW of a head's first row."""
    own = [name for name in rows.columns if name in canonical.RECEIPT or name.startswith("attr.")]
    changed = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in own)
    begins = changed | (pl.col(ROW) != pl.col(ROW).shift(1) + 1) | pl.col("receipt_id").is_null()
    rows = rows.with_columns(begins.fill_null(True).alias("begins"))
    rows = rows.with_columns(
        pl.when("begins").then(pl.col(ROW)).forward_fill().alias(HEAD) if rows.height else pl.col(ROW).alias(HEAD)
    )
    heads = _heads(rows.filter("begins").select(HEAD, *own), surroundings)
    lines = _lines(rows.drop(*own, "begins"), heads)
    return Typed(heads, lines)


# heads


def _heads(heads: pl.DataFrame, surroundings: Surroundings) -> pl.DataFrame:
    heads = heads.with_columns(
        pl.lit(None, pl.String).alias(name) for name in canonical.RECEIPT if name not in heads.columns
    )
    stores = _store_frame(surroundings)
    heads = heads.join(stores, on="store", how="left", maintain_order="left", nulls_equal=False)
    refused: list[tuple[str, pl.Expr, str]] = [
        ("receipt_id", pl.col("receipt_id").is_null(), "is missing"),
        ("kind", pl.col("kind").is_not_null() & ~_lower("kind").is_in(list(canonical.KINDS)), "is not a kind"),
        ("store", pl.col("store").is_not_null() & pl.col("store_id").is_null(), "is no store of this program"),
        (
            "channel",
            pl.col("channel").is_not_null() & ~_lower("channel").is_in(list(canonical.CHANNELS)),
            "is no channel",
        ),
        (
            "currency",
            pl.col("currency").is_not_null() & ~pl.col("currency").str.contains(r"^[A-Za-z]{3}$"),
            "is no currency of ISO 4217",
        ),
        *_too_long(heads.columns),
    ]
    heads = heads.with_columns(
        pl.when(pl.col("kind").is_null())
        .then(None)
        .otherwise(_lower("kind").replace_strict(canonical.KINDS, default=None, return_dtype=pl.Int8))
        .alias("kind_code"),
        _lower("channel").alias("channel"),
        pl.col("currency").str.to_uppercase(),
        (as_number(pl.col("tender_amount"))).alias("tender_mills"),
    )
    refused.append(_unread("tender_amount", "tender_mills"))
    heads, moments_refused = _moments(heads, surroundings)
    return _say(heads, refused + moments_refused).drop("tender_amount", "kind", "occurred_at")


def _store_frame(surroundings: Surroundings) -> pl.DataFrame:
    stores = surroundings.stores
    return pl.DataFrame(
        {
            "store": list(stores),
            "store_id": [facts.store_id for facts in stores.values()],
            "zone": [facts.timezone for facts in stores.values()],
            "store_currency": [facts.currency for facts in stores.values()],
        },
        schema={"store": pl.String, "store_id": pl.Int64, "zone": pl.String, "store_currency": pl.String},
    )


def _moments(heads: pl.DataFrame, surroundings: Surroundings) -> tuple[pl.DataFrame, list[tuple[str, pl.Expr, str]]]:
    """occurred (moment in UTC) and occurred_on (local day at the store), from what was written."""
    heads = heads.with_columns(pl.col("zone").fill_null(surroundings.timezone))
    text = pl.col("occurred_at").str.strip_chars()
    written = surroundings.date_format
    if written:
        heads = heads.with_columns(_formatted(text, written))
    if not written or surroundings.typed_dates:
        heads = _iso(heads, text, fill=bool(written))
    heads = _placed(heads, surroundings)
    bad = pl.col("occurred").is_null() | ~pl.col("occurred").is_between(_EARLIEST, _LATEST)
    missing = pl.col("occurred_at").is_null()
    return heads, [
        ("occurred_at", missing, "is missing"),
        ("occurred_at", bad & ~missing, "is no moment between 1900 and 2200" + _as_written(surroundings)),
    ]


def _formatted(text: pl.Expr, written: str) -> list[pl.Expr]:
    """`occurred` when the format has an offset, else `local`."""
    written = written.replace(".%f", "%.f")
    if "%z" in written:
        aware = text.str.to_datetime(written, strict=False, time_unit="us", time_zone="UTC")
        return [aware.alias("occurred"), pl.lit(None, _MICROS).alias("local")]
    if any(part in written for part in ("%H", "%I", "%T", "%R", "%s")):
        local = text.str.to_datetime(written, strict=False, time_unit="us")
    else:
        local = text.str.to_date(written, strict=False).cast(_MICROS)
    return [pl.lit(None, pl.Datetime("us", "UTC")).alias("occurred"), local.alias("local")]


def _iso(heads: pl.DataFrame, text: pl.Expr, *, fill: bool) -> pl.DataFrame:
    """`occurred` of texts with an offset, `local` of the others; with `fill`, only where nothing was read so far."""
    if not fill:
        heads = heads.with_columns(
            pl.lit(None, pl.Datetime("us", "UTC")).alias("occurred"), pl.lit(None, _MICROS).alias("local")
        )
    has_offset = text.str.contains(r"[Tt ].*([Zz]|[+-]\d\d(:?\d\d)?)$")
    heads = heads.with_columns(pl.when(has_offset).then(text).alias("offset_text"))
    if heads.get_column("offset_text").null_count() < heads.height:
        heads = heads.with_columns(pl.col("occurred").fill_null(_iso_aware("offset_text")))
    unread = pl.col("occurred").is_null() & pl.col("local").is_null()
    local = _iso_local(heads.select(pl.when(unread).then(text)).to_series())
    return heads.with_columns(pl.col("local").fill_null(local)).drop("offset_text")


def _as_written(surroundings: Surroundings) -> str:
    return f" written {surroundings.date_format}" if surroundings.date_format else " of ISO 8601"


def _iso_local(texts: pl.Series) -> pl.Series:
    """Local moments to the second, the minute or the day; each way is tried on what the one before left."""
    read = texts.str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
    if read.null_count() == texts.null_count():
        return read
    plain = texts.str.replace("T", " ", literal=True)
    for written in ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"):
        read = read.fill_null(plain.str.to_datetime(written, strict=False, time_unit="us"))
        if read.null_count() == texts.null_count():
            return read
    return read.fill_null(plain.str.to_date("%Y-%m-%d", strict=False).cast(_MICROS))


def _iso_aware(name: str) -> pl.Expr:
    text = (
        pl.col(name)
        .str.to_uppercase()
        .str.replace("T", " ", literal=True)
        .str.replace(r"Z$", "+00:00")
        .str.replace(r"([+-]\d\d)$", "${1}:00")
    )
    seconds = text.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%z", strict=False, time_unit="us", time_zone="UTC")
    minutes = text.str.to_datetime("%Y-%m-%d %H:%M%z", strict=False, time_unit="us", time_zone="UTC")
    return seconds.fill_null(minutes)


def _placed(heads: pl.DataFrame, surroundings: Surroundings) -> pl.DataFrame:
    """Local times become moments in the time zone they are of; the day is the store's."""
    parts = []
    for (zone,), part in heads.partition_by("zone", maintain_order=True, as_dict=True).items():
        written_in = surroundings.file_timezone or str(zone)
        part = part.with_columns(
            pl.col("occurred").fill_null(
                pl.col("local")
                .dt.replace_time_zone(written_in, ambiguous="earliest", non_existent="null")
                .dt.convert_time_zone("UTC")
            )
        )
        part = _skipped_hours(part, written_in)
        parts.append(
            part.with_columns(pl.col("occurred").dt.convert_time_zone(str(zone)).dt.date().alias("occurred_on"))
        )
    if not parts:
        return heads.with_columns(pl.lit(None, pl.Date).alias("occurred_on")).drop("local")
    placed = pl.concat(parts)
    return (placed.sort(HEAD) if len(parts) > 1 else placed).drop("local")


def _skipped_hours(part: pl.DataFrame, zone: str) -> pl.DataFrame:
    """A local time that a clock change skips is moved forward by the gap: read with the offset before it."""
    lost = part.filter(pl.col("occurred").is_null() & pl.col("local").is_not_null())
    if lost.is_empty():
        return part
    moved = [
        local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if 1 < local.year < 9999 else None
        for local in lost.get_column("local")
    ]
    found = lost.select(HEAD).with_columns(pl.Series("moved", moved, pl.Datetime("us", "UTC")))
    part = part.join(found, on=HEAD, how="left", maintain_order="left")
    return part.with_columns(pl.col("occurred").fill_null(pl.col("moved"))).drop("moved")


# lines


def _lines(lines: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    lines = lines.with_columns(
        pl.lit(None, pl.String).alias(name) for name in canonical.LINE if name not in lines.columns
    )
    finest = dict.fromkeys(canonical.AMOUNTS, 3) | {"unit_price": _FINE}
    lines = lines.with_columns(
        *(numbers_of(lines.get_column(name), finest[name]).alias(f"{name}#") for name in canonical.AMOUNTS),
        pl.col("line").str.strip_chars().cast(pl.Int32, strict=False).alias("line#"),
    )
    refused = [
        (name, pl.col(name).is_not_null() & pl.col(f"{name}#").is_null(), _why_not_a_number(name))
        for name in canonical.AMOUNTS
        if lines.get_column(name).null_count() < lines.height
    ]
    refused += [
        ("line", pl.col("line").is_not_null() & ~(pl.col("line#") > 0).fill_null(False), "is no line number"),
        *_too_long(lines.columns),
    ]
    said = _say(lines, refused)
    said = said.drop(*(name for name in canonical.AMOUNTS), "line").rename(
        {f"{name}#": name for name in (*canonical.AMOUNTS, "line")}
    )
    split = pl.col(DEFECT).is_not_null()
    return said.with_columns(
        pl.when(split).then(pl.lit("")).otherwise(pl.col("field")).alias("field"),
        pl.when(split).then(pl.col(DEFECT)).otherwise(pl.col("detail")).alias("detail"),
    ).drop(DEFECT)


def _why_not_a_number(name: str) -> str:
    return "is no number with at most three decimals" if name == "quantity" else "is no amount"


def as_number(text: pl.Expr, finest: int = 3) -> pl.Expr:
    """A decimal number as Int64 thousandths (unit prices: as 10^-9), null when it is none, too large or too fine."""
    text = text.str.strip_chars()
    fine = text.cast(pl.Decimal(38, _FINE), strict=False).to_physical()
    step = 10 ** (_FINE - finest)
    exact = (fine % step == 0) & (fine.abs() <= LARGEST * 10 ** (_FINE - 3))
    # longer than nine decimals: trailing zeros alone are harmless; Polars would drop other digits silently
    honest = (text.str.len_bytes() <= _FINE + 2) | ~text.str.contains(r"\.\d{9}\d*[1-9]|[eE]")
    whole = (fine // step) if finest < _FINE else fine
    return pl.when(exact & honest).then(whole).cast(pl.Int64 if finest < _FINE else pl.Int128, strict=False)


def numbers_of(texts: pl.Series, finest: int = 3) -> pl.Series:
    """As `as_number`; short numbers, which is to say nearly all, in 64 bits and without a look at each character."""
    if texts.null_count() == len(texts):
        return pl.Series(texts.name, [None] * len(texts), pl.Int64 if finest < _FINE else pl.Int128)
    longest = texts.str.len_bytes().max()
    if finest == 3 and isinstance(longest, int) and longest <= _SHORT:
        fine = texts.cast(pl.Decimal(38, _FINE), strict=False).to_physical().cast(pl.Int64, strict=False)
        if fine.null_count() == texts.null_count():
            step = 10 ** (_FINE - finest)
            return pl.select(pl.when(fine % step == 0).then(fine // step)).to_series()
    return pl.select(as_number(pl.lit(texts), finest)).to_series()


# refusals


def _lower(name: str) -> pl.Expr:
    return pl.col(name).str.to_lowercase().str.strip_chars()


def _unread(name: str, read: str) -> tuple[str, pl.Expr, str]:
    return name, pl.col(name).is_not_null() & pl.col(read).is_null(), "is no amount"


def _too_long(columns: Iterable[str]) -> list[tuple[str, pl.Expr, str]]:
    return [
        (name, pl.col(name).str.len_chars() > longest, f"is longer than {longest} characters")
        for name, longest in canonical.LONGEST.items()
        if name in columns
    ]


def _say(frame: pl.DataFrame, refused: Sequence[tuple[str, pl.Expr, str]]) -> pl.DataFrame:
    """Add `field` and `detail` of the first refusal that holds; null where none does."""
    holds = frame.select(expression.fill_null(False).alias(f"{at}") for at, (_, expression, _) in enumerate(refused))
    which = [at for at in range(len(refused)) if holds.to_series(at).any()]
    field = detail = pl.lit(None, pl.String)
    if which:
        frame = frame.hstack([holds.to_series(at).alias(f"?{at}") for at in which])
        field = pl.coalesce(pl.when(pl.col(f"?{at}")).then(pl.lit(refused[at][0])) for at in which)
        detail = pl.coalesce(
            pl.when(pl.col(f"?{at}")).then(
                pl.concat_str(pl.lit(f"{refused[at][0]} "), _quoted(refused[at][0], frame), pl.lit(refused[at][2]))
            )
            for at in which
        )
    return frame.with_columns(field.alias("field"), detail.alias("detail")).drop(f"?{at}" for at in which)


def _quoted(name: str, frame: pl.DataFrame) -> pl.Expr:
    """The value as found, short, for the reason; nothing for what is missing or personal."""
    if name not in frame.columns or name in canonical.BEARER:
        return pl.lit("")
    shown = pl.concat_str(pl.lit('"'), pl.col(name).cast(pl.String).str.slice(0, 60), pl.lit('" '))
    return shown.fill_null("")
