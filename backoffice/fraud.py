"""The fraud desk: what looks odd in the stores one may watch, and a member's pots frozen or released."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from backoffice import opening
from backoffice.doors import Desk
from earning import vigilance
from identity import rights
from identity.rights import Scope
from ledger import freezing
from members import policies
from members import queries as members
from members.models import Membership
from members.policies import OwnAccount
from programs import queries as programs
from values import texts

ACTION, FREEZES = "fraud.see", "wallets.freeze"


class SieveForm(forms.Form):
    """How far back, and from where on something is odd."""

    days = forms.IntegerField(label=_("Days back"), min_value=1, max_value=92)
    share = forms.IntegerField(label=_("One member’s part of a cashier’s receipts, %"), min_value=1, max_value=100)
    least = forms.IntegerField(label=_("From how many receipts on"), min_value=2, max_value=1000)
    ratio = forms.IntegerField(label=_("Part brought back, %"), min_value=1, max_value=1000)
    receipts = forms.IntegerField(label=_("Receipts of a card a day"), min_value=2, max_value=1000)
    crowd = forms.IntegerField(label=_("Members at a till an hour"), min_value=2, max_value=10_000)

    def __init__(self, data: Mapping[str, str]) -> None:
        super().__init__({**DEFAULTS, **{name: data[name] for name in DEFAULTS if data.get(name)}})


DEFAULTS = {"days": "30", "share": "25", "least": "8", "ratio": "60", "receipts": "6", "crowd": "60"}


@dataclass(frozen=True)
class Whom:
    """The member of a finding; `public_id` is empty where this person may not open her."""

    public_id: str
    name: str


@dataclass(frozen=True)
class Findings:
    """Each finding beside the store's name and the member, as far as it has them."""

    cashiers: list[tuple[vigilance.Cashier, str, Whom]]
    returners: list[tuple[vigilance.Returner, Whom]]
    busy: list[tuple[vigilance.Busy, Whom]]
    crowds: list[tuple[vigilance.Crowd, str]]

    @property
    def is_quiet(self) -> bool:
        return not (self.cashiers or self.returners or self.busy or self.crowds)


def findings_of(desk: Desk, form: SieveForm) -> Findings:
    """What is over the thresholds at the stores this person may watch. Raises nothing: a wrong threshold finds none."""
    if not form.is_valid():
        return Findings([], [], [], [])
    said = form.cleaned_data
    today = desk.now.astimezone(desk.formats.zone).date()
    names, stores = _stores_of(desk)
    days = vigilance.Days(desk.program.pk, today - timedelta(days=said["days"] - 1), today, stores)
    currencies = [one.id for one in programs.currencies_of(desk.program.pk) if one.kind != "status"]
    odd = vigilance.cashiers(days, currency_ids=currencies, least=said["least"], share=said["share"])
    returners = vigilance.returners(days, least=2, share=said["ratio"])
    busy = vigilance.busy_cards(days, least=said["receipts"])
    crowds = vigilance.crowded_tills(days, least=said["crowd"])
    whom = _whom(desk, [one.membership_id for found in (odd, returners, busy) for one in found])
    return Findings(
        cashiers=[(one, names.get(one.store_id, ""), whom[one.membership_id]) for one in odd],
        returners=[(one, whom[one.membership_id]) for one in returners],
        busy=[(one, whom[one.membership_id]) for one in busy],
        crowds=[(one, names.get(one.store_id, "")) for one in crowds],
    )


def _stores_of(desk: Desk) -> tuple[dict[int, str], list[int] | None]:
    """Names of the stores, and which of them this person may watch; None for every one, and for what has no store."""
    language = get_language() or "en"
    every = programs.stores_of(desk.program.pk)
    names = {one.id: texts.in_language(one.names, language, one.code) for one in every}
    if desk.may(ACTION, rights.EVERYWHERE):
        return names, None
    return names, [one.id for one in every if desk.may(ACTION, Scope(one.banner, one.market_code, one.code))]


def _whom(desk: Desk, ids: Iterable[int]) -> dict[int, Whom]:
    wanted = set(ids)
    seen = members.visible(desk.program, rights.scopes(desk.user, "members.see")).in_bulk(wanted)
    numbers = dict(Membership.objects.filter(pk__in=wanted - set(seen)).values_list("pk", "number"))
    opening.showed(desk, seen)
    hers = {pk: Whom(row.public_id, str(row.member)) for pk, row in seen.items()}
    return hers | {pk: Whom("", f"… {number[-4:]}") for pk, number in numbers.items()}


FREEZE, RELEASE = "freeze", "release"


class FreezeForm(forms.Form):
    """`act` is what the person saw herself do: somebody else may have done it meanwhile."""

    act = forms.ChoiceField(choices=[(FREEZE, FREEZE), (RELEASE, RELEASE)], widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("A sentence that somebody else understands in a year."),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@dataclass(frozen=True)
class FreezePage:
    """`reason` empty: nothing is frozen. `own`: the member is the person herself, who does nothing here."""

    public_id: str
    name: str
    holder_id: int
    currency_ids: list[int]
    reason: str
    own: bool


def page_of(desk: Desk, public_id: str) -> FreezePage:
    """What the page shows; 404 when the member is not hers to freeze."""
    row = opening.opened(desk, public_id, action=FREEZES)
    holder_id = row.holders.get(until_at=None).holder_id
    ids = [one.id for one in programs.currencies_of(desk.program.pk)]
    return FreezePage(
        public_id=public_id,
        name=str(row.member),
        holder_id=holder_id,
        currency_ids=ids,
        reason=freezing.reason_of(holder_id=holder_id, currency_ids=ids),
        own=policies.acts_on_self(desk.user, row.member_id),
    )


def decide(desk: Desk, page: FreezePage, act: str, reason: str) -> bool:
    """Freeze the pots or release them; True when they are frozen now. Raises OwnAccount."""
    if page.own:
        raise OwnAccount("nobody freezes or releases their own pots")
    do: Any = freezing.freeze if act == FREEZE else freezing.release
    do(holder_id=page.holder_id, currency_ids=page.currency_ids, reason=reason, now=desk.now, by=desk.actor)
    return act == FREEZE
