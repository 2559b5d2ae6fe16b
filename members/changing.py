"""Changing e-mail or phone: a code to the new contact makes the change, the old one is told and may object.

Nothing here says whether an address is somebody else's already: such a change waits like any other, its address is
told so by a message, and no code is right for it. A phone cannot be written to from here: its change is confirmed by a
code to the account's e-mail address, or by staff who have the person before them.

After a change nothing is spent for members.holds.HOLD, unless the old contact says that it was her.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from identity import emails
from members import change_codes, contacts, history, holds, hooks, policies
from members.history import Hand
from members.models import ContactChange, Login, Member, Membership
from members.refusals import Refused
from programs import queries as programs

CODE_LIVES = timedelta(minutes=30)
TRIES = 5
ASKED_AT_MOST = 5
ASKED_WITHIN = timedelta(hours=1)
EMAIL, PHONE = ContactChange.What.EMAIL, ContactChange.What.PHONE
State = ContactChange.State
WAITING = (State.WAITING, State.TAKEN)


class SameContact(Refused):
    """It is the member's contact already."""


class NoWayToConfirm(Refused):
    """There is no address a code could be sent to: staff change it with the person before them."""

    field = "phone"


class TooManyChanges(Refused):
    """Too many codes were asked for within the hour."""


class ContactDisputed(Refused):
    """Somebody said that the last change was not theirs: until staff release it nothing else is changed."""


class WrongCode(Refused):
    """Not the code of what waits, or it is too late, or too many were tried."""

    field = "code"


def waiting(member_id: int, what: str, now: datetime) -> ContactChange | None:
    """The change whose code is awaited."""
    return ContactChange.objects.filter(
        member_id=member_id, what=what, state__in=WAITING, asked_at__gt=now - CODE_LIVES
    ).first()


def ask(*, membership: Membership, what: str, wanted: str, hand: Hand, now: datetime) -> ContactChange:
    """Let a new e-mail or phone wait for its code; an earlier one waits no more.

    Raises InvalidContact, SameContact, MasteredElsewhere, ContactDisputed, TooManyChanges, NoWayToConfirm.
    """
    with transaction.atomic():
        member = _locked(membership)
        wanted = _checked(membership, member, what, wanted, now)
        if what == PHONE and not member.email:
            raise NoWayToConfirm(_("We have no e-mail address of yours to send a code to. Ask at the desk of a store."))
        change = _place(membership, member, what, wanted, hand, now, state=_state_for(member, what, wanted))
        hooks.tell(
            "contact_code", membership_id=membership.pk, now=now, by=hand.by, field=what, change=str(change.uid),
            address=wanted if what == EMAIL else member.email, taken=change.state == State.TAKEN,
            shown=masked(what, wanted), language=member.language,
        )  # fmt: skip
    return change


def confirm(*, membership: Membership, what: str, code: str, hand: Hand, now: datetime) -> ContactChange:
    """Make the change that waits, when this is its code. Raises WrongCode; a wrong one is counted even so."""
    with transaction.atomic():
        member = _locked(membership)
        change = waiting(member.pk, what, now)
        right = change is not None and change.tries < TRIES and change_codes.fits(change.uid, code)
        if change is not None and right and change.state == State.WAITING:
            right = _made(change, membership, member, hand, now)
        elif change is not None:
            change.tries += 1
            change.save(update_fields=["tries"])
            right = False
    if change is None or not right:
        raise WrongCode(_("This is not the code, or it is no longer good. Look at the newest message, or start again."))
    return change


def set_by_staff(*, membership: Membership, what: str, wanted: str, hand: Hand, now: datetime) -> ContactChange:
    """Make a change of phone that staff confirm: the person is before them, or on that very line.

    An e-mail address signs in, so it always needs its code: ValueError. Raises as `ask` does.
    """
    if what != PHONE:
        raise ValueError("an e-mail address is confirmed by its code alone")
    with transaction.atomic():
        member = _locked(membership)
        wanted = _checked(membership, member, what, wanted, now, at_desk=True)
        change = _place(membership, member, what, wanted, hand, now, state=State.WAITING)
        _made(change, membership, member, hand, now)
    return change


