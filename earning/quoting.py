"""What a basket would give, for a till or an app before it is paid: scored like a purchase of this moment, not posted.

Terms are kept in the process and read again when one statement says that something of the program changed. Means of
payment are not known yet, so conditions on them are not met. Limits and budgets are as they stand now.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import polars as pl
from django.db import connection, transaction

from earning import batches, difference, facts, history, kin, usage
from earning.terms import Judged, Terms
from programs.models import Program
from rules_engine.core import scoring, sentences, verdicts
from rules_engine.core.facts import Facts
from values import periods
from values.money import minor_exponent

QUOTED = 2**62  # no activity has this number, and of one moment it comes last
MOST_LINES = 1000
LARGEST = 10**12
_PRODUCT = ("category", "brand")


class InvalidLine(ValueError):
    """A line that cannot be read; the message names its place and field."""


@dataclass(frozen=True)
class Quote:
    """`points` by code of currency, `awards` by code of rule (those that give something), in smallest units.

    `said`: why, and what nearly applied, in sentences of the language asked for.
    """

    points: Mapping[str, int] = field(default_factory=dict)
    awards: Mapping[str, int] = field(default_factory=dict)
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line as read: quantity in thousandths, amounts in minor units, attributes as text."""

    sku: str
    quantity: int
    gross: int
    net: int
    told: Mapping[str, str]
    attributes: Mapping[str, str]


def quote(
    *, program: Program, membership_id: int | None = None, store_id: int | None = None, channel: str | None = None,
    lines: Sequence[Mapping[str, Any]], now: datetime, currency: str | None = None, language: str | None = None,
) -> Quote:  # fmt: skip
    """What these lines would give a member (or nobody known) who bought them now. Writes nothing.

    Lines have the fields of activity (sku, quantity, gross or unit_price, discount, net, category, brand, line.NAME).
    `said` is worked out only when a language is named. Raises InvalidLine.
    """
    with transaction.atomic(), connection.cursor() as wrapper:
        cursor = wrapper.cursor
        terms = _terms(cursor, program.pk)
        basket = _basket(terms, program, cursor, membership_id, store_id, channel, currency, now)
        read = _read(lines, minor_exponent(basket["currency"]))
        basket |= {"gross": sum(line.gross for line in read), "net": sum(line.net for line in read)}
        frame = pl.DataFrame([basket], schema={name: _BASKET[name] for name in basket}, orient="row")
        for judged in terms.judge(facts.local_moments(kin.keyed(cursor, frame), terms)):
            _stand_in(cursor, judged.activities)
            return _scored(cursor, judged, terms, read, program, language)
    return Quote()


_BASKET: dict[str, Any] = {
    "activity_id": pl.Int64, "holder_id": pl.Int64, "membership_id": pl.Int64, "program_id": pl.Int64,
    "kind": pl.UInt8, "occurred_us": pl.Int64, "local_date": pl.Date, "store_id": pl.Int64, "channel": pl.String,
    "currency": pl.String, "gross": pl.Int64, "net": pl.Int64, "event_type": pl.String, "tenders": pl.String,
    "attributes": pl.String,
}  # fmt: skip
_HOLDER = "SELECT holder_id FROM membership_holder WHERE membership_id = %s AND until_at IS NULL"


