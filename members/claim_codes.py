"""Codes printed on blank cards: whoever holds the card can claim it, and a stolen copy of the database names none.

A code follows from a key, the salt of the batch and the number, so that a batch can be printed again; the card's row
keeps only a keyed digest of it.
"""

from __future__ import annotations

import hashlib
import hmac

from members import keys

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
LENGTH = 8  # 40 bits, behind a limit of tries
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})


def printed(salt: bytes, number: str, digest: bytes) -> str:
    """The code of a card as it is printed, `ABCD-EFGH`; empty when the key it was made under is gone."""
    for key in keys.known():
        plain = _plain(key, salt, number)
        if hmac.compare_digest(_digest(key, number, plain), digest):
            return f"{plain[:4]}-{plain[4:]}"
    return ""


def digest_of(salt: bytes, number: str) -> bytes:
    """What a new card's row keeps of its code."""
    key = keys.known()[0]
    return _digest(key, number, _plain(key, salt, number))


def fits(code: str, number: str, digest: bytes | None) -> bool:
    """Whether this is the code of that card. Takes as long where there is no card and no digest."""
    plain = code.upper().translate(_READ_AS)
    found = [hmac.compare_digest(_digest(key, number, plain), digest or b"\0" * 32) for key in keys.known()]
    return digest is not None and any(found)


def _plain(key: bytes, salt: bytes, number: str) -> str:
    drawn = int.from_bytes(hmac.digest(key, b"claim code" + salt + number.encode(), hashlib.sha256))
    return "".join(ALPHABET[drawn >> 5 * place & 31] for place in range(LENGTH))


def _digest(key: bytes, number: str, plain: str) -> bytes:
    return hmac.digest(key, b"claim lookup" + number.upper().encode() + b"\0" + plain.encode(), hashlib.sha256)
