"""People with a past, for the tests of both doors: a member, her receipts, and the points these gave.

Receipts and points are written here as the rooms below would leave them; the journey of tests/browser goes the real
way. Import as `from tests.web import lives`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from django.db import connection, transaction
from django.test import Client

from activity.models import Activity, ActivityKey, Attribution, Bearer, Kind
from earning.models import Award
from identity.models import User
from ledger import bulk
from members import enrolment
from programs.models import Product, ProductState, Source, Store
from rules_engine.models import Rule

PARIS = ZoneInfo("Europe/Paris")
_ids = count(7_000_001)
ARTICLES = [
    ("Terreau universel 50 L", "Jardin"),
    ("Sécateur lame franche", "Jardin"),
    ("Ampoule LED E27", "Maison/Lampes"),
]


@dataclass(frozen=True)
class Life:
    user: User
    membership: Any
    holder_id: int
    program: Any

    def client(self, language: str = "en") -> Client:
        """A browser in which she is signed in."""
        client = Client(headers={"accept-language": language})
        client.force_login(self.user, backend="django.contrib.auth.backends.ModelBackend")
        return client


def member(program: Any, now: datetime, *, email: str = "camille@example.com", first_name: str = "Camille") -> Life:
    user = User.objects.create_user(email)
    store = Store.objects.filter(banner__programs=program, market_code="FR").order_by("code").first()
    membership = enrolment.enrol(
        program=program, channel="web", now=now, by="system", first_name=first_name, email=email, email_verified_at=now,
        user_id=user.pk, market_code="FR", store=store,
    )  # fmt: skip
    return Life(user, membership, membership.holders.get().holder_id, program)


def source(program: Any) -> Source:
    made, new = Source.objects.get_or_create(code="tills", defaults={"catalogue": program.population})
    if new:
        made.programs.add(program)
    return made


def states(program: Any, now: datetime) -> list[ProductState]:
    found = []
    for number, (name, category) in enumerate(ARTICLES):
        product, _new = Product.objects.get_or_create(catalogue=program.population, sku=f"sku-{number}")
        state = product.states.first() or ProductState.objects.create(
            product=product, sku=product.sku, name=name, category=category, since=now
        )
        found.append(state)
    return found


def receipt(
    life: Life, at: datetime, *, nets: Sequence[int] = (1780, 2490), points: Sequence[int] = (42,),
    kind: int = Kind.PURCHASE, pending_until: datetime | None = None, expires_at: datetime | None = None,
    currency: str = "points",
) -> int:  # fmt: skip
    """A receipt of lines at `nets` that gave `points`, one rule each; its activity id."""
    till, articles = source(life.program), states(life.program, at)
    activity_id, day = next(_ids), at.astimezone(PARIS).date()
    size = len(nets)
    Activity.objects.create(
        activity_id=activity_id, occurred_on=day, occurred_at=at, kind=kind, source_id=till.pk,
        external_id=f"T{activity_id}", store_id=life.membership.home_store_id, currency="EUR", gross=sum(nets),
        net=sum(nets), states=[articles[n % len(articles)].pk for n in range(size)], quantities=[1000] * size,
        grosses=list(nets), discounts=[0] * size, nets=list(nets),
    )  # fmt: skip
    ActivityKey.objects.create(
        source_id=till.pk, external_id=f"T{activity_id}", activity_id=activity_id, occurred_on=day, content_hash=b"x"
    )  # fmt: skip
    bearer, _new = Bearer.objects.get_or_create(source_id=till.pk, digest=str(life.holder_id).encode())
    Attribution.objects.create(
        activity_id=activity_id, occurred_on=day, program_id=life.program.pk, membership_id=life.membership.pk,
        holder_id=life.holder_id, bearer_id=bearer.pk, by="card", at=at,
    )  # fmt: skip
    pot = life.program.currencies.get(code=currency)
    for number, amount in enumerate(points):
        rule, _new = Rule.objects.get_or_create(program=life.program, code=f"rule-{number}")
        Award.objects.create(
            holder_id=life.holder_id, activity_id=activity_id, rule_id=rule.pk, currency_id=pot.pk, occurred_on=day,
            rulebook_id=1, wanted=amount, target=amount, posted=amount, revision=1,
        )  # fmt: skip
    if sum(points) > 0:
        _earn(life, activity_id, day, at, pot.pk, sum(points), pending_until or at, expires_at)
    return activity_id


def midnight_after(day: datetime) -> datetime:
    """When points that live through a day die, in the market's zone."""
    return datetime.combine(day.astimezone(PARIS).date() + timedelta(days=1), time(), PARIS).astimezone(UTC)


def _earn(
    life: Life, activity_id: int, day: Any, at: datetime, currency_id: int, amount: int, since: datetime, until: Any
) -> None:
    moment = pl.Datetime("us", "UTC")
    frame = pl.DataFrame(
        [(life.holder_id, activity_id, day, 1, currency_id, amount, since, until, at, None, None)],
        schema={
            "holder_id": pl.Int64, "activity_id": pl.Int64, "occurred_on": pl.Date, "revision": pl.Int32,
            "currency_id": pl.Int32, "amount": pl.Int64, "available_at": moment, "expires_at": moment,
            "effective_at": moment, "store_id": pl.Int32, "cost_centre": pl.String,
        },
        orient="row",
    )  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        bulk.earn(cursor, frame, now=at, actor="system")
