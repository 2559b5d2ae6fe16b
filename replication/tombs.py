"""External ids that are somebody's e-mail or phone: what stands in their place once she is erased.

A keyed digest, by which a later record of that id is still refused and nobody can say whose it was. An id that is only
a system's own number stays: it tells nothing here, and the feed says by it who was erased.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from members import keys
from members.models import ContactHistory, Member
from replication import crosswalk
from replication.crosswalk import Known, Taken
from replication.models import Conflict, Fact, Identity, Line

if TYPE_CHECKING:  # it brings the readers of files along, and this is imported when the house starts
    from replication.records import Record

MARK = "erased-"
_LIKE_A_PHONE = 8
"""Digits that are compared, from the last one: how a phone is written in a country or from abroad."""


def of(system_id: int, external_id: str) -> list[str]:
    """What may stand for this id, of the present key first; earlier keys count while they are listed."""
    said = f"replication {system_id}\n{external_id}".encode()
    short = [hashlib.blake2b(key, digest_size=32).digest() for key in keys.known()]
    return [MARK + hashlib.blake2b(said, key=key, digest_size=20).hexdigest() for key in short]


def bury(membership_id: int) -> None:
    """Put a digest wherever an id of hers is a contact of hers. Before the contacts are emptied."""
    hers = Q(membership_id=membership_id) | Q(membership__merged_into_id=membership_id)
    named = {
        (row.system_id, row.external_id)
        for kind in (Identity, Conflict)
        for row in kind._default_manager.filter(hers).select_related("membership__member")
        if row.membership and _names(row.external_id, row.membership.member)
    }
    for system_id, external_id in named:
        tomb, rows = of(system_id, external_id)[0], {"external_id": external_id}
        for fact in Fact.objects.filter(system_id=system_id, identity__external_id=external_id):
            Fact.objects.filter(pk=fact.pk).update(facts={**fact.facts, "external_id": tomb})
        Line.objects.filter(run__system_id=system_id, **rows).update(external_id=tomb)
        Conflict.objects.filter(system_id=system_id, **rows).update(external_id=tomb)
        Identity.objects.filter(hers, system_id=system_id, **rows).update(external_id=tomb)


def found(
    cursor: Any, system_id: int, records: Sequence[Record], known: dict[str, Known]
) -> tuple[list[Record], dict[str, Known]]:
    """The records, those of the buried under what stands for their id; and all who are `known` with the buried."""
    fresh = {one.external_id for one in records if one.external_id not in known and _may_name(one.external_id)}
    wanted = {tomb: external_id for external_id in fresh for tomb in of(system_id, external_id)}
    there = crosswalk.known(cursor, system_id, wanted) if wanted else {}
    tombs = {wanted[tomb]: tomb for tomb in there}
    return [
        replace(one, external_id=tombs[one.external_id]) if one.external_id in tombs else one for one in records
    ], known | there


def as_buried(rows: Iterable[Taken], known: dict[str, Known]) -> list[Taken]:
    """What is to be remembered, of those whom this very portion erased under what stands for their id now."""
    rows = list(rows)
    erased = [known[row.external_id].id for row in rows if row.erased and row.external_id in known]
    now_called = dict(Identity.objects.filter(pk__in=erased).values_list("pk", "external_id")) if erased else {}
    return [
        replace(row, external_id=now_called.get(known[row.external_id].id, row.external_id)) if row.erased
        and row.external_id in known else row for row in rows
    ]  # fmt: skip


def _may_name(external_id: str) -> bool:
    return "@" in external_id or len(_digits(external_id)) >= _LIKE_A_PHONE


def _names(external_id: str, member: Member) -> bool:
    """Whether it is an e-mail, whosoever, or a phone this member has or had."""
    if "@" in external_id:
        return True
    end = _digits(external_id)[-_LIKE_A_PHONE:]
    earlier = ContactHistory.objects.filter(member=member, what="phone").values_list("before", flat=True)
    phones = {_digits(str(phone))[-_LIKE_A_PHONE:] for phone in (member.phone, *earlier)}
    return len(end) == _LIKE_A_PHONE and end in phones


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())
