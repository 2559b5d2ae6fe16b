"""What a member says of herself: name, birth date (once), language, favourite store, tastes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from audit import trail
from members import contacts, history, policies
from members.history import Hand
from members.models import Member, Membership, Taste
from members.refusals import NotOffered, Refused, TooYoung
from programs import asking
from programs import queries as programs


class AlreadySaid(Refused):
    """A date of birth is said once; after that only staff mend it, with a reason."""

    field = "birth_date"


def change_person(
    *,
    membership: Membership,
    first_name: str,
    last_name: str,
    birth_date: date | None,
    language: str,
    hand: Hand,
    now: datetime,
    mend_birth: bool = False,
) -> list[str]:
    """Keep what differs, each with its old value in the history; what changed. `mend_birth`: staff may change a birth
    date that is known. Raises InvalidContact, TooYoung, NotOffered, AlreadySaid, MasteredElsewhere.
    """
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=True).get(pk=membership.member_id)
        wanted = {
            "first_name": contacts.name(first_name, "first_name"),
            "last_name": contacts.name(last_name, "last_name"),
            "birth_date": _birth_date(membership, member, birth_date, now, mend_birth),
            "language": _language(membership, member, language),
        }
        before = {field: getattr(member, field) for field in wanted}
        changed = [field for field, value in wanted.items() if value != before[field]]
        for field in changed:
            policies.check_may_change(member, field)
            setattr(member, field, wanted[field])
        if changed:
            member.save(update_fields=changed)
        if {"first_name", "last_name"} & set(changed):
            history.keep(member, "name", {key: before[key] for key in ("first_name", "last_name")}, hand=hand, now=now)
        if "birth_date" in changed:
            said = before["birth_date"]
            history.keep(member, "birth_date", said.isoformat() if said else None, hand=hand, now=now)
        if "language" in changed:
            history.keep(member, "language", before["language"], hand=hand, now=now)
    return changed


def choose_store(*, membership: Membership, code: str, hand: Hand, now: datetime) -> bool:
    """Make a store of the program the member's own, and its banner; False when it is already. Raises NotOffered,
    MasteredElsewhere."""
    store = next((one for one in programs.stores_of(membership.program_id) if one.code == code), None)
    if store is None:
        raise NotOffered("store", code)
    with transaction.atomic():
        locked = Membership.objects.select_for_update(no_key=True, of=("self",)).select_related("home_store", "member")
        row = locked.get(pk=membership.pk)
        if row.home_store_id == store.id:
            return False
        policies.check_may_change(row.member, "store")
        before = row.home_store.code if row.home_store else ""
        row.home_store_id, row.home_banner_id = store.id, store.banner_id
        row.save(update_fields=["home_store", "home_banner"])
        history.keep(row.member, "store", before, hand=hand, now=now)
    return True


def choose_tastes(*, membership: Membership, codes: Collection[str], hand: Hand, now: datetime) -> bool:
    """Keep exactly these tastes of the program's list; False when nothing changed. Raises NotOffered."""
    unknown = set(codes) - asking.tastes_of(membership.program).keys()
    if unknown:
        raise NotOffered("tastes", min(unknown))
    with transaction.atomic():
        Membership.objects.select_for_update(no_key=True, of=("self",)).get(pk=membership.pk)
        before = tastes_of(membership.pk)
        if before == set(codes):
            return False
        Taste.objects.filter(membership=membership).exclude(code__in=codes).delete()
        Taste.objects.bulk_create(
            Taste(membership=membership, code=code, since=now) for code in sorted(set(codes) - before)
        )
        trail.record(
            action="members.tastes", actor=hand.by, obj=("membership", membership.pk), at=now,
            data={"door": hand.door, "tastes": len(set(codes))},
        )  # fmt: skip
    return True


def tastes_of(membership_id: int) -> set[str]:
    """The codes of what a member says she likes."""
    return set(Taste.objects.filter(membership_id=membership_id).values_list("code", flat=True))


def _birth_date(membership: Membership, member: Member, day: date | None, now: datetime, mend: bool) -> date | None:
    if day is None or day == member.birth_date:
        return member.birth_date
    if member.birth_date and not mend:
        raise AlreadySaid(_("A date of birth is given once. Ask at the desk of a store to mend it."))
    market = programs.market_of(membership.program_id, membership.market_code)
    zone, minimum = (market.timezone, market.minimum_age) if market else ("UTC", 0)
    born_on = contacts.birth_date(day, now=now, zone=zone)
    if born_on and contacts.age(born_on, now=now, zone=zone) < minimum:
        raise TooYoung(minimum)
    return born_on


def _language(membership: Membership, member: Member, language: str) -> str:
    if language in ("", member.language):
        return member.language
    market = programs.market_of(membership.program_id, membership.market_code)
    if market and language not in market.languages:
        raise NotOffered("language", language)
    return language
