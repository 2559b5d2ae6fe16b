"""Which memberships a person of staff may read: those that belong to one of their scopes."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from identity.rights import Scope
from members.models import Membership
from programs.models import Program


def in_scopes(scopes: Sequence[Scope]) -> Q:
    """Memberships that belong to any of the scopes: by home banner, market and home store. No scope, none."""
    wanted = Q(pk__in=[])
    for scope in scopes:
        inside = Q()
        if scope.banner:
            inside &= Q(home_banner__code=scope.banner)
        if scope.market:
            inside &= Q(market_code=scope.market)
        if scope.store:
            inside &= Q(home_store__code=scope.store)
        if not inside:
            return Q()
        wanted |= inside
    return wanted


def scope_of(membership: Membership) -> Scope:
    """Where a membership belongs, as rights ask for it."""
    return Scope(
        banner=membership.home_banner.code if membership.home_banner else "",
        market=membership.market_code,
        store=membership.home_store.code if membership.home_store else "",
    )


def visible(program: Program, scopes: Sequence[Scope]) -> QuerySet[Membership]:
    """Memberships of one program within scopes, with what a line about them shows."""
    return (
        Membership.objects.filter(in_scopes(scopes), program=program)
        .select_related("member", "home_store", "home_banner")
        .prefetch_related("cards")
    )
