"""A rehearsal as strict models: a playbook, people, and dated steps with what is expected after each."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from values.documents import Code, Day, Language, MarketCode, Slug, Strictly, Text, Truth, refused, whole

ACTIVITY = ("purchase", "return", "visit", "event")
REWARDS = ("redeem", "hold", "confirm", "release", "use_voucher")
NAMED = ("confirm", "release", "use_voucher", "cancel")  # they name another step
PEOPLE = ("join", "leave", "merge", "close", "block_card", "find_card", "replace_card")
STEPS = (*ACTIVITY, "quote", "clock", *REWARDS, "adjust", "transfer", "cancel", *PEOPLE, "deliver", "publish",
         "rescore")  # fmt: skip
LATER_EXPECTATIONS = ("challenge",)
REFUSALS = (
    "MembershipClosed", "CardBlocked", "NotOnOffer", "NotEligible", "LimitReached", "OutOfStock", "BudgetSpent",
    "InsufficientPoints", "VoucherExpired", "VoucherUsed", "HoldLapsed", "InDebt", "WalletFrozen", "NothingWaits",
    "NothingInScope", "OtherMoney", "AlreadyConfirmed", "NotAnAdult", "StillHeld", "RewardUnderWay", "NotCancellable",
    "NoHouseholds", "InAHousehold", "HouseholdFull", "NotInIt", "NotActive", "PotsFrozen", "PotsHeld", "NotOnePerson",
    "AlreadyMerged", "NotMergeable", "InOtherHousehold", "AlreadyClosed", "InHousehold", "CardTaken", "CardNotActive",
)  # fmt: skip
QUARANTINE = (
    "InvalidField", "MixedReceipt", "HeldWithReceipt", "DifferentContent", "NotYourReceipt", "ReturnOfAReturn",
    "MoreReturnedThanBought",
)  # fmt: skip
WAITING = ("UnknownReceipt", "UnknownMember", "CardBlocked")
MOST_STEPS, MOST_MEMBERS, MOST_LINES = 2_000, 1_000, 500

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def moment(value: object) -> datetime:
    """An instant with its offset, between the years 1990 and 2150."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            read = datetime.fromisoformat(str(value))
        except ValueError:
            read = None
        if read is not None and 1990 <= read.year <= 2150:
            return read
    raise refused("must be a moment with its offset, such as 2026-01-31T10:00:00+01:00, between 1990 and 2150")


def _signed(value: object) -> int:
    return whole(value)


def _dies(value: object) -> date | datetime | str:
    """A moment, a local day at whose beginning the points are gone, or never."""
    if value == "never":
        return "never"
    if isinstance(value, str) and len(value) > 10:
        return moment(value)
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise refused("must be a day such as 2026-01-31, a moment with its offset, or never")


def _said(value: object) -> str:
    """Any value as it stands, for intake to judge."""
    if isinstance(value, str) and len(value) <= 300:
        return str(value)
    raise refused("must be one value of at most 300 characters")


def _flag(value: object) -> bool:
    if value is True or value == "true":
        return True
    raise refused("must be true")


def _not_built(value: object) -> None:
    if value is not None:
        raise refused("is not built yet: a voucher is used at a till, which names no receipt")


