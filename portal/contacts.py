"""What the pages of contact read: what is kept, what waits for its code, until when nothing may be spent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from members import addressing, changing, disputing, holds, mastering
from members.addressing import Address
from members.models import Membership
from portal.queries import Visit
from web import addresses, people


@dataclass(frozen=True)
class ContactPage:
    """`held_until` is None where nothing is held; `disputed` holds until staff release it. `waits`: what has a
    code; `elsewhere`: field -> the system where it is kept."""

    email: str
    email_verified: bool
    phone: str
    address: Address | None
    country: str
    waits: frozenset[str]
    elsewhere: dict[str, str]
    held_until: datetime | None
    disputed: bool


def page_of(visit: Visit) -> ContactPage:
    member = membership_of(visit).member
    address = addressing.of_member(member.pk)
    return ContactPage(
        email=member.email,
        email_verified=member.email_verified_at is not None,
        phone=people.written_phone(member.phone),
        address=address,
        country=addresses.country_name(address.country) if address else "",
        waits=frozenset(
            what for what in (changing.EMAIL, changing.PHONE) if changing.waiting(member.pk, what, visit.now)
        ),
        elsewhere=mastering.mastered_elsewhere(member.population_id),
        held_until=holds.held_until(member.pk, visit.now),
        disputed=holds.disputed(member.pk) is not None,
    )


def membership_of(visit: Visit) -> Membership:
    """The member's own row, with who she is."""
    return Membership.objects.select_related("member", "program", "home_store").get(pk=visit.membership_id)


@dataclass(frozen=True)
class Answer:
    """What an old contact is asked. `state`: open, mine, not_mine, or over where nothing is left to say."""

    what: str
    shown: str
    state: str
    brand_of: Membership


def answer_of(uid: str) -> Answer | None:
    """The change a link is about; None where there is none."""
    change = disputing.found(uid)
    if change is None or change.done_at is None:
        return None
    state = "over"
    if change.disputed_at:
        state = "not_mine"
    elif change.confirmed_at:
        state = "mine"
    elif change.state == change.State.DONE:
        state = "open"
    return Answer(change.what, changing.masked(change.what, change.wanted), state, change.membership)
