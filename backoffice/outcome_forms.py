"""What ends a case, as it is typed: a form per kind of outcome, each answering a care.outcomes.Outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from backoffice import case_forms
from backoffice.casework import CasePage
from backoffice.doors import Desk
from care import outcomes, receipts, terms
from care.outcomes import Outcome
from ledger.posting import InsufficientPoints
from members.models import Card
from members.scoping import scope_of
from programs import queries as programs
from programs.models import Source
from rewards import queries as rewards
from rewards.models import Redemption, Undone
from values import texts
from web import movements, people, pots

SAID = forms.Textarea(attrs={"rows": 3})
PLACEHOLDER = _("sku; quantity; amount")


@dataclass(frozen=True)
class Kind:
    """A way to end a case, offered as a tab."""

    code: str
    label: str


class _Ends(forms.Form):
    """Words to the member, which every outcome may carry."""

    kind: ClassVar[str] = outcomes.ANSWER
    said_is_needed: ClassVar[bool] = False

    def __init__(self, desk: Desk, page: CasePage, data: Any = None, number: str = "") -> None:
        super().__init__(data)
        self.desk, self.page, self.asked = desk, page, number
        self.fields["said"] = forms.CharField(
            label=_("To the member"), max_length=4000, required=self.said_is_needed, widget=SAID,
            help_text=_("Sent by e-mail and shown with the request."),
        )  # fmt: skip
        self.prepare()

    def prepare(self) -> None:
        """Fill the choices from what the member has."""

    def outcome(self) -> Outcome:
        return Outcome(self.kind, words=self.cleaned_data["said"])


class AnswerEnds(_Ends):
    said_is_needed = True


class ReceiptEnds(_Ends):
    """One of the receipts that came under the number asked for."""

    kind = outcomes.RECEIPT
    receipt = forms.ChoiceField(label=_("Receipt"), widget=forms.RadioSelect)

    def prepare(self) -> None:
        found = receipts.find(self.page.membership, self.asked) if self.asked else []
        formats, places = self.desk.formats, movements.places_of(self.desk.program.pk)
        choices: Any = self.fields["receipt"]
        choices.choices = [
            (
                one.activity_id,
                ", ".join(
                    [
                        formats.moment(one.occurred_at),
                        places.get(one.store_id or 0, one.number),
                        f"{formats.money(one.net, one.money)} ({WHOSE[one.whose]})",
                    ]
                ),
            )
            for one in found
        ]
        self.found = bool(found)
        self.fields["receipt"].initial = next((one.activity_id for one in found if one.whose == receipts.NOBODYS), None)

    def outcome(self) -> Outcome:
        return Outcome(self.kind, self.cleaned_data["said"], activity_id=int(self.cleaned_data["receipt"]))


WHOSE = {
    receipts.MINE: _("the member’s already"),
    receipts.NOBODYS: _("nobody’s yet"),
    receipts.ANOTHERS: _("another member’s"),
}


class LandEnds(_Ends):
    """A receipt that never came, read off its picture."""

    kind = outcomes.LAND
    number = forms.CharField(
        label=_("Number of the receipt"), max_length=200, widget=forms.TextInput(attrs={"class": "num"})
    )
    source = forms.ChoiceField(label=_("Sent by"))
    store = forms.ChoiceField(label=_("Store"))
    at = forms.DateTimeField(
        label=_("Day and hour"), help_text=_("As printed on the receipt."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )  # fmt: skip
    lines = forms.CharField(
        label=_("What was bought"), max_length=8000, help_text=_("A line each: article; quantity; amount."),
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": PLACEHOLDER, "class": "num"}),
    )  # fmt: skip

    def prepare(self) -> None:
        language = get_language() or "en"
        self.fields["number"].initial = self.asked
        sources: Any = self.fields["source"]
        sources.choices = [
            (one.code, texts.in_language(one.names, language, one.code))
            for one in Source.objects.filter(programs=self.desk.program).order_by("code")
        ]
        stores: Any = self.fields["store"]
        stores.choices = [
            (one.code, texts.in_language(one.names, language, one.code))
            for one in programs.stores_of(self.desk.program.pk)
        ]
        home = self.page.membership.home_store
        self.fields["store"].initial = home.code if home else None

    def clean_lines(self) -> list[tuple[str, str, str]]:
        found = []
        for line in self.cleaned_data["lines"].splitlines():
            parts = [part.strip() for part in line.replace("\t", ";").split(";")]
            if not any(parts):
                continue
            if len(parts) != 3 or not all(parts):
                raise forms.ValidationError(_("Write a line each: article; quantity; amount."))
            found.append((parts[0], parts[1].replace(",", "."), parts[2].replace(",", ".")))
        return found[:200]

    def outcome(self) -> Outcome:
        said = self.cleaned_data
        at = said["at"].strftime("%Y-%m-%dT%H:%M")  # local to the store, as printed
        shown = receipts.Evidenced(said["source"], said["store"], said["number"].strip(), at, said["lines"])
        return Outcome(self.kind, said["said"], evidenced=shown)


class AdjustEnds(_Ends, case_forms.AdjustForm):
    kind = outcomes.ADJUST

    def __init__(self, desk: Desk, page: CasePage, data: Any = None, number: str = "") -> None:
        self.desk, self.page, self.asked = desk, page, number
        case_forms.AdjustForm.__init__(self, data, **adjustable(desk))
        self.fields["said"] = forms.CharField(
            label=_("To the member"), max_length=4000, required=False, widget=SAID,
            help_text=_("Sent by e-mail and shown with the request."),
        )  # fmt: skip

    def outcome(self) -> Outcome:
        said = self.cleaned_data
        return Outcome(
            self.kind, said["said"] or said["words"], currency=said["currency"], amount=said["units"],
            reason=said["reason"], key=said["key"],
        )  # fmt: skip


class CardEnds(_Ends):
    kind = outcomes.CARD
    card = forms.ChoiceField(label=_("Which card?"), widget=forms.RadioSelect)
    number = forms.CharField(
        label=_("Number of the new card"), required=False, max_length=40,
        help_text=_("Scan a blank card, or leave it empty: the member gets a new number on the phone."),
        widget=forms.TextInput(attrs={"class": "num", "autocomplete": "off"}),
    )  # fmt: skip

    def prepare(self) -> None:
        cards = Card.objects.filter(membership=self.page.membership, status__in=["active", "blocked"])
        choices: Any = self.fields["card"]
        choices.choices = [
            (card.pk, f"{card.number} ({people.label(people.CARD_STATUSES, card.status)})")
            for card in cards.order_by("-issued_at")
        ]

    def outcome(self) -> Outcome:
        said = self.cleaned_data
        return Outcome(self.kind, said["said"], card_id=int(said["card"]), card_number=said["number"].strip())


class RefundEnds(_Ends):
    kind = outcomes.REFUND
    redemption = forms.ChoiceField(label=_("Which reward?"), widget=forms.RadioSelect)

    def prepare(self) -> None:
        names, language = rewards.names_of(self.desk.program.pk), get_language() or "en"
        every = Redemption.objects.filter(membership_id=self.page.membership.pk, state="confirmed")
        rows = list(every.order_by("-placed_at")[:20])
        numbers = [one.redemption_id for one in rows]
        undone = set(Undone.objects.filter(redemption_id__in=numbers).values_list("pk", flat=True))
        choices: Any = self.fields["redemption"]
        choices.choices = [
            (
                row.redemption_id,
                ", ".join(
                    [
                        texts.in_language(names.get(row.offer["code"], {}), language, row.offer["code"]),
                        self.desk.formats.full_day(row.placed_at),
                    ]
                ),
            )
            for row in rows
            if row.redemption_id not in undone
        ]

    def outcome(self) -> Outcome:
        return Outcome(self.kind, self.cleaned_data["said"], redemption_id=int(self.cleaned_data["redemption"]))


FORMS: dict[str, type[_Ends]] = {
    form.kind: form for form in (ReceiptEnds, LandEnds, AdjustEnds, CardEnds, RefundEnds, AnswerEnds)
}
_RIGHTS = {outcomes.ADJUST: "points.adjust", outcomes.CARD: "cards.replace"}


def kinds_for(desk: Desk, page: CasePage) -> list[Kind]:
    """The ways to end this case that are this person's, the likeliest first."""
    every = {
        outcomes.RECEIPT: _("Credit a receipt"),
        outcomes.LAND: _("Enter a receipt"),
        outcomes.ADJUST: _("Adjust"),
        outcomes.CARD: _("Replace the card"),
        outcomes.REFUND: _("Give points back"),
        outcomes.ANSWER: _("Answer only"),
    }
    place = scope_of(page.membership)
    likely = {
        "missing_points": outcomes.RECEIPT, "wrong_points": outcomes.ADJUST, "lost_card": outcomes.CARD,
        "reward_not_received": outcomes.REFUND,
    }.get(page.case.type, outcomes.ANSWER)  # fmt: skip
    mine = [kind for kind in every if kind not in _RIGHTS or desk.may(_RIGHTS[kind], place)]
    return [Kind(kind, str(every[kind])) for kind in sorted(mine, key=lambda kind: kind != likely)]


def too_much(desk: Desk, currency: str, lacking: InsufficientPoints) -> str:
    """How much of a currency can be taken, where more was asked for."""
    unit = next(one for one in pots.units_of(desk.program.pk).values() if one.code == currency)
    return str(_("Only %(count)s can be taken.")) % {"count": unit.write(desk.formats, lacking.available)}


def adjustable(desk: Desk) -> dict[str, Any]:
    """The program's pots and reasons, as AdjustForm takes them."""
    units, language = pots.units_of(desk.program.pk), get_language() or "en"
    return {
        "currencies": [(one, units[one.id].name) for one in programs.currencies_of(desk.program.pk)],
        "reasons": [
            (code, texts.in_language(names, language, code))
            for code, names in terms.of(desk.program.pk).reasons.items()
        ],
    }
