"""Blank cards printed together: numbers for the printer, handed to one store, bound one by one as people join."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from audit import trail
from members import claim_codes, writing
from members.cards import TooMany
from members.models import Card, CardBatch
from members.refusals import NotOffered, Refused
from programs import queries as programs
from programs.models import Program, Store

MOST = 100_000
LOW = 50
"""Fewer blank cards than this in a store are few: a week of a busy one."""


PRINTED_WITHIN = timedelta(days=7)
"""Afterwards nobody reads the codes of a batch any more: they are on the cards, and people hold those."""


class BatchHanded(Refused):
    """The batch was handed to a store already."""

    field = "store"


class TooLateToPrint(Refused):
    """The batch was made more than a week ago: its cards are printed, or it is made anew."""


@dataclass(frozen=True)
class Printed:
    """A blank card for the printer: its number, and the code under the scratch film."""

    number: str
    claim_code: str


@dataclass(frozen=True)
class Stock:
    """The cards of one store: handed to it, bound to members since, and left."""

    store: Store
    handed: int
    left: int

    @property
    def bound(self) -> int:
        return self.handed - self.left

    @property
    def is_low(self) -> bool:
        return self.left < LOW


def prepare(*, program: Program, count: int, now: datetime, by: str, store: Store | None = None) -> CardBatch:
    """Make the numbers of `count` blank cards; with `store`, for a store that prints its own. Raises TooMany."""
    if not 0 < count <= MOST:
        raise TooMany(f"between 1 and {MOST} cards at once")
    with transaction.atomic(), connection.cursor() as cursor:
        Program.objects.select_for_update(no_key=True).get(pk=program.pk)  # batches are numbered one by one
        serial = CardBatch.objects.filter(program=program).count() + 1
        salt = secrets.token_bytes(16)
        batch = CardBatch.objects.create(
            program=program, code=f"{now:%Y}-{serial:04d}", count=count, salt=salt, made_at=now, made_by=by
        )
        writing.blanks(
            cursor, program.pk, count, now, batch_id=batch.pk, digest_of=lambda one: claim_codes.digest_of(salt, one)
        )
        trail.record(
            action="cards.batch_made", actor=by, obj=("card_batch", batch.pk), at=now, data={"count": count}
        )  # fmt: skip
        return batch if store is None else hand(batch=batch, store=store, now=now, by=by)


def hand(*, batch: CardBatch, store: Store, now: datetime, by: str) -> CardBatch:
    """Hand a batch to a store, once and whole. Raises BatchHanded; NotOffered for a store of another program."""
    if programs.store_by_code(batch.program_id, store.code) is None:
        raise NotOffered("store", store.code)
    with transaction.atomic():
        current = CardBatch.objects.select_for_update().get(pk=batch.pk)
        if current.store_id is not None:
            raise BatchHanded(current.code)
        current.store, current.handed_at, current.handed_by = store, now, by
        current.save(update_fields=["store", "handed_at", "handed_by"])
        trail.record(
            action="cards.batch_handed", actor=by, obj=("card_batch", batch.pk), at=now, data={"store": store.code}
        )  # fmt: skip
    return current


def for_printer(*, batch: CardBatch, now: datetime, by: str) -> Iterator[Printed]:
    """Every card of a batch with its code, in the order of making. Raises TooLateToPrint."""
    if now > batch.made_at + PRINTED_WITHIN:
        raise TooLateToPrint(batch.code)
    trail.record(action="cards.batch_printed", actor=by, obj=("card_batch", batch.pk), at=now)
    salt = bytes(batch.salt)
    rows = Card.objects.filter(batch=batch).order_by("pk").values_list("number", "claim_digest")
    return (
        Printed(number, claim_codes.printed(salt, number, bytes(digest or b""))) for number, digest in rows.iterator()
    )


_STOCK = """
SELECT b.store_id, count(*), count(*) FILTER (WHERE c.status = 'blank')
FROM card_batch b JOIN card c ON c.batch_id = b.id
WHERE b.program_id = %s AND b.store_id IS NOT NULL GROUP BY b.store_id
"""


def stock_of(program: Program) -> list[Stock]:
    """The stock of every store that was handed cards, the emptiest first."""
    with connection.cursor() as cursor:
        cursor.execute(_STOCK, [program.pk])
        counts = {store_id: (handed, left) for store_id, handed, left in cursor.fetchall()}
    stores = Store.objects.select_related("banner").in_bulk(counts)
    rows = [Stock(stores[store_id], *numbers) for store_id, numbers in counts.items()]
    return sorted(rows, key=lambda row: (row.left, row.store.code))
