"""Codes of vouchers: unguessable, readable by whoever holds the voucher, and nowhere written down.

A code is the beginning of a keyed digest of the voucher's own salt, so the member's copy is worked out whenever it is
shown. The table of codes holds only a keyed digest of each, by which a till's code is found. A stolen copy of the
database names no code. The key is VOUCHER_KEY (SECRET_KEY where it is not set); those before it stay good for what was
given under them: VOUCHER_KEY_FALLBACKS, SECRET_KEY and SECRET_KEY_FALLBACKS.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator

from members import keys

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
LENGTH = 12  # 60 bits
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})


def new_salt() -> bytes:
    """What makes one voucher's code its own."""
    return secrets.token_bytes(16)


def new_code(salt: bytes) -> str:
    """The code of a voucher given today, `ABCD-EFGH-JKMN`."""
    return _written(_code(keys.known()[0], salt))


def code_of(salt: bytes, digest: bytes) -> str | None:
    """The code of a voucher whose code is kept as `digest`, under whichever key it was given; None when that is gone.

    Another key would work out another code, which nobody was given: none is better.
    """
    place = key_of(salt, digest)
    return None if place is None else _written(_code(keys.known()[place], salt))


def key_of(salt: bytes, digest: bytes) -> int | None:
    """Which of our keys a voucher was given under: 0 for the present one, more for earlier ones, None for none."""
    return next((place for place, key in enumerate(keys.known()) if _digest(key, _code(key, salt)) == digest), None)


def digest_of(code: str) -> bytes:
    """What the table keeps of a code given out today."""
    return next(digests_of(code))


def digests_of(code: str) -> Iterator[bytes]:
    """Under what a code read at a till may be kept, the present key first. Case, spaces and dashes do not matter."""
    plain = code.upper().translate(_READ_AS)
    return (_digest(key, plain) for key in keys.known())


def _written(plain: str) -> str:
    return "-".join(plain[place : place + 4] for place in range(0, LENGTH, 4))


def _code(key: bytes, salt: bytes) -> str:
    number = int.from_bytes(hmac.digest(key, b"voucher code" + salt, hashlib.sha256))
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(LENGTH))


def _digest(key: bytes, plain: str) -> bytes:
    return hmac.digest(key, b"voucher lookup" + plain.encode(), hashlib.sha256)
