"""People join by themselves: what they typed waits in their session until they have proven the address.

Nothing is written before that. Then the login gets its one member in the population: the member it has already, else
one who was enrolled with this address in a store and has no login (a claim), else a new one. Who is claimed must not
contradict what was typed: another birth date, or another first name where a birth date is missing, is somebody else
who shares the mailbox.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit import trail
from identity import codes
from identity.models import User
from members import accepting, contacts, enrolment, rejoining
from members import consents as answers
from members.consents import Answer
from members.models import Login, Member, Membership
from members.newcomers import Accepted, Desk, Newcomer
from members.refusals import Refused
from members.writing import fill
from programs import queries as programs
from programs.models import Program

SESSION_KEY = "pending_join"


class NotYours(Refused):
    """The login has not proven the address that was typed: it may not go on with this."""

    field = "email"


@dataclass(frozen=True)
class PendingJoin:
    """What somebody typed to join a program, checked, and plain enough for a session."""

    program_code: str
    email: str
    first_name: str = ""
    last_name: str = ""
    birth_date: str = ""
    phone: str = ""
    language: str = ""
    market_code: str = ""
    consents: tuple[Answer, ...] = ()
    terms: str = ""

    @classmethod
    def of(
        cls,
        *,
        program: Program,
        email: str,
        now: datetime,
        first_name: str = "",
        last_name: str = "",
        birth_date: date | None = None,
        phone: str = "",
        language: str = "",
        market_code: str = "",
        consents: Sequence[Answer] = (),
        terms: str = "",
    ) -> PendingJoin:
        """Check what was typed. Raises InvalidContact (also for no e-mail), TooYoung, NotOffered."""
        accepted = Desk(program, now).accept(
            Newcomer(
                channel=Membership.Channel.WEB,
                email=email,
                first_name=first_name,
                last_name=last_name,
                birth_date=birth_date,
                phone=phone,
                language=language,
                market_code=market_code,
                consents=consents,
            )  # fmt: skip
        )
        if not accepted.email:
            raise enrolment.InvalidContact("email", _("An e-mail address is needed."))
        return cls(
            program_code=program.code,
            email=accepted.email,
            first_name=accepted.first_name,
            last_name=accepted.last_name,
            birth_date=accepted.birth_date.isoformat() if accepted.birth_date else "",
            phone=accepted.phone,
            language=accepted.language,
            market_code=accepted.market_code,
            consents=accepted.consents,
            terms=terms,
        )


@dataclass(frozen=True)
class Joined:
    """The membership; whether it was made just now, and whether its member was there before and is theirs only now.

    `again`: how one that had been left was opened (members.rejoining)."""

    membership: Membership
    new: bool
    claimed: bool
    again: str = ""


def keep(session: MutableMapping[str, Any], pending: PendingJoin) -> None:
    """Let what was typed wait in the session, instead of what waited there before."""
    session[SESSION_KEY] = asdict(pending)


def kept(session: MutableMapping[str, Any]) -> PendingJoin | None:
    """What waits in the session, or None."""
    waiting = session.get(SESSION_KEY)
    if not waiting:
        return None
    return PendingJoin(**{**waiting, "consents": tuple(Answer(**answer) for answer in waiting["consents"])})


def forget(session: MutableMapping[str, Any]) -> None:
    session.pop(SESSION_KEY, None)


def complete(*, user: User, pending: PendingJoin, now: datetime) -> Joined:
    """Make `user` the member they asked to be. Again with the same: the same membership, nothing new.

    Raises NotYours unless the login has proven the very address, and the refusals of enrolment. The caller looks
    afterwards whether activity was waiting for a claimed member.
    """
    if user.email != pending.email or not codes.is_proven(user):
        raise NotYours(_("We could not confirm that this address is yours. Start again with a new code."))
    program = programs.program_by_code(pending.program_code)
    if program is None:
        raise enrolment.NotOffered("program", pending.program_code)
    return join(
        user=user, program=program, now=now, first_name=pending.first_name, last_name=pending.last_name,
        birth_date=date.fromisoformat(pending.birth_date) if pending.birth_date else None, phone=pending.phone,
        language=pending.language, market_code=pending.market_code, consents=pending.consents, terms=pending.terms,
    )  # fmt: skip


def join(
    *,
    user: User,
    program: Program,
    now: datetime,
    first_name: str = "",
    last_name: str = "",
    birth_date: date | None = None,
    phone: str = "",
    language: str = "",
    market_code: str = "",
    consents: Sequence[Answer] = (),
    terms: str = "",
) -> Joined:
    """`complete` without its session: `user` has proven their address, which becomes their member's."""
    newcomer = Newcomer(
        channel=Membership.Channel.WEB, email=user.email, email_verified_at=now, first_name=first_name,
        last_name=last_name, birth_date=birth_date, phone=phone, language=language, market_code=market_code,
        consents=consents,
    )  # fmt: skip
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # one person may press the button twice
        accepted = Desk(program, now).accept(newcomer)
        own = Member.objects.filter(login__user_id=user.pk, population_id=program.population_id).first()
        member = own or _claimable(program, accepted)
        if _proven_by_another(program, user.email, member):  # kept as typed, and not matched by
            newcomer = replace(newcomer, email_verified_at=None)
            accepted = replace(accepted, email_verified_at=None)
        if member is None:
            return Joined(_enrol(program, newcomer, now, user, None, terms), True, False)
        claimed = own is None
        _take(member, user, accepted, now, claimed=claimed)
        theirs = Membership.objects.filter(member=member, program=program).select_related("member", "program").first()
        if theirs is not None:
            theirs, how = rejoining.again(membership_id=theirs.pk, channel="web", now=now, by=f"user:{user.pk}")
            if terms:
                accepting.accept(membership=theirs, version=terms, source="web", now=now, by=f"user:{user.pk}")
            return Joined(_activated(theirs, now, f"user:{user.pk}"), False, claimed, how)
        return Joined(_enrol(program, replace(newcomer, consents=()), now, user, member, terms), True, claimed)


