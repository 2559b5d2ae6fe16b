"""The demo, stage by stage. Each can be run again: what is there already is left as it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from audit import clock
from earning.models import Mark
from loyalty import owner
from loyalty.demo import journey_data, people
from loyalty.demo.journey_data import Household
from programs.models import Program, Store

PLAYBOOK = Path(__file__).with_name("playbook.yaml")
PROGRAM, POPULATION, SOURCE = "fidelio", "fidelio", "journey"
ACTOR = "command:demo"
RING_AGAIN = 10.0  # seconds


class NotFresh(RuntimeError):
    """The database holds something that the demo did not put there."""


@dataclass(frozen=True)
class Plan:
    """What the demo loads: kept beside the data, so that a second start goes on with the same."""

    households: int | None
    moved_by_days: int

    def write(self, path: Path) -> None:
        path.write_text(json.dumps({"households": self.households, "moved_by_days": self.moved_by_days}))

    @classmethod
    def read(cls, path: Path) -> Plan | None:
        if not path.exists():
            return None
        return cls(**json.loads(path.read_text()))

    @classmethod
    def of(cls, households: int | None, dates: str, today: date) -> Plan:
        return cls(households, 0 if dates == "original" else journey_data.weeks_to(today).days)

    @property
    def moved_by(self) -> timedelta:
        return timedelta(days=self.moved_by_days)


class Stages:
    """Runs the stages one after the other, with the time each took."""

    def __init__(self, plan: Plan, folder: Path, console: Console, check: Callable[[], None] = lambda: None) -> None:
        self.check_workers = check
        self.plan = plan
        self.folder = folder
        self.console = console
        self.seconds: dict[str, float] = {}
        self.households: list[Household] = []
        self.ingested: dict[str, Any] = {}

    def timed(self, name: str, stage: Callable[[], str]) -> None:
        """Run a stage and print what it says with its time."""
        begun = time.monotonic()
        said = stage()
        self.seconds[name] = round(time.monotonic() - begun, 3)
        self.console.print(f"  {name:<10} {self.seconds[name]:7.2f} s  {said}", highlight=False)

    def migrate(self) -> str:
        call_command("migrate", verbosity=0)
        return "the schema is up to date"

    def program(self) -> str:
        """Import the playbook, as marketing would."""
        from playbooks import importing

        importing.import_file(PLAYBOOK, now=clock.now(), by=ACTOR)
        program = Program.objects.get(code=PROGRAM)
        stores = Store.objects.filter(banner__programs=program).count()
        return f"{program.names.get('en', program.code)}: {program.banners.count()} banners, {stores} stores"

    def products(self) -> str:
        path = self.folder / "products.csv"
        count = journey_data.write_products(path)
        call_command("products", str(path), population=POPULATION, stdout=_Silent())
        return f"{count:,} products"

    def members(self) -> str:
        """Enrol the households with their cards, and give the demo's people their logins."""
        self.households = journey_data.households(self.plan.households)
        program = Program.objects.get(code=PROGRAM)
        begun = datetime(2017, 1, 1, tzinfo=UTC) + self.plan.moved_by
        people.enrol_households(program, self.households, joined_at=begun, now=clock.now())
        return f"{len(self.households):,} households enrolled, each with a card"

    def receipts_file(self) -> str:
        receipts, lines = journey_data.write_receipts(self._file, self.households, moved_by=self.plan.moved_by)
        return f"{receipts:,} receipts, {lines:,} lines in {self._file.name}"

    @property
    def _file(self) -> Path:
        return self.folder / "receipts.csv"

    def ingest(self) -> str:
        """Take the file in as a retailer's would be."""
        from activity import commands

        counts = commands.ingest_with_progress(
            self._file,
            source_code=SOURCE,
            program=Program.objects.get(code=PROGRAM),
            mapping_path=None,
            dry_run=False,
            now=clock.now(),
            console=self.console,
        )
        self.ingested = counts.as_json()
        return f"{self.ingested['receipts']:,} receipts, {self.ingested['quarantined_rows']:,} rows in quarantine"

    def score(self) -> str:
        """Wait for the workers, with a bar of what still waits."""
        from earning import bells

        bells.ring()
        waiting, rung = Mark.objects.count(), time.monotonic()
        columns = (
            TextColumn("  scoring   "),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}/s"),
            TimeElapsedColumn(),
        )
        begun, most = time.monotonic(), waiting
        with Progress(*columns, console=self.console, transient=True) as bar:
            task = bar.add_task("", total=most, rate="")
            while waiting:
                time.sleep(0.2)
                waiting = Mark.objects.count()
                most = max(most, waiting)
                if time.monotonic() - rung > RING_AGAIN:  # no timetable runs yet: what failed once waits for a bell
                    bells.ring()
                    rung = time.monotonic()
                rate = (most - waiting) / max(time.monotonic() - begun, 0.001)
                bar.update(task, total=most, completed=most - waiting, rate=f"{rate:,.0f}")
                self.check_workers()
                self._check_nobody_is_set_aside()
        return "everything is scored"

    def _check_nobody_is_set_aside(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT holder_id, quarantined_reason FROM claim WHERE quarantined_reason IS NOT NULL LIMIT 1"
            )
            row = cursor.fetchone()
        if row:
            raise RuntimeError(f"holder {row[0]} was set aside: {row[1]}")


class _Silent:
    def write(self, _text: str) -> None:
        """A stage says what it did in a line of its own."""

    def flush(self) -> None:
        """Nothing is kept."""


def is_complete() -> bool:
    """Whether an earlier start loaded everything: its file is closed and nothing waits to be scored."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('inbound_file') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT count(*) FROM inbound_file WHERE state = 'closed'")
        closed = cursor.fetchone()[0]
    return bool(closed) and not Mark.objects.exists() and Program.objects.filter(code=PROGRAM).exists()


def start_fresh() -> None:
    """Empty the demo's database. Raises NotFresh when it holds another program than the demo's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('program') IS NOT NULL")
        if cursor.fetchone()[0]:
            others = list(Program.objects.exclude(code=PROGRAM).values_list("code", flat=True))
            if others:
                raise NotFresh(
                    f"this database also holds {', '.join(others)}: --fresh would drop it. Use another database."
                )
    connection.close()
    with owner.connect() as owning:
        owning.execute("DROP SCHEMA public CASCADE")
        owning.execute("CREATE SCHEMA public")
