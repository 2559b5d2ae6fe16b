"""Numbers of cards and memberships: drawing them, checking them, and reading them as tills send them. No database."""

from __future__ import annotations

import re
import secrets

from members.refusals import Refused

RANDOM_DIGITS = 16
"""Drawn digits of a card number; the first is never 0, so 9 x 10^15 numbers: 52.9 bits before the check digit."""

MEMBER_DIGITS = 11
"""Drawn digits of a membership number, which is typed and said more often and never printed as a card."""

_FILLING = re.compile(r"[\s\-\u2010-\u2015\u2212\ufeff\u200b-\u200d]+")
_SYMBOLOGY = re.compile(r"^\][A-Za-z][0-9]")  # AIM's, as "]C1": ISO/IEC 15424
_SERVICE_RELATION = re.compile(r"\(?8018\)?(\d{18})")  # GS1's number of a recipient of a service: a loyalty card
_UNSHIFTED = "&é\"'(-è_çà"
LEAST_TYPED = 8
_PRINTABLE = re.compile(r"[!-~]{4,32}")


class InvalidNumber(Refused, ValueError):
    """A card or membership number that cannot be one: not 4 to 32 printable characters."""

    field = "card_number"


def as_read(text: str) -> str:
    """The number without the blanks and dashes that people and tills put between its characters."""
    return _FILLING.sub("", text)


def scanned(text: str) -> str:
    """A text as it was meant, where a scanner typed it: without the name of its symbology, and with digits where a
    French keyboard has them only with shift. Anything else stays as it is."""
    plain = _SYMBOLOGY.sub("", text.strip())
    if len(plain) >= LEAST_TYPED and set(plain) <= set(_UNSHIFTED):
        plain = plain.translate(str.maketrans(_UNSHIFTED, "1234567890"))
    service = _SERVICE_RELATION.fullmatch(plain if "(" in plain or plain != text.strip() else "")
    return service[1] if service else plain


def check(text: str) -> str:
    """A number issued elsewhere, taken as it is but for blanks and dashes. Raises InvalidNumber."""
    number = as_read(text)
    if not _PRINTABLE.fullmatch(number):
        raise InvalidNumber("a number has 4 to 32 letters, digits or signs")
    return number


def new_card_number() -> str:
    """17 digits: 16 from the system's generator of secrets, then Luhn's check digit."""
    return _with_check_digit(_drawn(RANDOM_DIGITS))


def new_member_number() -> str:
    """12 digits: 11 drawn, then Luhn's check digit."""
    return _with_check_digit(_drawn(MEMBER_DIGITS))


def has_check_digit(number: str) -> bool:
    """Whether the last digit is Luhn's (ISO/IEC 7812-1, annex B): it tells typing errors, not forgeries."""
    return number.isascii() and number.isdigit() and number[-1] == _luhn(number[:-1])


def _drawn(digits: int) -> str:
    lowest = 10 ** (digits - 1)
    return str(lowest + secrets.randbelow(9 * lowest))


def _with_check_digit(payload: str) -> str:
    return payload + _luhn(payload)


def _luhn(payload: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(payload)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
