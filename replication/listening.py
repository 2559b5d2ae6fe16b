"""What the crosswalk notes when something happens to a member here: that nobody brings back who was erased."""

from __future__ import annotations

from django.db.models import Q

from members.hooks import Happened
from replication import tombs
from replication.models import Identity

ERASED = "erased"


def note(happened: Happened) -> None:
    """Remember of whoever was erased here that no record fills them again, and forget what was said of them."""
    if happened.what == ERASED:
        Identity.objects.filter(
            Q(membership_id=happened.membership_id) | Q(membership__merged_into_id=happened.membership_id)
        ).update(deleted_at=happened.now, erased=True, said={})
        tombs.bury(happened.membership_id)
