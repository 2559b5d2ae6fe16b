"""Names and addresses of people, brought to the one form that is kept and compared."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from zoneinfo import ZoneInfo

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from members.refusals import Refused

NAME_LENGTH = 80
EMAIL_LENGTH = 254
OLDEST_YEAR = 1900

# Names are printed in mails and on cards: what makes a link or markup of them is no name.
_NO_NAME = re.compile(r"://|www\.|[<>{}@\\]", re.IGNORECASE)
_INVISIBLE = frozenset({"Cf", "Cs", "Co", "Cn"})
_JOINERS = "\u200c\u200d"  # they belong to the spelling of Persian and Indian names
_JUNK = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad]")


class InvalidContact(Refused, ValueError):
    """A name, address or date that cannot be one. `field` is the argument's name, the message is for people."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def name(text: str, field: str = "first_name") -> str:
    """A name in Unicode's composed form, without control characters, blanks joined. Empty stays empty."""
    kept = " ".join(text.split()) if text.isascii() and text.isprintable() else _visible(text)
    if len(kept) > NAME_LENGTH or _NO_NAME.search(kept):
        raise InvalidContact(field, _("This is not a name."))
    return kept


def _visible(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    blanks = "".join(" " if letter.isspace() or unicodedata.category(letter) == "Cc" else letter for letter in composed)
    visible = (letter for letter in blanks if unicodedata.category(letter) not in _INVISIBLE or letter in _JOINERS)
    return " ".join("".join(visible).split())


def name_key(text: str) -> str:
    """A name as it is compared: lower case, without accents and signs. The database's `member_name_key` in Python."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[\W_]+", " ", plain.lower()).split())


def email(text: str) -> str:
    """An address in lower case, its domain in ASCII (IDNA): one spelling for each mailbox. Empty stays empty."""
    kept = comparable_email(text)
    if kept is None:
        return ""
    try:
        validate_email(kept)
    except ValidationError:
        raise InvalidContact("email", _("This is not an e-mail address.")) from None
    if len(kept) > EMAIL_LENGTH or not kept.isascii() or kept.endswith("]"):  # a bare address of a machine
        raise InvalidContact("email", _("This is not an e-mail address."))
    return kept


def comparable_email(text: str | None) -> str | None:
    """The spelling an address is compared by, whether or not it is one; None for nothing."""
    if not text:
        return None
    plain = text if text.isascii() else _JUNK.sub("", unicodedata.normalize("NFKC", text))
    plain = plain.strip().lower()
    mailbox, at, domain = plain.rpartition("@")
    if at and not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            return plain
    return f"{mailbox}{at}{domain}" or None


def phone(text: str, country: str = "") -> str:
    """A phone number as E.164 (+33612345678), read as dialled in `country` (its two letters). Empty stays empty."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return ""
    region = country.upper() if country.upper() in phonenumbers.SUPPORTED_REGIONS else None
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        raise InvalidContact("phone", _("This is not a phone number.")) from None
    if number.extension or any(letter.isalpha() for letter in plain) or not phonenumbers.is_possible_number(number):
        raise InvalidContact("phone", _("This is not a phone number."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def birth_date(day: date | None, *, now: datetime, zone: str) -> date | None:
    """A day somebody alive in `zone` at `now` can have been born on."""
    if day is None:
        return None
    if day.year < OLDEST_YEAR or day > now.astimezone(ZoneInfo(zone)).date():
        raise InvalidContact("birth_date", _("This is not a date of birth."))
    return day


def age(born_on: date, *, now: datetime, zone: str) -> int:
    """Whole years lived on the local day of `now`; born on 29 February, one is older on 1 March of other years."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
