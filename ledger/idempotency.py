"""The name of a cause, in the 128 bits of a uuid: the same cause posts once, for ever.

Causes of ours (an activity's revision, the death of a lot) are packed, so that whoever reads the table reads the
cause: `00010000-0002-8000-8000-000000001234` is kind 1 (earn), revision 2, source 1234. The digits are decimal, and
version and variant are those of a custom uuid (RFC 9562, version 8), which no hashed key can equal. Keys of clients,
and numbers too large to pack, become UUIDv5.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

NAMESPACE = uuid.UUID("6f1de110-1ed9-5e00-8000-000000000001")
LARGEST_SOURCE = 10**15
LARGEST_REVISION = 10**8


class Cause(IntEnum):
    """What made a posting; the first four digits of its key. Numbers are never reused."""

    EARN = 1
    TAKE_BACK = 2
    EXPIRE = 3
    CAPTURE = 4
    GIVE_BACK = 5


class KeyReused(Exception):
    """The key was used before for another request; nothing was written."""


def of_cause(cause: Cause, source_id: int, revision: int = 0) -> uuid.UUID:
    """The key of a cause of ours: packed where it fits, UUIDv5 of its words otherwise."""
    if 0 <= source_id < LARGEST_SOURCE and 0 <= revision < LARGEST_REVISION:
        return uuid.UUID(f"{cause:04d}{revision:08d}80008{source_id:015d}")
    return uuid.uuid5(NAMESPACE, f"{cause.name}:{source_id}:{revision}")


def of_client(key: str | uuid.UUID) -> uuid.UUID:
    """The key of a caller's own choosing, unique per holder."""
    return key if isinstance(key, uuid.UUID) else uuid.uuid5(NAMESPACE, f"key:{key}")


def text_of_client(key: str) -> str:
    """`of_client` of a text, as 32 digits: a third of the time where there are thousands."""
    digits = hashlib.sha1(NAMESPACE.bytes + f"key:{key}".encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:12]}5{digits[13:16]}{int(digits[16], 16) & 3 | 8:x}{digits[17:32]}"


def fingerprint(**request: Any) -> bytes:
    """The sha256 of what was asked, so that a key sent again with another request is refused, not answered."""
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).digest()


def check_same(stored: bytes | None, asked: bytes) -> None:
    """Raise KeyReused unless the stored posting answered the same request."""
    if stored is None or bytes(stored) != asked:
        raise KeyReused("this key was used before for another request")


def column(cause: Cause, source: str, revision: str, frame: pl.DataFrame) -> pl.Expr | pl.Series:
    """`of_cause` over two columns of a frame, as text PostgreSQL reads as uuid."""
    import polars as pl

    sources, revisions = frame[source], frame[revision]
    limits = ((sources, LARGEST_SOURCE), (revisions, LARGEST_REVISION))
    if all(values.min() >= 0 and values.max() < limit for values, limit in limits if len(values)):  # type: ignore[operator]
        digits = pl.col(revision).cast(pl.String).str.zfill(8)
        number = pl.col(source).cast(pl.String).str.zfill(15)
        return pl.format(f"{cause:04d}{{}}80008{{}}", digits, number).alias("idem")
    rows = zip(sources, revisions, strict=True)
    return pl.Series("idem", [of_cause(cause, number, count).hex for number, count in rows], dtype=pl.String)
