"""What a person of staff may do, and where.

A right is an action (identity.roles) within a scope. A grant covers a thing when every code the grant names is the
thing's own: a grant of one store covers what belongs to that store, and not what belongs to none. Superusers may do
everything everywhere, whoever is not active nothing anywhere.

A thing may have several places: an area, some stores. It is named by what it was given to, an area by its market, a
store by its code alone, so that a right over an area is none over what was given to one of its stores. Grants add up.
Whoever reaches one of the places views and uses the thing (`may_some`); editing takes all of them (`may_all`).

Lists are filtered by `scopes(user, action)` before they are read; one thing is checked by `may` or `check_may`.
What is not somebody's own answers 404, so a door turns NotAllowed into that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rules

from identity.models import Grant
from identity.roles import ALLOWED, NOT_BY_BADGE


class NotAllowed(Exception):
    """The person may not do this here. Doors answer 404."""


class UnknownAction(KeyError):
    """No such action is declared in identity.roles: a slip of ours, never a person's."""


@dataclass(frozen=True)
class Scope:
    """Codes of where something belongs, or of where a right holds; empty means none of a thing, any of a right."""

    banner: str = ""
    market: str = ""
    store: str = ""

    def covers(self, thing: Scope) -> bool:
        """Whether a right in this scope reaches a thing of that scope."""
        return all(
            not mine or mine == its
            for mine, its in ((self.banner, thing.banner), (self.market, thing.market), (self.store, thing.store))
        )


EVERYWHERE = Scope()


def scopes(user: Any, action: str) -> list[Scope]:
    """Every scope in which `user` may do `action`: [EVERYWHERE] for a superuser, [] for nobody."""
    if action not in ALLOWED:
        raise UnknownAction(action)
    if user is None or not user.is_authenticated or not user.is_active:
        return []
    till = store_of_till(user)
    if till:
        return [Scope(store=till)] if _may_at_till(user, action, till) else []
    if user.is_superuser:
        return [EVERYWHERE]
    held = {
        Scope(grant.banner_code, grant.market_code, grant.store_code)
        for grant in grants_of(user)
        if grant.role in ALLOWED[action]
    }
    return sorted(held, key=lambda scope: (scope.banner, scope.market, scope.store))


def store_of_till(user: Any) -> str:
    """The store at whose shared till this person has signed in by badge; empty for every other sign-in."""
    return str(getattr(user, "at_till_of", ""))


def _may_at_till(user: Any, action: str, store: str) -> bool:
    """At a till only what a store's people do, only for that store, and of that not what a PIN is too little for."""
    if action in NOT_BY_BADGE:
        return False
    return any(grant.role in ALLOWED[action] and grant.store_code == store for grant in grants_of(user))


def may(user: Any, action: str, scope: Scope) -> bool:
    """Whether `user` may do `action` to a thing of `scope`. Scope() is what belongs to no banner, market or store."""
    return any(held.covers(scope) for held in scopes(user, action))


def may_some(user: Any, action: str, places: Sequence[Scope]) -> bool:
    """Whether `user` may do `action` in one place at least of a thing that has several: to view and to use it."""
    return any(may(user, action, place) for place in places)


def may_all(user: Any, action: str, places: Sequence[Scope]) -> bool:
    """Whether `user` may do `action` in every place of a thing that has several: what editing it takes."""
    return bool(places) and all(may(user, action, place) for place in places)


def may_anywhere(user: Any, action: str) -> bool:
    """Whether there is any scope at all: what menus ask. Never enough to touch a thing."""
    return bool(scopes(user, action))


def check_may(user: Any, action: str, scope: Scope) -> None:
    """Raise NotAllowed unless `may`."""
    if not may(user, action, scope):
        raise NotAllowed(action)


def allowed(action: str) -> rules.Predicate:
    """The django-rules predicate of an action, so that `user.has_perm("members.see", scope)` is the same question."""

    def test(user: Any, scope: Scope | None = None) -> bool:
        return may_anywhere(user, action) if scope is None else may(user, action, scope)

    return rules.Predicate(test, name=f"may_{action}")


def grants_of(user: Any) -> tuple[Grant, ...]:
    """The grants of one user, the oldest first, read once for the life of this object: a request's."""
    if not hasattr(user, "_held_grants"):
        user._held_grants = tuple(user.grants.order_by("pk"))
    return user._held_grants
