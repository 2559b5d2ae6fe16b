"""Adjustments as the desk shows them: those that wait for another person, and those of one member."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import get_language

from backoffice import opening, staff_names
from backoffice.doors import Desk
from care import terms, words
from care.models import Adjustment
from identity import rights
from members.models import Membership
from members.policies import selves_of
from members.scoping import in_scopes
from values import texts
from web import pots

MOST = 100


@dataclass(frozen=True)
class Asked:
    """A request for an adjustment. `own`: this person asked, or it is her own account, so another one decides."""

    id: int
    member: str
    public_id: str
    number: str
    currency: str
    amount: str
    value: str
    taken: bool
    reason: str
    words: str
    by: str
    at: datetime
    until: datetime | None
    state: str
    state_label: str
    answer: str
    case_id: int | None
    own: bool


def waiting(desk: Desk) -> list[Asked]:
    """What waits in this person's scopes, the oldest first."""
    rows = _waiting(desk).select_related("membership__member").order_by("asked_at")
    return _told(desk, list(rows[:MOST]))


def awaited(desk: Desk) -> QuerySet[Adjustment]:
    """What waits for this person's own word: what she asked for herself is another's to decide."""
    return _waiting(desk).exclude(asked_by=desk.actor)


def decided(desk: Desk) -> list[Asked]:
    """What was decided last."""
    rows = _visible(desk).exclude(state=Adjustment.State.WAITING).exclude(decided_at=None)
    return _told(desk, list(rows.select_related("membership__member").order_by("-decided_at")[:20]))


def one(desk: Desk, adjustment_id: int) -> Asked:
    """One request; 404 when it is none of this person's to decide."""
    row = _visible(desk).select_related("membership__member").filter(pk=adjustment_id).first()
    if row is None:
        raise Http404
    opening.opened(desk, row.membership.public_id, action="points.approve")
    return _told(desk, [row])[0]


def _waiting(desk: Desk) -> QuerySet[Adjustment]:
    return _visible(desk).filter(state=Adjustment.State.WAITING, expires_at__gt=desk.now)


def _visible(desk: Desk) -> QuerySet[Adjustment]:
    inside = in_scopes(rights.scopes(desk.user, "points.approve"))
    rows = Adjustment.objects.filter(program=desk.program)
    return rows.filter(membership__in=Membership.objects.filter(inside, program=desk.program)) if inside else rows


def _told(desk: Desk, rows: list[Adjustment]) -> list[Asked]:
    opening.showed(desk, [row.membership_id for row in rows])
    names = staff_names.of(row.asked_by for row in rows)
    units, reasons = pots.units_of(desk.program.pk), terms.of(desk.program.pk).reasons
    language, formats = get_language() or "en", desk.formats
    own = selves_of(desk.user, {row.membership.member_id for row in rows})
    return [
        Asked(
            id=row.pk,
            member=str(row.membership.member),
            public_id=row.membership.public_id,
            number=row.membership.number,
            currency=units[row.currency_id].code,
            amount=units[row.currency_id].write(formats, row.amount, signed=True),
            value=formats.money(row.value, row.money),
            taken=row.amount < 0,
            reason=texts.in_language(reasons.get(row.reason, {}), language, row.reason),
            words=row.words,
            by=names[row.asked_by],
            at=row.asked_at,
            until=row.expires_at,
            state=row.state,
            state_label=words.label(words.ADJUSTED, row.state),
            answer=row.answer,
            case_id=row.case_id,
            own=row.asked_by == desk.actor or row.membership.member_id in own,
        )
        for row in rows
    ]
