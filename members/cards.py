"""Cards through their lives: printed blank, bound, blocked, replaced. Points stay where they are meanwhile.

A card number names a membership at a till and never authorises a spend. A blocked or replaced number goes on naming
its membership, so that what it is used for afterwards waits for staff instead of getting lost (members.matching).

Blocking locks the membership and the pots of its holder first: a spend either was committed before, or finds the card
blocked. The order of locks is that of a redemption: membership, pots, card.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, connection, transaction

from audit import trail
from ledger import stilling
from members import hooks, numbers, writing
from members.models import Card, Membership, MembershipHolder
from members.refusals import CardNotActive, CardTaken
from programs import queries as programs
from programs.models import Program

MOST_BLANKS = 1_000_000
new_number = numbers.new_card_number
LOST, STOLEN = "lost", "stolen"


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
        _record("cards.bound", card, now, by)
    return card


def block(*, card: Card, reason: str, now: datetime, by: str) -> Card:
    """Block a lost or stolen card at once. What is bought with it from now on waits for staff. Raises CardNotActive."""
    with transaction.atomic():
        _hold_still(card, now, by)
        blocked = _change(
            card, {Card.Status.ACTIVE}, now, by, "cards.blocked",
            status=Card.Status.BLOCKED, blocked_at=now, reason=reason[:80],
        )  # fmt: skip
        _tell("card_blocked", blocked, now, by, reason=reason)
    return blocked


def lose(*, card: Card, reason: str, now: datetime, by: str) -> Card:
    """Block a card that was lost or stolen and give its member a new virtual one in the same moment; the new card.

    The old one stays blocked and not replaced, so that it can be found again. Raises CardNotActive.
    """
    with transaction.atomic():
        lost = block(card=card, reason=reason, now=now, by=by)
        return issue(membership=Membership.objects.get(cards=lost), kind=Card.Kind.VIRTUAL, now=now, by=by)


def issue(*, membership: Membership, kind: str, now: datetime, by: str) -> Card:
    """A new card with a number of ours: virtual, or for a phone's wallet."""
    with transaction.atomic():
        card = _add(membership, new_number(), kind, now)
        _record("cards.issued", card, now, by)
    return card


def issue_pass(*, membership: Membership, now: datetime, by: str) -> Card:
    """The card in the member's phone wallet: the one that works, else a new one."""
    with transaction.atomic():
        Membership.objects.select_for_update(no_key=True).get(pk=membership.pk)  # one person may tap twice
        active = membership.cards.filter(kind=Card.Kind.PASS, status=Card.Status.ACTIVE)
        return active.order_by("-pk").first() or issue(membership=membership, kind=Card.Kind.PASS, now=now, by=by)


def unblock(*, card: Card, now: datetime, by: str) -> Card:
    """A card that was found again names its member as before. The caller rematches what waited."""
    return _change(
        card, {Card.Status.BLOCKED}, now, by, "cards.unblocked", status=Card.Status.ACTIVE, blocked_at=None, reason=""
    )


def replace(*, card: Card, reason: str, now: datetime, by: str, number: str = "") -> Card:
    """Give its member a new card in place of this one, for good: a new virtual number, or the card of `number`."""
    with transaction.atomic():
        _hold_still(card, now, by)
        old = _change(
            card, {Card.Status.ACTIVE, Card.Status.BLOCKED}, now, by, "cards.replaced",
            status=Card.Status.REPLACED, blocked_at=card.blocked_at or now, reason=reason[:80],
        )  # fmt: skip
        membership = Membership.objects.get(cards=old)
        if number:
            new = bind(membership=membership, number=number, now=now, by=by)
        else:
            new = issue(membership=membership, kind=Card.Kind.VIRTUAL, now=now, by=by)
        _tell("card_replaced", old, now, by, reason=reason, new_ending=new.number[-4:])
    return new


def _hold_still(card: Card, now: datetime, by: str) -> None:
    """Let no spend of the card's membership be under way until the transaction ends; a blank card has none."""
    if card.membership_id is None:
        return
    Membership.objects.select_for_update(no_key=True).get(pk=card.membership_id)
    _tell("card_blocking", card, now, by)  # before the pots: what is set aside is let go in a redemption's own order
    holders = MembershipHolder.objects.filter(membership_id=card.membership_id, until_at=None)
    stilling.hold_still(
        holder_ids=holders.values_list("holder_id", flat=True),
        currency_ids=[currency.id for currency in programs.currencies_of(card.program_id)],
    )


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
        _record(action, current, now, by)
    return current


def _tell(what: str, card: Card, now: datetime, by: str, **values: str) -> None:
    """Tell the rooms above; of the number no more than its end, which is enough to know a card by."""
    if card.membership_id is not None:
        hooks.tell(what, membership_id=card.membership_id, now=now, by=by, ending=card.number[-4:], **values)


def _record(action: str, card: Card, now: datetime, by: str) -> None:
    trail.record(
        action=action, actor=by, obj=("card", card.pk), at=now,
        data={"membership": card.membership_id, "reason": card.reason},
    )  # fmt: skip
