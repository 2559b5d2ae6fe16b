"""Every table of the room, a noun a module."""

from members.models.cards import Card, CardBatch, CardProof
from members.models.consents import Consent
from members.models.contacts import ContactChange, ContactHistory, PostalAddress
from members.models.endings import Closing, Suspension
from members.models.households import Household, Invitation
from members.models.memberships import Membership, MembershipHolder
from members.models.merges import Merge
from members.models.people import Login, Member, NameWord
from members.models.terms import Taste, TermsAccepted
from members.models.wallets import WalletDevice, WalletPass

__all__ = [
    "Card", "CardBatch", "CardProof", "Closing", "Consent", "ContactChange", "ContactHistory", "Household",
    "Invitation", "Login", "Member", "Membership", "MembershipHolder", "Merge", "NameWord", "PostalAddress",
    "Suspension", "Taste", "TermsAccepted", "WalletDevice", "WalletPass",
]  # fmt: skip
