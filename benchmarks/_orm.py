"""An honest loop through the ORM: one receipt at a time, a row at a time, in one transaction a receipt.

What a careful Django team would write first: look the card, store and products up, save the receipt, walk the
rules in plain Python (the plain reading of the rules the core's tests hold it against), save awards, posting, lots
and entries, and lock and update the wallets. It writes the same rows as the pipeline, into a database of the same size.
"""

from __future__ import annotations

import csv
import time
import uuid
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from activity.models import Activity, ActivityKey, Attribution
from audit import clock
from earning.models import Award
from ledger.models import Entry, Lot, Posting, Wallet
from loyalty.demo import journey_data
from loyalty.embedded.home import Home
from members.models import Card
from programs.models import Currency, Market, Product, Source, Store
from rules_engine.core.rulebook import Rulebook
from rules_engine.models import Rule
from rules_engine.models import Rulebook as Published
from tests.rules_engine.core import reference

ZONE = ZoneInfo(journey_data.ZONE)
FIRST_ID = 10**12
Row = dict[str, str]


def compare(chosen: list[journey_data.Household], pipeline_rate: float, *, most: int = 400) -> dict[str, Any]:
    """Receipts a second of the loop on a sample, and how many times the pipeline's rate is more."""
    path = Home().path / "files" / "orm.csv"
    journey_data.write_receipts(path, chosen, moved_by=timedelta(days=7 * 1000))
    with path.open() as readable:
        receipts = [list(rows) for _, rows in groupby(csv.DictReader(readable), key=lambda row: row["receipt_id"])]
    loop = _Loop()
    begun = time.monotonic()
    for place, rows in enumerate(receipts[:most]):
        loop.take(place, rows)
    seconds = time.monotonic() - begun
    rate = min(most, len(receipts)) / seconds
    return {"orm_receipts_per_second": round(rate, 1), "orm_ratio": round(pipeline_rate / rate, 1)}