def _basket(
    terms: Terms, program: Program, cursor: Any, membership_id: int | None, store_id: int | None,
    channel: str | None, currency: str | None, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    holder = None
    if membership_id is not None:
        cursor.execute(_HOLDER, [membership_id])
        holder = cursor.fetchone()
    stores = terms.stores.filter(pl.col("store_id") == store_id) if store_id is not None else terms.stores.clear()
    first = next(iter(terms.markets.values()))
    market = terms.markets[stores["market"][0]] if stores.height else first
    zone = stores["zone"][0] if stores.height else market.timezone
    return {
        "activity_id": QUOTED, "holder_id": int(holder[0]) if holder else 0, "membership_id": membership_id or 0,
        "program_id": program.pk, "kind": batches.PURCHASE, "occurred_us": int(now.timestamp() * 1_000_000),
        "local_date": periods.day_of(now, zone), "store_id": store_id, "channel": channel,
        "currency": currency or market.currency, "gross": 0, "net": 0, "event_type": None, "tenders": None,
        "attributes": None,
    }  # fmt: skip


def _stand_in(cursor: Any, activities: pl.DataFrame) -> None:
    """The table `work`, which reading of the past and of limits looks at, with the basket alone in it."""
    for statement in batches.TABLES:
        cursor.execute(statement)
    place = activities.select("holder_id", "activity_id", "local_date").row(0)
    cursor.execute("INSERT INTO work (holder_id, activity_id, occurred_on) VALUES (%s, %s, %s)", place)


def _scored(
    cursor: Any, judged: Judged, terms: Terms, lines: Sequence[Line], program: Program, language: str | None
) -> Quote:
    rulebook = judged.rulebook
    read = _facts(cursor, judged, terms, lines, program)
    standing = pl.DataFrame(schema=difference.POSTED_SCHEMA)
    awards = scoring.unlimited(rulebook, read)
    giving = set(awards["rule"].to_list())
    read = facts.with_usage(read, usage.of(cursor, terms, rulebook, read.activities, standing, giving))
    awards = scoring.limited(rulebook, awards, read).awards.filter(pl.col("granted") != 0)
    points: dict[str, int] = {}
    for code, granted in awards.select("currency", "granted").iter_rows():
        points[code] = points.get(code, 0) + granted
    said: tuple[str, ...] = ()
    if language is not None:
        told = [one for one in verdicts.explain(rulebook, read, QUOTED) if one.outcome != "not"]
        said = tuple(sentences.of_verdict(rulebook, one, language).text for one in told)
    return Quote(points, dict(awards.select("rule", "granted").iter_rows()), said)


_STATES = """
SELECT s.sku, nullif(s.category, ''), nullif(s.brand, ''), array_to_string(s.tags, chr(31)),
       nullif(s.attributes, '{}'::jsonb)::text
FROM product AS p JOIN product_state AS s ON s.id = p.current_id
WHERE p.catalogue_id = %s AND p.sku = ANY(%s)
"""
_STATE = dict.fromkeys(("sku", "category", "brand", "tags", "attributes"), pl.String)


def _facts(cursor: Any, judged: Judged, terms: Terms, lines: Sequence[Line], program: Program) -> Facts:
    """The basket as the core reads it; products as they are now, unknown ones by what the lines say."""
    rulebook = judged.rulebook
    activities = judged.activities
    wanted = rulebook.volatile_facts()
    if activities["holder_id"][0]:
        activities = history.facts(cursor, activities, wanted, quoted=True)
    else:
        activities = activities.with_columns(pl.lit(None).alias(name) for name in sorted(wanted))
    skus = list(dict.fromkeys(line.sku for line in lines))
    cursor.execute(_STATES, [program.population_id, skus])
    known = {row[0]: row[1:] for row in cursor.fetchall()}
    told = {line.sku: line.told for line in lines}
    rows = [_product(sku, known.get(sku), told[sku]) for sku in skus]
    read = rulebook.attributes()
    products = batches.with_tags(pl.DataFrame(rows, schema=_STATE, orient="row").with_row_index("state"))
    names = facts.names(read, "line.")
    place = {sku: at for at, sku in enumerate(skus)}
    table = pl.DataFrame(
        [(QUOTED, at + 1, place[line.sku], line.quantity, line.gross, line.net) for at, line in enumerate(lines)],
        schema={"activity_id": pl.Int64, "line": pl.Int32, "product": pl.UInt32, "quantity": pl.Int64,
                "gross": pl.Int64, "net": pl.Int64},
        orient="row",
    ).with_columns(
        pl.Series(f"line.{name}", [line.attributes.get(name) for line in lines], dtype=pl.String) for name in names
    )  # fmt: skip
    return Facts(
        activities=facts.with_attributes(activities, read),
        lines=table,
        products=facts.with_product_attributes(products, names),
        stores=terms.stores.select("code", "kind", "banner", "market"),
    )


def _product(sku: str, known: Sequence[Any] | None, told: Mapping[str, str]) -> tuple[Any, ...]:
    category, brand, tags, attributes = known or (None, None, "", None)
    return sku, category or told.get("category"), brand or told.get("brand"), tags, attributes


def _read(lines: Sequence[Mapping[str, Any]], exponent: int) -> list[Line]:
    if len(lines) > MOST_LINES:
        raise InvalidLine(f"a basket has at most {MOST_LINES} lines")
    return [_line(place, row, exponent) for place, row in enumerate(lines, 1) if row.get("sku")]


def _line(place: int, row: Mapping[str, Any], exponent: int) -> Line:
    quantity = _whole(place, row, "quantity", 3)
    quantity = 1000 if quantity is None else quantity
    gross = _whole(place, row, "gross", exponent)
    if gross is None:
        price = _whole(place, row, "unit_price", exponent)
        if price is None:
            raise InvalidLine(f"line {place}: gross or unit_price is needed")
        gross = int((Decimal(price * quantity) / 1000).to_integral_value(ROUND_HALF_UP))
    net = _whole(place, row, "net", exponent)
    if net is None:
        net = gross - (_whole(place, row, "discount", exponent) or 0)
    if net < 0:
        raise InvalidLine(f"line {place}: net is below zero")
    told = {name: str(row[name]) for name in _PRODUCT if row.get(name)}
    attributes = {
        name.removeprefix("line."): str(value)
        for name, value in row.items()
        if name.startswith("line.") and value is not None
    }
    return Line(str(row["sku"]), quantity, gross, net, told, attributes)


def _whole(place: int, row: Mapping[str, Any], name: str, decimals: int) -> int | None:
    """A number of the row in its smallest unit; None when it says none."""
    said = row.get(name)
    if said is None or said == "":
        return None
    try:
        number = Decimal(str(said)).scaleb(decimals)
    except InvalidOperation:
        raise InvalidLine(f"line {place}: {name} is no number") from None
    if not number.is_finite() or number < 0 or number > LARGEST or number != number.to_integral_value():
        raise InvalidLine(f"line {place}: {name} is no amount")
    return int(number)


# What Terms read, as the transactions that last wrote its rows: one statement instead of seven.
_FINGERPRINT = """
SELECT (SELECT xmin::text FROM program WHERE id = %(program)s),
       (SELECT (count(*), sum(xmin::text::bigint))::text FROM market WHERE program_id = %(program)s),
       (SELECT (count(*), sum(xmin::text::bigint))::text FROM currency WHERE program_id = %(program)s),
       (SELECT (count(*), sum(xmin::text::bigint))::text FROM rulebook WHERE program_id = %(program)s),
       (SELECT (count(*), max(s.id))::text FROM rule_stop s JOIN rule r ON r.id = s.rule_id
        WHERE r.program_id = %(program)s),
       (SELECT (count(*), max(e.id))::text FROM rule_resume e JOIN rule_stop s ON s.id = e.stop_id
        JOIN rule r ON r.id = s.rule_id WHERE r.program_id = %(program)s),
       (SELECT (count(*), max(id))::text FROM rule WHERE program_id = %(program)s),
       (SELECT (count(*), sum(s.xmin::text::bigint), sum(b.xmin::text::bigint))::text FROM store s
        JOIN program_banner pb ON pb.banner_id = s.banner_id AND pb.program_id = %(program)s
        JOIN banner b ON b.id = s.banner_id)
"""
_kept: dict[tuple[str, int], tuple[Any, Terms]] = {}
_keeping = threading.Lock()


def _terms(cursor: Any, program_id: int) -> Terms:
    cursor.execute(_FINGERPRINT, {"program": program_id})
    print_now = cursor.fetchone()
    key = (str(connection.settings_dict["NAME"]), program_id)
    known = _kept.get(key)
    if known is not None and known[0] == print_now:
        return known[1]
    terms = Terms(program_id)
    with _keeping:
        if len(_kept) > 50:
            _kept.clear()
        _kept[key] = (print_now, terms)
    return terms
