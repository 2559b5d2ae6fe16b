"""The catalogue of facts as a page of documentation: `python -m rules_engine.core.catalogue_page > docs/facts.md`."""

from rules_engine.core import catalogue
from rules_engine.core.catalogue import Fact

_TITLES = {
    "line": (
        "Of a line",
        "A rule of line scope looks at lines one by one; at receipt scope they stand inside `lines`.",
    ),
    "receipt": (
        "Of the receipt",
        "Totals are of the lines that are left after exclusions. A visit or an event has none.",
    ),
    "store": ("Of the store, its banner and its market", ""),
    "event": ("Of an event", "`event.NAME` is an attribute its event type declares in the playbook."),
    "calendar": ("Of the calendar", "On the wall clock of the store; without a store, of the member's home market."),
    "member": ("Of the member", "As they stood just before the activity; kept with its awards."),
    "history": ("Of what came before", "As it stood just before the activity; kept with its awards."),
}
_TYPES = {
    "text": "text", "number": "whole number", "money": "money, in units of the receipt's currency",
    "quantity": "quantity, in units", "boolean": "true or false", "date": "day", "attribute": "as it was sent",
}  # fmt: skip
_INTRODUCTION = """\
# Facts

Every fact a condition may read, made from [the catalogue](../rules_engine/core/catalogue.py) by
`python -m rules_engine.core.catalogue_page > docs/facts.md`; a test compares the two.

A comparison is `{fact: NAME, OPERATOR: VALUE}`. A fact that is not known makes it false (and its `not` true); only
`is_set` asks whether it is known. A fact with several values meets a comparison when one of them does. `between` takes
both ends, `in` and `not_in` a list, `starts_with` and `contains` plain text.

A department is a path such as `GARDEN/TOOLS`. To ask for one with all below it, and not for `GARDENING`, write
`{any: [{fact: line.category, eq: GARDEN}, {fact: line.category, starts_with: GARDEN/}]}`; the studio's "is under" does,
and such a pair reads as one.
"""


def markdown() -> str:
    """The whole page, ending with a line break."""
    parts = [_INTRODUCTION]
    for scope, (title, note) in _TITLES.items():
        facts = [fact for fact in catalogue.FACTS.values() if fact.scope == scope]
        parts.append("\n".join([f"## {title}", "", *([note, ""] if note else []), *_table(facts, scope)]) + "\n")
    return "\n".join(parts)


def _table(facts: list[Fact], scope: str) -> list[str]:
    attributes = {"line": "line.NAME", "event": "event.NAME"}
    rows = [_row(fact, fact.name) for fact in facts]
    if scope in attributes:
        name = attributes[scope]
        rows.append(_row(catalogue.find(name), name, "any other name", "tout autre nom"))
    return ["| fact | English | French | type | operators | from |", "| --- | --- | --- | --- | --- | --- |", *rows]


def _row(fact: Fact, name: str, english: str = "", french: str = "") -> str:
    kind = _TYPES[fact.type] + ("; several" if fact.many else "")
    if fact.choices:
        kind = ", ".join(fact.choices)
    operators = " ".join(catalogue.operators_of(fact))
    source = fact.source + ("" if fact.at_quote else "; not known at a quote")
    return f"| `{name}` | {english or fact.en} | {french or fact.fr} | {kind} | {operators} | {source} |"


if __name__ == "__main__":
    print(markdown(), end="")
