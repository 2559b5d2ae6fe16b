"""A floor under a member's step, given or lifted at the desk with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from backoffice import opening
from backoffice.doors import Desk
from members import queries as members
from members.models import Membership
from tiers import queries as tiers
from tiers import standing
from values import texts

NONE = "-"


@dataclass(frozen=True)
class FloorPage:
    """`floor` null: none holds now; `steps` are (code, name)."""

    public_id: str
    name: str
    holder_id: int
    floor: tiers.Floor | None
    floor_name: str
    steps: list[tuple[str, str]]


class FloorForm(forms.Form):
    """Which step at least, or none; and why."""

    step = forms.ChoiceField(label=_("Does not fall below"))
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("A sentence that somebody else understands in a year."),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, page: FloorPage, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data, initial={"step": page.floor.step if page.floor else NONE})
        step: Any = self.fields["step"]
        step.choices = [(NONE, _("No floor: what counts decides")), *page.steps]


def page_of(desk: Desk, public_id: str) -> FloorPage | None:
    """What the page shows; None where there is no ladder. 404 when the member is not hers to keep on a step."""
    row = opening.opened(desk, public_id, action="tiers.floor")
    steps = tiers.steps_above_the_lowest(desk.program.pk)
    if not steps:
        return None
    language = get_language() or "en"
    holder_id = row.holders.get(until_at=None).holder_id
    floor = tiers.floor_of(holder_id, desk.program.pk, desk.now)
    return FloorPage(
        public_id=public_id,
        name=str(row.member),
        holder_id=holder_id,
        floor=floor,
        floor_name=texts.in_language(floor.names, language, floor.step) if floor else "",
        steps=[(code, texts.in_language(names, language, code)) for code, names in steps],
    )


def name_of(desk: Desk, holder_id: int) -> str:
    """The step below which a member does not fall, in words; nothing without a floor."""
    floor = tiers.floor_of(holder_id, desk.program.pk, desk.now)
    return texts.in_language(floor.names, get_language() or "en", floor.step) if floor else ""


def may_give(desk: Desk, row: Membership) -> bool:
    """Whether this person may give this member a floor, on a program that has a ladder."""
    return desk.may("tiers.floor", members.scope_of(row)) and bool(tiers.steps_above_the_lowest(desk.program.pk))


def give(desk: Desk, page: FloorPage, step: str, reason: str) -> str:
    """Give the floor, or lift it with NONE; the name of the step, "" when it is lifted."""
    given = None if step == NONE else step
    standing.assign_floor(
        holder_id=page.holder_id, program=desk.program, step=given, now=desk.now, by=desk.actor, reason=reason
    )
    return dict(page.steps).get(step, "")
