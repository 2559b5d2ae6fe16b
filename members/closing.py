"""A membership is closed and, until its pot is settled, opened again as it was. Afterwards staff open it empty.

Closed at once: it earns nothing (members.matching), receives nothing, and spends only where its program leaves the pot
open for a while. What becomes of the points is settled by a room above (care.leaving) when `settles_at` has come.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from audit import trail
from members import hooks
from members.models import Closing, Household, Membership, MembershipHolder
from members.refusals import Refused
from programs import queries as programs
from programs.terms import Closing as Terms
from values import periods

REASONS = ("moved", "unused", "messages", "privacy", "service", "other")
LONGEST = timedelta(days=366)


class AlreadyClosed(Refused):
    """The membership is closed."""

    field = "membership"


class NotClosed(Refused):
    """The membership is not closed: there is nothing to open."""

    field = "membership"


class InHousehold(Refused):
    """The membership pools its points with others: it leaves the household first."""

    field = "household"


class SettledAlready(Refused):
    """What was in the pot is settled; staff alone open the membership again, empty."""

    field = "membership"


class Suspended(Refused):
    """A suspended member does not leave alone: staff decide."""

    field = "membership"


@dataclass(frozen=True)
class Choice:
    """What a program does with a pot: `pot`, and the moment at which it does."""

    pot: str
    settles_at: datetime
    spend_until: datetime | None


def terms_of(program_id: int) -> Terms:
    """The program's setting, with the house's defaults."""
    return Terms.model_validate(programs.settings_of(program_id).get("closing") or {})


def choice_of(program_id: int, now: datetime) -> Choice:
    """What leaving now would mean for the points, and when it is settled."""
    terms = terms_of(program_id)
    days = max(terms.cool_off_days, terms.grace_days) if terms.pot == "grace" else terms.cool_off_days
    settles_at = now + min(timedelta(days=days), LONGEST)
    return Choice(terms.pot, settles_at, settles_at if terms.pot == "grace" else None)


def close(
    *, membership_id: int, reason: str, now: datetime, by: str, words: str = "", own: bool = False,
    settles_at: datetime | None = None, channel: str = "",
) -> Closing:  # fmt: skip
    """Close a membership. `own`: the person's own act; `settles_at`: earlier than the program's, for an erasure;
    `channel`: through which it came, where that decides who hears of it.

    Raises AlreadyClosed, InHousehold, and Suspended where a suspended person leaves alone.
    """
    with transaction.atomic():
        row = locked(membership_id)
        if row.status == Membership.Status.CLOSED:
            raise AlreadyClosed("the membership is closed")
        if own and row.status == Membership.Status.SUSPENDED:
            raise Suspended("the membership is suspended")
        if in_household(membership_id):
            raise InHousehold("the membership is in a household")
        choice = choice_of(row.program_id, now)
        closing = Closing.objects.create(
            membership=row, status_before=row.status, pot=choice.pot, reason=reason, words=words[:300], asked_at=now,
            asked_by=by[:80], settles_at=min(choice.settles_at, settles_at or choice.settles_at),
        )  # fmt: skip
        _become(row, Membership.Status.CLOSED)
        _told("closed", closing, now, by, channel, pot=choice.pot)
    return closing


def reopen(*, membership_id: int, now: datetime, by: str, own: bool = False, words: str = "") -> Membership:
    """Open a closed membership: as it was while nothing is settled, active and empty afterwards (staff alone). `words`
    say why, in the trail.

    The caller looks afterwards for receipts that waited (`activity.attribution.rematch`). Raises NotClosed,
    SettledAlready.
    """
    with transaction.atomic():
        row = locked(membership_id)
        if row.status != Membership.Status.CLOSED or row.merged_into_id is not None:
            raise NotClosed("the membership is not closed")
        closing = latest(membership_id)
        if closing is not None and closing.state == Closing.State.OPEN:
            closing.state, closing.reopened_at, closing.reopened_by = Closing.State.REOPENED, now, by[:80]
            closing.save(update_fields=["state", "reopened_at", "reopened_by"])
            _become(row, closing.status_before)
        elif own:
            raise SettledAlready("the pot is settled")
        else:
            if closing is not None:
                closing.reopened_at, closing.reopened_by = now, by[:80]
                closing.save(update_fields=["reopened_at", "reopened_by"])
            _become(row, Membership.Status.ACTIVE)
        data = {"reason": words[:300]} if words else {}
        trail.record(action="members.reopened", actor=by, obj=("membership", membership_id), at=now, data=data)
        hooks.tell("reopened", membership_id=membership_id, now=now, by=by)
    return row


def settled(closing: Closing, outcome: dict[str, dict[str, int]], now: datetime, by: str) -> None:
    """Write down what became of the pot, in the transaction that did it; the membership is locked."""
    closing.state, closing.settled_at, closing.outcome = Closing.State.SETTLED, now, outcome
    closing.save(update_fields=["state", "settled_at", "outcome"])
    _told("settled", closing, now, by, outcome=outcome)


def locked(membership_id: int) -> Membership:
    """The membership, locked as redemptions lock it: closing, spending and settling come one after another."""
    return Membership.objects.select_for_update(no_key=True, of=("self",)).get(pk=membership_id)


def latest(membership_id: int) -> Closing | None:
    """The last leaving of a membership, whatever became of it."""
    return Closing.objects.filter(membership_id=membership_id).order_by("-pk").first()


def open_closing(membership_id: int) -> Closing | None:
    """The leaving that is not settled and not taken back."""
    return Closing.objects.filter(membership_id=membership_id, state=Closing.State.OPEN).first()


def spends_what_is_left(row: Membership, now: datetime) -> bool:
    """Whether a closed membership may still spend: its program leaves the pot open for a while."""
    rows = Closing.objects.filter(membership=row, state=Closing.State.OPEN, pot=Closing.Pot.GRACE, settles_at__gt=now)
    return row.status == Membership.Status.CLOSED and rows.filter(status_before=Membership.Status.ACTIVE).exists()


def due(now: datetime, limit: int = 100, after: int = 0) -> list[tuple[int, int]]:
    """(closing, membership) of leavings whose time has come, in order."""
    rows = Closing.objects.filter(state=Closing.State.OPEN, settles_at__lte=now, pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", "membership_id")[:limit])


def in_household(membership_id: int) -> bool:
    """Whether a membership earns into the pots of a household."""
    now_in = MembershipHolder.objects.filter(membership_id=membership_id, until_at=None).values("holder_id")
    return Household.objects.filter(holder_id__in=now_in).exists()


def _become(row: Membership, status: str) -> None:
    row.status = status
    row.save(update_fields=["status"])


def _told(what: str, closing: Closing, now: datetime, by: str, channel: str = "", **data: object) -> None:
    trail.record(
        action=f"members.{what}", actor=by, obj=("membership", closing.membership_id), at=now,
        data={"closing": closing.pk, "reason": closing.reason, **data},
    )  # fmt: skip
    row = closing.membership
    market = programs.market_of(row.program_id, row.market_code)
    until = periods.day_of(closing.settles_at, market.timezone if market else "UTC")
    hooks.tell(
        what, membership_id=row.pk, now=now, by=by, closing=closing.pk, pot=closing.pot, path="me/leave/",
        until=until.isoformat() if closing.settles_at > now else "",
        spends=closing.pot == Closing.Pot.GRACE and closing.status_before == Membership.Status.ACTIVE,
        **({"channel": channel} if channel else {}),
    )  # fmt: skip
