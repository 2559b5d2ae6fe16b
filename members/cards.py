"""Cards through their lives: printed blank, bound, blocked, replaced. Points stay where they are meanwhile.

A card number names a membership at a till and never authorises a spend. A blocked or replaced number goes on naming
its membership, so that what it is used for afterwards waits for staff instead of getting lost (members.matching).
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, connection, transaction

from audit import trail
from members import numbers, writing
from members.models import Card, Membership
from members.refusals import CardNotActive, CardTaken
from programs.models import Program

MOST_BLANKS = 1_000_000
new_number = numbers.new_card_number


class TooMany(ValueError):
    """More blank cards at once than anybody prints."""


def generate_blanks(*, program: Program, count: int, now: datetime, by: str) -> list[str]:
    """Numbers of `count` new blank cards, to be printed and handed out; they name nobody until they are bound."""
    if not 0 < count <= MOST_BLANKS:
        raise TooMany(f"between 1 and {MOST_BLANKS} cards at once")
    with transaction.atomic(), connection.cursor() as cursor:
        made = writing.blanks(cursor, program.pk, count, now)
        trail.record(
            action="cards.generated", actor=by, obj=("program", program.pk), at=now, data={"count": count}
        )  # fmt: skip
    return made


def bind(*, membership: Membership, number: str, now: datetime, by: str) -> Card:
    """Give a membership a card by its number: a blank one of ours, or one issued elsewhere that nobody has.

    Raises CardTaken (also for the slower of two doors at once) and InvalidNumber.
    """
    number = numbers.check(number)
    with transaction.atomic():
        card = _bind_blank(membership, number, now) or _add(membership, number, Card.Kind.PHYSICAL, now)
        _tell("cards.bound", card, now, by)
    return card


def block(*, card: Card, reason: str, now: datetime, by: str) -> Card:
    """Block a lost or stolen card at once. What is bought with it from now on waits for staff."""
    return _change(
        card, {Card.Status.ACTIVE}, now, by, "cards.blocked",
        status=Card.Status.BLOCKED, blocked_at=now, reason=reason[:80],
    )  # fmt: skip


def unblock(*, card: Card, now: datetime, by: str) -> Card:
    """A card that was found again names its member as before. The caller rematches what waited."""
    return _change(
        card, {Card.Status.BLOCKED}, now, by, "cards.unblocked", status=Card.Status.ACTIVE, blocked_at=None, reason=""
    )


def replace(*, card: Card, reason: str, now: datetime, by: str, number: str = "") -> Card:
    """Give its member a new card in place of this one, for good: a new virtual number, or the card of `number`."""
    with transaction.atomic():
        old = _change(
            card, {Card.Status.ACTIVE, Card.Status.BLOCKED}, now, by, "cards.replaced",
            status=Card.Status.REPLACED, blocked_at=card.blocked_at or now, reason=reason[:80],
        )  # fmt: skip
        membership = Membership.objects.get(cards=old)
        if number:
            return bind(membership=membership, number=number, now=now, by=by)
        new = _add(membership, new_number(), Card.Kind.VIRTUAL, now)
        _tell("cards.issued", new, now, by)
    return new


def _bind_blank(membership: Membership, number: str, now: datetime) -> Card | None:
    """The row lock lets one of two doors through; the other reads the card again, no longer blank."""
    found = Card.objects.select_for_update().filter(program_id=membership.program_id, number__iexact=number).first()
    if found is None:
        return None
    if found.status != Card.Status.BLANK:
        raise CardTaken("this card is in use")
    found.membership, found.status, found.issued_at = membership, Card.Status.ACTIVE, now
    found.save(update_fields=["membership", "status", "issued_at"])
    return found


def _add(membership: Membership, number: str, kind: str, now: datetime) -> Card:
    try:
        with transaction.atomic():
            return Card.objects.create(
                program_id=membership.program_id, membership=membership, number=number, kind=kind,
                status=Card.Status.ACTIVE, issued_at=now,
            )  # fmt: skip
    except IntegrityError:
        raise CardTaken("this card is in use") from None


def _change(card: Card, wanted: set[str], now: datetime, by: str, action: str, **fields: object) -> Card:
    """Change a card that is in one of the wanted states at this very moment. Raises CardNotActive."""
    with transaction.atomic():
        current = Card.objects.select_for_update().get(pk=card.pk)
        if current.status not in wanted:
            raise CardNotActive(f"the card is {current.status}")
        for field, value in fields.items():
            setattr(current, field, value)
        current.save(update_fields=list(fields))
        _tell(action, current, now, by)
    return current


def _tell(action: str, card: Card, now: datetime, by: str) -> None:
    trail.record(
        action=action, actor=by, obj=("card", card.pk), at=now,
        data={"membership": card.membership_id, "reason": card.reason},
    )  # fmt: skip
