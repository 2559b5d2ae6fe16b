"""A household, an invitation and a merge, for pages of both doors. Import as `from tests.browser import together`."""

from __future__ import annotations

from datetime import datetime, timedelta

from members import households, inviting, merging
from members.models import Membership
from tests.members.people import enrol, give
from tests.web.lives import Life


def live(life: Life, now: datetime) -> dict[str, list[str]]:
    """Camille heads a household with Bo, asked Cy into it, and was found twice; the addresses by who sees them."""
    program, store = life.program, life.membership.home_store
    bo = _named(enrol(program, now, "Bo", last_name="Lemaire", store=store), "bo1")
    give(bo, 240, now, days=200)
    household = households.found(membership_id=life.membership.pk, now=now - timedelta(days=20), by="test")
    households.admit(household_id=household.pk, membership_id=bo.pk, now=now - timedelta(days=20), by="test")
    inviting.invite(
        household=household, to="cy@example.com", membership_id=life.membership.pk, now=now, by="test"
    )  # fmt: skip
    said = {"last_name": life.membership.member.last_name, "phone": life.membership.member.phone, "store": store}
    twin = _named(enrol(program, now - timedelta(days=300), "Camile", **said), "twin1")
    give(twin, 75, now, days=100)
    merged = enrol(program, now - timedelta(days=90), "Kamille", store=store)
    give(merged, 30, now, days=100)
    done = merging.merge(kept_id=twin.pk, gone_id=merged.pk, reason="The same address", now=now, by="test")
    home, desk = f"/{program.code}/me/household/", f"/desk/members/{life.membership.public_id}/"
    return {
        "member": [home, f"{home}leave/", f"{home}members/{bo.public_id}/"],
        "staff": [
            f"{desk}household/", f"{desk}household/part/", f"{desk}same/", f"{desk}same/{twin.public_id}/",
            f"/desk/members/{twin.public_id}/", f"/desk/members/{twin.public_id}/merged/{done.pk}/",
        ],
    }  # fmt: skip


def _named(membership: Membership, public_id: str) -> Membership:
    """With a digit in its name, by which pictures know that the name is one thing's."""
    membership.public_id = public_id
    membership.save(update_fields=["public_id"])
    return membership
