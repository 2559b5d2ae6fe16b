"""Points given or taken by hand: at once within a ceiling, above it when another person says yes.

A ceiling is what a role may adjust alone, in the market's money, by act and by day of the market. Whoever has several
roles has the highest. Amounts given and taken count alike; a currency without a value in money counts a hundredth of
money a unit, so that no currency is without a ceiling.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from audit import trail
from care import cases, policies, terms
from care.models import Adjustment, Case, CaseEvent
from care.refusals import FourEyes, NotInThisState, NoWords, OutOfTime, UnknownReason
from earning import summary
from identity.models import User
from ledger import posting
from members.models import Membership, MembershipHolder
from programs import lifetimes
from programs import queries as programs
from values import periods
from values.money import minor_exponent

State = Adjustment.State
SOURCE = "adjustment"
"""`source_type` of the posting; its number is the adjustment's."""
_MINE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_NOT_VALUED = Decimal("0.01")


@dataclass(frozen=True)
class Room:
    """What a person may still adjust alone, in minor units of `money`: by this act, and today."""

    act: int
    today: int
    money: str

    def allows(self, value: int) -> bool:
        return value <= self.act and value <= self.today


def ask(
    *, membership: Membership, currency: programs.Currency, amount: int, reason: str, words: str, key: uuid.UUID,
    user: User, now: datetime, case: Case | None = None,
) -> Adjustment:  # fmt: skip
    """Adjust a pot by `amount` smallest units, or ask for it where it is above the person's ceiling (`state` says).

    The same key again answers as before. Raises OwnAccount, UnknownReason, NoWords, InsufficientPoints, ValueError, and
    NotInThisState for a credit to whoever left.
    """
    by = f"user:{user.pk}"
    policies.check_acts_on_another(by, membership)
    if amount == 0:
        raise ValueError("nothing to adjust")
    if reason not in terms.of(membership.program_id).reasons:
        raise UnknownReason(_("Choose a reason of the list."))
    if not words.strip():
        raise NoWords
    _check_can_have(membership, amount)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MINE, [f"adjustments {by}"])  # two acts at once see each other's part of the day
        before = Adjustment.objects.filter(key=key).first()
        if before is not None:
            return before
        value, money = value_of(membership, currency, amount)
        row = Adjustment(
            program_id=membership.program_id, membership=membership, currency_id=currency.id, amount=amount,
            value=value, money=money, reason=reason, words=words.strip()[:300], case=case, key=key, asked_at=now,
            asked_by=by, state=State.WAITING,
        )  # fmt: skip
        if room_of(user, membership, now).allows(value):
            _post(row, now, by)
        else:
            row.expires_at = now + timedelta(days=terms.REQUEST_LIVES_DAYS)
            row.save()
            _note(row, CaseEvent.What.REQUESTED, now, by)
            _record("asked", row, now, by)
    return row


def approve(*, adjustment_id: int, user: User, now: datetime, words: str = "") -> Adjustment:
    """Let what was asked for be posted. Raises FourEyes, OwnAccount, NotInThisState, OutOfTime, InsufficientPoints."""
    by = f"user:{user.pk}"
    with transaction.atomic():
        row = _waiting(adjustment_id, by, now)
        _check_can_have(row.membership, row.amount)
        row.decided_at, row.decided_by, row.answer = now, by, words.strip()[:300]
        _post(row, now, by)
        if row.case is not None and row.case.state in policies.LIVING:
            cases.solve(
                case_id=row.case.pk, words="", outcome="adjust", now=now, by=row.asked_by, data={"adjustment": row.pk}
            )
    return row


def refuse(*, adjustment_id: int, user: User, words: str, now: datetime) -> Adjustment:
    """Say no, and why. Raises FourEyes, OwnAccount, NotInThisState, OutOfTime, NoWords."""
    by = f"user:{user.pk}"
    if not words.strip():
        raise NoWords
    with transaction.atomic():
        row = _waiting(adjustment_id, by, now)
        row.state, row.decided_at, row.decided_by, row.answer = State.REFUSED, now, by, words.strip()[:300]
        row.save(update_fields=["state", "decided_at", "decided_by", "answer"])
        _note(row, CaseEvent.What.NOTE, now, by)
        _record("refused", row, now, by)
    return row


def let_expire(*, now: datetime) -> int:
    """End requests nobody decided in time; how many."""
    return Adjustment.objects.filter(state=State.WAITING, expires_at__lte=now).update(state=State.EXPIRED)


