"""Whoever comes back wants to be kept: what she asked to be deleted is not, and nothing is deleted behind her back."""

from __future__ import annotations

from members.hooks import Happened
from members.models import Membership


def keep(happened: Happened) -> None:
    """Take back an erasure that is to come, when one of the person's memberships opens. Registered with
    members.hooks."""
    if happened.what != "reopened":
        return
    from care.privacy import erasing  # settling brings frames along, which django.setup() must not

    member_id = Membership.objects.values_list("member_id", flat=True).get(pk=happened.membership_id)
    if erasing.asked(member_id) is not None:
        erasing.withdraw(member_id=member_id, now=happened.now, by=happened.by)
