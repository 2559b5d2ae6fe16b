"""Card stock: what each store has left, the batches, and making and handing them out."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.doors import Desk
from identity import rights
from identity.rights import Scope
from members import batches
from members.models import Card, CardBatch
from programs.models import Store
from web import formats, people

SHOWN = 100
HEADER = ("number", "printed", "code128", "qr", "claim_code")


@dataclass(frozen=True)
class StoreRow:
    """A store's blank cards. `low`: somebody should print some."""

    name: str
    code: str
    handed: int
    bound: int
    left: int
    low: bool


@dataclass(frozen=True)
class BatchRow:
    """A batch; `store` is empty while it is at the printer, `left` how many of its cards are blank."""

    code: str
    count: int
    made_at: datetime
    store: str
    handed_at: datetime | None
    left: int
    may_generate: bool
    may_print: bool


class BatchForm(forms.Form):
    """How many cards, and for which store."""

    count = forms.IntegerField(
        label=gettext_lazy("How many cards"), min_value=1, max_value=batches.MOST, initial=500,
        widget=forms.NumberInput(attrs={"autocomplete": "off", "class": "num"}),
    )  # fmt: skip
    store = forms.ChoiceField(label=gettext_lazy("For which store"), required=False)

    def __init__(self, desk: Desk, data: Any = None) -> None:
        super().__init__(data)
        self.stores = {store.code: store for store in stores_of(desk, "cards.generate")}
        later = [("", _("Decided later"))] if desk.may("cards.generate", rights.EVERYWHERE) else []
        field: Any = self.fields["store"]
        field.choices = [*later, *((code, people.store_name(store)) for code, store in self.stores.items())]
        field.required = not later


class HandForm(BatchForm):
    """The store a batch goes to."""

    def __init__(self, desk: Desk, data: Any = None) -> None:
        super().__init__(desk, data)
        del self.fields["count"]
        field: Any = self.fields["store"]
        field.choices = [choice for choice in field.choices if choice[0]]
        field.required = True


def scope_of(store: Store | None) -> Scope:
    """Where a store's cards belong; cards of no store belong nowhere in particular."""
    return Scope(store.banner.code, store.market_code, store.code) if store else Scope()


def stores_of(desk: Desk, action: str) -> list[Store]:
    """The program's stores where this person may do `action`."""
    rows = Store.objects.filter(banner__programs=desk.program).select_related("banner").order_by("code")
    return [store for store in rows if desk.may(action, scope_of(store))]


def rows_of(desk: Desk) -> list[StoreRow]:
    """Every store she looks after, those without a card too, the emptiest first."""
    stock = {row.store.pk: row for row in batches.stock_of(desk.program)}
    every = [stock.get(store.pk) or batches.Stock(store, 0, 0) for store in stores_of(desk, "cards.stock")]
    return [
        StoreRow(people.store_name(row.store), row.store.code, row.handed, row.bound, row.left, row.is_low)
        for row in sorted(every, key=lambda row: (row.handed == 0, row.left, row.store.code))
    ]


def batches_of(desk: Desk) -> list[BatchRow]:
    """The latest batches this person may see, newest first."""
    rows = _batches(desk).order_by("-made_at", "-pk")
    return [row_of(desk, batch) for batch in rows[:SHOWN] if desk.may("cards.stock", scope_of(batch.store))]


def batch_of(desk: Desk, code: str, action: str) -> CardBatch:
    """A batch of the program where this person may do `action`; else 404."""
    found = _batches(desk).filter(code=code).first()
    if found is None or not desk.may(action, scope_of(found.store)):
        raise Http404
    return found


def _batches(desk: Desk) -> QuerySet[CardBatch]:
    """With `left`, how many of each are blank still."""
    blank = Count("cards", filter=Q(cards__status=Card.Status.BLANK))
    return CardBatch.objects.filter(program=desk.program).select_related("store__banner").annotate(left=blank)


def row_of(desk: Desk, batch: Any) -> BatchRow:
    """`batch` as batch_of gives it, with what is left of it."""
    may = desk.may("cards.generate", scope_of(batch.store))
    return BatchRow(
        code=batch.code, count=batch.count, made_at=batch.made_at, store=people.store_name(batch.store),
        handed_at=batch.handed_at, left=batch.left, may_generate=may,
        may_print=may and desk.now <= batch.made_at + batches.PRINTED_WITHIN,
    )  # fmt: skip


class _Line:
    """A file of one line: what csv writes is handed on at once."""

    def write(self, text: str) -> str:
        return text


def lines_for_printer(desk: Desk, batch: CardBatch) -> Iterator[str]:
    """The printer's CSV, line by line: number, as printed, what the codes hold, code under the film.

    Raises batches.TooLateToPrint before the first line.
    """
    cards = batches.for_printer(batch=batch, now=desk.now, by=desk.actor)
    writer = csv.writer(_Line())
    return (str(writer.writerow(row)) for row in _table(cards))


def _table(cards: Iterator[batches.Printed]) -> Iterator[tuple[str, ...]]:
    yield HEADER
    for card in cards:
        shown = formats.card_number(card.number).replace("\u202f", " ").replace("\u00a0", " ")
        yield card.number, shown, card.number, card.number, card.claim_code
