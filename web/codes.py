"""What a till can read: Code 128 (EAN-13 for thirteen digits) and QR, as paths of whole modules."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import segno
from barcode import EAN13, Code128
from django.utils.crypto import salted_hmac

ON_CARD_MODULES = 150
"""A card face holds so many modules legibly; a longer number shows its QR alone there."""


@dataclass(frozen=True)
class Code:
    """A path in a box of `width` by `height` modules, quiet zone not included."""

    width: int
    height: int
    path: str


@lru_cache(maxsize=512)
def bars(number: str) -> Code:
    """The bar code of a card number; EAN-13 only for thirteen digits with their check digit."""
    modules = _encoded(number)
    return Code(len(modules), 30, "".join(f"M{at} 0h{length}v30h-{length}z" for at, length in _runs(modules)))


@lru_cache(maxsize=512)
def qr(number: str) -> Code:
    """The QR code of a card number, error correction M."""
    rows = [bytes(row) for row in segno.make(number, micro=False, error="m").matrix]
    path = "".join(
        f"M{at} {y}h{length}v1h-{length}z"
        for y, row in enumerate(rows)
        for at, length in _runs("".join(str(module) for module in row))
    )
    return Code(len(rows), len(rows), path)


def seed_of(number: str) -> int:
    """A drawing's seed that tells nothing of the number: twelve bits of a keyed hash."""
    return int(salted_hmac("web.card.artwork", number, algorithm="sha256").hexdigest()[:3], 16)


def _encoded(number: str) -> str:
    symbol: Any = Code128(number)
    if len(number) == 13 and number.isdigit() and EAN13(number[:12]).get_fullcode() == number:
        symbol = EAN13(number)
    return str(symbol.build()[0])


def _runs(modules: str) -> list[tuple[int, int]]:
    """(start, length) of each run of dark modules in a string of 0 and 1."""
    runs, start = [], None
    for at, module in enumerate(modules + "0"):
        if module == "1" and start is None:
            start = at
        elif module == "0" and start is not None:
            runs.append((start, at - start))
            start = None
    return runs
