"""A row for every address of the desk: what one must be allowed to do there, and to a thing of which scope.

Add yours here; tests/house/test_scopes.py asks every role in every scope at every address for each kind of thing.

    "name of the address": Row("action", KIND, make)

KIND says where the thing belongs:
- MEMBER: to the banner, market and store of a member; `make(place)` answers the keywords of the address for the member
  of that place (`place.membership`), making what hangs on her (a case, a card) where the address names it.
- STORE: to a store; `make(place)` uses `place.store`.
- ANYWHERE: the page is a list or a form, filtered by what the person may see: a right in any scope opens it.
- WHOLE: files, quarantine, settings: what belongs to no scope, and opens only to a right everywhere.

`post` is the action of a POST where it is another one than that of the page; `data` what an address that takes nothing
but a POST needs in order not to say 404 by itself. An action "" opens to any right at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

MEMBER, STORE, ANYWHERE, WHOLE = "member", "store", "anywhere", "whole"
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """Where a thing belongs: a store with its banner and market, a member whose home it is, and the program."""

    program: Any
    store: Any
    membership: Any


@dataclass(frozen=True)
class Row:
    action: str
    kind: str
    make: Callable[[Place], dict[str, Any]] = lambda place: {}
    post: str = ""
    data: dict[str, str] = field(default_factory=dict)


def member(place: Place) -> dict[str, Any]:
    return {"public_id": place.membership.public_id}


def file(place: Place) -> dict[str, Any]:
    from activity.models import InboundFile
    from tests.web import lives

    made, _new = InboundFile.objects.get_or_create(
        program=place.program, source=lives.source(place.program), name="f.csv",
        defaults={"opened_at": NOW, "closed_at": NOW, "state": "closed", "rows": 0, "size": 0, "mapping": {}},
    )  # fmt: skip
    return {"file_id": made.pk}


def quarantined(place: Place) -> dict[str, Any]:
    from activity import single
    from activity.models import Quarantine
    from tests.web import lives

    row = {"receipt_id": "R1", "store": "s1", "occurred_at": "2026-13-45", "sku": "a", "quantity": "1", "net": "1"}
    single.land_one([row], source=lives.source(place.program), program=place.program, now=NOW)
    return {"row_id": Quarantine.objects.order_by("pk")[0].pk}


def card(place: Place) -> dict[str, Any]:
    return {**member(place), "card_id": place.membership.cards.get().pk}


def batch(place: Place) -> dict[str, Any]:
    from members import batches

    return {"code": batches.prepare(program=place.program, count=1, now=NOW, by="t", store=place.store).code}


ROWS: dict[str, Row] = {
    "till": Row("till.use", ANYWHERE, data={"act": "next"}),
    "stock": Row("cards.stock", ANYWHERE, post="cards.generate"),
    "card_batch": Row("cards.stock", STORE, batch, post="cards.generate"),
    "card_batch_file": Row("cards.generate", STORE, batch),
    "member_cards": Row("cards.block", MEMBER, member, data={"act": "bind"}),
    "card_receipts": Row("cards.block", MEMBER, card),
    "home": Row("members.search", ANYWHERE),
    "program": Row("", ANYWHERE, data={"program": "demo"}),
    "enrol": Row("members.enrol", ANYWHERE),
    "member": Row("members.see", MEMBER, member),
    "floor": Row("tiers.floor", MEMBER, member),
    "imports": Row("imports.see", WHOLE),
    "import": Row("imports.see", WHOLE, file),
    "quarantine": Row("quarantine.see", WHOLE),
    "quarantined": Row("quarantine.see", WHOLE, quarantined, post="quarantine.fix"),
}
