"""What ends or rests at the desk: suspending, closing and opening again, and what a member asks about her own data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import opening
from backoffice.doors import Desk
from care.leaving import acting
from care.models import Archive, Erasure
from care.privacy import archives, erasing
from members import closing, policies, suspension
from members import queries as members
from members.models import Membership
from members.refusals import Refused
from web import farewells, people

Acts = tuple[str, ...]
ASKED_BY = [
    ("called", gettext_lazy("The member called")),
    ("came", gettext_lazy("The member came to a store")),
    ("wrote", gettext_lazy("The member wrote")),
    ("authority", gettext_lazy("An authority asks for it")),
]


class WordsForm(forms.Form):
    """A reason out of a list, and words that somebody else understands in a year."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"))
    words = forms.CharField(
        label=gettext_lazy("In words"), max_length=300, required=False,
        help_text=gettext_lazy("A sentence that somebody else understands in a year."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, reasons: list[tuple[str, Any]], data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        field: Any = self.fields["reason"]
        field.choices = reasons
        if not reasons:
            del self.fields["reason"]
            self.fields["words"].required = True

    @property
    def reason_given(self) -> str:
        return str(self.cleaned_data.get("reason", ""))


@dataclass(frozen=True)
class Deed:
    """A button: what is sent, what it says, whether it hurts."""

    act: str
    label: str
    danger: bool = False


@dataclass(frozen=True)
class EndPage:
    """`told`: how things stand and what would happen, in sentences; `deeds`: what can be done now."""

    public_id: str
    name: str
    title: str
    told: list[str]
    form: WordsForm
    deeds: list[Deed]


def suspend_page(desk: Desk, public_id: str, data: Mapping[str, str] | None) -> tuple[Membership, EndPage]:
    row = opening.opened(desk, public_id, action="members.suspend")
    now = suspension.current(row.pk)
    if row.status == Membership.Status.SUSPENDED:
        told = [_("Earns, and does not spend.")]
        if now is not None:
            since = {"day": desk.formats.full_day(now.from_at), "why": people.label(farewells.SUSPENDED, now.reason)}
            told.insert(0, _("Suspended since %(day)s: %(why)s.") % since)
            told += [now.words] if now.words else []
        return row, _page(row, _("Lift the suspension"), told, WordsForm([], data), [Deed("lift", _("Lift"))])
    if row.status == Membership.Status.CLOSED:
        return row, _page(row, _("Suspend"), [_("The membership is closed.")], WordsForm([], None), [])
    told = [_("The member goes on earning and spends nothing until somebody lifts it.")]
    reasons = [(code, farewells.SUSPENDED[code]) for code in suspension.REASONS]
    return row, _page(row, _("Suspend"), told, WordsForm(reasons, data), [Deed("suspend", _("Suspend"), True)])


def close_page(desk: Desk, public_id: str, data: Mapping[str, str] | None) -> tuple[Membership, EndPage]:
    row = opening.opened(desk, public_id, action="members.close")
    if row.merged_into_id is not None:
        return row, _of_merged(row, _("Close the membership"))
    lines = farewells.of_member(row, desk.formats, desk.now, staff=True)
    if row.status != Membership.Status.CLOSED:
        choice = closing.choice_of(row.program_id, desk.now)
        until = {"day": desk.formats.full_day(choice.settles_at)}
        told = [_("The cards stop at once."), *lines, _("Until %(day)s everything can be restored.") % until]
        reasons = [(code, farewells.REASONS[code]) for code in closing.REASONS]
        return row, _page(
            row, _("Close the membership"), told, WordsForm(reasons, data), [Deed("close", _("Close"), True)]
        )
    told = [_("The membership is closed.")]
    if (left := closing.latest(row.pk)) is not None:
        since = {"day": desk.formats.full_day(left.asked_at), "why": people.label(farewells.REASONS, left.reason)}
        told = [_("Closed since %(day)s: %(why)s.") % since, *([left.words] if left.words else [])]
    if (coming := closing.open_closing(row.pk)) is not None:
        told += [*lines, _("Until %(day)s everything can be restored.") % {
            "day": desk.formats.full_day(coming.settles_at)}]  # fmt: skip
    else:
        told.append(_("The pot is settled: opened again, it is empty."))
    deeds = [] if erasing.is_erased(row.member_id) else [Deed("reopen", _("Open again"))]
    return row, _page(row, _("Open the membership again"), told, WordsForm([], data), deeds)


def data_page(desk: Desk, public_id: str, data: Mapping[str, str] | None) -> tuple[Membership, EndPage]:
    row = opening.opened(desk, public_id, action="members.erase")
    if row.merged_into_id is not None:
        return row, _of_merged(row, _("The member's data"))
    told, deeds = [], []
    last, asked = archives.latest(row.pk), erasing.asked(row.member_id)
    states = {
        Archive.State.ASKED: _("A copy of the data is being made."),
        Archive.State.MADE: _("A copy of the data is ready for the member to fetch."),
        Archive.State.TAKEN: _("The member fetched a copy of the data."),
        Archive.State.GONE: _("A copy of the data was made and not fetched."),
    }
    if last is not None:
        day = desk.formats.full_day(last.asked_at)
        told.append(f"{states[Archive.State(last.state)]} {_('Asked for on %(day)s.') % {'day': day}}")
        told += _asked(last)
    if erasing.is_erased(row.member_id):
        told.append(_("Everything that named this member is deleted."))
    elif asked is not None:
        told.append(_("On %(day)s everything is deleted.") % {"day": desk.formats.full_day(asked.erases_at)})
        told += _asked(asked)
        deeds.append(Deed("keep", _("Keep it after all")))
    else:
        told.append(_("Deleting closes the membership; for two weeks the member can take it back."))
        if last is None or last.state != Archive.State.ASKED:
            deeds.append(Deed("archive", _("Make a copy for the member")))
        deeds.append(Deed("erase", _("Delete everything"), True))
    return row, _page(row, _("The member's data"), told, WordsForm(ASKED_BY, data), deeds)


def _asked(row: Archive | Erasure) -> list[str]:
    """How she asked, where staff wrote it down."""
    how = str(dict(ASKED_BY).get(row.reason, ""))
    return [": ".join(filter(None, (how, row.words)))] if how or row.words else []


def act(desk: Desk, row: Membership, deed: str, form: WordsForm) -> str:
    """Do it; what was done, in words. Raises Refused."""
    policies.check_acts_on_another(desk.user, row.member_id)
    around: dict[str, Any] = {"now": desk.now, "by": desk.actor}
    words, reason = form.cleaned_data["words"], form.reason_given
    match deed:
        case "suspend":
            suspension.suspend(membership_id=row.pk, reason=reason, words=words, **around)
            return _("Suspended: the member earns, and does not spend.")
        case "lift":
            suspension.lift(membership_id=row.pk, words=words, **around)
            return _("The suspension is lifted.")
        case "close":
            acting.close(membership_id=row.pk, reason=reason, words=words, **around)
            return _("The membership is closed.")
        case "reopen":
            acting.reopen(membership_id=row.pk, words=words, **around)
            return _("The membership is open again.")
        case "archive":
            archives.ask(membership_id=row.pk, reason=reason, words=words, **around)
            return _("The copy is being made. The member fetches it, nobody else.")
        case "erase":
            erasing.ask(member_id=row.member_id, reason=reason, words=words, **around)
            return _("Everything will be deleted. The member can take it back for two weeks.")
    erasing.withdraw(member_id=row.member_id, words=words, **around)
    return _("Nothing is deleted.")


def refusal(refused: Refused) -> str:
    words = {
        "RewardUnderWay": _("A reward is being taken at this moment. Try again in a quarter of an hour."),
        "InHousehold": _("The member shares points with a household: leave it first."),
        "NoReason": _("A reason is needed, in words."),
        "OwnAccount": _("Nobody acts on their own account."),
        "AlreadyClosed": _("The membership is closed already."),
        "AskedAlready": _("A copy is being made already."),
    }
    return words.get(type(refused).__name__, _("That is not possible as things stand."))


def states_of(desk: Desk, row: Membership) -> list[str]:
    """What the member's page says of it, above everything else."""
    told = []
    if row.status == Membership.Status.SUSPENDED and (now := suspension.current(row.pk)) is not None:
        since = {"day": desk.formats.full_day(now.from_at), "why": people.label(farewells.SUSPENDED, now.reason)}
        told.append(_("Suspended since %(day)s: %(why)s.") % since)
    if row.status == Membership.Status.CLOSED:
        if (coming := closing.open_closing(row.pk)) is not None:
            told.append(_("Closed; until %(day)s everything can be restored.") % {
                "day": desk.formats.full_day(coming.settles_at)})  # fmt: skip
        if (asked := erasing.asked(row.member_id)) is not None:
            told.append(_("On %(day)s everything is deleted.") % {"day": desk.formats.full_day(asked.erases_at)})
        elif erasing.is_erased(row.member_id):
            told.append(_("Everything that named this member is deleted."))
    return told


def _page(row: Membership, title: str, told: list[str], form: WordsForm, deeds: list[Deed]) -> EndPage:
    return EndPage(row.public_id, str(row.member), title, told, form, deeds)


def _of_merged(row: Membership, title: str) -> EndPage:
    """What is hers is the other one's: to end or delete a half of her would leave the rest behind."""
    return _page(row, title, [_("This member was made one with another: act on that one.")], WordsForm([], None), [])


def may(desk: Desk, row: Membership, action: str) -> bool:
    return desk.may(action, members.scope_of(row))
