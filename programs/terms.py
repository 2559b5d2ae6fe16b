"""What a currency promises, as documents: when its points can be spent, when they die, what they are worth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, TypeAdapter, ValidationError, model_validator

from values.documents import (
    Amount,
    Count,
    DayOfYear,
    Days,
    MarketCode,
    Months,
    Names,
    Positive,
    Slug,
    Strictly,
    Text,
    Truth,
    Years,
    refused,
    whole,
)


class ExpiryDays(Strictly):
    """So many whole local days after the day of earning."""

    days: Days


class ExpiryMonths(Strictly):
    """So many months after the day of earning."""

    months: Months


class ExpiryEnd(Strictly):
    """At the end of the period of earning, and months later when said."""

    end_of: Literal["month", "quarter", "year"]
    plus_months: Months = 0


class TableRow(Strictly):
    """Points earned between two days of the year, both included, are gone when `dies_on` begins."""

    earned_from: DayOfYear
    earned_to: DayOfYear
    dies_on: DayOfYear
    years_later: Years = 0

    @model_validator(mode="after")
    def _days_exist(self) -> TableRow:
        for day in (self.earned_from, self.earned_to):
            _date(2024, day)
        _date(2023, self.dies_on, " of every year")
        over_new_year = self.earned_from > self.earned_to
        last_earned = _date(2024 + over_new_year, min(self.earned_to, "02-28") if over_new_year else self.earned_to)
        if _date(2024 + self.years_later, self.dies_on) <= last_earned:
            raise refused("points would die before the last of them is earned: raise years_later")
        return self

    def holds(self, day: str) -> bool:
        """Whether points earned on that day of the year follow this row."""
        if self.earned_from <= self.earned_to:
            return self.earned_from <= day <= self.earned_to
        return day >= self.earned_from or day <= self.earned_to


class ExpiryTable(Strictly):
    """A calendar: each day of the year is in exactly one row."""

    table: Annotated[list[TableRow], Field(min_length=1, max_length=60)]

    @model_validator(mode="after")
    def _every_day_once(self) -> ExpiryTable:
        for ordinal in range(366):
            day = f"{date.fromordinal(date(2024, 1, 1).toordinal() + ordinal):%m-%d}"
            if (rows := sum(row.holds(day) for row in self.table)) != 1:
                raise refused(f"{day} is in {rows or 'no'} rows: each day of the year must be in exactly one")
        return self


class Inactivity(Strictly):
    """So many months without any of the activity that renews."""

    months: Annotated[int, BeforeValidator(whole), Field(ge=1, le=1200)]
    renewed_by: Annotated[list[Text], Field(min_length=1)] = ["purchase"]


class ExpiryInactivity(Strictly):
    inactivity: Inactivity


class PendingDays(Strictly):
    """From the midnight that begins the n-th day after earning; 0 is at once."""

    days: Days = 0


class PendingUntil(Strictly):
    """Until an event of this type."""

    until: Text


def _by_key(*keys: str) -> Any:
    def choose(document: Any) -> str:
        if isinstance(document, str):
            return "?never"
        if isinstance(document, dict):
            return next((f"?{key}" for key in keys if key in document), f"?{keys[0]}")
        return next((f"?{key}" for key in keys if hasattr(document, key)), f"?{keys[0]}")

    return Discriminator(choose)


Expiry = Annotated[
    Annotated[Literal["never"], Tag("?never")]
    | Annotated[ExpiryDays, Tag("?days")]
    | Annotated[ExpiryMonths, Tag("?months")]
    | Annotated[ExpiryEnd, Tag("?end_of")]
    | Annotated[ExpiryTable, Tag("?table")]
    | Annotated[ExpiryInactivity, Tag("?inactivity")],
    _by_key("days", "months", "end_of", "table", "inactivity"),
]
Pending = Annotated[
    Annotated[PendingDays, Tag("?days")] | Annotated[PendingUntil, Tag("?until")],
    _by_key("days", "until"),
]
UnitValue = Annotated[
    Annotated[Amount, Tag("?amount")] | Annotated[dict[MarketCode, Amount], Tag("?markets")],
    Discriminator(lambda value: "?markets" if isinstance(value, dict) else "?amount"),
]


class Release(Strictly):
    """From how many points on, and in multiples of how many, they can be spent."""

    minimum: Count = 0
    multiple_of: Positive = 1


class CareCeiling(Strictly):
    """What one person may adjust alone, in the market's money: by act and by day."""

    act: Amount
    day: Amount


class CareDueDays(Strictly):
    """Working days in which a case of each type is to be ended (care.terms has the defaults)."""

    missing_points: Days | None = None
    wrong_points: Days | None = None
    lost_card: Days | None = None
    reward_not_received: Days | None = None
    address: Days | None = None
    leaving: Days | None = None
    opinion: Days | None = None
    other: Days | None = None


class CareAsks(Strictly):
    """Members who agreed to offers by e-mail are asked how a purchase was, so many hours after it, and not again for so
    many days."""

    after_hours: Annotated[Count, Field(ge=1, le=720)] = 24
    every_days: Annotated[Count, Field(ge=1, le=366)] = 30


