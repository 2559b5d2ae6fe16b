"""Where a member stands on the ladder, in words a page can print: the step, what the next one lacks, until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from tiers import queries as tiers
from values import money, texts
from web import pots
from web.formats import Formats
from web.pots import Unit

SOON = timedelta(days=60)


@dataclass(frozen=True)
class Climb:
    """`step` and `next_step` are names ("" below the lowest, and at the top); `missing` says what is missing.

    `share` is how far it is, in percent. `until_on` is the last day the step is kept, null when no end is in sight;
    `falls_to` the name of the step after it ("" for none); `soon` within SOON.
    """

    step: str
    next_step: str
    missing: str
    share: int
    until_on: date | None
    falls_to: str
    soon: bool

    @property
    def sentence(self) -> str:
        """What is missing, said to the member."""
        if not self.next_step:
            return _("You are at the top: %(step)s") % {"step": self.step}
        return _("%(missing)s more and you are %(step)s") % {"missing": self.missing, "step": self.next_step}

    @property
    def report(self) -> str:
        """The same, said of the member."""
        if not self.next_step:
            return _("%(step)s, the highest step") % {"step": self.step}
        return _("%(missing)s more for %(step)s") % {"missing": self.missing, "step": self.next_step}


def climb_of(
    holder_id: int, program_id: int, units: Mapping[int, Unit], formats: Formats, now: datetime
) -> Climb | None:
    """A holder's place on the ladder; None where the program has none."""
    stands = tiers.progress(holder_id, program_id, now)
    if stands is None:
        return None
    language = get_language() or "en"
    until = stands.kept_until
    return Climb(
        step=texts.in_language(stands.names, language, stands.step or ""),
        next_step=texts.in_language(stands.next_names, language, stands.next_step or ""),
        missing=_amount(stands.missing, stands.unit, units, formats),
        share=stands.share,
        until_on=pots.last_day(until, formats.zone) if until else None,
        falls_to=texts.in_language(stands.falls_to_names, language, stands.falls_to or ""),
        soon=until is not None and until - now <= SOON,
    )


def _amount(amount: int, counted: tiers.Unit, units: Mapping[int, Unit], formats: Formats) -> str:
    """`160 points`, `160 €`, `2 visits`."""
    if counted.kind == "spend":
        digits = money.minor_exponent(formats.money_code)
        return formats.money(amount * 10**digits, short=True)
    if counted.kind == "visits":
        return ngettext("%(n)s visit", "%(n)s visits", amount) % {"n": formats.number(amount)}
    unit = next((one for one in units.values() if one.code == counted.currency), None)
    if unit is None:
        return formats.number(amount)
    written = unit.write(formats, amount)
    return written if unit.is_cash else f"{written} {unit.name}"
