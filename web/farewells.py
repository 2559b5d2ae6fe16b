"""What leaving does to the points, in sentences for both doors: "If you leave, your 8.60 EUR becomes a voucher"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from care.leaving import foreseeing
from care.leaving.foreseeing import Fate, Foreseen
from members.models import Membership
from web import pots
from web.formats import Formats

REASONS: dict[str, str | Promise] = {
    "moved": gettext_lazy("Moving away"),
    "unused": gettext_lazy("The program is not used"),
    "messages": gettext_lazy("Too many messages"),
    "privacy": gettext_lazy("About data"),
    "service": gettext_lazy("Not content with a store or with us"),
    "other": gettext_lazy("Something else"),
    "deleted_there": gettext_lazy("Deleted in another system"),
}
SUSPENDED: dict[str, str | Promise] = {
    "fraud": gettext_lazy("Suspicion of fraud"),
    "misuse": gettext_lazy("Misuse of the program"),
    "dispute": gettext_lazy("A dispute that is not settled"),
    "identity": gettext_lazy("Doubt who this is"),
    "asked": gettext_lazy("The member asked for it"),
    "other": gettext_lazy("Something else"),
}


def of_member(membership: Membership, formats: Formats, now: datetime, *, staff: bool = False) -> list[str]:
    """What becomes of each pot, and until when one may come back."""
    foreseen = foreseeing.of(membership, now)
    units = pots.units_of(membership.program_id)
    told = [line for fate in foreseen.fates if fate.currency_id in units
            for line in _of_pot(fate, foreseen, units, formats, staff)]  # fmt: skip
    return told or [_("There are no points in the pot.") if staff else _("You have no points: nothing is lost.")]


def _of_pot(
    fate: Fate, foreseen: Foreseen, units: Mapping[int, pots.Unit], formats: Formats, staff: bool
) -> list[str]:  # fmt: skip
    unit = units[fate.currency_id]
    if unit.kind == "status":
        return []

    def written(amount: int) -> str:
        text = unit.write(formats, amount)
        return text if unit.is_cash else f"{text} {unit.counted(amount)}"

    told = []
    if fate.voucher:
        sum_ = {"sum": written(fate.voucher)}
        told.append(
            _("%(sum)s becomes a voucher.") % sum_ if staff else _("Your %(sum)s becomes a voucher.") % sum_
        )  # fmt: skip
    if fate.lost and foreseen.spend_until is not None:
        said = {"sum": written(fate.lost), "day": formats.full_day(foreseen.spend_until)}
        told.append(
            _("To spend until %(day)s: %(sum)s. What is left then is lost.") % said if staff
            else _("You can spend your %(sum)s until %(day)s; what is left then is lost.") % said
        )  # fmt: skip
    elif fate.lost:
        sum_ = {"sum": written(fate.lost)}
        told.append(_("Lost: %(sum)s.") % sum_ if staff else _("You lose your %(sum)s.") % sum_)
    if fate.owed:
        told.append(_("Owed, and repaid first: %(sum)s.") % {"sum": written(fate.owed)})
    return told
