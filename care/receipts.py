"""Giving a member a receipt she says is hers: found among what came, or landed on evidence; credited once.

A claimed receipt is written down per program before anything is given, and a second claim of it waits for the first
and is refused. It lands under the number and source of the till that made it, so that the till's own later sending
meets the same key: the same content is a duplicate, other content is kept in quarantine, and neither is credited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from activity import assigning
from activity.models import Activity, ActivityKey, Attribution, Bearer, Kind, Quarantine
from care import terms
from care.models import Case, ReceiptClaim
from care.refusals import AlreadyCredited, AnothersReceipt, InQuarantine, NotInThisState, ReceiptUnknown, TooLate
from members import numbers
from members.models import Card, Membership, MembershipHolder
from programs import queries as programs
from programs.models import Source
from values import periods

MINE, NOBODYS, ANOTHERS = "mine", "nobodys", "anothers"


@dataclass(frozen=True)
class Found:
    """A receipt that came under the number asked for. `whose` as this member sees it: mine, nobodys or anothers."""

    activity_id: int
    occurred_on: date
    occurred_at: datetime
    source_id: int
    number: str
    store_id: int | None
    net: int
    money: str
    whose: str


@dataclass(frozen=True)
class Evidenced:
    """A receipt that never came, as it is read off the evidence. `lines`: (sku, quantity, amount) as written there."""

    source_code: str
    store_code: str
    number: str
    occurred_at: str
    lines: Sequence[tuple[str, str, str]]


def find(membership: Membership, number: str) -> list[Found]:
    """Purchases of the program's sources under this number, the latest first: two tills may use one number."""
    rows = numbered(membership.program_id, number).filter(kind=Kind.PURCHASE)
    return [_found(row, membership) for row in rows[:20]]


def hers(membership: Membership, number: str) -> int:
    """The activity of a purchase of this number that is the member's. Raises ReceiptUnknown."""
    mine = next((one for one in find(membership, number) if one.whose == MINE), None)
    if mine is None:
        raise ReceiptUnknown(_("This receipt is not the member’s."))
    return mine.activity_id


def numbered(program_id: int, number: str) -> QuerySet[Activity]:
    """All that came under this number from the program's sources, the latest first, by the key that makes it one."""
    keys = ActivityKey.objects.filter(source_id__in=_sources_of(program_id), external_id=number.strip())
    ids = list(keys.values_list("activity_id", flat=True))
    return Activity.objects.filter(activity_id__in=ids).order_by("-occurred_at")


def waits_in_quarantine(program_id: int, number: str) -> bool:
    """Whether a receipt of this number came and could not land."""
    rows = Quarantine.objects.filter(source_id__in=_sources_of(program_id), receipt_id=number.strip())
    return rows.filter(program_id=program_id, state__in=["open", "fixed"]).exists()


def _sources_of(program_id: int) -> list[int]:
    return list(Source.objects.filter(programs=program_id).values_list("pk", flat=True))


def attach(*, case: Case, activity_id: int, now: datetime, by: str) -> ReceiptClaim:
    """Give the case's member a receipt that came; earning scores it under the rulebook of its day.

    Runs in the caller's transaction. Raises ReceiptUnknown, TooLate, AlreadyCredited, AnothersReceipt.
    """
    membership = case.membership
    row = Activity.objects.filter(activity_id=activity_id, kind=Kind.PURCHASE).first()
    if row is None:
        raise ReceiptUnknown(_("No receipt of this number came. Check the number, or take it from the evidence."))
    _check_window(case, row.occurred_on)
    claim = _claim(case, row.source_id, row.external_id, row.activity_id, row.occurred_on, now)
    with connection.cursor() as cursor:  # whose it is stands still from here on
        cursor.execute(
            "SELECT 1 FROM attribution WHERE activity_id = %s AND program_id = %s AND ended_at IS NULL FOR UPDATE",
            [activity_id, case.program_id],
        )
    whose = _whose(row, membership)
    if whose == MINE:
        raise AlreadyCredited(_("This receipt is the member’s already. Its points stand in the movements."))
    if whose == ANOTHERS:
        raise AnothersReceipt(_("This receipt belongs to another member. It is not moved by a claim."))
    _assign(case, activity_id, now, by)
    return claim


