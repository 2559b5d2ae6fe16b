"""Two members side by side before they become one, and what undoing would give back, as the desk's pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.http import Http404
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from backoffice import opening
from backoffice.doors import Desk
from members import merging, numbers, persons, policies, pooling, seats
from members.models import Membership, Merge
from members.refusals import Refused
from rewards import queries as rewards
from rewards.refusals import StillHeld
from tiers import queries as tiers
from values import texts
from web import climbs, people, pots
from web.pots import Pot


@dataclass(frozen=True)
class Side:
    """One of the two as she stands; `vouchers` in hand, `household`: how many share her pots (0: none)."""

    public_id: str
    person: people.Person
    phone: str
    pots: list[Pot]
    step: str
    floor: str
    vouchers: int
    household: int


@dataclass(frozen=True)
class Sum:
    """A pot of both together. `owed` is what would still be owed then."""

    name: str
    kept: str
    gone: str
    both: str
    owed: str


@dataclass(frozen=True)
class Preview:
    """`refused`: why it cannot be, else empty. `fills`: what of the person is taken from the gone one."""

    kept: Side
    gone: Side
    sums: list[Sum]
    fills: list[str]
    apart: list[str]
    joined_at: datetime
    refused: str


@dataclass(frozen=True)
class Back:
    """What undoing gives back of one currency, and what stays."""

    name: str
    brought: str
    back: str
    gone: str
    debt: str


class MergeForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("How do you know that they are one person?"), max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class FindForm(forms.Form):
    """Another member, by card or member number."""

    number = forms.CharField(label=gettext_lazy("Member or card number"), max_length=40)


def opened_two(desk: Desk, public_id: str, other: str) -> tuple[Membership, Membership]:
    """Both, each through the scopes of merging; oneself and one's own household are not there."""
    rows = tuple(opening.opened(desk, one, action="members.merge") for one in (public_id, other))
    if any(policies.acts_on_self(desk.user, row.member_id) for row in rows):
        raise Http404
    return rows[0], rows[1]


def by_number(desk: Desk, text: str) -> str:
    """The public name of whoever has this number or card; empty for nobody."""
    number = numbers.as_read(text)
    rows = Membership.objects.filter(program=desk.program, merged_into=None)
    row = rows.filter(number__iexact=number).first() or rows.filter(cards__number__iexact=number).first()
    return row.public_id if row else ""


def preview_of(desk: Desk, kept: Membership, gone: Membership) -> Preview:
    """The two, and what will be."""
    sides = [_side(desk, row) for row in (kept, gone)]
    refused = ""
    try:
        merging.check(kept, gone)
    except Refused as why:
        refused = reason_of(why)
    fields = {
        "first_name": _("first name"), "last_name": _("last name"), "birth_date": _("date of birth"),
        "phone": _("phone"), "language": _("language"), "email": _("e-mail"), "address": _("postal address"),
    }  # fmt: skip
    apart = persons.kept_apart_by(kept.member, gone.member, kept.program_id)
    missing = persons.lacking(kept.member, gone.member)
    return Preview(
        kept=sides[0], gone=sides[1], sums=_sums(desk, sides), fills=[] if apart else [fields[one] for one in missing],
        apart=apart, joined_at=min(kept.joined_at, gone.joined_at), refused=refused,
    )  # fmt: skip


def merge_of(desk: Desk, row: Membership, merge_id: int) -> Merge:
    """A merge into this member that can still be undone; else 404."""
    done = Merge.objects.filter(pk=merge_id, kept=row, undone_at=None).select_related("gone__member").first()
    if done is None or policies.acts_on_self(desk.user, row.member_id):
        raise Http404
    return done


def back_of(desk: Desk, done: Merge) -> tuple[list[Back], bool]:
    """What goes back by currency; and whether that is all of it."""
    shares = merging.shares_of(done, desk.now) if done.holders else []
    units = pots.units_of(desk.program.pk)
    rows = [
        Back(
            units[one.currency_id].name, *(units[one.currency_id].write(desk.formats, number) for number in (
                one.brought, one.there, sum(one.gone.values()), one.debt,
            )),
        )
        for one in shares
        if one.currency_id in units and (one.brought or one.debt)
    ]  # fmt: skip
    return rows, merging.whole(done, shares)


def reason_of(refused: Refused) -> str:
    """A refusal in words for the desk: a fact, then what to do."""
    if isinstance(refused, StillHeld):
        return _("A redemption is open: %(rewards)s. Confirm or release it first.") % {
            "rewards": ", ".join(refused.codes)
        }
    words: dict[type[Refused], str] = {
        merging.AlreadyMerged: _("One of the two was merged meanwhile. Look at both again."),
        merging.NotMergeable: _("One of the two is closed or suspended. Decide that first."),
        merging.NotOnePerson: _("These are not two members of this program."),
        merging.InOtherHousehold: _("The one to be closed shares a household: let her leave it, or keep that one."),
        merging.TooLate: _("This merge can no longer be undone."),
        merging.NotWhole: _("Some of the points are gone. Say that the rest is enough."),
        pooling.PotsFrozen: _("A wallet is frozen. Release it first."),
        pooling.PotsHeld: _("Points are set aside for a redemption. Confirm or release it first."),
    }
    return words.get(type(refused), str(refused))


def _side(desk: Desk, row: Membership) -> Side:
    holder_id, units = pooling.holder_of(row.pk), pots.units_of(desk.program.pk)
    climb = climbs.climb_of(holder_id, desk.program.pk, units, desk.formats, desk.now)
    floor = tiers.floor_of(holder_id, desk.program.pk, desk.now)
    household = seats.of_holder(holder_id)
    return Side(
        public_id=row.public_id, person=people.person_of(row.pk), phone=people.written_phone(row.member.phone),
        pots=pots.pots_of(holder_id, units.values(), desk.formats, desk.now), step=climb.step if climb else "",
        floor=texts.in_language(floor.names, get_language() or "en", floor.step) if floor else "",
        vouchers=len(rewards.in_hand(row.pk, desk.now)), household=len(seats.seats_of(household)) if household else 0,
    )  # fmt: skip


def _sums(desk: Desk, sides: list[Side]) -> list[Sum]:
    """Each pot of both: what is there less what is owed, and what then would be; spendable points repay debt."""
    found = []
    for kept, gone in zip(sides[0].pots, sides[1].pots, strict=True):
        unit, formats = kept.unit, desk.formats
        had = [pot.available + pot.pending - pot.debt for pot in (kept, gone)]
        owed = kept.debt + gone.debt
        repaid = min(owed, kept.available + gone.available)
        both = sum(had) + owed - repaid
        found.append(
            Sum(
                name=unit.name, kept=unit.write(formats, had[0]), gone=unit.write(formats, had[1]),
                both=unit.write(formats, both), owed=unit.write(formats, owed - repaid) if owed > repaid else "",
            )
        )  # fmt: skip
    return found
