"""Invitations into a household, told to whoever was asked: a member, or the address that was typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from members import inviting
from members.hooks import Happened
from members.models import Membership
from messaging import outbox

KIND = "household_invited"


def tell(happened: Happened) -> None:
    """Registered with members.hooks. A number that is nobody's is told to nobody."""
    if happened.what != KIND:
        return
    said = happened.values
    facts = {"inviter": said["inviter"], "invitation": said["invitation"]}
    around: dict[str, Any] = {
        "kind": KIND, "values": facts, "now": happened.now, "by": happened.by, "key": f"{KIND}:{said['invitation']}",
    }  # fmt: skip
    if said["address"]:
        program_id = Membership.objects.values_list("program_id", flat=True).get(pk=happened.membership_id)
        outbox.owe_address(
            address=said["address"], language=said["language"] or "en", program_id=program_id, **around
        )  # fmt: skip
    elif said["known"]:
        outbox.owe(membership_id=happened.membership_id, **around)
    else:
        outbox.owe_nobody(kind=KIND, now=happened.now, by=happened.by, key=around["key"])


def filled(facts: Mapping[str, Any]) -> dict[str, str]:
    """The link's token follows from our key, and stands in no table."""
    return {"path": reverse("portal:household_linked", args=[inviting.token_of(facts["invitation"])])}
