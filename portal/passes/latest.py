"""A pass as it is at this moment, without its member's session: what a wallet fetches when it was told of a change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import translation

from ledger import queries as ledger
from members.models import Card
from portal import queries
from portal.passes import content
from portal.passes.content import Pass
from programs import queries as programs
from tiers import queries as tiers
from web import banners


def pass_of(card: Card, now: datetime) -> Pass | None:
    """In the member's own language; voided where she is a member no more. None for a card that is for no wallet."""
    membership = card.membership
    if membership is None or card.kind != Card.Kind.PASS:
        return None
    program = programs.program_by_code(card.program.code)
    visit = queries.visit_for(membership, program, now)
    if visit is None or program is None:
        return None
    with translation.override(membership.member.language or visit_language(visit)):
        return content.pass_of(visit, program, card)


def visit_language(visit: queries.Visit) -> str:
    """The first language of her market."""
    market = programs.market_of(visit.program_id, visit.market_code)
    return market.languages[0] if market else "en"


def digests_of(cards: Iterable[Card], now: datetime) -> dict[int, str]:
    """What each pass says, as a digest: the figures, the step, whether the card works. Cards of one program, at once.

    Not the day's date: it would make every pass new each morning.
    """
    rows = [(card, card.membership) for card in cards if card.membership is not None]
    if not rows:
        return {}
    program = programs.program_by_code(rows[0][0].program.code)
    assert program is not None
    holders = {card.pk: _holder(membership) for card, membership in rows}
    known = [holder for holder in holders.values() if holder is not None]
    balances = ledger.balances_of(known, now)
    steps = tiers.steps_of(known, program.pk, now)
    found = {}
    for card, membership in rows:
        holder = holders[card.pk]
        said: tuple[Any, ...] = (
            card.status, membership.status, membership.member.first_name,
            banners.of_member(program, membership.home_banner_id).digest,
            steps.get(holder or 0), [(one.currency_id, one.available) for one in balances.get(holder or 0, ())],
        )  # fmt: skip
        found[card.pk] = hashlib.sha256(repr(said).encode()).hexdigest()
    return found


def _holder(membership: Any) -> int | None:
    """Whose pots it earns into now; the rows were fetched with the membership."""
    return next((row.holder_id for row in membership.holders.all() if row.until_at is None), None)
