"""Forgetting a person: asked for, put off by a cool-off, then done once; and done again on a backup that was restored.

What goes: every personal column of every room (care.privacy.emptying), her login and its sessions, her files. Which
phones hold her card goes three days later: they are told first (members.wallets.end). What stays: the stub of the
member, her memberships and holders as numbers, consents as proof, activity and ledger as booked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from audit import trail
from care.leaving import acting, settling
from care.models import Erasure
from care.privacy import emptying, signing_out, subjects
from members import closing, hooks, households, wallets
from members.models import Closing, Membership
from members.refusals import Refused
from messaging import forgetting

COOL_OFF = timedelta(days=14)
TO_TAKE = timedelta(days=3)
"""Between settling and erasing, so that a voucher reaches whoever it is for."""
ACTOR = "system:erasure"
log = structlog.get_logger(__name__)


class AlreadyAsked(Refused):
    """This person is to be erased already."""

    field = "member"


class NothingAsked(Refused):
    """Nobody asked for this person's erasure, or it is done."""

    field = "member"


class NotSettled(Refused):
    """Points of hers are held or frozen: they are settled first."""

    field = "membership"


def ask(*, member_id: int, reason: str, now: datetime, by: str, words: str = "") -> Erasure:
    """Close every membership of a person, and erase her when the cool-off is over and the pots are settled. `words` are
    of staff, on what she asked for and how.

    Raises AlreadyAsked, and what refuses a closing (members.closing, care.leaving.acting).
    """
    with transaction.atomic():
        if asked(member_id) is not None:
            raise AlreadyAsked("erasure was asked for before")
        _close_all(member_id, now, by, settles_at=now + COOL_OFF)
        made = Erasure.objects.create(
            member_id=member_id, reason=reason, words=words[:300], asked_at=now, asked_by=by[:80],
            erases_at=now + COOL_OFF + TO_TAKE,
        )  # fmt: skip
        _told("asked", member_id, now, by, reason=reason)
    return made


def withdraw(*, member_id: int, now: datetime, by: str, own: bool = False, words: str = "") -> None:
    """Keep the person after all, and open what closed for it, as far as it is not settled. Raises NothingAsked."""
    with transaction.atomic():
        row = Erasure.objects.select_for_update().filter(member_id=member_id, state=Erasure.State.ASKED).first()
        if row is None:
            raise NothingAsked("there is nothing to take back")
        row.state, row.withdrawn_at, row.withdrawn_by = Erasure.State.WITHDRAWN, now, by[:80]
        row.save(update_fields=["state", "withdrawn_at", "withdrawn_by"])
        for membership in Membership.objects.filter(member_id=member_id, closings__state=Closing.State.OPEN):
            if membership.closings.filter(state=Closing.State.OPEN, asked_at=row.asked_at).exists():
                acting.reopen(membership_id=membership.pk, now=now, by=by, own=own, words=words)
        _told("withdrawn", member_id, now, by, **({"reason": words[:300]} if words else {}))


def asked(member_id: int) -> Erasure | None:
    """The erasure that is to come."""
    return Erasure.objects.filter(member_id=member_id, state=Erasure.State.ASKED).first()


def is_erased(member_id: int) -> bool:
    return Erasure.objects.filter(member_id=member_id, state=Erasure.State.DONE).exists()


def erase_due(*, now: datetime, goes_on: Callable[[], bool] = lambda: True, by: str = ACTOR) -> int:
    """Erase everybody whose time has come, as long as it `goes_on`; how many. Who cannot be settled yet waits."""
    done = 0
    due = Erasure.objects.filter(state=Erasure.State.ASKED, erases_at__lte=now).order_by("pk")
    for member_id in list(due.values_list("member_id", flat=True)):
        if not goes_on():
            break
        try:
            done += erase(member_id=member_id, now=now, by=by)
        except Refused as waits:
            log.warning("an erasure waits", member=member_id, reason=type(waits).__name__)
    return done


def erase_now(*, member_id: int, reason: str, now: datetime, by: str) -> None:
    """Erase without a cool-off: what another system's deletion, a replay or a term asks for. Raises NotSettled."""
    with transaction.atomic():
        if asked(member_id) is None:
            Erasure.objects.create(member_id=member_id, reason=reason, asked_at=now, asked_by=by[:80], erases_at=now)
        erase(member_id=member_id, now=now, by=by)


def erase(*, member_id: int, now: datetime, by: str) -> bool:
    """Settle her pots and forget her, in one transaction; False when that was done before. Raises NotSettled."""
    with transaction.atomic():
        row = Erasure.objects.select_for_update().filter(member_id=member_id, state=Erasure.State.ASKED).first()
        if row is None:
            return False
        subject = subjects.of(member_id)
        for one in subject.members:
            _close_all(one, now, by, settles_at=now)
        _settle_all(subject.memberships, now, by)
        for membership_id in subject.memberships:
            hooks.tell("erased", membership_id=membership_id, now=now, by=by)
        wallets.end(memberships=subject.memberships, now=now)
        files = emptying.files_of(subject)
        signing_out.forget(subject)
        forgetting.forget(membership_ids=subject.memberships, now=now, addresses=tuple(subject.addresses))
        emptying.forget_said(subject, now)
        emptying.empty(subject)
        emptying.forget_words(subject)
        emptying.forget_reasons(subject)
        row.state, row.done_at = Erasure.State.DONE, now
        row.save(update_fields=["state", "done_at"])
        _told("done", member_id, now, by)
        transaction.on_commit(lambda: emptying.delete(files))
    return True


def _close_all(member_id: int, now: datetime, by: str, settles_at: datetime) -> None:
    """Close what is open, and let no leaving settle later than this; households are left first."""
    Closing.objects.filter(membership__member_id=member_id, state=Closing.State.OPEN, settles_at__gt=settles_at).update(
        settles_at=settles_at
    )
    rows = Membership.objects.filter(member_id=member_id).exclude(status=Membership.Status.CLOSED)
    for membership_id in rows.values_list("pk", flat=True):
        _leave_household(membership_id, now, by)
        acting.close(membership_id=membership_id, reason="privacy", now=now, by=by, settles_at=settles_at)


def _leave_household(membership_id: int, now: datetime, by: str) -> None:
    if closing.in_household(membership_id):
        households.leave(membership_id=membership_id, now=now, by=by)


def _settle_all(memberships: list[int], now: datetime, by: str) -> None:
    for membership_id in memberships:
        settling.settle(membership_id=membership_id, now=now, by=by)
        if closing.open_closing(membership_id) is not None:
            raise NotSettled("points are held or frozen")


def _told(what: str, member_id: int, now: datetime, by: str, **data: str) -> None:
    trail.record(action=f"erasure.{what}", actor=by, obj=("member", member_id), at=now, data=data)
