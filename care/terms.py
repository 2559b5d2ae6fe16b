"""How a program works its cases: windows, due dates, reasons and ceilings, as its playbook says or by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from programs import queries as programs
from values.money import minor_exponent

CLAIM_DAYS = 90
CHANGED_WITHIN_DAYS = 14
"""An opinion may be changed so long."""
LOW_RATING = 6
"""Up to here whoever rates is a detractor, and a case is opened."""
REQUEST_LIVES_DAYS = 7
"""An adjustment above a ceiling waits so long for another person's word."""

DUE_DAYS: dict[str, int] = {
    "missing_points": 5,
    "wrong_points": 5,
    "lost_card": 1,
    "reward_not_received": 5,
    "address": 3,
    "leaving": 5,
    "opinion": 3,
    "other": 10,
}
"""Working days of the market, by type of case."""

REASONS: dict[str, dict[str, str]] = {
    "goodwill": {"en": "Goodwill", "fr": "Geste commercial"},
    "missing": {"en": "Points that were missing", "fr": "Points manquants"},
    "correction": {"en": "Correction", "fr": "Correction"},
    "mistake": {"en": "Points given by mistake", "fr": "Points crédités par erreur"},
}


@dataclass(frozen=True)
class Ceiling:
    """What one person may adjust alone, in whole units of the market's money: by act, and by day of the market."""

    act: Decimal
    day: Decimal

    def minor(self, money: str) -> tuple[int, int]:
        """(by act, by day) in minor units of `money`."""
        each = Decimal(10) ** minor_exponent(money)
        return int(self.act * each), int(self.day * each)


@dataclass(frozen=True)
class Asks:
    """A member is asked about a purchase so many hours after it, and not again for so many days."""

    after_hours: int = 24
    every_days: int = 30


CEILINGS: dict[str, Ceiling] = {
    "store_manager": Ceiling(Decimal(10), Decimal(50)),
    "call_centre": Ceiling(Decimal(20), Decimal(100)),
    "administrator": Ceiling(Decimal(50), Decimal(250)),
}


@dataclass(frozen=True)
class Terms:
    """The settings of one program, whole."""

    claim_days: int = CLAIM_DAYS
    due_days: Mapping[str, int] = field(default_factory=lambda: DUE_DAYS)
    reasons: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: REASONS)
    ceilings: Mapping[str, Ceiling] = field(default_factory=lambda: CEILINGS)
    asks: Asks | None = None


def of(program_id: int) -> Terms:
    """What the program's playbook says under `settings.care`; the rest by default."""
    said = programs.settings_of(program_id).get("care") or {}
    ceilings = {
        role: Ceiling(Decimal(one["act"]), Decimal(one["day"])) for role, one in (said.get("ceilings") or {}).items()
    }
    return Terms(
        claim_days=said.get("claim_days", CLAIM_DAYS),
        due_days={**DUE_DAYS, **(said.get("due_days") or {})},
        reasons=said.get("reasons") or REASONS,
        ceilings={**CEILINGS, **ceilings},
        asks=Asks(**said["asks"]) if said.get("asks") is not None else None,
    )
