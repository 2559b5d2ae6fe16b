"""Random rulebooks and random weeks of activity, small enough that everything meets everything."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from rules_engine.core import Facts
from tests.rules_engine.core.receipts import (
    ACTIVITY_SCHEMA,
    LINE_SCHEMA,
    PRODUCT_SCHEMA,
    STORE_SCHEMA,
    USAGE_SCHEMA,
    activity_rows,
    frame,
)
from tests.rules_engine.core.reference import World

START = datetime(2026, 1, 29, 20, 0, tzinfo=UTC)
PRODUCTS = [
    {"sku": "123", "category": "Garden/Tools", "brand": "Own", "tags": ["red", "xxl"], "attr.colour": "red"},
    {"sku": "000", "category": "Kitchen/Electric", "brand": "Other", "tags": ["blue"], "attr.colour": "5"},
    {"sku": "0001", "category": "Garden/Plants", "brand": None, "tags": [], "attr.colour": None},
    {"sku": "9", "category": None, "brand": "Own", "tags": ["red", "blue"], "attr.colour": "5.0"},
]
STORES = [
    {"code": "s1", "kind": "street", "banner": "b", "market": "FR"},
    {"code": "s2", "kind": None, "banner": "c", "market": "US"},
]
VOLATILE = ["receipt.first_of_day", "member.tier", "member.age", "member.segment", "history.receipts_month",
            "history.spend_lifetime"]  # fmt: skip

cents = st.sampled_from([1999, 5000, 12345, 550, 100, 99, 0, -300])
amounts = st.sampled_from([Decimal("-1"), 0, 1, Decimal("9.99"), 10, "25.50", 40])
small = st.sampled_from([2, 5, 1, "1.5", Decimal("3.33"), 10, "0.9", "0.07"])
days = st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
dates = st.sampled_from(["2026-01-29", "2026-01-31", "2026-02-01", "2026-02-03"])
times = st.sampled_from(["00:00", "02:00", "09:00", "12:30", "21:00", "23:59"])


def _number(fact, values):
    ordered = st.tuples(st.sampled_from(["lt", "le", "gt", "ge", "eq", "ne"]), values)
    several = st.tuples(st.sampled_from(["in", "not_in"]), st.lists(values, min_size=1, max_size=3))
    pair = st.tuples(st.just("between"), st.tuples(values, values).map(list))
    return st.one_of(ordered, several, pair, _known).map(lambda asked: {"fact": fact, asked[0]: asked[1]})


def _text(fact, values):
    one = st.tuples(st.sampled_from(["eq", "ne"]), values)
    several = st.tuples(st.sampled_from(["in", "not_in"]), st.lists(values, min_size=1, max_size=3))
    part = st.tuples(st.sampled_from(["starts_with", "contains"]), st.sampled_from(["G", "r", "Garden", "s", "0"]))
    return st.one_of(one, several, part, _known).map(lambda asked: {"fact": fact, asked[0]: asked[1]})


_known = st.tuples(st.just("is_set"), st.booleans())
_attributes = st.one_of(
    st.sampled_from(["red", "5", "true", "x"]), st.sampled_from([5, True, Decimal("5.00"), Decimal("2.5")])
)


def _attribute(fact):
    numeric = st.tuples(st.sampled_from(["lt", "le", "gt", "ge"]), st.sampled_from([2, 5, Decimal("5.5"), "3"]))
    one = st.tuples(st.sampled_from(["eq", "ne"]), _attributes)
    several = st.tuples(st.sampled_from(["in", "not_in"]), st.lists(_attributes, min_size=1, max_size=3))
    part = st.tuples(st.sampled_from(["starts_with", "contains"]), st.sampled_from(["r", "5", "tr"]))
    return st.one_of(numeric, one, several, part, _known).map(lambda asked: {"fact": fact, asked[0]: asked[1]})


line_facts = st.one_of(
    _text("line.sku", st.sampled_from(["123", "000", "0001", "7"])),
    _text("line.category", st.sampled_from(["Garden/Tools", "Garden"])),
    _text("line.brand", st.sampled_from(["Own", "Other"])),
    _text("line.tag", st.sampled_from(["red", "blue", "xxl"])),
    _number("line.quantity", st.sampled_from([0, 1, 2, Decimal("0.5")])),
    _number("line.net", amounts),
    _number("line.gross", amounts),
    _attribute("line.colour"),
    _attribute("line.only_of_lines"),
    _attribute("line.nowhere"),
)
activity_facts = st.one_of(
    _number("receipt.net", amounts),
    _number("receipt.gross", amounts),
    _text("receipt.channel", st.sampled_from(["store", "web"])),
    _text("receipt.tender", st.sampled_from(["card", "cash"])),
    st.booleans().map(lambda truth: {"fact": "receipt.first_of_day", "eq": truth}),
    _text("store.code", st.sampled_from(["s1", "s2"])),
    _text("store.kind", st.sampled_from(["street", "mall"])),
    _text("banner", st.sampled_from(["b", "c"])),
    _text("market", st.sampled_from(["FR", "US"])),
    _number("calendar.hour", st.integers(0, 23)),
    _number("calendar.day", st.sampled_from([1, 2, 30, 31])),
    _number("calendar.month", st.integers(1, 2)),
    _number("calendar.date", dates),
    st.lists(days, min_size=1, max_size=4).map(lambda some: {"fact": "calendar.weekday", "in": some}),
    _text("member.tier", st.sampled_from(["gold", "silver"])),
    _text("member.segment", st.sampled_from(["a", "b"])),
    _number("member.age", st.integers(17, 20)),
    _number("history.receipts_month", st.integers(0, 3)),
    _number("history.spend_lifetime", amounts),
    _attribute("event.stars"),
)


def _nested(leaves):
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=4,
    )


_asked = st.tuples(st.sampled_from(["ge", "lt", "eq", "ne"]), st.sampled_from([0, 1, 2, Decimal("12.5")]))


@st.composite
def lines_tests(draw):
    test = draw(
        st.one_of(
            st.tuples(st.sampled_from([{"count": "lines"}, {"count": "units"}, {"sum": "net"}]), _asked).map(
                lambda pair: pair[0] | {pair[1][0]: pair[1][1]}
            ),
            st.sampled_from([{"any": True}, {"every": True}]),
        )
    )
    where = draw(st.none() | _nested(st.one_of(line_facts, activity_facts)))
    return {"lines": test if where is None else test | {"where": where}}


receipt_conditions = _nested(st.one_of(activity_facts, lines_tests()))
line_conditions = _nested(st.one_of(line_facts, activity_facts, lines_tests()))
visit_conditions = _nested(activity_facts)

_per_amount = st.fixed_dictionaries(
    {"points": small},
    optional={
        "every": small, "of": st.sampled_from(["net", "gross"]), "step": st.sampled_from(["whole", "proportional"]),
    },
)  # fmt: skip
_earning = st.one_of(
    _per_amount.map(lambda earn: {"per_amount": earn}),
    small.map(lambda number: {"per_unit": number}),
    small.map(lambda number: {"fixed": number}),
)
_multiplying = st.sampled_from([0, "0.5", 1, "1.5", 2, 2, 3]).map(lambda factor: {"multiply": factor})
_limits = st.lists(
    st.fixed_dictionaries(
        {"max": st.integers(1, 40)},
        optional={
            "of": st.sampled_from(["points", "times"]),
            "per": st.sampled_from(["activity", "day", "week", "month", "year", "campaign"]),
            "for": st.sampled_from(["member", "member", "household", "banner", "program"]),
            "overflow": st.sampled_from(["reduce", "reject"]),
        },
    ),
    max_size=2,
)
_budgets = st.sampled_from([{"points": 30}, {"times": 2}, {"points": 50, "times": 3, "overflow": "reject"}])


@st.composite
def validities(draw):
    first, last = sorted([draw(dates), draw(dates)])
    valid = draw(st.sampled_from([{}, {"from": first}, {"until": last}, {"from": first, "until": last}]))
    if draw(st.booleans()):
        begin, end = draw(st.tuples(times, times).filter(lambda pair: pair[0] != pair[1]))
        valid = valid | {"weekly": [{"days": draw(st.lists(days, min_size=1, max_size=5)), "from": begin, "to": end}]}
    return valid


def maybe(strategy):
    """Absent more often than not, so that most rules give something."""
    return st.sampled_from([False, False, True]).flatmap(lambda there: strategy if there else st.none())


@st.composite
def rules(draw, code):
    trigger = draw(st.sampled_from(["purchase"] * 10 + ["visit", "event:review"]))
    if trigger != "purchase":
        rule = {"trigger": trigger, "scope": "receipt"}
        rule["earn"] = draw(st.one_of(small.map(lambda number: {"fixed": number}), _multiplying))
        if "fixed" in rule["earn"] and draw(st.booleans()):
            rule["phase"] = "base"
        when = draw(maybe(visit_conditions))
    else:
        rule = {"trigger": trigger, "scope": draw(st.sampled_from(["line", "receipt"]))}
        rule["earn"] = draw(
            st.one_of(_earning, _earning, _multiplying, _multiplying, small.map(lambda n: {"percent": n}),
                      st.just({"exclude": True}))
        )  # fmt: skip
        if "fixed" in rule["earn"] or "per_unit" in rule["earn"]:
            rule["phase"] = draw(st.sampled_from(["base", "bonus"]))
        conditions = line_conditions if rule["scope"] == "line" else receipt_conditions
        # What is taken out of every receipt would leave nothing to compare.
        when = draw(conditions if "exclude" in rule["earn"] else maybe(conditions))
    rule |= {"code": code, "when": when}
    if "percent" in rule["earn"]:
        rule["earn"]["currency"] = "pot"
    elif "exclude" in rule["earn"]:
        return rule
    else:
        rule["earn"]["currency"] = draw(st.sampled_from(["points"] * 5 + ["pot", "lined"]))
    rule["valid"] = draw(maybe(validities()))
    rule["limits"] = draw(_limits)
    rule["budget"] = draw(st.sampled_from([None, None, None, True]).flatmap(lambda it: _budgets if it else st.none()))
    rule["rounding"] = draw(st.sampled_from([None, None, "down", "nearest", "up"]))
    group, stop = draw(st.sampled_from([(None, False)] * 6 + [("g", False), ("g", True), (None, True)]))
    rule["combine"] = {"stop": stop} | ({"group": group} if group else {})
    return rule


@st.composite
def documents(draw):
    count = draw(st.sampled_from([5, 6, 3]))
    written = [draw(rules(f"r{place}")) for place in range(count)]
    return {
        "currencies": [
            {"code": "points", "rounding": draw(st.sampled_from(["down", "nearest", "up"]))},
            {"code": "lined", "kind": "status", "round_per": "line"},
            {"code": "pot", "kind": "cash", "money": draw(st.sampled_from(["EUR", "JPY"])), "scale": 2},
        ],
        "settings": {
            "basis": draw(st.sampled_from(["net", "gross"])),
            "multipliers": draw(st.sampled_from(["best", "sum", "product"])),
        },
        "week_start": draw(st.sampled_from(["mon", "sun"])),
        "overridden": draw(st.sampled_from([[], ["r0", "r2"]])),
        "rules": written,
    }


_lines = st.fixed_dictionaries(
    {
        "product": st.integers(0, len(PRODUCTS) - 1), "net": cents, "gross": cents,
        "quantity": st.sampled_from([0, 350, 1000, 1000, 2000, 3000]),
    },
    optional={
        "line.colour": st.sampled_from(["red", "blue", "6", "true"]),
        "line.only_of_lines": st.sampled_from(["red", "5", "-2.50", "1e3", "05"]),
    },
)  # fmt: skip


_receipts = st.sampled_from([2, 3, 0]).flatmap(lambda least: st.lists(_lines, min_size=least, max_size=4))


@st.composite
def activities(draw, activity_id):
    kind = draw(st.sampled_from(["purchase"] * 7 + ["visit", "event", "return"]))
    holder = draw(st.integers(1, 3))
    at = START + timedelta(minutes=draw(st.integers(0, 6 * 24 * 60)))
    return {
        "activity_id": activity_id, "holder_id": holder, "membership_id": 10 * holder + draw(st.integers(0, 1)),
        "kind": kind, "occurred_at": at,
        "event_type": draw(st.sampled_from(["review", "other"])) if kind == "event" else None,
        "store": draw(st.sampled_from([0, 1, None])), "channel": draw(st.sampled_from(["store", "web", None])),
        "currency": draw(st.sampled_from(["EUR", "EUR", "JPY"])) if kind in ("purchase", "return") else None,
        "lines": draw(_receipts) if kind in ("purchase", "return") else [],
        "tenders": draw(st.sampled_from([None, [], ["card"], ["card", "cash"]])),
        "receipt.first_of_day": draw(st.sampled_from([True, False, None])),
        "member.tier": draw(st.sampled_from(["gold", "silver", None])),
        "member.age": draw(st.sampled_from([17, 18, 30, None])),
        "member.segment": draw(st.sampled_from([None, [], ["a"], ["a", "b"]])),
        "history.receipts_month": draw(st.sampled_from([0, 1, 2, None])),
        "history.spend_lifetime": draw(st.sampled_from([0, 1000, 2550, None])),
        "event.stars": draw(st.sampled_from([None, "5", "4.5", "many"])) if kind == "event" else None,
        "week_start": draw(st.sampled_from([None, 1, 3])),
    }  # fmt: skip


@st.composite
def worlds(draw):
    count = draw(st.sampled_from([5, 6, 4]))
    rows, lines = activity_rows([draw(activities(number)) for number in range(1, count + 1)])
    return World(rows, draw(st.permutations(lines)), PRODUCTS, STORES)


def facts_of(world: World) -> Facts:
    """The same world as frames, with every optional column there."""
    import polars as pl

    activity_schema = ACTIVITY_SCHEMA | {
        "membership_id": pl.Int64,
        "tenders": pl.List(pl.String), "receipt.first_of_day": pl.Boolean, "member.tier": pl.String,
        "member.age": pl.Int32, "member.segment": pl.List(pl.String), "history.receipts_month": pl.Int64,
        "history.spend_lifetime": pl.Int64, "event.stars": pl.String, "week_start": pl.UInt8,
    }  # fmt: skip
    line_schema = LINE_SCHEMA | {"line.colour": pl.String, "line.only_of_lines": pl.String}
    usage = [
        dict(zip(USAGE_SCHEMA, (*key, *value), strict=True)) for key, value in world.usage.items()
    ]  # fmt: skip
    return Facts(
        frame(world.activities, activity_schema),
        frame(world.lines, line_schema),
        frame(world.products, PRODUCT_SCHEMA | {"attr.colour": pl.String}),
        frame(world.stores, STORE_SCHEMA),
        frame(usage, USAGE_SCHEMA) if usage else None,
    )
