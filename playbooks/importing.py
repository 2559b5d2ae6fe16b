"""A playbook becomes a program: rows made or changed, the rulebook published; all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import IntegrityError, transaction

from audit import trail
from playbooks import checking, promises, reading, rows
from playbooks.checking import Checked
from playbooks.report import Report, Version
from programs import products
from programs.models import Population, Program
from rules_engine import queries, rulebooks
from values import periods


class ImportedMeanwhile(Exception):
    """Somebody else was changing the same program. Nothing was changed here."""


def import_file(path: Path, *, now: datetime, by: str, draft: bool = False) -> Report:
    """Import the playbook in a file. Raises InvalidPlaybook, ImportedMeanwhile, rulebooks.PublishedMeanwhile."""
    return import_checked(checking.check(reading.read_file(path)), now=now, by=by, draft=draft)


def import_checked(checked: Checked, *, now: datetime, by: str, draft: bool = False) -> Report:
    """Import a playbook that was checked. With `draft` only what is missing is made and the rules wait for approval:
    nothing that members notice changes.

    Raises InvalidPlaybook when it contradicts what is there, ImportedMeanwhile, rulebooks.PublishedMeanwhile.
    """
    playbook = checked.playbook
    report = Report(playbook.program.code, draft, warnings=checked.warnings)
    try:
        with transaction.atomic():
            putting = rows.Putting(checked, report.changes, now=now, change=not draft)
            program = putting.put_program()
            if playbook.products:
                report.products = _put_products(checked, program.population, now)
            promises.put(checked, program, report.changes, now=now, by=by, change=not draft)
            report.versions = list(_publish(checked, program, now=now, by=by, draft=draft))
            if report.changed:
                data = {"sentences": list(report.sentences())[:20], "file": checked.document.file}
                trail.record(action="playbook.imported", actor=by, obj=("program", program.pk), at=now, data=data)
    except IntegrityError as collision:
        raise ImportedMeanwhile("somebody else is changing this program at the moment: try again") from collision
    return report


def _put_products(checked: Checked, catalogue: Population, now: datetime) -> int:
    rows_ = [
        {
            "sku": product.sku,
            "name": product.name or product.sku,
            "category": product.category,
            "brand": product.brand,
            "tags": list(product.tags),
            "attributes": dict(product.attributes),
        }
        for product in checked.playbook.products
    ]
    return products.upsert(catalogue_id=catalogue.pk, rows=rows_, now=now)


def _publish(checked: Checked, program: Program, *, now: datetime, by: str, draft: bool) -> Iterator[Version]:
    """The program's rulebook, and one for each market that has other rules, other weeks, or other midnights."""
    playbook = checked.playbook
    home = playbook.markets[0]
    with_own = {version.market_code for version in queries.rulebooks_for(program.pk)}
    places: list[tuple[str | None, str]] = [(None, home.timezone)]
    for market in playbook.markets:
        other_day = playbook.valid_from is not None and market.timezone != home.timezone
        if market.code in checked.rulebooks or market.code in with_own or other_day:
            places.append((market.code, market.timezone))
    for market_code, zone in places:
        content = checked.rulebooks[None] if market_code is None else checked.rulebook_of(market_code)
        published = rulebooks.publish(
            program=program,
            content=content,
            valid_from=None if playbook.valid_from is None else periods.begins_at(playbook.valid_from, zone),
            now=now,
            by=by,
            market_code=market_code,
            draft=draft,
        )
        yield Version(published, len(content.rules))
