"""The reconciliation report: what went in, what came of it, whether sums before are sums after. Read, never written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from programs.models import Currency
from replication.models import Line, Run
from replication.outcomes import COUNTS, POINTS, Outcome
from replication.runs import so_far

COLUMNS = ("line", "external_id", "outcome", "reason", "field", "detail")
_LEADS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Sum:
    """Points of one currency, in its smallest units: said = here + late + withheld, asserted = booked."""

    currency: str
    scale: int
    money: str
    lots: int
    said: int
    here: int
    late: int
    withheld: int
    opened: int
    corrected: int
    asserted: int
    booked: int

    @property
    def adds_up(self) -> bool:
        return self.said == self.here + self.late + self.withheld and self.asserted == self.booked


@dataclass(frozen=True)
class Report:
    """A run and its sums; while it is open, those of the chunks taken so far."""

    run: Run
    records: int
    counts: dict[str, int]
    points: list[Sum]
    missing: dict[str, Any]

    @property
    def adds_up(self) -> bool:
        return self.records == sum(self.counts.values()) and all(one.adds_up for one in self.points)


def of(run: Run) -> Report:
    """The report of a run."""
    total = so_far(run) if run.state == Run.State.OPEN else Outcome.of_json(run.counts, run.points)
    records = total.records if run.records is None else run.records
    counts = {name: total.counts[name] for name in COUNTS}
    return Report(run, records, counts, _sums(run, total), run.missing)


def _sums(run: Run, total: Outcome) -> list[Sum]:
    currencies = {one.pk: one for one in Currency.objects.filter(program_id=run.system.program_id)}
    return [
        Sum(currencies[number].code, currencies[number].scale, currencies[number].money,
            **{name: sums[name] for name in POINTS})
        for number, sums in sorted(total.points.items()) if number in currencies
    ]  # fmt: skip


def csv_lines(run: Run) -> Iterator[str]:
    """The lines of a run as CSV, a header first; what a spreadsheet would run is quoted away."""
    yield _written(COLUMNS)
    for row in Line.objects.filter(run=run).order_by("pk").values_list(*COLUMNS).iterator(2000):
        yield _written(["" if value is None else _harmless(str(value)) for value in row])


def _harmless(text: str) -> str:
    return "'" + text if text.startswith(_LEADS) else text


def _written(row: Any) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(row)
    return out.getvalue()