Moment = Annotated[datetime, BeforeValidator(moment)]
Number = Annotated[int, BeforeValidator(_signed)]
Dies = Annotated[Any, BeforeValidator(_dies)]
Said = Annotated[str, BeforeValidator(_said)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Id = Annotated[Text, Field(max_length=150)]
CardNumber = Annotated[Text, Field(max_length=27)]
Attributes = dict[Text, Said]


class MemberPart(Strictly):
    id: Code
    joined: Day | None = None
    birth_date: Day | None = None
    cards: Annotated[list[CardNumber], Field(max_length=20)] = []
    tier: Code | None = None
    floor: Code | None = None
    store: Code | None = None
    market: MarketCode | None = None
    language: Language | None = None


class LinePart(Strictly):
    sku: Said | None = None
    name: Said | None = None
    category: Said | None = None
    brand: Said | None = None
    quantity: Said | None = None
    unit_price: Said | None = None
    gross: Said | None = None
    discount: Said | None = None
    net: Said | None = None
    tax: Said | None = None
    attributes: Attributes = {}


class TenderPart(Strictly):
    kind: Said
    amount: Said | None = None


Lines = Annotated[list[LinePart], Field(max_length=MOST_LINES)]


class ActivityPart(Strictly):
    """What the four kinds share."""

    id: Id
    member: Code | None = None
    card: CardNumber | None = None
    store: Said | None = None
    channel: Said | None = None
    attributes: Attributes = {}
    occurred: Moment | None = None


class Purchase(ActivityPart):
    lines: Lines
    tenders: Annotated[list[TenderPart], Field(max_length=50)] = []
    currency: Said | None = None


class Return(ActivityPart):
    of: Id | None = None
    lines: Lines
    currency: Said | None = None


class Visit(ActivityPart):
    pass


class Event(ActivityPart):
    type: Said


class Quote(Strictly):
    member: Code | None = None
    card: CardNumber | None = None
    store: Code | None = None
    channel: Text = "store"
    lines: Lines
    currency: Text | None = None


class Redeem(Strictly):
    """Held and confirmed at once; `hold` says the same and only holds."""

    member: Code
    reward: Code
    quantity: Annotated[int, BeforeValidator(whole), Field(ge=1, le=1_000_000)] = 1
    receipt: Id | None = None
    card: CardNumber | None = None
    market: MarketCode | None = None


class Named(Strictly):
    """A step by the name it was given (`as`)."""

    of: Code


class UseVoucher(Strictly):
    code_of: Code
    market: MarketCode | None = None
    receipt: Annotated[None, BeforeValidator(_not_built)] = None


class Join(Strictly):
    member: Code
    household_of: Code


class OneMember(Strictly):
    member: Code


class Merge(Strictly):
    kept: Code
    gone: Code


class OneCard(Strictly):
    card: CardNumber


class BlockCard(OneCard):
    reason: Text = "lost"


class ReplaceCard(OneCard):
    number: CardNumber | None = None


class Adjust(Strictly):
    member: Code
    amount: Number
    currency: Slug | None = None
    reason: Text = "goodwill"


class Transfer(Strictly):
    from_: Code = Field(alias="from")
    to: Code
    amount: Annotated[int, BeforeValidator(whole), Field(ge=1)]
    currency: Slug | None = None


class Deliver(Strictly):
    of: Id


class Publish(Strictly):
    valid_from: Day | None = None
    rules: list[Any]


class Rescore(Strictly):
    member: Code | None = None
    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None


class LotPart(Strictly):
    left: Number | None = None
    expires: Dies | None = None
    currency: Slug | None = None


class Expect(Strictly):
    member: Code | None = None
    awards: dict[Code, Number] | None = None
    points: Number | None = None
    balance: dict[Slug, Number] | None = None
    pending: dict[Slug, Number] | None = None
    debt: dict[Slug, Number] | None = None
    lots: Annotated[list[LotPart], Field(max_length=1000)] | None = None
    tier: Code | None = None
    vouchers: list[Code] | None = None
    refused: Literal[REFUSALS] | None = None  # type: ignore[valid-type]
    quarantined: Literal[QUARANTINE] | None = None  # type: ignore[valid-type]
    waiting: Literal[WAITING] | None = None  # type: ignore[valid-type]
    unmatched: Flag | None = None
    entries: Annotated[int, BeforeValidator(whole), Field(ge=0)] | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """The expectations that are written."""
        return tuple(name for name in Expect.model_fields if name != "member" and getattr(self, name) is not None)


class Step(Strictly):
    """One dated step: exactly one of the kinds of STEPS."""

    at: Moment
    as_: Code | None = Field(default=None, alias="as")
    member: Code | None = None
    purchase: Purchase | None = None
    return_: Return | None = Field(default=None, alias="return")
    visit: Visit | None = None
    event: Event | None = None
    quote: Quote | None = None
    clock: Flag | None = None
    redeem: Redeem | None = None
    hold: Redeem | None = None
    confirm: Named | None = None
    release: Named | None = None
    use_voucher: UseVoucher | None = None
    adjust: Adjust | None = None
    transfer: Transfer | None = None
    cancel: Named | None = None
    join: Join | None = None
    leave: OneMember | None = None
    merge: Merge | None = None
    close: OneMember | None = None
    block_card: BlockCard | None = None
    find_card: OneCard | None = None
    replace_card: ReplaceCard | None = None
    deliver: Deliver | None = None
    publish: Publish | None = None
    rescore: Rescore | None = None
    expect: Expect = Expect()

    @property
    def kind(self) -> str:
        return next(kind for kind in STEPS if self.of(kind) is not None)

    def of(self, kind: str) -> Any:
        return getattr(self, "return_" if kind == "return" else kind)

    @property
    def what(self) -> Any:
        return self.of(self.kind)


class Book(Strictly):
    """A rehearsal. `playbook` stands inline or is the name of a file beside this one."""

    version: Annotated[Literal[1], BeforeValidator(whole)]
    name: Text | None = None
    playbook: Annotated[
        Annotated[Text, Tag("?file")] | Annotated[dict[str, Any], Tag("?inline")],
        Discriminator(lambda value: "?inline" if isinstance(value, dict) else "?file"),
    ]
    members: Annotated[list[MemberPart], Field(max_length=MOST_MEMBERS)] = []
    steps: Annotated[list[Step], Field(max_length=MOST_STEPS)] = []


__all__ = ["ACTIVITY", "STEPS", "Book", "Expect", "MemberPart", "Step", "Truth"]