def masked(what: str, contact: str) -> str:
    """As much of a contact as its owner knows it by: `c•••@example.com`, `•••• 4321`."""
    if what == EMAIL:
        mailbox, at, domain = contact.partition("@")
        return f"{mailbox[:1]}•••{at}{domain}"
    return f"•••• {contact[-4:]}"


def _locked(membership: Membership) -> Member:
    return Member.objects.select_for_update(no_key=True).get(pk=membership.member_id)


def _checked(
    membership: Membership, member: Member, what: str, wanted: str, now: datetime, *, at_desk: bool = False
) -> str:
    policies.check_may_change(member, what)
    if holds.disputed(member.pk) and not at_desk:
        raise ContactDisputed(_("A change of your account was disputed. Ask at the desk of a store."))
    market = programs.market_of(membership.program_id, membership.market_code)
    country = market.code if market else ""
    wanted = contacts.email(wanted) if what == EMAIL else contacts.phone(wanted, country)
    if not wanted:
        raise contacts.InvalidContact(what, _("Something is missing here."))
    if wanted == getattr(member, what):
        refused = SameContact(_("This is what we have already."))
        refused.field = what
        raise refused
    asked = ContactChange.objects.filter(member=member, asked_at__gt=now - ASKED_WITHIN)
    if not at_desk and asked.count() >= ASKED_AT_MOST:
        raise TooManyChanges(_("Too many codes were asked for. Wait an hour, then try again."))
    return wanted


def _state_for(member: Member, what: str, wanted: str) -> str:
    """Both questions are asked of every address, so that both answers take the same time."""
    if what != EMAIL:
        return State.WAITING
    login = Login.objects.filter(member=member).first()
    a_login = emails.is_taken(wanted, but=login.user_id if login else None)
    a_member = _proven_by_another(member, wanted)
    return State.TAKEN if a_login or a_member else State.WAITING


def _proven_by_another(member: Member, email: str) -> bool:
    others = Member.objects.filter(
        population_id=member.population_id, email=email, email_verified_at__isnull=False
    ).exclude(pk=member.pk)
    return others.exists()


def _place(
    membership: Membership, member: Member, what: str, wanted: str, hand: Hand, now: datetime, *, state: str
) -> ContactChange:
    ContactChange.objects.filter(member=member, what=what, state__in=WAITING).update(state=State.ENDED)
    return ContactChange.objects.create(
        member=member, membership=membership, what=what, wanted=wanted, old=getattr(member, what), state=state,
        door=hand.door, reason=hand.reason[:200], asked_at=now, asked_by=hand.by[:80],
    )  # fmt: skip


def _made(change: ContactChange, membership: Membership, member: Member, hand: Hand, now: datetime) -> bool:
    """Make the change; False when the address has become somebody else's meanwhile, which nobody is told."""
    try:
        with transaction.atomic():
            put(member, change.what, change.wanted, now)
    except (emails.AddressTaken, IntegrityError):
        change.state = State.TAKEN
        change.save(update_fields=["state"])
        return False
    history.keep(member, change.what, change.old, hand=hand, now=now)
    # the e-mail address signs in: one that staff gave an account which had none is held as well
    held = bool(change.old) or (change.what == EMAIL and change.door != Membership.Channel.WEB)
    change.state, change.done_at, change.held_until = State.DONE, now, now + holds.HOLD if held else None
    change.save(update_fields=["state", "done_at", "held_until"])
    hooks.tell(
        "contact_changed", membership_id=membership.pk, now=now, by=hand.by, field=change.what, held=held,
        shown=masked(change.what, change.wanted), change=str(change.uid), key=str(change.uid),
        old_address=change.old if change.what == EMAIL else "", language=member.language,
    )  # fmt: skip
    return True


def put(member: Member, what: str, value: str, now: datetime) -> None:
    """Write a contact, and let the login follow an address. Raises emails.AddressTaken, IntegrityError."""
    if what == PHONE:
        member.phone = value
        member.save(update_fields=["phone"])
        return
    login = Login.objects.filter(member=member).first()
    if login is not None and value:
        emails.follow(user_id=login.user_id, email=value)
    member.email, member.email_verified_at = value, now if value else None
    member.save(update_fields=["email", "email_verified_at"])
