"""What proves that somebody reads a contact: a code for the new one, a signed link for the old one; neither stored."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import timedelta

from django.core import signing

from members import keys

DIGITS = 6
SALT = "members.contact_change"
LINK_LIVES = timedelta(days=7)


def code_of(uid: str | uuid.UUID) -> str:
    """The code of one change: six digits that follow from it and a key of ours."""
    return _digits(keys.known()[0], uid)


def fits(uid: uuid.UUID, typed: str) -> bool:
    """Whether this is the change's code, under any key of ours; blanks between the digits do not matter."""
    plain = "".join(letter for letter in typed if letter.isascii() and letter.isdigit())
    return any(hmac.compare_digest(_digits(key, uid), plain) for key in keys.known())


def link_of(uid: str | uuid.UUID) -> str:
    """The part of an address by which the old contact says whether it was her."""
    return signing.dumps(str(uid), salt=SALT)


def change_of(link: str) -> str | None:
    """The change a link is of; None for one that is none of ours, or too old."""
    try:
        return str(signing.loads(link, salt=SALT, max_age=LINK_LIVES))
    except signing.BadSignature:
        return None


def _digits(key: bytes, uid: str | uuid.UUID) -> str:
    drawn = hmac.digest(key, b"contact change " + str(uid).encode(), hashlib.sha256)
    return f"{int.from_bytes(drawn[:8]) % 10**DIGITS:0{DIGITS}d}"
