"""Two memberships of one program that are one person's become one: value by postings, everything else by a pointer.

The kept one has the points of both (100 and 200 are 300, lots keep their dates, debt follows), the cards, and what
the other did counts as its own (`absorbed`): its receipts, limits, vouchers. The gone one is closed and points at it.
Nothing is rewritten, so that it can be undone while what was brought is still there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from audit import trail
from ledger import families, holders, parting, stilling
from ledger import queries as ledger
from ledger.parting import Share
from ledger.posting import WalletFrozen
from ledger.succession import HoldsOpen
from members import hooks, inheriting, persons, pooling, seats
from members.models import Card, Membership, Merge
from members.pooling import PotsFrozen, PotsHeld
from members.refusals import Refused

UNDO_WITHIN = timedelta(days=30)
PARTING = "unmerging"
"""Told before a merge is undone: whoever knows that it must not be raises TooLate."""


class NotOnePerson(Refused):
    """The two are the same membership, or of two programs."""

    field = "gone"


class AlreadyMerged(Refused):
    """One of the two was merged with another meanwhile."""

    field = "gone"


class NotMergeable(Refused):
    """One of the two is closed or suspended: that is decided first."""

    field = "gone"


class InOtherHousehold(Refused):
    """The one to be closed shares a household's pots: it leaves first, or the two change places."""

    field = "gone"


class TooLate(Refused):
    """A merge is undone within 30 days, once, and before the kept one was merged or pooled itself."""


class NotWhole(Refused):
    """Not all that was brought is still there. `shares` says what could go back."""

    def __init__(self, shares: list[Share]) -> None:
        super().__init__("some of it is gone")
        self.shares = shares


def absorbed(membership_id: int) -> list[int]:
    """The memberships for which this one stands, itself first."""
    return list(pooling.kin_of(membership_id).memberships)


def standing_for(membership: Membership) -> Membership:
    """The membership that stands for this one: itself, or the one it was merged into."""
    return membership.merged_into or membership


def standing_now(membership: Membership) -> Membership:
    """As `standing_for`, under the lock that a merge takes: what is written for it comes before a merge, or after."""
    row = pooling.locked([membership.pk])[membership.pk]
    return membership if row.merged_into is None else row.merged_into


def check(kept: Membership, gone: Membership) -> None:
    """Raises NotOnePerson, AlreadyMerged, NotMergeable, InOtherHousehold; open redemptions show only in `merge`."""
    if kept.pk == gone.pk or kept.program_id != gone.program_id:
        raise NotOnePerson("two memberships of one program")
    if kept.merged_into_id or gone.merged_into_id:
        raise AlreadyMerged("one of the two was merged meanwhile")
    stopped = {Membership.Status.CLOSED, Membership.Status.SUSPENDED}
    if kept.status in stopped or gone.status in stopped:
        raise NotMergeable("closed or suspended")
    holder_id = pooling.holder_of(gone.pk)
    if seats.of_holder(holder_id) is not None and holder_id != pooling.holder_of(kept.pk):
        raise InOtherHousehold("the other is in a household")


@transaction.atomic
def merge(*, kept_id: int, gone_id: int, reason: str = "", now: datetime, by: str) -> Merge:
    """Let one membership have all of another, which is closed. Both locked in order: of two merges at once, one wins.

    Raises as `check` does, pooling.PotsFrozen, pooling.PotsHeld, and what is raised at pooling.LEAVING.
    """
    rows = pooling.locked([kept_id, gone_id])
    kept, gone = rows[kept_id], rows[gone_id]
    check(kept, gone)
    old, new = pooling.leaving(gone, now, by), pooling.holder_of(kept_id)
    before = {"joined_at": kept.joined_at.isoformat()} | inheriting.join(kept, gone, now)
    moved, olds = _value(kept, old, new, now, by) if old != new else ({}, [])
    cards = list(Card.objects.filter(membership=gone).order_by("pk").values_list("pk", flat=True))
    Card.objects.filter(pk__in=cards).update(membership=kept)
    status = gone.status
    _close(kept, gone)
    pooling.follow(membership=gone, holder_id=new, now=now)
    person = persons.join(kept.member, gone.member, kept.program_id, now)
    done = Merge.objects.create(
        program_id=kept.program_id, kept=kept, gone=gone, kept_holder_id=new, gone_holder_id=old, holders=olds,
        gone_status=status, moved=moved, cards=cards, person=person | before, at=now, by=by, reason=reason[:300],
    )  # fmt: skip
    _told("members.merged", "merged", done, now, by, holder_ids=[old, new])
    return done


