"""What the person at the desk may do for the member before her: links, each shown to whoever may follow it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice import floors
from backoffice.doors import Desk
from members import queries as members
from members.models import Membership


@dataclass(frozen=True)
class Action:
    """A link; `icon` is one of templates/ui's."""

    label: str
    href: str
    icon: str


def for_member(desk: Desk, membership: Membership) -> list[Action]:
    """In the order in which they are asked for at a desk. Every page checks again what is checked here."""
    found = []
    if desk.may("cards.block", members.scope_of(membership)):
        found.append(Action(_("Cards"), _to("member_cards", membership), "card"))
    if desk.may("members.edit", members.scope_of(membership)):
        found.append(Action(_("Contact and address"), _to("contact", membership), "mail"))
        found.append(Action(_("Who the member is"), _to("person", membership), "user"))
        found.append(Action(_("Tastes and store"), _to("likes", membership), "heart"))
    if desk.may("members.consents", members.scope_of(membership)):
        found.append(Action(_("Consents"), _to("consents", membership), "check"))
    if desk.may("cases.work", members.scope_of(membership)):
        found.append(Action(_("Open a case"), _to("case_new", membership), "case"))
        found.append(Action(_("An opinion"), _to("opinion_new", membership), "star"))
    if desk.may("points.adjust", members.scope_of(membership)):
        found.append(Action(_("Adjust"), _to("adjust", membership), "adjust"))
    if desk.may("households.edit", members.scope_of(membership)):
        found.append(Action(_("Household"), _to("household", membership), "users"))
    if desk.may("members.merge", members.scope_of(membership)):
        found.append(Action(_("Merge"), _to("twins", membership), "branch"))
    if floors.may_give(desk, membership):
        found.append(Action(_("Floor on the ladder"), _to("floor", membership), "flag"))
    if desk.may("wallets.freeze", members.scope_of(membership)):
        found.append(Action(_("Freeze or release"), _to("freeze", membership), "lock"))
    if desk.may("members.suspend", members.scope_of(membership)) and membership.status != "closed":
        lifted = membership.status == "suspended"
        found.append(Action(_("Lift the suspension") if lifted else _("Suspend"), _to("suspend", membership), "stop"))
    if desk.may("members.close", members.scope_of(membership)):
        closed = membership.status == "closed"
        label = _("Open again") if closed else _("Close the membership")
        found.append(Action(label, _to("close", membership), "undo" if closed else "logout"))
    if desk.may("members.erase", members.scope_of(membership)):
        found.append(Action(_("The member's data"), _to("data", membership), "download"))
    return found


def _to(name: str, membership: Membership) -> str:
    return reverse(f"backoffice:{name}", args=[membership.public_id])
