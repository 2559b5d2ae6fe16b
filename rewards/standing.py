"""Who redeems: the membership as it stands while the redemption is decided, and the card that was shown."""

from __future__ import annotations

from dataclasses import dataclass

from members import pooling
from members.models import Card, Membership, MembershipHolder
from members.pooling import Kin
from programs import queries as programs
from programs.queries import Market


@dataclass(frozen=True)
class Who:
    """A membership and its holder, read under a lock: neither it nor the card changes before the redemption ends.

    `kin`: what else is the same person's, where pots were pooled or merged.
    """

    membership: Membership
    holder_id: int
    market: Market
    card_works: bool
    kin: Kin

    @property
    def program_id(self) -> int:
        return self.membership.program_id

    @property
    def is_active(self) -> bool:
        return self.membership.status == Membership.Status.ACTIVE


def of(membership_id: int, card: str | None, market: str | None = None) -> Who:
    """Read and lock a membership, and the card of that number when one was shown, until the transaction ends.

    `market`: where it spends, its own unless said. A card that is blocked while this waits is blocked for it.
    Raises Membership.DoesNotExist.
    """
    # FOR NO KEY UPDATE rather than SHARE: two redemptions of one member must not both read and then both wait
    locked = Membership.objects.select_for_update(no_key=True, of=("self",))
    membership = locked.select_related("member", "home_store").get(pk=membership_id)
    place = programs.market_of(membership.program_id, market or membership.market_code)
    if place is None:
        raise Membership.DoesNotExist(f"membership {membership_id} is in no market of its program")
    holder = MembershipHolder.objects.get(membership=membership, until_at=None)
    kin = pooling.kin_of(membership_id)
    return Who(membership, holder.holder_id, place, card is None or _works(membership, card), kin)


def holder_of(membership_id: int) -> int:
    """Whose pots a membership spends from now. Raises MembershipHolder.DoesNotExist."""
    return MembershipHolder.objects.get(membership_id=membership_id, until_at=None).holder_id


def _works(membership: Membership, number: str) -> bool:
    found = Card.objects.select_for_update(no_key=True).filter(membership=membership, number__iexact=number).first()
    return found is not None and found.status == Card.Status.ACTIVE
