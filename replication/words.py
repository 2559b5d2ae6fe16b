"""What single words of a record mean: moments, days, yes or no. Those of a base repeat, so each is read once."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from replication.mapping import Mapping
from replication.refusals import InvalidField
from values import periods

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TRUTHS = {
    "true": True,
    "1": True,
    "yes": True,
    "y": True,
    "false": False,
    "0": False,
    "no": False,
    "n": False,
    "": False,
}


@dataclass(frozen=True)
class Surroundings:
    """What words of a record mean here: the program's currencies as code -> (id, decimals), its home zone."""

    currencies: Dict[str, tuple[int, int]]
    timezone: str
    moments: bool
    mapping: Mapping


def moment(said: Dict[str, str], name: str, around: Surroundings) -> datetime | None:
    """A moment; a day is its first instant. Without an offset it is read in the mapping's zone, else the home's.

    Raises InvalidField.
    """
    text = said.get(name, "").strip()
    if not text:
        return None
    dates = around.mapping.dates
    found = _moment(text, dates.format if name != "version" else None, dates.timezone or around.timezone)
    if found is None:
        raise InvalidField(name, "a moment is wanted, such as 2026-01-31T10:00:00+01:00")
    return found


@lru_cache(maxsize=65_536)
def _moment(text: str, form: str | None, zone: str) -> datetime | None:
    try:
        read = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - its zone follows
        read = read if read.tzinfo else read.replace(tzinfo=periods.zone(zone))
        return read.astimezone(UTC) if 1900 <= read.year < 3000 else None
    except (ValueError, OverflowError):
        return None


def day(said: Dict[str, Any], name: str, around: Surroundings) -> date | None:
    """A local day, as the mapping writes days or in ISO 8601. Raises InvalidField."""
    text = str(said.get(name) or "").strip()
    if not text:
        return None
    found = _day(text, around.mapping.dates.format)
    if found is None:
        raise InvalidField(name, "a day is wanted, such as 2026-01-31")
    return found


@lru_cache(maxsize=65_536)
def _day(text: str, form: str | None) -> date | None:
    try:
        if form and not _DAY.fullmatch(text):
            found = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        else:
            found = datetime.fromisoformat(text).date()
    except ValueError:
        return None
    return found if 1900 <= found.year < 2999 else None


def truth(said: Dict[str, str], name: str) -> bool:
    """Yes or no; nothing is no. Raises InvalidField."""
    text = said.get(name, "").strip().lower()
    if text not in _TRUTHS:
        raise InvalidField(name, "true or false is wanted")
    return _TRUTHS[text]


def one_of(said: Dict[str, str], name: str, known: frozenset[str]) -> str | None:
    """A word of a list; None for nothing. Raises InvalidField."""
    text = said.get(name, "").strip().lower()
    if text and text not in known:
        raise InvalidField(name, f"one of {', '.join(sorted(known))} is wanted")
    return text or None
