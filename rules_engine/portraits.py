"""A rulebook as people read it: each rule a sentence, with its limits, its dates and whether it was stopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rules_engine.queries import Stop, Version

if TYPE_CHECKING:
    from rules_engine.core.rulebook import Rulebook
    from rules_engine.core.rules import Limit, Rule, Validity


_NAMED = 5


@dataclass(frozen=True)
class RulePortrait:
    """One rule. `name` is what members read, `sentence` what it does; texts are empty when nothing is to be said."""

    code: str
    name: str
    sentence: str
    when: str
    phase: str
    limits: str
    valid: str
    group: str
    stops: tuple[Stop, ...] = ()

    @property
    def stopped_at(self) -> datetime | None:
        """Since when it gives nothing; None when it does."""
        return next((one.begins_at for one in self.stops if one.ends_at is None), None)


@dataclass(frozen=True)
class Difference:
    """What a version changed against the one before it: codes of rules."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __str__(self) -> str:
        parts = [
            (self.added, _("new: %(codes)s")),
            (self.changed, _("changed: %(codes)s")),
            (self.removed, _("gone: %(codes)s")),
        ]
        said = [text % {"codes": _listed(codes)} for codes, text in parts if codes]
        return "; ".join(said) or _("the same rules")


def _listed(codes: tuple[str, ...]) -> str:
    if len(codes) > _NAMED:
        return ngettext("%(n)d rule", "%(n)d rules", len(codes)) % {"n": len(codes)}
    return ", ".join(codes)


def of_version(version: Version, language: str, money: str | None) -> list[RulePortrait]:
    """The rules of a version in order of work. `money` is that of its market."""
    from rules_engine import spelling
    from rules_engine.core import sentences
    from rules_engine.core.rulebook import Rulebook
    from values.texts import in_language

    rulebook = Rulebook.from_document(version.document)
    return [
        RulePortrait(
            code=rule.code,
            name=in_language(rule.name or {}, language, rule.code),
            sentence=_ended(sentences.of_rule(rulebook, rule.model_copy(update={"name": None}), language, money)),
            when=spelling.left_unsaid(rule, money, language),
            phase=_phases()[rule.phase],
            limits=" ".join(_limit(rulebook, rule, limit, language) for limit in rule.caps),
            valid=_valid(rule.valid) if rule.valid else "",
            group=_combined(rule),
            stops=version.stops.get(rule.code, ()),
        )
        for rule in rulebook.in_order
    ]


def difference(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Difference:
    """What `after` changed in the rules of `before` (documents of rulebooks; None: there was none)."""
    old = {rule["code"]: rule for rule in (before or {}).get("rules", [])}
    new = {rule["code"]: rule for rule in after.get("rules", [])}
    return Difference(
        added=tuple(code for code in new if code not in old),
        changed=tuple(code for code in new if code in old and new[code] != old[code]),
        removed=tuple(code for code in old if code not in new),
    )


def predecessor(version: Version, versions: Iterable[Version]) -> Version | None:
    """The version of the same place written before this one."""
    earlier = [one for one in versions if one.market_code == version.market_code and one.version < version.version]
    return max(earlier, key=lambda one: one.version, default=None)


def _phases() -> dict[str, str]:
    return {
        "exclusion": _("exclusion"),
        "base": _("base"),
        "multiplier": _("multiplier"),
        "bonus": _("bonus"),
    }


def _limit(rulebook: Rulebook, rule: Rule, limit: Limit, language: str) -> str:
    from rules_engine.core import formats, sentences

    if limit.of == "points":
        most = sentences.points_in_words(limit.max, rulebook.currency_of(rule), formats.PlainFormats(language))
    else:
        most = ngettext("%(n)d time", "%(n)d times", limit.max) % {"n": limit.max}
    per = {
        "activity": _("per receipt"),
        "day": _("a day"),
        "week": _("a week"),
        "month": _("a month"),
        "year": _("a year"),
        "campaign": _("in all"),
    }[limit.per]
    per += sentences.shared_by(limit, language)
    text = _("At most %(most)s %(per)s.") % {"most": most, "per": per}
    return text + " " + _("Nothing when it would be more.") if limit.overflow == "reject" else text


def _valid(valid: Validity) -> str:
    """First and last day; hours of the week are in the sentence."""
    parts = []
    if valid.from_:
        parts.append(_("from %(day)s") % {"day": _day(valid.from_)})
    if valid.until:
        parts.append(_("until %(day)s, that day included") % {"day": _day(valid.until)})
    return "; ".join(parts)


def _combined(rule: Rule) -> str:
    said = []
    if rule.combine.group:
        said.append(_("Only the best of “%(group)s” counts.") % {"group": rule.combine.group})
    if rule.combine.stop:
        said.append(_("When it gives something, no rule after it does."))
    return " ".join(said)


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _ended(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."