def _enrol(
    program: Program, newcomer: Newcomer, now: datetime, user: User, member: Member | None, terms: str
) -> Membership:
    return enrolment.enrol(
        program=program, now=now, by=f"user:{user.pk}", user_id=user.pk, member=member, channel=newcomer.channel,
        email=newcomer.email, email_verified_at=newcomer.email_verified_at, first_name=newcomer.first_name,
        last_name=newcomer.last_name, birth_date=newcomer.birth_date, phone=newcomer.phone,
        language=newcomer.language, market_code=newcomer.market_code, consents=newcomer.consents, terms=terms,
    )  # fmt: skip


def _proven_by_another(program: Program, email: str, member: Member | None) -> bool:
    """Whether somebody else of the population proved this address before, when the mailbox was theirs."""
    proven = Member.objects.filter(population_id=program.population_id, email=email, email_verified_at__isnull=False)
    return any(other != member for other in proven)


def _claimable(program: Program, typed: Accepted) -> Member | None:
    """The one member of the population with this address and no login whom nothing typed contradicts, locked.

    When several could be meant, none is: staff tell them apart, a mailbox does not.
    """
    same_address = Member.objects.select_for_update(of=("self",)).filter(
        population_id=program.population_id, email=typed.email, login=None
    )
    candidates = _standing([member for member in same_address if not _contradicts(member, typed)])
    proven = [member for member in candidates if member.email_verified_at]
    if proven:
        return proven[0]
    return candidates[0] if len(candidates) == 1 else None


def _standing(found: list[Member]) -> list[Member]:
    """Without those who were merged into another one of them: the address of the two is one person's."""
    stands = Membership.objects.filter(member__in=found).exclude(merged_into=None)
    pairs = set(stands.values_list("member_id", "merged_into__member_id"))
    return [one for one in found if not any((one.pk, other.pk) in pairs for other in found if other != one)]


def _contradicts(member: Member, typed: Accepted) -> bool:
    if member.birth_date and typed.birth_date:
        return member.birth_date != typed.birth_date
    if member.first_name and typed.first_name:
        return _first_word(member.first_name) != _first_word(typed.first_name)
    return False


def _first_word(name: str) -> str:
    return contacts.name_key(name).partition(" ")[0]


def _take(member: Member, user: User, accepted: Accepted, now: datetime, *, claimed: bool) -> None:
    fill(member, accepted)
    known = {(last.purpose, last.channel, last.wording): last.granted for last in answers.latest(member.pk)}
    new = [said for said in accepted.consents if known.get((said.purpose, said.channel, said.wording)) != said.granted]
    answers.record(member_id=member.pk, answers=new, source="web", now=now, by=f"user:{user.pk}")
    if claimed:
        Login.objects.create(member=member, user=user, population_id=member.population_id)
        trail.record(action="members.claimed", actor=f"user:{user.pk}", obj=("member", member.pk), at=now)


def _activated(membership: Membership, now: datetime, by: str) -> Membership:
    """A membership that waited for its person is theirs now. A suspended one stays what staff made it."""
    if membership.status == Membership.Status.PENDING:
        membership.status = Membership.Status.ACTIVE
        membership.save(update_fields=["status"])
        trail.record(action="members.activated", actor=by, obj=("membership", membership.pk), at=now)
    return membership