def room_of(user: User, membership: Membership, now: datetime) -> Room:
    """What this person may still adjust alone for this member."""
    market = programs.market_of(membership.program_id, membership.market_code)
    money, zone = (market.currency, market.timezone) if market else ("EUR", "UTC")
    act, day = _ceiling(user, membership, money)
    midnight = periods.begins_at(periods.day_of(now, zone), zone)
    done = Adjustment.objects.filter(
        asked_by=f"user:{user.pk}", money=money, state=State.POSTED, decided_at=None, asked_at__gte=midnight
    ).aggregate(sum=Sum("value"))["sum"]  # what another person let is not the asker's own
    return Room(act, max(0, day - (done or 0)), money)


def value_of(membership: Membership, currency: programs.Currency, amount: int) -> tuple[int, str]:
    """What an amount is worth where the member lives, without its sign: (minor units, money), rounded up."""
    market = programs.market_of(membership.program_id, membership.market_code)
    money = market.currency if market else "EUR"
    worth = summary.worth(currency, abs(amount), membership.market_code, money)
    if worth == 0:
        worth = _NOT_VALUED * abs(amount) * 10 ** minor_exponent(money)
    return int(worth.to_integral_value(ROUND_UP)), money


def _ceiling(user: User, membership: Membership, money: str) -> tuple[int, int]:
    """The highest of the person's roles whose scope reaches the member; nothing without one."""
    from identity.rights import Scope
    from members.scoping import scope_of

    ceilings, place = terms.of(membership.program_id).ceilings, scope_of(membership)
    roles = {
        grant.role
        for grant in user.grants.all()
        if Scope(grant.banner_code, grant.market_code, grant.store_code).covers(place)
    }
    if user.is_superuser:
        roles.add("administrator")
    held = [ceilings[role].minor(money) for role in roles if role in ceilings]
    return max(act for act, _day in held) if held else 0, max(day for _act, day in held) if held else 0


def _check_can_have(membership: Membership, amount: int) -> None:
    """Whoever left has no use for points; what was given by mistake is still taken back."""
    if amount > 0 and membership.status == Membership.Status.CLOSED:
        raise NotInThisState(_("This member has left the program: nothing is credited."))


def _waiting(adjustment_id: int, by: str, now: datetime) -> Adjustment:
    """The request, locked after its case, as whoever ends the case does."""
    asked = Adjustment.objects.filter(pk=adjustment_id)
    list(Case.objects.select_for_update().filter(pk__in=asked.values("case_id")))
    row = (
        Adjustment.objects.select_for_update(of=("self",)).select_related("membership", "case").get(pk=adjustment_id)
    )  # fmt: skip
    policies.check_acts_on_another(by, row.membership)
    if row.asked_by == by:
        raise FourEyes(_("You asked for this yourself: another person decides."))
    if row.state != State.WAITING:
        raise NotInThisState(_("Somebody was faster: this is decided."))
    if row.expires_at is not None and row.expires_at <= now:
        raise OutOfTime(_("This request has expired. Ask again."))
    return row


def _post(row: Adjustment, now: datetime, by: str) -> None:
    """Move the points; a debit takes what is spendable or nothing. The key is the request's, so it moves once."""
    holder = MembershipHolder.objects.get(membership_id=row.membership_id, until_at=None).holder_id
    row.save()  # its number is the posting's cause
    posted = posting.adjust(
        holder_id=holder, currency_id=row.currency_id, amount=row.amount, key=f"adjustment:{row.key}", now=now,
        actor=by, expires_at=_dies_at(row, now), channel="desk", source_type=SOURCE, source_id=row.pk,
        cost_centre=f"reason:{row.reason}",
    )  # fmt: skip
    row.state, row.posting_id = State.POSTED, posted.posting_id
    row.save(update_fields=["state", "posting_id"])
    _record("posted", row, now, by)


def _dies_at(row: Adjustment, now: datetime) -> datetime | None:
    """Points given by hand live as those earned today."""
    if row.amount < 0:
        return None
    currency = next(one for one in programs.currencies_of(row.program_id) if one.id == row.currency_id)
    market = programs.market_of(row.program_id, row.membership.market_code)
    zone = market.timezone if market else "UTC"
    return lifetimes.dies_at(currency.expiry, periods.day_of(now, zone), zone)


def _note(row: Adjustment, what: str, now: datetime, by: str) -> None:
    if row.case is not None:
        cases.write(row.case, what, now=now, by=by, words=row.answer, data={"adjustment": row.pk})


def _record(what: str, row: Adjustment, now: datetime, by: str) -> None:
    data: dict[str, Any] = {"membership": row.membership_id, "amount": row.amount, "reason": row.reason}
    trail.record(action=f"adjustment.{what}", actor=by, obj=("adjustment", row.pk), at=now, data=data)
