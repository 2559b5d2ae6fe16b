"""People and cards of the tests, written as rows, without the use cases under test."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from members import models

_numbers = count(1)


@pytest.fixture
def make_membership(program: Any, now: Any) -> Any:
    """make_membership(status="active", cards={"NUMBER": "active"}, program=..., **fields of the member)"""

    def make(
        *,
        program: Any = program,
        status: str = "active",
        cards: dict[str, str] | None = None,
        number: str = "",
        home_store: Any = None,
        member: Any = None,
        **person: Any,
    ) -> models.Membership:
        serial = next(_numbers)
        member = member or models.Member.objects.create(
            public_id=f"p{serial}", population=program.population, created_at=now, **person
        )
        membership = models.Membership.objects.create(
            public_id=f"m{serial}", member=member, program=program, number=number or f"M{serial:06d}", status=status,
            channel="store", market_code="FR", joined_at=now, home_store=home_store,
            home_banner=home_store.banner if home_store else None,
        )  # fmt: skip
        models.MembershipHolder.objects.create(membership=membership, holder_id=1_000_000 + serial, from_at=now)
        for card, card_status in (cards or {}).items():
            models.Card.objects.create(
                program=program, membership=membership, number=card, kind="physical", status=card_status, issued_at=now
            )
        return membership

    return make


@pytest.fixture
def other_program(db: None) -> Any:
    """Program "solo", of a population of its own."""
    from programs.models import Banner, Market, Population, Program

    population = Population.objects.create(code="solo")
    made = Program.objects.create(code="solo", names={"en": "Solo"}, population=population)
    made.banners.add(Banner.objects.create(code="solo", names={"en": "Solo"}))
    Market.objects.create(program=made, code="FR", currency="EUR", languages=["fr"], timezone="Europe/Paris")
    return made


@pytest.fixture
def sister_program(program: Any) -> Any:
    """Program "sister", of the same population as `program`."""
    from programs.models import Market, Program

    made = Program.objects.create(code="sister", names={"en": "Sister"}, population=program.population)
    Market.objects.create(program=made, code="FR", currency="EUR", languages=["fr"], timezone="Europe/Paris")
    return made
