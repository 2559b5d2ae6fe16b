"""Whoever comes back wants to be kept, and whoever is forgotten stays so: what privacy has to say of others' acts."""

from __future__ import annotations

from members import merging
from members.hooks import Happened
from members.models import Membership


def keep(happened: Happened) -> None:
    """Take back an erasure that is to come, when a membership of the person opens. Registered with members.hooks."""
    if happened.what != "reopened":
        return
    from care.privacy import erasing  # settling brings frames along, which django.setup() must not

    member_id = Membership.objects.values_list("member_id", flat=True).get(pk=happened.membership_id)
    if erasing.asked(member_id) is not None:
        erasing.withdraw(member_id=member_id, now=happened.now, by=happened.by)


def refuse_to_part(happened: Happened) -> None:
    """Whoever was erased is not made two people again. Registered with members.hooks; raises merging.TooLate."""
    if happened.what != merging.PARTING:
        return
    from care.privacy import erasing

    two = Membership.objects.filter(pk__in=[happened.membership_id, happened.values["gone"]])
    if any(erasing.is_erased(member_id) for member_id in two.values_list("member_id", flat=True)):
        raise merging.TooLate("this person was erased")
