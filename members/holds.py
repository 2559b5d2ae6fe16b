"""Until when nothing may be spent, because a contact was changed and the old one has not said that it was her."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from members.models import ContactChange, Member

HOLD = timedelta(hours=72)


def held_until(member_id: int, now: datetime) -> datetime | None:
    """When spending opens again by itself; None where nothing waits for a moment (a dispute waits for staff)."""
    rows = ContactChange.objects.filter(
        of(member_id), state=ContactChange.State.DONE, confirmed_at=None, released_at=None, held_until__gt=now
    )
    return max((row.held_until for row in rows if row.held_until), default=None)


def disputed(member_id: int) -> ContactChange | None:
    """The change somebody said was not theirs, while staff have not released it."""
    return (
        ContactChange.objects.filter(of(member_id), disputed_at__isnull=False, released_at=None)
        .order_by("disputed_at")
        .first()
    )


def is_held(member_id: int, now: datetime) -> bool:
    """Whether nothing may be spent now: asked with every redemption, one statement."""
    waits = Q(state=ContactChange.State.DONE, confirmed_at=None, held_until__gt=now)
    said = Q(disputed_at__isnull=False)
    return ContactChange.objects.filter(waits | said, of(member_id), released_at=None).exists()


def of(member_id: int) -> Q:
    """Changes of hers, and of whoever was merged into her: their points are hers, and so is what holds them."""
    own = Member.objects.filter(pk=member_id).values("pk")
    merged = Member.objects.filter(memberships__merged_into__member=member_id).values("pk")
    return Q(member__in=own.union(merged))
