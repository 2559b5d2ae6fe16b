"""Asking somebody into a household, by e-mail or by number, and the answer.

Nobody learns who is a member here: an unknown number is taken like a known one, and then nobody answers. The token of
the link follows from our key and the invitation's name, and stands in no table.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction

from audit import trail
from members import contacts, hooks, households, numbers, pooling, seats, writing
from members.models import Household, Invitation, Membership
from members.refusals import Refused
from programs.models import Program

LASTS = timedelta(days=14)
MOST_OPEN = 10
MOST_A_DAY = 20
_signer = signing.Signer(salt="members.inviting")


class TooManyInvitations(Refused):
    """As many are open, or were sent today, as one household may."""

    field = "to"


class InvitationOver(Refused):
    """It was answered, withdrawn, or came to its end."""


def token_of(public_id: str) -> str:
    """What the link in the message carries."""
    return _signer.sign(public_id)


@transaction.atomic
def invite(*, household: Household, to: str, membership_id: int | None, now: datetime, by: str) -> Invitation:
    """Ask whoever has this e-mail address or member number. `membership_id`: who asks; None: staff, for the head.

    Raises households.NotInIt, HouseholdGone, HouseholdFull, NotAnAdult, TooManyInvitations, contacts.InvalidContact.
    """
    current = households.locked(household.pk)
    sitting = {seat.membership.pk: seat.membership for seat in seats.seats_of(current)}
    asking = sitting.get(membership_id) if membership_id is not None else current.head
    if asking is None:
        raise households.NotInIt("only who is in it invites")
    seats.check_adult(asking, now)
    if len(sitting) >= seats.most_of(asking.program):
        raise households.HouseholdFull(f"at most {seats.most_of(asking.program)}")
    _check_count(current, now)
    address, invited = _whom(asking.program, to)
    invitation = Invitation.objects.create(
        public_id=writing.public_id(), household=current, sent_to=address or numbers.as_read(to)[:254], invited=invited,
        by=by, at=now, expires_at=now + LASTS,
    )  # fmt: skip
    trail.record(action="households.invited", actor=by, obj=("household", current.pk), at=now, data={})
    hooks.tell(
        "household_invited", membership_id=invited.pk if invited else asking.pk, now=now, by=by,
        invitation=invitation.public_id, address=address, known=invited is not None,
        inviter=asking.member.first_name, language=asking.member.language,
    )  # fmt: skip
    return invitation


@transaction.atomic
def ask(*, membership_id: int, to: str, now: datetime, by: str) -> Invitation:
    """As `invite`, by a member: whoever is in no household begins one. Raises what `invite` and households.found do."""
    household = seats.household_of(membership_id) or households.found(membership_id=membership_id, now=now, by=by)
    return invite(household=household, to=to, membership_id=membership_id, now=now, by=by)


@transaction.atomic
def accept(*, invitation_id: int, membership_id: int, now: datetime, by: str) -> Household:
    """Say yes. Raises InvitationOver, and whatever households.admit does; then the invitation stays open."""
    pooling.locked([membership_id])  # then the household, then the invitation: everybody's order
    asked = households.locked(Invitation.objects.get(pk=invitation_id).household_id)
    invitation = _open(invitation_id, now)
    household = households.admit(household_id=asked.pk, membership_id=membership_id, now=now, by=by)
    _answer(invitation, Invitation.State.ACCEPTED, now, joined_id=membership_id)
    return household


@transaction.atomic
def decline(*, invitation_id: int, now: datetime, by: str) -> None:
    """Say no. Raises InvitationOver."""
    _answer(_open(invitation_id, now), Invitation.State.DECLINED, now)


@transaction.atomic
def withdraw(*, household: Household, public_id: str, now: datetime, by: str) -> None:
    """Take an invitation back. Raises InvitationOver, also where the household has none of that name."""
    found = Invitation.objects.filter(household=household, public_id=public_id).first()
    if found is None:
        raise InvitationOver("no such invitation")
    _answer(_open(found.pk, now), Invitation.State.WITHDRAWN, now)
    trail.record(action="households.withdrew", actor=by, obj=("household", household.pk), at=now, data={})


def open_of(household: Household, now: datetime) -> list[Invitation]:
    """Who was asked and has not answered, the latest first."""
    return list(household.invitations.filter(state="open", expires_at__gt=now).order_by("-at", "-pk"))


def waiting_for(membership: Membership, now: datetime) -> list[Invitation]:
    """The invitations a member finds on her own page: to her number, or to an address she has proven."""
    open_now = Invitation.objects.filter(
        state="open", expires_at__gt=now, household__program_id=membership.program_id, household__dissolved_at=None
    ).select_related("household__head__member")
    mine = open_now.filter(invited__in=pooling.one_person(membership.pk))
    member = membership.member
    if member.email and member.email_verified_at is not None:
        mine = mine | open_now.filter(sent_to__iexact=member.email)
    return list(mine.order_by("-at", "-pk"))


def by_token(program: Program, token: str, now: datetime) -> Invitation | None:
    """The open invitation of a link, if it is one of this program."""
    try:
        public_id = _signer.unsign(token)
    except signing.BadSignature:
        return None
    found = Invitation.objects.filter(public_id=public_id, state="open", expires_at__gt=now)
    rows = found.filter(household__program=program, household__dissolved_at=None)
    return rows.select_related("household__head__member").first()


def _whom(program: Program, to: str) -> tuple[str, Membership | None]:
    """(address, membership): an address asks its mailbox, a number whoever has it. Raises contacts.InvalidContact."""
    if "@" in to:
        return contacts.email(to), None
    number = numbers.as_read(to)
    try:
        numbers.check(number)
    except numbers.InvalidNumber:
        raise contacts.InvalidContact("to", "this is neither an address nor a number") from None
    named = Membership.objects.filter(program=program, number__iexact=number).select_related("merged_into").first()
    found = (named.merged_into or named) if named else None
    return "", found if found and found.status == Membership.Status.ACTIVE else None


def _check_count(household: Household, now: datetime) -> None:
    today = household.invitations.filter(at__gt=now - timedelta(days=1)).count()
    if len(open_of(household, now)) >= MOST_OPEN or today >= MOST_A_DAY:
        raise TooManyInvitations("too many invitations at once")


def _open(invitation_id: int, now: datetime) -> Invitation:
    invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation_id)
    if invitation.state != Invitation.State.OPEN or invitation.expires_at <= now:
        raise InvitationOver("this invitation is no longer open")
    return invitation


def _answer(invitation: Invitation, state: str, now: datetime, joined_id: int | None = None) -> None:
    invitation.state, invitation.answered_at, invitation.sent_to = state, now, ""
    invitation.joined_id = joined_id
    invitation.save(update_fields=["state", "answered_at", "sent_to", "joined"])
