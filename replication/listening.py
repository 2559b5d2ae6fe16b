"""What the crosswalk notes when something happens to a member here: when we changed them, that they were erased."""

from __future__ import annotations

from django.db.models import Q

from members.hooks import Happened
from replication.models import Identity

CHANGED = frozenset({"contact_changed", "profile_changed", "details_changed"})
ERASED = "erased"


def note(happened: Happened) -> None:
    """Remember a change of ours, for systems whose rule is that the newest counts; and that nobody brings back who was
    erased here. What a system itself changed is no change of ours."""
    mine = Identity.objects.filter(
        Q(membership_id=happened.membership_id) | Q(membership__merged_into_id=happened.membership_id)
    )  # fmt: skip
    if happened.what in CHANGED and not happened.by.startswith("replication:"):
        mine.update(ours_changed_at=happened.now)
    elif happened.what == ERASED:
        mine.update(deleted_at=happened.now, erased=True, said={})
