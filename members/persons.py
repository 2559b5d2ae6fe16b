"""Two people of one population who are one: what of the second becomes the first's, and back again.

Only where nothing keeps them apart: as long as both are members of another program, they stay two people until they
are merged there as well. The second keeps its own record, so that undoing finds everything where it was.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from members import consents, policies
from members.models import Consent, Login, Member, Membership, PostalAddress

_LINES = ("country", "street", "postal_code", "city", "city_area", "area", "sorting_code")
FIELDS = ("first_name", "last_name", "birth_date", "phone", "language", "email")


def kept_apart_by(kept: Member, gone: Member, program_id: int) -> list[str]:
    """Codes of the other programs in which both are members, none of them merged there yet."""
    others = Membership.objects.exclude(program_id=program_id).filter(merged_into=None)
    theirs = others.filter(member=kept).values("program_id")
    return sorted(others.filter(member=gone, program_id__in=theirs).values_list("program__code", flat=True))


def lacking(kept: Member, gone: Member) -> list[str]:
    """What only the second is known to have, of FIELDS and `address`; what another system masters is not given."""
    empty = [name for name in FIELDS if not getattr(kept, name) and getattr(gone, name)]
    lives = set(PostalAddress.objects.filter(member__in=[kept, gone]).values_list("member_id", flat=True))
    if lives == {gone.pk}:
        empty.append("address")
    return [name for name in empty if policies.can_change(kept, name)]


def join(kept: Member, gone: Member, program_id: int, now: datetime) -> dict[str, Any]:
    """Let the first have what only the second has; what was done, as `membership_merge.person` keeps it."""
    if kept_apart_by(kept, gone, program_id):
        return {"whole": False}
    moved, lacks = _memberships(kept, gone), lacking(kept, gone)
    login = not Login.objects.filter(member=kept).exists() and Login.objects.filter(member=gone).update(member=kept) > 0
    return {
        "whole": True, "memberships": moved, "login": login, "consents": _consents(kept, gone, now),
        "filled": _fill(kept, gone, [name for name in lacks if name in FIELDS]),
        "address": "address" in lacks and _address(kept, gone),
    }  # fmt: skip


def part(kept: Member, gone: Member, done: dict[str, Any], now: datetime) -> None:
    """Give back what `join` did, as far as it is still as it was left."""
    if not done.get("whole"):
        return
    Membership.objects.filter(pk__in=done["memberships"], member=kept).update(member=gone)
    if done["login"]:
        Login.objects.filter(member=kept).update(member=gone)
    _empty(kept, gone, done["filled"])
    if done.get("address"):
        _address_back(kept, gone)
    _answers_back(kept, done["consents"], now)


def _memberships(kept: Member, gone: Member) -> list[int]:
    """Memberships of other programs, where the first has none."""
    free = Membership.objects.filter(member=gone, merged_into=None).exclude(
        program_id__in=Membership.objects.filter(member=kept).values("program_id")
    )
    moved = list(free.values_list("pk", flat=True))
    Membership.objects.filter(pk__in=moved).update(member=kept)
    return moved


def _fill(kept: Member, gone: Member, filled: list[str]) -> list[str]:
    """Fields the first had empty. A proven address is one person's: the second's is no longer proven then."""
    changed = list(filled)
    for name in filled:
        setattr(kept, name, getattr(gone, name))
    if "email" in filled and gone.email_verified_at:
        kept.email_verified_at, gone.email_verified_at = gone.email_verified_at, None
        gone.save(update_fields=["email_verified_at"])
        changed.append("email_verified_at")
    if changed:
        kept.save(update_fields=changed)
    return filled


def _empty(kept: Member, gone: Member, filled: list[str]) -> None:
    own = [name for name in filled if getattr(kept, name) == getattr(gone, name)]
    proven = kept.email_verified_at if "email" in own else None
    for name in own:
        setattr(kept, name, None if name == "birth_date" else "")
    if proven:
        kept.email_verified_at = None
    kept.save(update_fields=[*own, "email_verified_at"])
    if proven:
        gone.email_verified_at = proven
        gone.save(update_fields=["email_verified_at"])


def _address(kept: Member, gone: Member) -> bool:
    """Let the first live where the second does."""
    row = PostalAddress.objects.get(member=gone)
    row.pk, row.member = None, kept
    row.save()
    return True


def _address_back(kept: Member, gone: Member) -> None:
    mine, theirs = (PostalAddress.objects.filter(member=one).values(*_LINES).first() for one in (kept, gone))
    if mine == theirs:
        PostalAddress.objects.filter(member=kept).delete()


def _consents(kept: Member, gone: Member, now: datetime) -> list[dict[str, Any]]:
    """What the second answered and the first did not; where they differ, no holds: a merge never makes anybody agree.

    With its moment and wording; a refusal that is older than the other's yes is said again `now`. Returns which answers
    these are, and what the first had said before (null: nothing).
    """
    mine = {(one.purpose, one.channel): one for one in consents.latest(kept.pk)}
    told = []
    for answer in consents.latest(gone.pk):
        before = mine.get((answer.purpose, answer.channel))
        if before is not None and not _stricter_or_newer(answer, before):
            continue
        new = Consent.objects.create(
            member=kept, purpose=answer.purpose, channel=answer.channel, granted=answer.granted, source=answer.source,
            wording=answer.wording, at=answer.at if before is None or answer.at > before.at else now,
        )  # fmt: skip
        told.append(
            {
                "id": new.pk,
                "purpose": answer.purpose,
                "channel": answer.channel,
                "wording": before.wording if before else "",
                "granted": before.granted if before else None,
            }  # fmt: skip
        )
    return told


def _stricter_or_newer(answer: Consent, before: Consent) -> bool:
    if answer.granted != before.granted:
        return before.granted
    return answer.at > before.at


def _answers_back(kept: Member, told: list[dict[str, Any]], now: datetime) -> None:
    """Answers only grow: what the first had said before is said again; where it had said nothing, it says no.

    Not where she answered anew since: that stands.
    """
    latest = {one.pk for one in consents.latest(kept.pk)}
    for one in told:
        if one["id"] in latest:
            Consent.objects.create(
                member=kept, purpose=one["purpose"], channel=one["channel"], granted=bool(one["granted"]),
                source="merge undone", wording=one["wording"], at=now,
            )  # fmt: skip
