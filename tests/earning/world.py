"""A program from playbook text, members, and receipts that go the real way: validated, landed, marked.

Import as `from tests.earning import world`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from activity import single, sources
from earning import journey
from earning.models import Award
from ledger import queries as pots
from members import enrolment
from playbooks import checking, importing, reading
from programs import queries as programs
from programs.models import Program, Source
from rules_engine import queries as rulebooks

BY = "test"
PLAYBOOK = """\
version: 1
{top}
program: {{code: club, name: {{en: Club, fr: Le club}}, population: people}}
banners: [{{code: maison, name: Maison}}]
markets:
  - {{code: FR, currency: EUR, languages: [fr, en], timezone: Europe/Paris}}
  - {{code: US, currency: USD, languages: [en], timezone: America/New_York}}
stores:
  - {{code: s1, banner: maison, market: FR, name: Bastille}}
  - {{code: u1, banner: maison, market: US, name: Union Square}}
currencies:
  - {{code: points, name: {{en: points, fr: points}}, expiry: {{months: 12}}{points}}}
  - {{code: status, name: {{en: status, fr: statut}}, kind: status}}
  - {{code: pot, name: {{en: pot, fr: cagnotte}}, kind: cash, money: EUR, pending: {{days: 2}}}}
settings: {{earn_before_joining: {before}, late_lives_days: {late}}}
rules:
{rules}
{bottom}
"""
BASE = "- {code: base, trigger: purchase, earn: {per_amount: {points: 1}}}"


@dataclass
class World:
    """The program and who sends it activity; members by the number they were given."""

    program: Program
    source: Source
    holders: dict[str, int]

    def enrol(self, number: str, *, now: datetime, **fields: Any) -> int:
        """A member of that number; the holder's id."""
        made = enrolment.enrol(
            program=self.program, now=now, by=BY, member_number=number,
            **{"channel": "store", "market_code": "FR", **fields},
        )  # fmt: skip
        self.holders[number] = made.holders.get().holder_id
        return self.holders[number]

    def buy(
        self, receipt: str, at: str, *lines: tuple[str, Any], member: str | None = "anna", now: datetime, **fields: Any
    ) -> int:
        """Land a receipt of (sku, amount) lines, one unit each, at a local moment; the activity's id."""
        head = {"receipt_id": receipt, "occurred_at": at, "store": "s1", "member": member and _number(member), **fields}
        rows = [{**head, "sku": sku, "quantity": "1", "gross": str(amount)} for sku, amount in lines]
        outcome = single.land_one(rows or [head], source=self.source, program=self.program, now=now)
        assert outcome.state == "landed", outcome
        return int(outcome.activity_id or 0)

    def balances(self, member: str, now: datetime) -> dict[str, int]:
        """currency code -> what may be spent now."""
        codes = {currency.id: currency.code for currency in programs.currencies_of(self.program.pk)}
        return {codes[one.currency_id]: one.available for one in pots.balances(self.holders[_number(member)], now)}


def _number(member: str) -> str:
    return f"{member}-0001"


def make(rules: str, *, now: datetime, members: Iterable[str] = ("anna",), **more: Any) -> World:
    """A program with these rules (YAML, one a line) and members; see `publish` for the rest."""
    program = publish(rules, now=now, **more)
    source, _ = sources.source_for("tills", program=program, now=now, by=BY)
    world = World(program, source, {})
    for member in members:
        world.enrol(_number(member), now=now)
    return world


def publish(
    rules: str, *, now: datetime, top: str = "", points: str = "", before: str = "true", late: int = 0, bottom: str = ""
) -> Program:
    """Import the playbook with these rules: a new program, or a new version of its rulebook."""
    indented = "\n".join(f"  {line}" for line in rules.strip().splitlines())
    text = PLAYBOOK.format(rules=indented, top=top, points=points, before=before, late=late, bottom=bottom)
    importing.import_checked(checking.check(reading.read(text.encode(), "club.yaml")), now=now, by=BY)
    program = programs.program_by_code("club")
    assert program is not None
    return program


def drained(now: datetime, *, limit: int = journey.BATCH) -> int:
    """Work until nothing waits, insisting that nothing fails; the number of activities scored."""
    total = 0
    while done := journey.work(now=now, first_bucket=0, limit=limit):
        assert not done.failed, done.failed
        total += done.activities
    return total


def given(world: World, *activities: int) -> dict[str, int]:
    """rule code -> points posted for these activities, or for all; zeros left out."""
    codes = rulebooks.rule_codes(world.program.pk)
    awards = Award.objects.filter(activity_id__in=activities) if activities else Award.objects.all()
    found: dict[str, int] = {}
    for award in awards:
        found[codes[award.rule_id]] = found.get(codes[award.rule_id], 0) + award.posted
    return {code: points for code, points in found.items() if points}


def awards() -> list[tuple[Any, ...]]:
    """Every award but its revision, by receipt number, which does not hang on the order of landing."""
    return rows(
        "SELECT k.external_id, rule.code, award.currency_id, award.wanted, award.target, award.posted"
        " FROM award JOIN activity_key k USING (activity_id) JOIN rule ON rule.id = award.rule_id ORDER BY 1, 2"
    )


def rows(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is told and then undone, so that a test lives many lives."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def count(table: str) -> int:
    return int(rows(f"SELECT count(*) FROM {table}")[0][0])
