"""What ends a case, and what it posts by itself: a receipt, an adjustment, a card, a refund, or an answer alone.

An outcome and the end of its case are one transaction. `preview` does the very same and undoes it, so that what it
shows is what would be posted.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from care import adjustments, cases, policies, receipts
from care.models import Adjustment, Case
from care.receipts import Evidenced
from care.refusals import NotInThisState, NotRefundable, NoWords
from identity.models import User
from members import cards
from members.models import Card, MembershipHolder
from programs import queries as programs
from rewards import refusals as rewards
from rewards import undoing

RECEIPT, LAND, ADJUST, CARD, REFUND, ANSWER = "receipt", "land", "adjust", "card", "refund", "answer"


@dataclass(frozen=True)
class Outcome:
    """What is to be done; `kind` says which fields count. `amount` in smallest units of the currency."""

    kind: str
    words: str = ""
    activity_id: int | None = None
    evidenced: Evidenced | None = None
    currency: str = ""
    amount: int = 0
    reason: str = ""
    card_id: int | None = None
    card_number: str = ""
    redemption_id: int | None = None
    key: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True)
class Done:
    """What came of it. `points`: (currency_id, amount) that moved or, for a receipt, that earning will post.

    `waits`: an adjustment above the ceiling; the case stays open until another person has decided.
    """

    points: Sequence[tuple[int, int]] = ()
    waits: bool = False
    card: str = ""


def settle(*, case_id: int, outcome: Outcome, user: User, now: datetime) -> Done:
    """Do what the outcome says and end the case; the member is told. Raises what the act itself refuses, NoWords."""
    by = f"user:{user.pk}"
    with transaction.atomic():
        case = cases.locked(case_id, by)
        policies.check_lives(case)
        if outcome.kind == ANSWER and not outcome.words.strip():
            raise NoWords
        done, data = _act(case, outcome, user, now)
        if not done.waits:
            cases.solve(case_id=case_id, words=outcome.words, outcome=outcome.kind, now=now, by=by, data=data)
    return done


def preview(*, case_id: int, outcome: Outcome, user: User, now: datetime) -> Done:
    """What `settle` would do, done and undone. Raises what `settle` raises."""
    with transaction.atomic():
        by = f"user:{user.pk}"
        case = cases.locked(case_id, by)
        policies.check_lives(case)
        done, data = _act(case, outcome, user, now)
        if outcome.kind in (RECEIPT, LAND):
            done = Done(points=_would_earn(case, data["activity"]))
        transaction.set_rollback(True)
    return done


def _act(case: Case, outcome: Outcome, user: User, now: datetime) -> tuple[Done, dict[str, Any]]:
    by = f"user:{user.pk}"
    match outcome.kind:
        case "receipt":
            claim = receipts.attach(case=case, activity_id=outcome.activity_id or 0, now=now, by=by)
            return Done(), {"activity": claim.activity_id}
        case "land" if outcome.evidenced is not None:
            claim = receipts.land(case=case, evidenced=outcome.evidenced, now=now, by=by)
            return Done(), {"activity": claim.activity_id}
        case "adjust":
            return _adjust(case, outcome, user, now)
        case "card":
            return _replace(case, outcome, now, by)
        case "refund":
            return _refund(case, outcome, now, by)
        case "answer":
            return Done(), {}
    raise ValueError(f"no outcome is {outcome.kind!r}")


def _adjust(case: Case, outcome: Outcome, user: User, now: datetime) -> tuple[Done, dict[str, Any]]:
    currency = next((one for one in programs.currencies_of(case.program_id) if one.code == outcome.currency), None)
    if currency is None:
        raise ValueError(f"no currency is {outcome.currency!r}")
    if case.adjustments.filter(state=Adjustment.State.WAITING).exclude(key=outcome.key).exists():
        raise NotInThisState(_("An adjustment of this case waits for another person’s word already."))
    row = adjustments.ask(
        membership=case.membership, currency=currency, amount=outcome.amount, reason=outcome.reason,
        words=outcome.words or f"case {case.pk}", key=outcome.key, user=user, now=now, case=case,
    )  # fmt: skip
    waits = row.state == Adjustment.State.WAITING
    return Done(points=((currency.id, row.amount),), waits=waits), {"adjustment": row.pk}


def _replace(case: Case, outcome: Outcome, now: datetime, by: str) -> tuple[Done, dict[str, Any]]:
    card = Card.objects.filter(pk=outcome.card_id or 0, membership_id=case.membership_id).first()
    if card is None or card.status not in (Card.Status.ACTIVE, Card.Status.BLOCKED):
        raise NotInThisState(_("This card cannot be replaced: choose another one."))
    new = cards.replace(card=card, reason=f"case {case.pk}", now=now, by=by, number=outcome.card_number)
    return Done(card=new.number), {"card": new.pk}


def _refund(case: Case, outcome: Outcome, now: datetime, by: str) -> tuple[Done, dict[str, Any]]:
    try:
        back = undoing.undo(
            membership_id=case.membership_id, redemption_id=outcome.redemption_id or 0, reason=f"case {case.pk}",
            now=now, by=by,
        )  # fmt: skip
    except rewards.VoucherUsed:
        raise NotRefundable(_("A voucher of this reward was used: it did arrive.")) from None
    except rewards.AlreadyUndone:
        raise NotRefundable(_("The points of this reward came back already.")) from None
    except rewards.NoSuchRedemption:
        raise NotRefundable(_("Choose one of the member’s rewards.")) from None
    return Done(points=back.amounts), {"redemption": outcome.redemption_id}


def _would_earn(case: Case, activity_id: int) -> list[tuple[int, int]]:
    """What earning will post for a receipt that is the member's from now on."""
    import polars as pl

    from earning import batches, journey, scopes

    holder = MembershipHolder.objects.get(membership_id=case.membership_id, until_at=None).holder_id
    chosen, values = scopes.of_receipts([activity_id]).chosen()
    work = (
        "SELECT t.holder_id, t.activity_id, t.occurred_on FROM attribution AS t"
        f" WHERE t.program_id = %(program)s AND t.ended_at IS NULL AND t.holder_id = %(holder)s AND {chosen}"
    )
    with connection.cursor() as wrapper:
        batch = batches.read_chosen(wrapper.cursor, work, {"program": case.program_id, "holder": holder, **values})
        change, _placed = journey.compare(wrapper.cursor, batch)
    sums = change.moves.group_by("currency_id", maintain_order=True).agg(pl.col("amount").sum())
    return [(int(currency), int(amount)) for currency, amount in sums.iter_rows() if amount]
