"""Who may be here already: the warning at every door of staff before somebody is enrolled or written down twice.

Strangers are never told. Staff are told of whom they may not open only that there is somebody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from backoffice import opening
from backoffice.doors import Desk
from identity import rights
from members import duplicates
from members import queries as members
from members.duplicates import Likely
from members.models import Membership
from web import people


@dataclass(frozen=True)
class Twin:
    """Somebody who may be this person: why, since when. `public_id` is empty where she is not this desk's to open."""

    public_id: str
    name: str
    told: str


def twin_of(
    desk: Desk,
    *,
    first_name: str = "",
    last_name: str = "",
    birth_date: date | None = None,
    email: str = "",
    phone: str = "",
    country: str = "",
    but: int | None = None,
) -> Twin | None:
    """The likeliest member of this program who may be meant, `but` the one of this id; None when nobody is."""
    likely = duplicates.likely(
        program=desk.program, first_name=first_name, last_name=last_name, birth_date=birth_date, email=email,
        phone=phone, country=country or desk.market.code,
    )  # fmt: skip
    found = next((one for one in likely if one.membership is not None and one.member_id != but), None)
    return _told(desk, found) if found else None


def _told(desk: Desk, found: Likely) -> Twin:
    membership = found.membership
    assert membership is not None
    same = {"email": _("Same e-mail."), "phone": _("Same phone."), "name": _("Like name, same birth date.")}
    why = " ".join(same[one] for one in found.why if one in same)
    scopes = rights.scopes(desk.user, "members.see")
    if not members.visible(desk.program, scopes).filter(pk=membership.pk).exists():
        return Twin(
            "", "", f"{why} {_('Another store looks after her or him: ask there, or the call centre.')}".strip()
        )
    opening.showed(desk, [membership.pk])
    since = desk.formats.full_day(membership.joined_at)
    store = people.store_name(membership.home_store)
    told = _("Member since %(day)s.") % {"day": since}
    if store:
        told = _("Member at %(store)s since %(day)s.") % {"store": store, "day": since}
    if membership.status == Membership.Status.CLOSED:
        told = f"{told} {_('Has left: open the membership again instead.')}"
    return Twin(membership.public_id, found.first_name, f"{why} {told}".strip())