class Care(Strictly):
    """How cases are worked: how long a receipt may be claimed, by when a case is due, why points are adjusted, what a
    role may adjust alone; and whether members are asked what they thought of a purchase."""

    claim_days: Days | None = None
    due_days: CareDueDays | None = None
    reasons: Annotated[dict[Slug, Names], Field(min_length=1, max_length=50)] | None = None
    ceilings: dict[Literal["store_staff", "store_manager", "call_centre", "administrator"], CareCeiling] | None = None
    asks: CareAsks | None = None


class Closing(Strictly):
    """What becomes of a pot when its member leaves: it is given up, can be spent for `grace_days` more, or its cash
    becomes a voucher. Within `cool_off_days` the member may come back to everything as it was."""

    pot: Literal["forfeit", "grace", "voucher"] = "voucher"
    grace_days: Days = 30
    cool_off_days: Days = 14


ConsentChannel = Literal["email", "sms", "post", "phone"]


class Retention(Strictly):
    """What happens to people who have done nothing for `idle_days`: they are asked to stay and forgotten 30 days later,
    forgotten at once, or kept."""

    idle: Literal["invite", "erase", "keep"] = "invite"
    idle_days: Days = 1095


class Settings(Strictly):
    """How a program counts. `late_lives_days`: points posted late live at least so many days from then. `grace_days`:
    points that died while they were spent live so many days more when the goods they were spent on come back.

    `blocked_cards`: activity with a blocked card waits for staff, or earns. `join_asks`: what the portal asks a new
    member for beside an address. `terms`: the version of the terms one joins under, `terms_link` where they are read.
    `consents`: what is asked for, by which channels; `tastes`: what a member may say she likes (programs.asking has the
    defaults). `theme`: the portal's look; that of the only banner when it is not said. `practice`: a program to train
    on, marked on every screen, in no report and no feed, that writes to staff alone. `household_members`:
    how many share a pot at most (members.seats has the default).
    """

    basis: Literal["net", "gross"] = "net"
    multipliers: Literal["best", "sum", "product"] = "best"
    earn_before_joining: Truth = True
    late_lives_days: Days = 0
    grace_days: Days = 30
    blocked_cards: Literal["wait", "earn"] | None = None
    join_asks: Literal["birth_date", "phone"] | None = None
    terms: Annotated[Text, Field(max_length=40)] | None = None
    terms_link: Annotated[Text, Field(max_length=300, pattern=r"^https://")] | None = None
    consents: dict[Literal["marketing", "profiling"], list[ConsentChannel]] | None = None
    tastes: Annotated[dict[Slug, Names], Field(max_length=60)] | None = None
    care: Care | None = None
    closing: Closing | None = None
    household_members: Annotated[Count, Field(le=50)] | None = None
    retention: Retention | None = None
    practice: Truth = False
    theme: Annotated[Text, Field(max_length=40, pattern=r"^[A-Za-z0-9_-]+$")] | None = None


class NoTerms(ValueError):
    """The document is not of the form asked for; the message names the fields."""


def checked(kind: Any, document: Any) -> Any:
    """`document` as jsonb keeps it, when it is an Expiry, Pending, ... Raises NoTerms."""
    try:
        return as_json(TypeAdapter(kind).validate_python(document))
    except ValidationError as wrong:
        told = [
            f"{'.'.join(map(str, path))}: {message}" if path else message
            for path, message in sentences(wrong, document)
        ]
        raise NoTerms("; ".join(told)) from None


def as_json(value: Any) -> Any:
    """A document as jsonb keeps it exactly: decimals as text."""
    match value:
        case Strictly():
            return {key: as_json(inner) for key, inner in value if inner is not None}
        case dict():
            return {key: as_json(inner) for key, inner in value.items()}
        case list() | tuple():
            return [as_json(inner) for inner in value]
        case Decimal():
            return format(value.normalize(), "f")
    return value


def sentences(wrong: ValidationError, document: Any) -> list[tuple[tuple[str | int, ...], str]]:
    """Each error as the path of its field in `document` and a sentence of ours."""
    return [(_path(error, document), _sentence(error)) for error in wrong.errors(include_url=False)]


def _path(error: Any, document: Any) -> tuple[str | int, ...]:
    """Where it stands; parts that only say which alternative was tried are left out."""
    path: list[str | int] = []
    for part in error["loc"]:
        match document, part:
            case dict(), str() if part in document:
                document = document[part]
            case list(), int() if part < len(document):
                document = document[part]
            case _:
                if error["type"] != "missing" or part is not error["loc"][-1]:
                    continue
        path.append(part)
    return tuple(path)


def _sentence(error: Any) -> str:
    context = error.get("ctx") or {}
    match error["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "unknown key"
        case "literal_error":
            return f"must be {context['expected']}"
        case "list_type" | "tuple_type":
            return "must be a list"
        case "dict_type" | "model_type" | "model_attributes_type":
            return "must be a mapping"
        case "string_type":
            return "must be text"
        case "too_short" | "string_too_short":
            return "must not be empty"
        case "too_long" | "string_too_long":
            return f"is too long: at most {context['max_length']}"
    return str(error["msg"])


def _date(year: int, day: str, kind: str = "") -> date:
    try:
        return date.fromisoformat(f"{year}-{day}")
    except ValueError:
        raise refused(f"{day} is not a day{kind}") from None