class _Loop:
    def __init__(self) -> None:
        published = Published.objects.filter(state="published").latest("version")
        self.version = published.pk
        self.book = Rulebook.from_document(published.content)
        self.rules = dict(Rule.objects.values_list("code", "id"))
        self.currencies = {one.code: one for one in Currency.objects.filter(program_id=published.program_id)}
        self.program_id = published.program_id
        self.source = Source.objects.get(code="journey")
        self.ids = FIRST_ID + int(time.time()) % 10**6 * 10**6
        self.now = clock.now()

    def next_id(self) -> int:
        self.ids += 1
        return self.ids

    def take(self, place: int, rows: list[Row]) -> None:
        """One receipt, whole, in its transaction."""
        with transaction.atomic():
            card = Card.objects.select_related("membership").get(program_id=self.program_id, number=rows[0]["card"])
            assert card.membership is not None
            holder_id = card.membership.holders.get(until_at=None).holder_id
            store = Store.objects.select_related("banner").get(code=rows[0]["store"])
            market = Market.objects.get(program_id=self.program_id, code=store.market_code)
            products = [Product.objects.select_related("current").get(sku=row["sku"]) for row in rows]
            local_at = datetime.fromisoformat(rows[0]["occurred_at"])
            activity = self._activity(place, rows, products, store, market, local_at)
            Attribution.objects.create(
                activity_id=activity.pk,
                occurred_on=activity.occurred_on,
                program_id=self.program_id,
                membership_id=card.membership.pk,
                holder_id=holder_id,
                bearer_id=1,
                by="card",
                at=self.now,
            )
            earlier = Activity.objects.filter(
                occurred_on=activity.occurred_on,
                occurred_at__lt=activity.occurred_at,
                kind=1,
                activity_id__in=Attribution.objects.filter(
                    holder_id=holder_id, occurred_on=activity.occurred_on
                ).values("activity_id"),
            ).exists()
            self._post(activity, holder_id, self._wanted(activity, products, store, local_at, first=not earlier))

    def _activity(
        self,
        place: int,
        rows: list[dict[str, str]],
        products: list[Product],
        store: Store,
        market: Market,
        local: datetime,
    ) -> Activity:
        amounts = {name: [_cents(row[name]) for row in rows] for name in ("gross", "discount", "net")}
        activity = Activity.objects.create(
            activity_id=self.next_id(),
            occurred_on=local.date(),
            occurred_at=local.replace(tzinfo=ZONE),
            kind=1,
            source_id=self.source.pk,
            external_id=f"orm-{self.ids}-{place}",
            bearer_id=1,
            store_id=store.pk,
            currency=market.currency,
            gross=sum(amounts["gross"]),
            net=sum(amounts["net"]),
            states=[product.current_id for product in products],
            quantities=[int(row["quantity"]) * 1000 for row in rows],
            grosses=amounts["gross"],
            discounts=amounts["discount"],
            nets=amounts["net"],
        )
        ActivityKey.objects.create(
            source_id=activity.source_id,
            external_id=activity.external_id,
            activity_id=activity.pk,
            occurred_on=activity.occurred_on,
            content_hash=uuid.uuid4().bytes,
        )
        return activity

    def _wanted(
        self, activity: Activity, products: list[Product], store: Store, local: datetime, *, first: bool
    ) -> dict[str, int]:
        row = {
            "activity_id": activity.pk,
            "holder_id": 0,
            "kind": 1,
            "event_type": None,
            "store": 0,
            "channel": None,
            "occurred_at": activity.occurred_at,
            "local_at": local,
            "local_date": local.date(),
            "currency": activity.currency,
            "gross": activity.gross,
            "net": activity.net,
            "receipt.first_of_day": first,
        }
        lines = [
            {
                "activity_id": activity.pk,
                "line": number,
                "product": number - 1,
                "quantity": quantity,
                "gross": gross,
                "net": net,
            }
            for number, (quantity, gross, net) in enumerate(
                zip(activity.quantities, activity.grosses, activity.nets, strict=True), 1
            )
        ]
        states = [
            {"sku": one.sku, "category": one.current.category or None, "brand": one.current.brand or None, "tags": []}
            for one in products
            if one.current is not None
        ]
        stores = [{"code": store.code, "kind": store.kind, "banner": store.banner.code, "market": store.market_code}]
        return reference.Receipt(self.book, reference.World([row], lines, states, stores), row).wanted()

    def _post(self, activity: Activity, holder_id: int, wanted: dict[str, int]) -> None:
        earned: dict[str, int] = defaultdict(int)
        for code, number in wanted.items():
            if number:
                currency = self.book.currency_of(self.book.rule(code)).code
                earned[currency] += number
                Award.objects.create(
                    holder_id=holder_id,
                    activity_id=activity.pk,
                    rule_id=self.rules[code],
                    currency_id=self.currencies[currency].pk,
                    occurred_on=activity.occurred_on,
                    rulebook_id=self.version,
                    wanted=number,
                    target=number,
                    posted=number,
                    revision=1,
                )
        if not earned:
            return
        posting = Posting.objects.create(
            posting_id=self.next_id(),
            holder_id=holder_id,
            idem=uuid.uuid4(),
            kind="earn",
            source_type="activity",
            source_id=activity.pk,
            actor="orm",
            channel="",
            effective_at=activity.occurred_at,
        )
        for currency, amount in earned.items():
            self._credit(activity, holder_id, posting, self.currencies[currency].pk, amount)

    def _credit(self, activity: Activity, holder_id: int, posting: Posting, currency_id: int, amount: int) -> None:
        wallet = Wallet.objects.select_for_update().get(holder_id=holder_id, currency_id=currency_id)
        lot = Lot.objects.create(
            lot_id=self.next_id(),
            holder_id=holder_id,
            currency_id=currency_id,
            initial=amount,
            remaining=amount,
            held=0,
            available_at=activity.occurred_at,
            expires_at=activity.occurred_at + timedelta(days=365),
            activity_id=activity.pk,
            occurred_on=activity.occurred_on,
            posting_id=posting.pk,
        )
        Entry.objects.create(
            entry_id=lot.pk,
            holder_id=holder_id,
            posting_id=posting.pk,
            lot_id=lot.pk,
            currency_id=currency_id,
            amount=amount,
            kind="earn",
            contra="issue",
            cost_centre="",
            effective_at=activity.occurred_at,
        )
        Wallet.objects.filter(holder_id=holder_id, currency_id=currency_id).update(
            total=wallet.total + amount, version=wallet.version + 1
        )


def _cents(text: str) -> int:
    return int(Decimal(text) * 100)
