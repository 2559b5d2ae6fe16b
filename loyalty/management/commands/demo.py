from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from audit import clock
from earning import summary
from loyalty import site, stack
from loyalty.demo import people, stages
from loyalty.embedded.home import Home
from programs.models import Program


class Command(BaseCommand):
    """A year of real receipts becomes points, and the site that shows them."""

    help = "load the Complete Journey year as a retailer would send it, score it in workers, and serve the site"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--households", default="300", help="how many households, or all (the default is 300)")
        parser.add_argument(
            "--dates", choices=["moved", "original"], default="moved", help="moved: the year ends last week"
        )
        parser.add_argument("--no-serve", action="store_true", help="stop after the summary")
        parser.add_argument("--json", type=Path, help="write the summary to this file")
        parser.add_argument("--fresh", action="store_true", help="throw the demo's data away and load it again")

    def handle(self, **options: Any) -> None:
        site.stop_on_signals()
        console = Console(highlight=False)
        home = Home()
        try:
            with site.stack_of(home) as processes:
                self._load(options, home, processes, console)
                if options["no_serve"]:
                    return
                address = site.start(processes, with_worker="worker" not in processes.running)
                self._invite(address, home, console)
                fallen = processes.wait()
                raise CommandError(f"{fallen} ended by itself: read {site.log_of(processes, fallen)}")
        except (site.DidNotStart, stages.NotFresh) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            console.print("stopped")

    def _load(self, options: dict[str, Any], home: Home, processes: stack.Stack, console: Console) -> None:
        folder = home.path / "demo"
        folder.mkdir(parents=True, exist_ok=True)
        kept, asked = stages.Plan.read(folder / "plan.json"), self._plan(options)
        if options["fresh"]:
            stages.start_fresh()
            kept = None
        if kept and kept.households != asked.households and not self._says_default(options):
            raise CommandError(
                f"the data of {kept.households or 'all'} households is loaded: add --fresh to load others"
            )
        plan = kept or asked
        plan.write(folder / "plan.json")
        run = stages.Stages(plan, folder, console, lambda: site.check(processes))
        if kept and stages.is_complete():
            run.migrate()
            console.print("the data of an earlier start is complete: it is used as it is (--fresh loads it again)")
        else:
            self._run(run, processes)
        document = self._summary(run, folder)
        self._print(document, console)
        if options["json"]:
            options["json"].write_text(json.dumps(document, indent=2) + "\n")

    def _plan(self, options: dict[str, Any]) -> stages.Plan:
        text = options["households"]
        if text != "all" and not (text.isdigit() and int(text) > 0):
            raise CommandError(f"--households {text}: write a number, or all", returncode=2)
        return stages.Plan.of(None if text == "all" else int(text), options["dates"], clock.now().date())

    def _says_default(self, options: dict[str, Any]) -> bool:
        return bool(options["households"] == "300")

    def _run(self, run: stages.Stages, processes: stack.Stack) -> None:
        run.timed("schema", run.migrate)
        processes.start("worker", stack.worker())
        run.timed("program", run.program)
        run.timed("products", run.products)
        run.timed("members", run.members)
        run.timed("file", run.receipts_file)
        run.timed("ingest", run.ingest)
        run.timed("score", run.score)

    def _summary(self, run: stages.Stages, folder: Path) -> dict[str, Any]:
        now = clock.now()
        program = Program.objects.get(code=stages.PROGRAM)
        document = summary.of(program, now=now)
        kept = folder / "stages.json"
        if not people.have_logins():
            first = program.memberships.order_by("number").first()
            if first is not None:
                people.give_logins(program, first.number, Home().secret("demo password")[:12], now=now)
        if "score" in run.seconds:
            quarantined = run.ingested.get("quarantined_rows", 0)
            kept.write_text(json.dumps({"quarantined": quarantined, "stages": run.seconds}))
        told: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {"quarantined": 0, "stages": {}}
        return document | told

    def _print(self, document: dict[str, Any], console: Console) -> None:
        console.print(
            f"\n[bold]{document['receipts']:,}[/] receipts, [bold]{document['lines']:,}[/] lines,"
            f" {document['quarantined']:,} rows in quarantine, {document['members']:,} members"
        )
        if document["steps"]:
            console.print("members by step: " + ", ".join(f"{code} {n:,}" for code, n in document["steps"].items()))
        table = Table(title="Points by rule", title_justify="left", box=None, padding=(0, 2, 0, 0))
        for heading, justify in (("currency", "left"), ("rule", "left"), ("granted", "right")):
            table.add_column(heading, justify=justify)  # type: ignore[arg-type]
        for currency, rules in document["points"].items():
            for rule, given in sorted(rules.items(), key=lambda one: -one[1]["granted"]):
                table.add_row(currency, rule, f"{given['granted']:,}")
        console.print(table)
        for currency, parts in document["balances"].items():
            console.print(
                f"{currency}: {parts['available']:,} available, {parts['pending']:,} pending, {parts['debt']:,} owed"
            )
        owed = ", ".join(f"{market} {amount / 100:,.2f}" for market, amount in document["liability"].items())
        console.print(f"liability: {owed}")
        if document["stages"]:
            console.print("seconds: " + ", ".join(f"{name} {taken:.2f}" for name, taken in document["stages"].items()))

    def _invite(self, address: str, home: Home, console: Console) -> None:
        table = Table(title=f"\n{address}", title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
        for heading in ("who", "address", "e-mail", "password"):
            table.add_column(heading, overflow="fold")
        for one in people.SIGN_INS:
            table.add_row(one.role, f"{address}{one.path}", one.email, home.secret("demo password")[:12])
        console.print(table)
        console.print(f"Sign-in codes and other mails are written to {home.path / 'mail'}. Ctrl-C stops all of it.")
