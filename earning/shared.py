"""Who brought and who earned what of a shared pot: for the household's own page, and for staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from ledger import families, parting
from members import pooling, seats
from members.models import Household, MembershipHolder


@dataclass(frozen=True)
class Part:
    """What one membership put into a pot of one currency: brought when it joined, earned since. Smallest units."""

    membership_id: int
    currency_id: int
    brought: int
    earned: int


_EARNED = """
SELECT t.membership_id, award.currency_id, sum(award.posted)::bigint
FROM award JOIN attribution AS t ON t.activity_id = award.activity_id AND t.holder_id = award.holder_id
 AND t.program_id = %(program)s AND t.ended_at IS NULL
WHERE award.holder_id = %(holder)s GROUP BY 1, 2 HAVING sum(award.posted) <> 0
"""


def parts_of(household: Household, now: datetime) -> list[Part]:
    """Of everybody who sits or sat in it, in order of membership and currency; nothing for who gave nothing."""
    found: dict[tuple[int, int], list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_EARNED, {"holder": household.holder_id, "program": household.program_id})
        for membership_id, currency_id, earned in cursor.fetchall():
            found.setdefault((membership_id, currency_id), [0, 0])[1] += earned
        olds = {old for old, heir in families.heirs_around(cursor, [household.holder_id]).items()}
    currency_ids = pooling.currencies_of(household.program_id)
    for seat in {one.membership.pk: one for one in seats.every_seat_of(household)}.values():
        mine = set(MembershipHolder.objects.filter(membership=seat.membership).values_list("holder_id", flat=True))
        for share in parting.shares(
            olds=mine & olds, holder_id=household.holder_id, currency_ids=currency_ids, now=now
        ):  # fmt: skip
            if share.brought:
                found.setdefault((seat.membership.pk, share.currency_id), [0, 0])[0] += share.brought
    return [Part(*key, *amounts) for key, amounts in sorted(found.items())]
