"""Where stores are. This floor knows no stores: the room above that does registers how to complete a scope."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from identity.rights import Scope

Find = Callable[[Collection[str]], dict[str, tuple[str, str]]]
_known: list[Find] = []


def complete_with(find: Find) -> None:
    """Register how codes of stores tell (banner, market); a code that is no store's is left out."""
    _known[:] = [find]


def complete(scope: Scope) -> Scope:
    """The scope of a store with its banner and market, so that a right over these reaches it; others as they are."""
    return complete_all([scope])[scope]


def complete_all(scopes: Collection[Scope]) -> dict[Scope, Scope]:
    """Many at once, in one statement: each scope with the one that it is in full."""
    stores = {scope.store for scope in scopes if scope.store}
    found = _known[0](stores) if stores and _known else {}
    return {
        scope: replace(
            scope, banner=scope.banner or found[scope.store][0], market=scope.market or found[scope.store][1]
        )
        if scope.store in found
        else scope
        for scope in scopes
    }
