"""What belongs to a member on her pages: what she did out of whatever pot, and what others give to a pot they share."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from activity.models import Attribution
from members.models import Household, Membership
from members.pooling import Kin


def attributed(holder_id: int, program_id: int, kin: Kin | None) -> QuerySet[Attribution]:
    """Activity of the pot a member has, and of pots she had before her own, with what was merged into hers."""
    whose = Q(holder_id=holder_id)
    if kin is not None and len(kin.holders) > 1:
        whose |= Q(holder_id__in=kin.holders, membership_id__in=kin.memberships)
    return Attribution.objects.filter(whose, program_id=program_id, ended_at=None)


def own_pots(holder_id: int, kin: Kin | None) -> list[int]:
    """The pots whose movements are hers alone, and the one she has; households she left are left out."""
    if kin is None or len(kin.holders) < 2:
        return [holder_id]
    shared = set(Household.objects.filter(holder_id__in=kin.holders).values_list("holder_id", flat=True))
    return [holder_id, *(one for one in kin.holders if one != holder_id and one not in shared)]


def earned_by_others(rows: QuerySet[Attribution], kin: Kin | None, activity_ids: Sequence[int]) -> dict[int, str]:
    """Activity of others who share the pot -> what its line is called: who earned it, not what was bought."""
    if kin is None:
        return {}
    theirs = dict(
        rows.filter(activity_id__in=activity_ids)
        .exclude(membership_id__in=kin.memberships)
        .values_list("activity_id", "membership_id")
    )
    names = dict(
        Membership.objects.filter(pk__in=[one for one in theirs.values() if one]).values_list(
            "pk", "member__first_name"
        )
    )
    return {
        activity_id: _("Earned by %(name)s") % {"name": names.get(membership_id or 0) or _("Somebody of the household")}
        for activity_id, membership_id in theirs.items()
    }
