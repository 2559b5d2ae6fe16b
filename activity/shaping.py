"""A file's own columns become canonical ones, block by block, as its mapping says."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from activity import canonical, validation
from activity.mapping import Condition, Mapping
from activity.reading.blocks import DEFECT, LINE, Unreadable
from activity.validation import ROW

SKIP = "__skip"
_NEEDED = ("receipt_id", "occurred_at", "store")
_NUMBERS = (*canonical.AMOUNTS, "tender_amount")
_PLAIN = Mapping(version="1")
_CLEANERS = {
    "strip": lambda text: text.str.strip_chars(),
    "upper": lambda text: text.str.to_uppercase(),
    "lower": lambda text: text.str.to_lowercase(),
    "digits": lambda text: text.str.replace_all(r"[^0-9]", ""),
    "strip_decimals": lambda text: text.str.replace(r"[.,]0*$", ""),
    "strip_zeros": lambda text: text.str.strip_chars_start("0"),
}


class Shape:
    """What each canonical field is made of. Raises Unreadable for a needed field that is nowhere.

    `wanted`: the file's columns that are read; `identity`: those the receipt id alone needs; `ignored`: columns that
    nobody reads, in the order of the file.
    """

    def __init__(self, columns: Sequence[str], mapping: Mapping | None = None, *, has_header: bool = True) -> None:
        self.mapping = mapping or _PLAIN
        self._columns = set(columns)
        named = self.mapping.columns
        taken = {*self.mapping.constants, *self.mapping.lookup}
        if named is None:
            named = {name: name for name in columns if canonical.is_field(name) and name not in taken}
        self._named = named
        self._check(taken, has_header)
        self._fields = {name: self._made(name) for name in (*named, *self.mapping.lookup, *self.mapping.constants)}
        if self.mapping.returns:
            self._fields = self._with_returns(self._fields)
        self.identity = self._fields["receipt_id"].meta.root_names() or list(columns[:1])
        self._skip = self._any(self.mapping.skip)
        roots = [name for made in (*self._fields.values(), self._skip) for name in made.meta.root_names()]
        self.wanted = list(dict.fromkeys(roots))
        self.ignored = [name for name in columns if name not in set(self.wanted)]

    def receipt_ids(self, rows: pl.DataFrame) -> pl.Series:
        """The receipt id of every row, null where there is none, from the columns `identity`."""
        return rows.select(self._fields["receipt_id"].alias("receipt_id")).to_series()

    def apply(self, rows: pl.DataFrame, first_row: int) -> pl.DataFrame:
        """Canonical columns as String, ROW, LINE, DEFECT and SKIP."""
        return rows.select(
            *(made.alias(name) for name, made in self._fields.items()),
            LINE,
            DEFECT,
            pl.int_range(first_row, first_row + rows.height, dtype=pl.UInt32).alias(ROW),
            self._skip.fill_null(False).alias(SKIP),
        )

    def _check(self, taken: set[str], has_header: bool) -> None:
        returns = self.mapping.returns
        conditions = (*self.mapping.skip, *((returns.when,) if returns else ()))
        used = {
            **{source: f"columns.{name}" for name, source in self._named.items()},
            **{lookup.column: f"lookup.{name}" for name, lookup in self.mapping.lookup.items()},
            **{condition.column: "skip or returns" for condition in conditions},
        }
        for column, where in used.items():
            if column not in self._columns:
                raise Unreadable(f"{where}: the file has no column {column}; it has {_listed(self._columns)}")
        present = {*self._named, *taken}
        for name in _NEEDED:
            if name not in present:
                raise Unreadable(
                    f"{'line 1: ' if has_header else ''}there is no {name}; columns: {_listed(self._columns)}"
                )
        strange = sorted(set(self.mapping.clean) - present)
        if strange:
            raise Unreadable(f"clean.{strange[0]}: the mapping makes no such field")

    def _made(self, name: str) -> pl.Expr:
        if name in self.mapping.constants:
            return pl.lit(self.mapping.constants[name], pl.String)
        if name in self.mapping.lookup:
            lookup = self.mapping.lookup[name]
            made = pl.col(lookup.column).replace_strict(
                dict(lookup.values), default=pl.lit(lookup.default, pl.String), return_dtype=pl.String
            )
        else:
            made = pl.col(self._named[name])
        for cleaner in self.mapping.clean.get(name, ()):
            made = _CLEANERS[cleaner](made)
        if self.mapping.clean.get(name):
            made = pl.when(made != "").then(made)
        return self._decimal(made) if name in _NUMBERS else made

    def _decimal(self, text: pl.Expr) -> pl.Expr:
        """A decimal comma becomes a point. Dots are taken for thousands only where they stand like that."""
        if self.mapping.csv.decimal == ".":
            return text
        thousands = text.str.contains(r"^[+-]?\d{1,3}(\.\d{3})+(,\d*)?$")
        plain = pl.when(thousands).then(text.str.replace_all(".", "", literal=True)).otherwise(text)
        return (
            pl.when(text.str.contains(".", literal=True) & ~thousands)
            .then(pl.concat_str(pl.lit("not with a decimal comma: "), text))
            .otherwise(plain.str.replace(",", ".", literal=True))
        )

    def _with_returns(self, fields: dict[str, pl.Expr]) -> dict[str, pl.Expr]:
        returns = self.mapping.returns
        assert returns
        is_return = self._holds(returns.when).fill_null(False)
        kind = fields.get("kind", pl.lit(None, pl.String))
        fields = {**fields, "kind": pl.when(is_return).then(pl.lit("return")).otherwise(kind)}
        if returns.strip_prefix:
            receipt_id = fields["receipt_id"]
            bare = receipt_id.str.strip_prefix(returns.strip_prefix)
            fields["receipt_id"] = pl.when(is_return).then(bare).otherwise(receipt_id)
        return fields

    def _any(self, conditions: Sequence[Condition]) -> pl.Expr:
        held = pl.lit(False)
        for condition in conditions:
            held = held | self._holds(condition).fill_null(False)
        return held

    def _holds(self, condition: Condition) -> pl.Expr:
        comparison, value = condition.comparison
        column = pl.col(condition.column)
        match comparison:
            case "eq":
                return column == value
            case "ne":
                return column != value
            case "in":
                return column.is_in(list(value))
            case "not_in":
                return ~column.is_in(list(value))
            case "starts_with":
                return column.str.starts_with(value)
            case "contains":
                return column.str.contains(value, literal=True)
            case "is_set":
                return column.is_not_null() if value else column.is_null()
        number = validation.as_number(self._decimal(column))
        bound = int(value.scaleb(3))
        return {"lt": number < bound, "le": number <= bound, "gt": number > bound, "ge": number >= bound}[comparison]


def _listed(columns: set[str]) -> str:
    return ", ".join(sorted(columns))[:300]
