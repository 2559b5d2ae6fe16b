"""What an import did, in words and for machines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from playbooks.problems import Problem
from rules_engine.rulebooks import Published

_SHOWN = 12
Did = Literal["created", "changed", "withdrawn", "left"]
_WORDS = {
    "created": "Created",
    "changed": "Changed",
    "withdrawn": "Withdrew",
    "left": "Left until the draft is approved:",
}
_PLURALS = {"currency": "currencies"}


@dataclass(frozen=True)
class Change:
    """One thing made, changed, or left as it is because the import is a draft. `fields` names what differs."""

    did: Did
    what: str
    code: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.code} ({', '.join(self.fields)})" if self.fields else self.code


@dataclass(frozen=True)
class Version:
    """What became of one rulebook, and how many rules it has."""

    published: Published
    rules: int

    def __str__(self) -> str:
        one = self.published
        place = f" for {one.market_code}" if one.market_code else ""
        since = f"from {one.begins_at:%Y-%m-%d %H:%M} UTC" if one.begins_at else "for all time"
        did = "waits as a draft" if one.state == "draft" else "is published"
        return f"Rulebook version {one.version}{place} with {counted(self.rules, 'rule')} {did}, {since}."

    def as_json(self) -> dict[str, Any]:
        begins_at = self.published.begins_at
        return {
            **asdict(self.published),
            "begins_at": begins_at.isoformat() if begins_at else None,
            "rules": self.rules,
        }


@dataclass
class Report:
    """What an import did, in the order it was done."""

    program: str
    draft: bool
    changes: list[Change] = field(default_factory=list)
    products: int = 0
    versions: list[Version] = field(default_factory=list)
    warnings: tuple[Problem, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.products or self.changes) or any(version.published.changed for version in self.versions)

    def sentences(self) -> Iterator[str]:
        """What was done; one sentence when there was nothing to do."""
        if not self.changed:
            yield f"Nothing to change: program {self.program} is already as this file says."
            return
        yield from _told(self.changes)
        if self.products:
            yield f"Added or changed {counted(self.products, 'product')}."
        yield from (str(version) for version in self.versions if version.published.changed)

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "program": self.program,
            "draft": self.draft,
            "changed": self.changed,
            "changes": [asdict(change) for change in self.changes],
            "products": self.products,
            "rulebooks": [version.as_json() for version in self.versions],
            "warnings": [str(warning) for warning in self.warnings],
        }


def counted(number: int, noun: str) -> str:
    """`1 rule`, `3 rules`."""
    return f"{number} {noun}" if number == 1 else f"{number} {_PLURALS.get(noun, noun + 's')}"


def _told(changes: Sequence[Change]) -> Iterator[str]:
    """Things of a kind together."""
    groups: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.did, change.what].append(change)
    for (did, what), group in groups.items():
        if len(group) == 1:
            yield f"{_WORDS[did]} {what} {group[0]}."
        else:
            shown = ", ".join(map(str, group[:_SHOWN]))
            more = f" and {len(group) - _SHOWN} more" if len(group) > _SHOWN else ""
            yield f"{_WORDS[did]} {counted(len(group), what)}: {shown}{more}."
