"""An agent says whose a receipt is: the rules run then, and a wrong member's points go back."""

import pytest

from activity import assigning
from audit.models import AuditEvent
from earning import auditing
from earning.models import Mark
from members.models import Membership
from tests.earning import world
from tests.earning.test_returns import bought, bring_back, pot

pytestmark = pytest.mark.django_db


def assign(club, activity, member, now, reason="showed the paper receipt"):
    who = Membership.objects.get(holders__holder_id=club.holders[f"{member}-0001"]).pk
    return assigning.assign(
        program=club.program, activity_id=activity, membership_id=who, reason=reason, now=now, by="user:7"
    )


@pytest.mark.parametrize("said", [None, "nobody-0001"])
def test_s23_a_receipt_without_a_member_is_scored_when_it_is_assigned(now, said):
    club = world.make(world.BASE, now=now)
    sale = bought(club, "R1", ("a", 2, "10.00"), now=now, member=said or "")
    assert (world.drained(now), pot(club, now)) == (0, (0, 0, 0))
    assert assign(club, sale, "anna", now) is True
    assert world.drained(now) == 1
    assert pot(club, now) == (10, 0, 0)
    assert assign(club, sale, "anna", now) is False
    bring_back(club, "B1", "R1", ("a", 1), now=now)
    world.drained(now)
    assert pot(club, now) == (5, 0, 0)
    event = AuditEvent.objects.get(action="activity.assigned")
    assert (event.actor, event.data["reason"]) == ("user:7", "showed the paper receipt")


def test_a_wrong_members_points_go_back(now):
    club = world.make(world.BASE, now=now, members=("anna", "bo"))
    sale = bought(club, "R1", ("a", 2, "10.00"), now=now)
    world.drained(now)
    assert (pot(club, now), pot(club, now, member="bo")) == ((10, 0, 0), (0, 0, 0))
    assign(club, sale, "bo", now)
    world.drained(now)
    assert (pot(club, now), pot(club, now, member="bo")) == ((0, 0, 0), (10, 0, 0))
    assign(club, sale, "anna", now)
    world.drained(now)
    assert (pot(club, now), pot(club, now, member="bo")) == ((10, 0, 0), (0, 0, 0))
    assert (Mark.objects.count(), auditing.differences()) == (0, [])


def test_what_is_refused(now):
    club = world.make(world.BASE, now=now)
    sale = bought(club, "R1", ("a", 2, "10.00"), now=now, member="")
    with pytest.raises(assigning.NoReason):
        assign(club, sale, "anna", now, reason=" ")
    with pytest.raises(assigning.UnknownReceipt):
        assign(club, sale + 1000, "anna", now)
    with pytest.raises(assigning.UnknownMember):
        assigning.assign(program=club.program, activity_id=sale, membership_id=0, reason="x", now=now, by="user:7")
    Membership.objects.update(status="closed")
    with pytest.raises(assigning.MembershipClosed):
        assign(club, sale, "anna", now)
    assert world.count("attribution") == 0
