"""Finding members and looking at one, for doors. Staff read within scopes; only a person's own session follows a login.

Nothing here but `member_of` reads member_login: staff screens never learn that two members are one login's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from identity.rights import Scope
from members import consents
from members.models import Card, Consent, Login, Membership, MembershipHolder
from members.scoping import in_scopes, scope_of, visible
from members.searching import Hit, search
from programs.models import Program

__all__ = [
    "Glance", "Hit", "by_public_id", "glance", "holders_by_market", "in_scopes", "is_a_member", "left_member_of",
    "member_of", "scope_of", "search", "visible",
]  # fmt: skip


@dataclass(frozen=True)
class Glance:
    """A membership as the back office shows it first; cards newest first, the consents that count."""

    membership: Membership
    holder_id: int
    cards: list[Card]
    consents: list[Consent]


def by_public_id(program: Program, public_id: str, scopes: Sequence[Scope]) -> Membership | None:
    """One membership by the name in its address, fetched through the scopes: what is not theirs is not there."""
    if not public_id or "\x00" in public_id:
        return None
    return visible(program, scopes).filter(public_id=public_id).first()


def glance(membership: Membership) -> Glance:
    """What the first page about a membership shows, in three statements."""
    return Glance(
        membership=membership,
        holder_id=MembershipHolder.objects.get(membership=membership, until_at=None).holder_id,
        cards=list(membership.cards.order_by("-issued_at", "-pk")),
        consents=consents.latest(membership.member_id),
    )


def member_of(user: Any, program: Program) -> Membership | None:
    """The membership of the person who is signed in, in this program, closed ones left out. For their session alone.

    Whoever signs in to one that was merged comes to the one that stands for it.
    """
    if not getattr(user, "is_authenticated", False):
        return None
    login = Q(member__login__user_id=user.pk, member__login__population_id=program.population_id)
    rows = Membership.objects.filter(program=program).exclude(status=Membership.Status.CLOSED)
    whole = rows.select_related("member", "home_store", "home_banner", "program")
    own = whole.filter(login).first()
    if own is not None:
        return own
    gone = Membership.objects.filter(login, program=program).exclude(merged_into=None)
    return whole.filter(pk__in=gone.values("merged_into")).first()


def left_member_of(user: Any, program: Program) -> Membership | None:
    """The membership that the person who is signed in has left: for coming back, and for her own data."""
    if not getattr(user, "is_authenticated", False):
        return None
    login = Q(member__login__user_id=user.pk, member__login__population_id=program.population_id)
    closed = Membership.objects.filter(login, program=program, status=Membership.Status.CLOSED, merged_into=None)
    return closed.select_related("member", "home_store", "home_banner", "program").first()


def is_a_member(user: Any) -> bool:
    """Whether a login is a member's, of whatever program. For the session of that login alone."""
    return Login.objects.filter(user_id=user.pk).exists()


def has_member(user_id: int) -> bool:
    """The same of a login's number: what a person keeps who works here no more."""
    return Login.objects.filter(user_id=user_id).exists()


def holders_by_market(program_id: int) -> dict[str, list[int]]:
    """The holders that memberships of a program earn into now, by the memberships' market, each once a market."""
    rows = (
        MembershipHolder.objects.filter(membership__program_id=program_id, until_at=None)
        .values_list("membership__market_code", "holder_id")
        .order_by("membership__market_code", "holder_id")
        .distinct()
    )
    found: defaultdict[str, list[int]] = defaultdict(list)
    for market_code, holder_id in rows:
        found[market_code].append(holder_id)
    return dict(found)
