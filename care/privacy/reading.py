"""The same archive for people: what they look for first, in their language, and the rest as the tables hold it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats, translation
from django.utils.translation import gettext as _

from activity.models import Activity, Attribution
from care.privacy.gathering import Rows
from care.privacy.subjects import Subject
from ledger import queries as ledger
from members import consents
from members.models import Card, Member, Membership
from programs import queries as programs
from programs.models import ProductState
from rewards import queries as rewards
from values import texts
from values.money import minor_exponent

MOST = 5_000
"""Receipts in the readable page; the file for machines has all."""


@dataclass(frozen=True)
class Section:
    """A table to read: its title, the heads of its columns, its rows."""

    title: str
    heads: list[str]
    rows: list[list[str]]


def sections_of(subject: Subject, now: datetime) -> list[Section]:
    """What a person looks for, in the language in force; sections without rows are left out."""
    found = [_profile(subject)]
    for row in Membership.objects.filter(pk__in=subject.memberships).select_related("program"):
        found += _of_membership(row, now)
    return [section for section in found if section.rows]


def raw_sections(tables: dict[str, Rows]) -> list[Section]:
    """Everything else, as the tables hold it."""
    return [
        Section(name, list(rows[0]), [[_cell(value) for value in row.values()] for row in rows[:MOST]])
        for name, rows in tables.items()
    ]


def _profile(subject: Subject) -> Section:
    rows = []
    for row in Member.objects.filter(pk__in=subject.members):
        rows += [
            [_("Name"), f"{row.first_name} {row.last_name}".strip()],
            [_("E-mail"), row.email], [_("Phone"), row.phone],
            [_("Birth"), _day(row.birth_date) if row.birth_date else ""], [_("Language"), row.language],
        ]  # fmt: skip
    return Section(_("You"), [], [row for row in rows if row[1]])


def _of_membership(row: Membership, now: datetime) -> list[Section]:
    market = programs.market_of(row.program_id, row.market_code)
    zone = ZoneInfo(market.timezone if market else "UTC")
    name = texts.in_language(row.program.names, translation.get_language() or "en", row.program.code)
    holder = row.holders.filter(until_at=None).first()
    return [
        Section(name, [], [[_("Number"), row.number], [_("Member since"), _moment(row.joined_at, zone)]]),
        Section(_("Cards"), [], [[card.number, _moment(card.issued_at, zone)] for card in _cards(row)]),
        Section(
            _("What you agreed to"), [],
            [[f"{one.purpose} {one.channel}", _("yes") if one.granted else _("no"), _moment(one.at, zone)]
             for one in consents.latest(row.member_id)],
        ),
        _points(row, holder.holder_id if holder else 0, now),
        Section(
            _("Vouchers"), [_("Code"), _("Worth"), _("Until")],
            [[one.code or "", _money(one.value, one.money), _day(one.expires_on) if one.expires_on else ""]
             for one in (rewards.vouchers_of(row.pk, now) if holder else [])],
        ),
        _receipts(row, zone),
    ]  # fmt: skip


def _cards(row: Membership) -> Any:
    return Card.objects.filter(membership=row).order_by("issued_at")


def _points(row: Membership, holder_id: int, now: datetime) -> Section:
    currencies = {one.id: one for one in programs.currencies_of(row.program_id)}
    language = translation.get_language() or "en"
    rows = []
    for one in ledger.balances(holder_id, now):
        if (unit := currencies.get(one.currency_id)) is not None:
            sums = [one.available, one.pending, one.debt]
            written = [_money(each, unit.money) if unit.kind == "cash" else str(each) for each in sums]
            rows.append([texts.in_language(unit.names, language, unit.code), *written])
    return Section(_("Points"), ["", _("To spend"), _("Not yet"), _("Owed")], rows)


def _receipts(row: Membership, zone: ZoneInfo) -> Section:
    mine = Attribution.objects.filter(membership_id=row.pk, ended_at=None).order_by("-occurred_on")
    ids = list(mine.values_list("activity_id", flat=True)[:MOST])
    receipts = Activity.objects.filter(activity_id__in=ids).order_by("-occurred_at")
    states = ProductState.objects.in_bulk({state for one in receipts for state in one.states})
    rows = [
        [
            _moment(one.occurred_at, zone), one.external_id, _money(one.net, one.currency),
            "; ".join(states[state].name or states[state].sku for state in one.states if state in states),
        ]
        for one in receipts
    ]  # fmt: skip
    return Section(_("Receipts"), [_("When"), _("Number"), _("Paid"), _("What")], rows)


def _money(amount: int, money: str) -> str:
    places = minor_exponent(money)
    return f"{formats.number_format(Decimal(amount).scaleb(-places), places)} {money}"


def _day(day: Any) -> str:
    return str(formats.date_format(day, "DATE_FORMAT"))


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return str(formats.date_format(at.astimezone(zone), "DATETIME_FORMAT"))


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
