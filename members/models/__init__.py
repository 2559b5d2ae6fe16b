"""Every table of the room, a noun a module."""

from members.models.cards import Card, CardBatch, CardProof
from members.models.consents import Consent
from members.models.memberships import Membership, MembershipHolder
from members.models.people import Login, Member, NameWord

__all__ = ["Card", "CardBatch", "CardProof", "Consent", "Login", "Member", "Membership", "MembershipHolder", "NameWord"]