def land(*, case: Case, evidenced: Evidenced, now: datetime, by: str) -> ReceiptClaim:
    """Land a receipt that never came, as its evidence says, and give it to the case's member.

    Runs in the caller's transaction. Raises ReceiptUnknown (no evidence, or it cannot be read), TooLate, InQuarantine,
    AlreadyCredited.
    """
    if not case.files.filter(removed_at=None).exists():
        raise ReceiptUnknown(_("No receipt of this number came. Attach a picture of the receipt first."))
    if waits_in_quarantine(case.program_id, evidenced.number):
        raise InQuarantine(_("This receipt came and could not be read. Mend it in the quarantine instead."))
    from activity import single  # frames, only where something lands

    source = Source.objects.filter(code=evidenced.source_code, programs=case.program_id).first()
    if source is None or not evidenced.lines:
        raise ReceiptUnknown(_("Say which till the receipt is from, and what was bought."))
    rows = [_row(evidenced, membership=case.membership, line=line) for line in evidenced.lines]
    outcome = single.land_one(rows, source=source, program=case.program, now=now, keep=False)
    if outcome.state == "quarantined" and outcome.reason == "DifferentContent":
        raise AlreadyCredited(_("A receipt of this number came with other content. Find it by its number."))
    if outcome.state == "quarantined" or outcome.activity_id is None or outcome.occurred_on is None:
        raise ReceiptUnknown(_("The receipt cannot be read: %(why)s.") % {"why": outcome.detail or outcome.field})
    if outcome.state == "duplicate":
        raise AlreadyCredited(_("This receipt came already. Find it by its number."))
    if outcome.occurred_on > periods.day_of(now, _zone(case)):
        raise ReceiptUnknown(_("The receipt is of a day to come. Check its date."))
    _check_window(case, outcome.occurred_on)
    claim = _claim(case, source.pk, evidenced.number, outcome.activity_id, outcome.occurred_on, now)
    _assign(case, outcome.activity_id, now, by)
    return claim


def _assign(case: Case, activity_id: int, now: datetime, by: str) -> None:
    try:
        assigning.assign(
            program=case.program, activity_id=activity_id, membership_id=case.membership_id,
            reason=f"case {case.pk}", now=now, by=by,
        )  # fmt: skip
    except assigning.MembershipClosed:
        raise NotInThisState(_("This member has left the program: nothing is credited.")) from None
    except assigning.UnknownReceipt:
        raise ReceiptUnknown(_("No receipt of this number came. Check the number.")) from None


def _claim(case: Case, source_id: int, number: str, activity_id: int, day: date, now: datetime) -> ReceiptClaim:
    """Write the claim down; a rival waits here for the first to end. Raises AlreadyCredited."""
    try:
        with transaction.atomic():
            return ReceiptClaim.objects.create(
                program_id=case.program_id, source_id=source_id, receipt=number, activity_id=activity_id,
                occurred_on=day, membership_id=case.membership_id, case=case, at=now,
            )  # fmt: skip
    except IntegrityError:
        raise AlreadyCredited(_("This receipt was credited by another case already.")) from None


def _check_window(case: Case, day: date) -> None:
    """The window is measured on the day the case was opened: our own slowness takes nothing from a member."""
    days = terms.of(case.program_id).claim_days
    asked_on = periods.day_of(case.opened_at, _zone(case))
    if asked_on - day > timedelta(days=days):
        raise TooLate(_("The receipt was older than %(days)s days when the case was opened.") % {"days": days})


def _zone(case: Case) -> str:
    market = programs.market_of(case.program_id, case.membership.market_code)
    return market.timezone if market else "UTC"


def _row(evidenced: Evidenced, *, membership: Membership, line: tuple[str, str, str]) -> dict[str, str]:
    sku, quantity, amount = line
    return {
        "receipt_id": evidenced.number.strip(), "occurred_at": evidenced.occurred_at, "store": evidenced.store_code,
        "member": membership.number, "sku": sku, "quantity": quantity, "gross": amount,
    }  # fmt: skip


def _found(row: Activity, membership: Membership) -> Found:
    return Found(
        row.activity_id, row.occurred_on, row.occurred_at, row.source_id, row.external_id, row.store_id, row.net,
        row.currency, _whose(row, membership),
    )  # fmt: skip


def _whose(row: Activity, membership: Membership) -> str:
    """Whose a receipt is, by attribution; one that waits may still name another member's card or number."""
    told = Attribution.objects.filter(
        activity_id=row.activity_id, program_id=membership.program_id, ended_at=None
    ).first()  # fmt: skip
    if told is not None and told.membership_id is not None:
        holder = MembershipHolder.objects.filter(membership=membership, until_at=None).values_list(
            "holder_id", flat=True
        )
        mine = told.membership_id == membership.pk or told.holder_id in set(holder)
        return MINE if mine else ANOTHERS
    bearer = Bearer.objects.filter(bearer_id=row.bearer_id).first() if row.bearer_id else None
    return NOBODYS if bearer is None or not _names_another(bearer, membership) else ANOTHERS


def _names_another(bearer: Bearer, membership: Membership) -> bool:
    """Whether the card or number the till read is somebody else's of this program."""
    others = []
    if bearer.card:
        cards = Card.objects.filter(program_id=membership.program_id, number__iexact=numbers.as_read(bearer.card))
        others += list(cards.exclude(membership=None).values_list("membership_id", flat=True))
    if bearer.member:
        named = Membership.objects.filter(
            program_id=membership.program_id, number__iexact=numbers.as_read(bearer.member)
        )  # fmt: skip
        others += list(named.values_list("pk", flat=True))
    return bool(others) and membership.pk not in others
