"""Why somebody is not enrolled, linked or given a card. `field` names the argument to look at."""

from __future__ import annotations

from django.utils.translation import gettext as _


class Refused(Exception):
    """`row` is the position among the people enrolled together, from 0; None where that cannot be said."""

    field = ""
    row: int | None = None


class AlreadyMember(Refused):
    """The person is a member of this program already."""

    field = "email"


class EmailTaken(Refused):
    """Another member of the population has proven this address."""

    field = "email"


class CardTaken(Refused):
    """The number belongs to a card that is not blank."""

    field = "card_number"


class NumberTaken(Refused):
    """The membership number is another membership's."""

    field = "member_number"


class TooYoung(Refused):
    """Below the market's minimum age."""

    field = "birth_date"

    def __init__(self, minimum: int) -> None:
        super().__init__(_("Members are %(minimum)s or older.") % {"minimum": minimum})
        self.minimum = minimum


class NotOffered(Refused):
    """The program has no such market, store, channel, status or language."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"{field}: {value!r} is none of this program's")
        self.field = field


class OtherPopulation(Refused):
    """The member belongs to another population, or the login's own member is somebody else."""

    field = "member"


class CardNotActive(Refused):
    """The card is not in the state this needs."""

    field = "card"
