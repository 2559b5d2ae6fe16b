"""The preference centre, for both doors: each purpose in a sentence, its channels, and what was said last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from members.agreeing import Standing
from web import people

PURPOSES = {
    "marketing": (_("Offers"), _("What is on offer in our stores, two a month at most.")),
    "profiling": (
        _("Offers chosen for me"),
        _("We look at what you bought to choose what we propose. Your points do not depend on it."),
    ),
}
CHANNELS = {
    "email": _("By e-mail"),
    "sms": _("By text message"),
    "post": _("By post"),
    "phone": _("By telephone"),
    "": _("Yes, choose for me"),
}
SOURCES = {
    "web": _("on the web"),
    "store": _("in a store"),
    "phone": _("by telephone"),
    "paper": _("on paper"),
    "post": _("by post"),
    "replication": _("in the banner’s own system"),
    "partner": _("at a partner"),
    "unsubscribe": _("by the link in a message"),
}


@dataclass(frozen=True)
class Row:
    """One toggle. `at` is None while nothing was answered; `where` and `wording` are its proof."""

    code: str
    label: str
    granted: bool
    at: datetime | None
    where: str
    wording: str


@dataclass(frozen=True)
class Purpose:
    code: str
    title: str
    told: str
    rows: list[Row]


def purposes_of(standings: Iterable[Standing]) -> list[Purpose]:
    """The questions as a page shows them, purpose by purpose."""
    found: dict[str, Purpose] = {}
    for one in standings:
        code = one.question.purpose
        title, told = PURPOSES.get(code, (people.label(people.PURPOSES, code), ""))
        purpose = found.setdefault(code, Purpose(code, str(title), str(told), []))
        purpose.rows.append(
            Row(
                code=one.question.code,
                label=people.label(CHANNELS, one.question.channel),
                granted=bool(one.granted),
                at=one.at,
                where=people.label(SOURCES, one.source) if one.source else "",
                wording=one.wording,
            )
        )
    return list(found.values())
