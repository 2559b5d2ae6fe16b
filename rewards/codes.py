"""Codes of vouchers: unguessable, readable by whoever holds the voucher, and nowhere written down.

A code is the beginning of a keyed digest of the voucher's own salt, so the member's copy is worked out whenever it is
shown. The table of codes holds only a keyed digest of each, by which a till's code is found. A stolen copy of the
database names no code. The keys are SECRET_KEY and, for vouchers given under an earlier one, SECRET_KEY_FALLBACKS.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator

from django.conf import settings
from django.utils.encoding import force_bytes

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
LENGTH = 12  # 60 bits
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})


def new_salt() -> bytes:
    """What makes one voucher's code its own."""
    return secrets.token_bytes(16)


def code_of(salt: bytes, digest: bytes | None = None) -> str:
    """The code of a voucher, `ABCD-EFGH-JKMN`; with its stored digest, under whichever key it was given."""
    codes = [_code(key, salt) for key in _keys()]
    if digest is not None:
        codes = [code for code, key in zip(codes, _keys(), strict=True) if _digest(key, code) == digest] or codes
    return "-".join(codes[0][place : place + 4] for place in range(0, LENGTH, 4))


def digest_of(code: str) -> bytes:
    """What the table keeps of a code given out today."""
    return next(digests_of(code))


def digests_of(code: str) -> Iterator[bytes]:
    """Under what a code read at a till may be kept, the present key first. Case, spaces and dashes do not matter."""
    plain = code.upper().translate(_READ_AS)
    return (_digest(key, plain) for key in _keys())


def _keys() -> list[bytes]:
    return [force_bytes(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _code(key: bytes, salt: bytes) -> str:
    number = int.from_bytes(hmac.digest(key, b"voucher code" + salt, hashlib.sha256))
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(LENGTH))


def _digest(key: bytes, plain: str) -> bytes:
    return hmac.digest(key, b"voucher lookup" + plain.encode(), hashlib.sha256)
