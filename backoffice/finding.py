"""What else the one box finds where nobody has what was typed: a case by its number, a receipt by its own.

A case is said on the telephone as "12", "#12" or "case 12", in any language of ours. A receipt is found by the whole
number that is printed on it, through the key by which activity is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from activity.models import Activity, Attribution, Kind
from backoffice import casework, queries
from backoffice.casework import CaseRow
from backoffice.doors import Desk
from backoffice.queries import Found
from care import receipts
from care.models import Case
from identity.rights import Scope
from members.models import Membership
from members.scoping import scope_of
from programs.models import Store
from web import movements, people

_CASE = re.compile(r"(?:(?:case|request|dossier|demande)\s*)?(?:n[°ºo]?\.?\s*|#\s*)?(\d{1,9})", re.IGNORECASE)
_SAYS_CASE = re.compile(r"\s*(?:case|request|dossier|demande|n[°ºo]|#)", re.IGNORECASE)
MOST_RECEIPTS = 10


@dataclass(frozen=True)
class FoundReceipt:
    """A receipt; `href` leads to its line among the member's movements, and is empty where it is nobody's yet."""

    number: str
    kind: str
    at: datetime
    place: str
    total: str
    member: str
    membership_id: int | None
    href: str


@dataclass(frozen=True)
class Findings:
    """All that the box found; `there` is where to go at once, where one thing alone can be meant, and `shown` are the
    memberships whose names the page shows beside those of `members`."""

    members: list[Found]
    case: CaseRow | None
    receipts: list[FoundReceipt]
    there: str
    shown: list[int]


def find(desk: Desk, text: str, limit: int) -> Findings:
    """Members first, then the case of that number, and only where there is neither, receipts."""
    said_case = _SAYS_CASE.match(text) is not None
    row = _case(desk, text)
    case = casework.row_of(desk, row) if row else None
    members = [] if case and said_case else queries.search(desk, text, limit)
    sure = [one for one in members if one.exact]
    found = _receipts(desk, text) if not sure and case is None else []
    there = ""
    if case and not members:
        there = case.href
    elif len(members) == 1 and sure and case is None:
        there = reverse("backoffice:member", args=[members[0].public_id])
    elif len(found) == 1 and not members:
        there = found[0].href
    named = [one.membership_id for one in found if one.membership_id] + ([row.membership_id] if row else [])
    return Findings(members, case, found, there, named)


def _case(desk: Desk, text: str) -> Case | None:
    """The case of this number, if it is this person's to see."""
    said = _CASE.fullmatch(text.strip())
    return casework.named(desk, int(said[1])) if said is not None and desk.may_see_cases else None


def _receipts(desk: Desk, text: str) -> list[FoundReceipt]:
    """Receipts of this number whose member, or whose store where they are nobody's, is in this person's scopes."""
    number = text.strip()
    if not any(letter.isdigit() for letter in number) or "@" in number:
        return []
    rows = {row.activity_id: row for row in receipts.numbered(desk.program.pk, number)[:MOST_RECEIPTS]}
    told = Attribution.objects.filter(activity_id__in=rows, program_id=desk.program.pk, ended_at=None)
    whose = {one.activity_id: one.membership_id for one in told}
    members = Membership.objects.select_related("member", "home_store", "home_banner").in_bulk(
        [pk for pk in whose.values() if pk]
    )
    stores = Store.objects.select_related("banner").in_bulk([row.store_id for row in rows.values() if row.store_id])
    found = (
        _shown(desk, row, members.get(whose[key] or 0), stores.get(row.store_id or 0))
        for key, row in rows.items()
        if key in whose
    )
    return [one for one in found if one is not None]


def _shown(desk: Desk, row: Activity, membership: Membership | None, store: Store | None) -> FoundReceipt | None:
    if membership is None:
        place = Scope(store.banner.code, store.market_code, store.code) if store else Scope()
        if not desk.may("cases.work", place):
            return None
    elif not desk.may("members.see", scope_of(membership)):
        return None
    return FoundReceipt(
        number=row.external_id,
        kind=movements.kind_label(Kind(row.kind).name.lower()),
        at=row.occurred_at,
        place=people.store_name(store),
        total=desk.formats.money(row.net, row.currency) if row.kind in (Kind.PURCHASE, Kind.RETURN) else "",
        member=str(membership.member) if membership else _("nobody’s yet"),
        membership_id=membership.pk if membership else None,
        href=_among_movements(row, membership) if membership else "",
    )


def _among_movements(row: Activity, membership: Membership) -> str:
    there = reverse("backoffice:member", args=[membership.public_id])
    return f"{there}?before={row.occurred_on:%Y-%m}&why={row.activity_id}#movements"
