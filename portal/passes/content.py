"""What a pass says, whichever wallet it is for: the number, the name, and the balance with its day."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from members.models import Card, Membership
from messaging import addresses
from portal.queries import Visit, formats_of
from programs.models import Program
from web import climbs, pots
from web.banners import Look


@dataclass(frozen=True)
class Figure:
    """A pot on the pass: `value` as it is written, `points` the bare number."""

    label: str
    value: str
    points: int


@dataclass(frozen=True)
class Pass:
    """A card as a wallet shows it. `serial` names it to the wallet for ever; phones ask `service` for changes; one
    that is `voided` works no more."""

    serial: str
    program_code: str
    brand: str
    number: str
    holder: str
    tier: str
    figures: tuple[Figure, ...]
    as_of: str
    note: str
    language: str
    look: Look
    service: str = ""
    voided: bool = False


def pass_of(visit: Visit, program: Program, card: Card) -> Pass:
    """The pass of one of the member's cards, with what is there at this moment."""
    formats, units = formats_of(visit), pots.units_of(visit.program_id)
    climb = climbs.climb_of(visit.holder_id, visit.program_id, units, formats, visit.now)
    held = pots.pots_of(visit.holder_id, units.values(), formats, visit.now)
    return Pass(
        serial=f"{program.code}-{card.pk}",
        program_code=program.code,
        brand=visit.brand,
        number=card.number,
        holder=visit.first_name,
        tier=climb.step if climb else "",
        figures=tuple(
            Figure(pot.name, pot.unit.write(formats, pot.available), pot.available) for pot in held
        ),
        as_of=_("As of %(day)s. The app shows what you have now.") % {"day": formats.full_day(visit.now)},
        note=_("Show it at the till. To use your points, open the app: it has the code of the moment."),
        language=get_language() or "en",
        look=visit.look,
        service=addresses.absolute(program, "wallet"),
        voided=card.status != Card.Status.ACTIVE or _has_left(card),
    )  # fmt: skip


def _has_left(card: Card) -> bool:
    return card.membership is None or card.membership.status == Membership.Status.CLOSED


def card_in_wallet(membership_id: int) -> Card | None:
    """The card that was issued for the member's phone wallet and works, if any."""
    rows = Membership.objects.get(pk=membership_id).cards.filter(kind=Card.Kind.PASS, status=Card.Status.ACTIVE)
    return rows.order_by("-pk").first()
