"""What became of records: each is counted once, points by where they are now, and lines tell what was not taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from replication.records import Record
from replication.refusals import RecordRefused

COUNTS = (
    "created", "matched", "changed", "unchanged", "deleted", "late", "repeated", "conflicting", "refused",
)  # fmt: skip
"""Every record is one of these; together they are the records of the file."""

POINTS = ("lots", "said", "here", "late", "withheld", "opened", "corrected", "asserted", "booked")
"""Of one currency, in smallest units but for `lots`: said in the file = here + late + withheld; `opened` and
`corrected` were posted now; `asserted` is what these members' lots come to by the system, `booked` by the ledger."""


@dataclass(frozen=True)
class Told:
    """A line of the report."""

    line: int | None
    external_id: str
    outcome: str
    reason: str
    field: str = ""
    detail: str = ""


@dataclass
class Outcome:
    counts: Counter[str] = field(default_factory=Counter)
    points: dict[int, Counter[str]] = field(default_factory=dict)
    lines: list[Told] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        self.counts.update(other.counts)
        self.lines += other.lines
        for currency_id, sums in other.points.items():
            self.points.setdefault(currency_id, Counter()).update(sums)

    def count(self, record: Record, what: str, place: str) -> None:
        """The record's outcome, and where its points are: here, late or withheld."""
        self.counts[what] += 1
        for lot in record.lots:
            sums = self.points.setdefault(lot.currency_id, Counter())
            sums["lots"] += 1
            sums["said"] += lot.amount
            sums[place] += lot.amount

    def refuse(self, record: Record, why: RecordRefused) -> None:
        self.count(record, "refused", "withheld")
        self.lines.append(Told(record.line, record.external_id, "refused", why.reason, why.field, why.detail))

    def refuse_line(self, line: int, external_id: str, why: RecordRefused) -> None:
        """A record that could not even be read: what it says of points is not known."""
        self.counts["refused"] += 1
        self.lines.append(Told(line, external_id, "refused", why.reason, why.field, why.detail))

    def ask(self, record: Record, fields: Iterable[str], reason: str) -> None:
        self.lines += [Told(record.line, record.external_id, "conflicting", reason, name) for name in fields]

    def move(self, currency_id: int, what: str, amount: int) -> None:
        self.points.setdefault(currency_id, Counter())[what] += amount

    @property
    def records(self) -> int:
        return sum(self.counts[name] for name in COUNTS)

    def as_json(self) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
        counts = {name: self.counts[name] for name in COUNTS}
        return counts, {str(currency): dict(sums) for currency, sums in self.points.items()}

    @classmethod
    def of_json(cls, counts: dict[str, int], points: dict[str, Any]) -> Outcome:
        return cls(Counter(counts), {int(currency): Counter(sums) for currency, sums in points.items()})
