"""Who belongs together with a member, on her page: her household, members who may be her, merges that can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from backoffice import opening
from backoffice.doors import Desk
from identity import rights
from members import duplicates, merging, seats
from members import queries as members
from members.models import Membership, Merge
from web import people


@dataclass(frozen=True)
class Twin:
    """A member who may be the same person: why, and since when."""

    public_id: str
    name: str
    number: str
    store: str
    joined_at: datetime
    why: str


@dataclass(frozen=True)
class Other:
    """Another member, by name."""

    public_id: str
    name: str
    is_head: bool = False


@dataclass(frozen=True)
class Undoable:
    """A merge that can still be undone: of whom, until when."""

    merge_id: int
    name: str
    until: datetime


@dataclass(frozen=True)
class Together:
    """`stands_for_her`: the member she was merged into. What may not be seen or done here is empty."""

    household: list[Other]
    twins: list[Twin]
    stands_for_her: Other | None
    undoable: list[Undoable]
    may_merge: bool
    may_edit_household: bool


def of_member(desk: Desk, row: Membership) -> Together:
    """A fixed number of queries, however many belong together."""
    scope = members.scope_of(row)
    may_merge = desk.may("members.merge", scope)
    into = merging.standing_for(row) if row.merged_into_id else None
    household = seats.household_of(row.pk) if into is None else None
    return Together(
        household=[
            Other(seat.membership.public_id, str(seat.membership.member), seat.is_head)
            for seat in (seats.seats_of(household) if household else [])
        ],
        twins=twins_of(desk, row) if may_merge and into is None else [],
        stands_for_her=Other(into.public_id, str(into.member)) if into else None,
        undoable=undoable_of(desk, row) if may_merge else [],
        may_merge=may_merge and into is None,
        may_edit_household=desk.may("households.edit", scope) and into is None,
    )


def twins_of(desk: Desk, row: Membership) -> list[Twin]:
    """Members of the program who may be her, whom this person may merge too, the surest first."""
    member = row.member
    likely = duplicates.likely(
        program=desk.program, first_name=member.first_name, last_name=member.last_name, email=member.email,
        birth_date=member.birth_date, phone=member.phone, country=row.market_code,
    )  # fmt: skip
    mine = members.visible(desk.program, rights.scopes(desk.user, "members.merge"))
    others = {one.membership.pk: one for one in reversed(likely) if one.membership and one.membership.pk != row.pk}
    found = list(reversed(others.values()))
    may = set(
        mine.filter(pk__in=[one.membership.pk for one in found if one.membership], merged_into=None)
        .exclude(status=Membership.Status.CLOSED)
        .values_list("pk", flat=True)
    )
    opening.showed(desk, may)
    words = {"email": _("same e-mail"), "phone": _("same phone"), "name": _("like name, same birth date")}
    return [
        Twin(
            one.membership.public_id, f"{one.first_name} {one.last_name}".strip(), one.membership.number,
            people.store_name(one.membership.home_store), one.membership.joined_at,
            ", ".join(words[why] for why in one.why),
        )
        for one in found
        if one.membership and one.membership.pk in may
    ]  # fmt: skip


def undoable_of(desk: Desk, row: Membership) -> list[Undoable]:
    """The merges into her that time still allows to undo, the latest first."""
    since = desk.now - merging.UNDO_WITHIN
    rows = Merge.objects.filter(kept=row, undone_at=None, at__gt=since).select_related("gone__member")
    return [
        Undoable(one.pk, str(one.gone.member), one.at + merging.UNDO_WITHIN) for one in rows.order_by("-at", "-pk")
    ]  # fmt: skip
