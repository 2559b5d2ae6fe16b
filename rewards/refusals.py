"""Why a redemption is refused. Class names are stable: APIs, books and messages use them. Nothing was changed."""

from __future__ import annotations

from members import refusals as members


class Refused(Exception):
    """A redemption that does not take place, in the order in which refusals are tested."""


class MembershipClosed(Refused):
    """The membership is not active: closed, suspended or not confirmed."""


class SpendingHeld(Refused):
    """An e-mail address or phone was changed lately and the old one has not confirmed it."""


class CardBlocked(Refused):
    """The card that was shown is blocked or replaced, or not the member's."""


class NotOnOffer(Refused):
    """There is no such reward, or not here, or not on this day."""


class NotEligible(Refused):
    """The reward is for other members."""


class LimitReached(Refused):
    """The member has taken as many as one may."""


class OutOfStock(Refused):
    """Fewer are left than were asked for."""


class BudgetSpent(Refused):
    """The reward's budget does not pay for as many as were asked for."""


class InsufficientPoints(Refused):
    """Fewer points can be spent than it costs. `available` is 0 while points are owed."""

    def __init__(self, currency_code: str, needed: int, available: int) -> None:
        super().__init__(f"{needed} {currency_code} needed, {available} available")
        self.currency_code = currency_code
        self.needed = needed
        self.available = available


class WalletFrozen(Refused):
    """Staff stopped this pot; it is tested with the points."""


class HoldLapsed(Refused):
    """The hold was released or not confirmed in time."""


class AlreadyConfirmed(Refused):
    """What was confirmed cannot be released."""


class NoSuchRedemption(Refused):
    """This member has no redemption under that key."""


class VoucherUsed(Refused):
    """A voucher of the redemption was used: what it gave did arrive."""


class AlreadyUndone(Refused):
    """The redemption's points came back before."""


class NotAnAdult(Refused):
    """The pot is a household's, and only its adults spend from it."""


class StillHeld(members.Refused):
    """Something is set aside for the member: it is confirmed or released before her pots change. `codes` of rewards."""

    field = "membership"

    def __init__(self, codes: list[str]) -> None:
        super().__init__(f"{', '.join(codes)} is set aside")
        self.codes = codes


class NoSuchVoucher(Refused):
    """No voucher of this program has that code."""


class VoucherExpired(Refused):
    """The voucher lives no more."""


class OtherMoney(Refused):
    """The bill is in another money than the voucher: nothing is carried over by its raw amount."""
