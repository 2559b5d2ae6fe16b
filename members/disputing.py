"""What the old contact answers to a change: it was me, and spending goes on; or it was not, and everything stops.

"Not me" puts the old contact back, ends every session of the login and blocks spending until staff have spoken with the
person. Answers come by a signed link, signed out, and a second click changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from audit import trail
from identity import emails
from members import changing, history, holds
from members.history import Hand
from members.models import ContactChange, Login, Member

State = ContactChange.State


def found(uid: str) -> ContactChange | None:
    """The change of a link, with whose it is."""
    return ContactChange.objects.filter(uid=uid).select_related("member", "membership__program").first()


def was_me(*, uid: str, now: datetime) -> ContactChange | None:
    """The old contact says that it was her: nothing is held any more. None when there is nothing left to say."""
    with transaction.atomic():
        change = ContactChange.objects.select_for_update().filter(uid=uid, state=State.DONE, disputed_at=None).first()
        if change is not None and change.confirmed_at is None:
            change.confirmed_at = now
            change.save(update_fields=["confirmed_at"])
            _record("confirmed_on_the_old", change, "link", now)
    return change


def was_not_me(*, uid: str, now: datetime) -> ContactChange | None:
    """Put the old contact back and block spending; None once the change was confirmed from there."""
    with transaction.atomic():
        rows = ContactChange.objects.select_for_update().filter(uid=uid, confirmed_at=None)
        change = rows.filter(state__in=[State.DONE, State.REVERTED]).first()
        if change is None or change.disputed_at is not None:
            return change
        member = Member.objects.select_for_update(no_key=True).get(pk=change.member_id)
        _put_back(change, member, now)
        ContactChange.objects.filter(member=member, state__in=changing.WAITING).update(state=State.ENDED)
        login = Login.objects.filter(member=member).first()
        if login is not None:
            emails.lock_out(user_id=login.user_id, since=change.asked_at)
        change.disputed_at = now
        change.save(update_fields=["disputed_at", "state"])
        _record("disputed", change, "link", now)
    return change


def release(*, member_id: int, hand: Hand, now: datetime) -> bool:
    """Staff have spoken with the person: nothing is held or disputed any more. False when nothing was."""
    with transaction.atomic():
        open_ones = [
            row
            for row in ContactChange.objects.select_for_update().filter(holds.of(member_id), released_at=None)
            if row.disputed_at or (row.state == State.DONE and row.held_until and row.held_until > now)
        ]
        for change in open_ones:
            change.released_at, change.released_by = now, hand.by[:80]
            change.save(update_fields=["released_at", "released_by"])
            _record("released", change, hand.by, now, reason=hand.reason)
    return bool(open_ones)


def is_stopped(member_id: int, now: datetime) -> bool:
    """Whether there is anything to release."""
    return holds.is_held(member_id, now)


def _put_back(change: ContactChange, member: Member, now: datetime) -> None:
    """What was there before; where the address has become somebody else's, staff find another way."""
    before = getattr(member, change.what)
    try:
        with transaction.atomic():
            if change.old or change.what == changing.PHONE:
                changing.put(member, change.what, change.old, now)
    except (emails.AddressTaken, IntegrityError):
        return
    change.state = State.REVERTED
    history.keep(member, change.what, before, hand=Hand("link", "web", "not me"), now=now)


def _record(what: str, change: ContactChange, by: str, now: datetime, **data: str) -> None:
    trail.record(
        action=f"members.contact_{what}", actor=by, obj=("member", change.member_id), at=now,
        data={"what": change.what, **data},
    )  # fmt: skip