@transaction.atomic
def undo(*, merge_id: int, partly: bool = False, now: datetime, by: str) -> list[Share]:
    """Make two of one again: cards, login and answers go back, and of the value what is still there.

    Where some of it was spent or has died, that stays, and `partly` has to be said. Returns what there was to give
    back. Raises TooLate, NotWhole, pooling.PotsFrozen, pooling.PotsHeld.
    """
    done = Merge.objects.select_for_update(no_key=True).get(pk=merge_id)
    rows = pooling.locked([done.kept_id, done.gone_id])
    kept, gone = rows[done.kept_id], rows[done.gone_id]
    check_undo(done, kept, gone, now)
    hooks.tell(PARTING, membership_id=kept.pk, now=now, by=by, gone=gone.pk)
    own, shares = _value_back(done, now, by)
    if not partly and not whole(done, shares):
        raise NotWhole(shares)
    Card.objects.filter(pk__in=done.cards, membership=kept).update(membership=gone)
    gone.status, gone.merged_into = done.gone_status, None
    gone.save(update_fields=["status", "merged_into"])
    earlier = Merge.objects.filter(kept=gone, undone_at=None).values("gone_id")
    Membership.objects.filter(pk__in=earlier, merged_into=kept).update(merged_into=gone)
    kept.joined_at = datetime.fromisoformat(done.person["joined_at"])
    kept.save(update_fields=["joined_at"])
    pooling.instead(membership=gone, holder_id=own)
    inheriting.part(kept, gone, done.person)
    persons.part(kept.member, gone.member, done.person, now)
    done.undone_at, done.undone_by = now, by
    done.undone = {str(one.currency_id): [one.there, one.debt] for one in shares}
    done.save(update_fields=["undone_at", "undone_by", "undone"])
    _told("members.unmerged", "unmerged", done, now, by, holder_ids=[own, done.kept_holder_id])
    return shares


def check_undo(done: Merge, kept: Membership, gone: Membership, now: datetime) -> None:
    """Raises TooLate."""
    over = done.undone_at is not None or now >= done.at + UNDO_WITHIN
    if over or gone.merged_into_id != kept.pk or pooling.holder_of(kept.pk) != done.kept_holder_id:
        raise TooLate("this merge can no longer be undone")


def shares_of(done: Merge, now: datetime) -> list[Share]:
    """What of the brought value is there, for looking at before undoing."""
    currency_ids = pooling.currencies_of(done.program_id)
    return parting.shares(olds=done.holders, holder_id=done.kept_holder_id, currency_ids=currency_ids, now=now)


def whole(done: Merge, shares: list[Share]) -> bool:
    """Whether nothing that was brought was spent, repaid or died since, and what was owed is owed."""
    owed = {int(currency_id): debt for currency_id, (_, debt) in done.moved.items() if debt}
    return not any(share.gone for share in shares) and all(
        {share.currency_id: share.debt for share in shares}.get(currency_id, 0) >= debt
        for currency_id, debt in owed.items()
    )


def _value(
    kept: Membership, old: int, new: int, now: datetime, by: str
) -> tuple[dict[str, list[int]], list[int]]:  # fmt: skip
    """Move it; what moved by currency, and the holders for whom the kept one's stands from now on."""
    stilling.hold_still(holder_ids=[old, new], currency_ids=pooling.currencies_of(kept.program_id))
    had = {
        str(pot.currency_id): [pot.available + pot.pending, pot.debt]
        for pot in ledger.balances(old, now)
        if pot.available or pot.pending or pot.debt
    }
    with connection.cursor() as cursor:
        earlier = sorted(one for one, heir in families.heirs_around(cursor, [old]).items() if heir == old)
    pooling.give(old=old, new=new, program_id=kept.program_id, now=now, by=by)
    return had, [old, *earlier]


def _value_back(done: Merge, now: datetime, by: str) -> tuple[int, list[Share]]:
    """The holder the gone one has from now on, and what it was given back; the household's, where they share one."""
    if not done.holders:
        return done.kept_holder_id, []
    (own,) = holders.open(now=now)
    try:
        shares = parting.part(
            olds=done.holders, holder_id=done.kept_holder_id, to=own,
            currency_ids=pooling.currencies_of(done.program_id), now=now, by=by,
        )  # fmt: skip
    except WalletFrozen as refused:
        raise PotsFrozen(refused.reason) from None
    except HoldsOpen:
        raise PotsHeld("points are set aside for a redemption") from None
    return own, shares


def _close(kept: Membership, gone: Membership) -> None:
    gone.status, gone.merged_into = Membership.Status.CLOSED, kept
    gone.save(update_fields=["status", "merged_into"])
    Membership.objects.filter(merged_into=gone).update(merged_into=kept)
    if gone.joined_at < kept.joined_at:
        kept.joined_at = gone.joined_at
        kept.save(update_fields=["joined_at"])


def _told(action: str, what: str, done: Merge, now: datetime, by: str, *, holder_ids: list[int]) -> None:
    data: dict[str, Any] = {"kept": done.kept_id, "gone": done.gone_id, "moved": done.moved, "reason": done.reason}
    trail.record(action=action, actor=by, obj=("membership", done.kept_id), at=now, data=data)
    hooks.tell(
        what, membership_id=done.kept_id, now=now, by=by, gone=done.gone_id, merged_at=done.at, holder_ids=holder_ids,
        program_id=done.program_id,
    )  # fmt: skip
