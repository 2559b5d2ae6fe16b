"""A rule of a draft as it stands: its sentence in pieces that lead to their rows, and what is missing or odd."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from pydantic import TypeAdapter, ValidationError

from rules_engine import draft_contents, fair_copies, spelling
from rules_engine.core import conditioned, formats, linting, sentences
from rules_engine.core.conditions import Condition
from rules_engine.core.errors import InvalidRulebook
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.rules import Rule, Validity
from rules_engine.fair_copies import Written
from rules_engine.models import DraftRule, RulebookDraft
from studio import wording
from studio.offering import Values

_CONDITION: TypeAdapter[Any] = TypeAdapter(Condition)
_FIRST = re.compile(r"rules\[\d+\]\.?")


@dataclass(frozen=True)
class Piece:
    """A piece of the sentence; `place` is the field it comes from, `missing` that there is nothing yet."""

    text: str
    place: str
    missing: bool = False
    joined_by: str = ", "

    @property
    def key(self) -> str:
        return self.place.replace(".", "-")


@dataclass(frozen=True)
class Remark:
    """`severity`: todo (half-written), error or warning."""

    severity: str
    text: str
    place: str

    @property
    def key(self) -> str:
        return self.place.replace(".", "-")

    @property
    def about(self) -> str:
        """The name of its field, so that two remarks that say the same can be told apart."""
        kind, _dot, number = self.place.partition(".")
        steps = ".".join(str(int(step) + 1) for step in number.split(".") if step.isdecimal())
        return {
            "when": _("Condition %(n)s") % {"n": steps} if steps else _("When"),
            "limits": _("Limit %(n)s") % {"n": steps} if steps else _("Limits"),
            "weekly": _("Hours %(n)s") % {"n": steps},
            "name": _("Name"), "then": _("Then"), "currency": _("Then"), "budget": _("Budget"), "valid": _("Dates"),
            "event": _("When"), "trigger": _("When"),
        }.get(kind, "")  # fmt: skip


@dataclass(frozen=True)
class Checked:
    pieces: tuple[Piece, ...]
    remarks: tuple[Remark, ...]

    @property
    def beside(self) -> Mapping[str, Remark]:
        """The first thing to say beside each field."""
        said: dict[str, Remark] = {}
        for remark in self.remarks:
            said.setdefault(remark.place, remark)
        return said

    @property
    def sentence(self) -> str:
        first, *others = self.pieces
        said = first.text + "".join(piece.joined_by + piece.text for piece in others)
        return f"{said}." if self.ends_whole else said

    @property
    def ends_whole(self) -> bool:
        """Whether a full stop may stand behind the sentence."""
        return not self.pieces[-1].missing

    @property
    def is_whole(self) -> bool:
        return not [one for one in self.remarks if one.severity != "warning" and one.place != "name"]


def check(draft: RulebookDraft, row: DraftRule, values: Values, language: str, money: str) -> Checked:
    """Everything to be said of one rule."""
    written = fair_copies.document_of(row.sketch, draft_contents.scale_of(draft))
    remarks = [Remark("todo", _missing(what), place) for place, what in written.unfinished]
    rule: Rule | None = None
    try:
        rulebook = Rulebook.from_document({**draft.frame, "rules": [written.document]})
        rule = rulebook.rules[0]
    except InvalidRulebook as wrong:
        if not [one for one in remarks if one.place != "name"]:
            remarks += [
                Remark("error", wording.refusal(problem.message), written.place_of(_FIRST.sub("", problem.path)))
                for problem in wrong.problems
            ]
    if rule is not None and not [one for one in remarks if one.place != "name"]:
        remarks += _lint(draft, row, written, values, language)
    return Checked(tuple(_pieces(draft, row, written, language, money)), tuple(remarks))


def whole_rules(draft: RulebookDraft, but: int | None = None) -> list[dict[str, Any]]:
    """The rules of a draft that make rules already."""
    found = []
    for row in draft.rules.all():
        if row.removed or row.pk == but:
            continue
        try:
            Rule.model_validate(row.document)
        except ValidationError:
            continue
        found.append(row.document)
    return found


def _lint(draft: RulebookDraft, row: DraftRule, written: Written, values: Values, language: str) -> list[Remark]:
    """What the linter finds about this rule among all that are whole."""
    rows = [one for one in draft.rules.all() if not one.removed]
    rules = []
    for one in rows:
        document = written.document if one.pk == row.pk else one.document
        try:
            Rule.model_validate(document)
        except ValidationError:
            continue
        rules.append(document)
    try:
        rulebook = Rulebook.from_document({**draft.frame, "rules": rules})
    except InvalidRulebook:
        return []
    return [
        Remark(found.severity, found.text(language), written.place_of(_FIRST.sub("", found.path)))
        for found in linting.lint(rulebook, values.vocabulary())
        if found.rule == row.code
    ]


def _pieces(draft: RulebookDraft, row: DraftRule, written: Written, language: str, money: str) -> list[Piece]:
    pieces = [_effect(draft, written, language, money)]
    when = written.document.get("when")
    parts = when["all"] if isinstance(when, dict) and set(when) == {"all"} else [when] if when else []
    for number, part in enumerate(parts):
        path = f"when.all[{number}]" if len(parts) > 1 else "when"
        text = _condition(part, language, money)
        if text:
            joined_by = " " if len(pieces) == 1 and not pieces[0].missing else ", "
            pieces.append(Piece(text, written.place_of(path) or "when", joined_by=joined_by))
    pieces += [
        Piece("…", place, missing=True)
        for place, _what in written.unfinished
        if place.startswith("when") and place != "when"
    ]
    pieces += _limits(draft, written, language)
    return pieces + _valid(written.document.get("valid"), language)


def _effect(draft: RulebookDraft, written: Written, language: str, money: str) -> Piece:
    alone = {key: value for key, value in written.document.items() if key in ("code", "trigger", "earn")}
    try:
        rulebook = Rulebook.from_document({**draft.frame, "rules": [alone]})
    except InvalidRulebook:
        return Piece(_("What members earn"), "then", missing=True)
    rule = rulebook.rules[0]
    text = sentences.of_rule(rulebook, rule, language, money)
    if rule.trigger == "visit":
        text = _("%(points)s for a visit") % {"points": text}
    elif rule.trigger.startswith("event:"):
        text = _("%(points)s for “%(event)s”") % {"points": text, "event": rule.trigger.partition(":")[2]}
    return Piece(capfirst(text), "then")


def _condition(document: Any, language: str, money: str) -> str:
    try:
        condition = _CONDITION.validate_python(document)
    except ValidationError:
        return ""
    said = conditioned.of_condition(condition, money, formats.PlainFormats(language))
    return said or spelling.condition(condition, money, language)


def _limits(draft: RulebookDraft, written: Written, language: str) -> list[Piece]:
    pieces = []
    alone = {
        **written.document,
        "earn": {"fixed": 1, **_currency(written)},
        "when": None,
        "valid": None,
        "budget": None,
    }
    for number, limit in enumerate(written.document.get("limits") or ()):
        try:
            rulebook = Rulebook.from_document(
                {**draft.frame, "rules": [{**alone, "phase": "bonus", "scope": "receipt", "limits": [limit]}]}
            )
        except InvalidRulebook:
            continue
        rule = rulebook.rules[0]
        pieces.append(Piece(limit_in_words(rulebook, rule, rule.limits[0], language), f"limits.{number}"))
    return pieces + _budget(draft, {**alone, "limits": [], "budget": written.document.get("budget")}, language)


def _budget(draft: RulebookDraft, alone: dict[str, Any], language: str) -> list[Piece]:
    if not alone.get("budget"):
        return []
    try:
        rulebook = Rulebook.from_document({**draft.frame, "rules": [{**alone, "phase": "bonus", "scope": "receipt"}]})
    except InvalidRulebook:
        return []
    rule = rulebook.rules[0]
    return [Piece(limit_in_words(rulebook, rule, cap, language), "budget") for cap in rule.caps]


def _currency(written: Written) -> dict[str, Any]:
    currency = written.document.get("earn", {}).get("currency")
    return {"currency": currency} if currency else {}


def limit_in_words(rulebook: Rulebook, rule: Rule, limit: Any, language: str) -> str:
    """ "at most 300 points a month for each member"."""
    if limit.of == "points":
        most = sentences.points_in_words(limit.max, rulebook.currency_of(rule), formats.PlainFormats(language))
    else:
        most = ngettext("%(n)d time", "%(n)d times", limit.max) % {"n": limit.max}
    per = {
        "activity": _("per receipt"), "day": _("a day"), "week": _("a week"), "month": _("a month"),
        "year": _("a year"), "campaign": _("in all"),
    }[limit.per]  # fmt: skip
    whose = {
        "member": _("for each member"), "household": _("for each household"), "banner": _("for each banner"),
        "program": _("for everyone together"),
    }.get(limit.for_, "")  # fmt: skip
    return " ".join([_("at most %(most)s %(per)s") % {"most": most, "per": per}, whose]).strip()


def _valid(document: Any, language: str) -> list[Piece]:
    if not document:
        return []
    try:
        valid = Validity.model_validate(document)
    except ValidationError:
        return []
    plain = formats.PlainFormats(language)
    pieces = []
    if valid.weekly:
        pieces += [Piece(_hours(one, plain), f"weekly.{number}") for number, one in enumerate(valid.weekly)]
    if valid.from_:
        pieces.append(
            Piece(
                pgettext("validity", "from %(day)s") % {"day": f"{plain.day(valid.from_)} {valid.from_.year}"}, "valid"
            )
        )
    if valid.until:
        pieces.append(
            Piece(
                pgettext("validity", "until %(day)s") % {"day": f"{plain.day(valid.until)} {valid.until.year}"}, "valid"
            )
        )
    return pieces


def _hours(weekly: Any, plain: formats.PlainFormats) -> str:
    days = formats.on_days(weekly.days, plain.language)
    if (weekly.from_, weekly.to) == ("00:00", "24:00"):
        return days
    start, end = formats.clock(weekly.from_, plain.language), formats.clock(weekly.to, plain.language)
    return _("%(days)s from %(start)s to %(end)s") % {"days": days, "start": start, "end": end}


def _missing(what: str) -> str:
    return {
        "name": _("Give the rule a name: members read it on their receipts."),
        "fact": _("Choose what to look at."),
        "operator": _("Choose how to compare."),
        "value": _("Choose a value."),
        "group": _("This group is empty: add a condition or remove it."),
        "effect": _("Choose what members earn."),
        "number": _("Type a number."),
        "event": _("Name the event."),
        "days": _("Choose at least one day."),
    }[what]
