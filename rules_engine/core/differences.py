"""What changed between two versions of a rulebook, in sentences marketing reads before approving one."""

from collections.abc import Callable, Iterator
from typing import Any

from rules_engine.core import conditioned, detailed, sentences
from rules_engine.core.documents import plain
from rules_engine.core.formats import PlainFormats, weekday
from rules_engine.core.rulebook import Rulebook
from rules_engine.core.rules import Rule

_WORDS = {
    "en": {
        "new": "New rule “{code}”: {text}", "gone": "Rule “{code}” is gone. It said: {text}",
        "changed": "Rule “{code}”, {aspect}: “{old}” becomes “{new}”.", "nothing": "none",
        "order": "The rules are in another order: {codes}.",
        "setting": "{aspect}: “{old}” becomes “{new}”.",
        "currency_new": "New currency “{code}”.", "currency_gone": "Currency “{code}” is gone.",
        "currency_changed": "Currency “{code}”, {aspect}: “{old}” becomes “{new}”.",
        "trigger": "trigger", "name": "name", "earn": "what it gives", "currency": "currency", "when": "condition",
        "valid": "days and hours", "limits": "limits", "combine": "combination", "rounding": "rounding",
        "scope": "scope", "phase": "phase", "basis": "Amount that earns",
        "multipliers": "Several multipliers on one line",
        "week_start": "First day of the week", "kind": "kind", "scale": "decimals", "round_per": "rounding per",
        "money": "money", "overridden": "Rules a market rewrote",
    },
    "fr": {
        "new": "Nouvelle règle «\u00a0{code}\u00a0»\u00a0: {text}",
        "gone": "La règle «\u00a0{code}\u00a0» disparaît. Elle disait\u00a0: {text}",
        "changed": "Règle «\u00a0{code}\u00a0», {aspect}\u00a0: «\u00a0{old}\u00a0» devient «\u00a0{new}\u00a0».",
        "nothing": "aucun", "order": "Les règles sont dans un autre ordre\u00a0: {codes}.",
        "setting": "{aspect}\u00a0: «\u00a0{old}\u00a0» devient «\u00a0{new}\u00a0».",
        "currency_new": "Nouvelle monnaie «\u00a0{code}\u00a0».",
        "currency_gone": "La monnaie «\u00a0{code}\u00a0» disparaît.",
        "currency_changed":
            "Monnaie «\u00a0{code}\u00a0», {aspect}\u00a0: «\u00a0{old}\u00a0» devient «\u00a0{new}\u00a0».",
        "trigger": "déclencheur", "name": "nom", "earn": "ce qu’elle donne", "currency": "monnaie",
        "when": "condition", "valid": "jours et heures", "limits": "plafonds", "combine": "combinaison",
        "rounding": "arrondi", "scope": "portée", "phase": "phase", "basis": "Montant qui rapporte",
        "multipliers": "Plusieurs multiplicateurs sur une ligne", "week_start": "Premier jour de la semaine",
        "kind": "nature", "scale": "décimales", "round_per": "arrondi par", "money": "devise",
        "overridden": "Règles réécrites par un marché",
    },
}  # fmt: skip


def between(old: Rulebook, new: Rulebook, language: str, money: str | None = "EUR") -> list[str]:
    """Settings first, then currencies, then rules as `new` has them, then those gone. Empty when nothing differs.

    `money`: the currency amounts are told in, that of the market the rulebooks are for.
    """
    return list(_Difference(old, new, language, money).sentences())


class _Difference:
    def __init__(self, old: Rulebook, new: Rulebook, language: str, money: str | None):
        self._old, self._new, self._money = old, new, money
        self._formats = PlainFormats(language)
        self._language = self._formats.language
        self._words = _WORDS[self._language]
        self._old_rules = {rule.code: rule for rule in old.rules}
        self._new_rules = {rule.code: rule for rule in new.rules}

    def sentences(self) -> Iterator[str]:
        yield from self._settings()
        yield from self._currencies()
        for code, rule in self._new_rules.items():
            if code not in self._old_rules:
                yield self._said("new", code=code, text=self._in_full(self._new, rule))
            else:
                yield from self._changed(self._old_rules[code], rule)
        for code, rule in self._old_rules.items():
            if code not in self._new_rules:
                yield self._said("gone", code=code, text=self._in_full(self._old, rule))
        yield from self._order()

    def _in_full(self, book: Rulebook, rule: Rule) -> str:
        return sentences.in_full(book, rule, self._language, self._money)

    def _said(self, key: str, **values: str) -> str:
        return self._words[key].format(**values)

    def _settings(self) -> Iterator[str]:
        for name in ("basis", "multipliers"):
            before, after = getattr(self._old.settings, name), getattr(self._new.settings, name)
            if before != after:
                yield self._said("setting", aspect=self._words[name], old=before, new=after)
        if self._old.week_start != self._new.week_start:
            days = [weekday(book.week_start, self._language) for book in (self._old, self._new)]
            yield self._said("setting", aspect=self._words["week_start"], old=days[0], new=days[1])
        if self._old.overridden != self._new.overridden:
            lists = [", ".join(book.overridden) or self._words["nothing"] for book in (self._old, self._new)]
            yield self._said("setting", aspect=self._words["overridden"], old=lists[0], new=lists[1])

    def _currencies(self) -> Iterator[str]:
        before = {currency.code: currency for currency in self._old.currencies}
        after = {currency.code: currency for currency in self._new.currencies}
        for code, currency in after.items():
            if code not in before:
                yield self._said("currency_new", code=code)
                continue
            for name in ("kind", "scale", "rounding", "round_per", "money"):
                values = [str(getattr(one, name)) for one in (before[code], currency)]
                if values[0] != values[1]:
                    aspect = self._words[name]
                    yield self._said("currency_changed", code=code, aspect=aspect, old=values[0], new=values[1])
        for code in before.keys() - after.keys():
            yield self._said("currency_gone", code=code)

    def _changed(self, before: Rule, after: Rule) -> Iterator[str]:
        for aspect, value, words in self._aspects():
            was, now = value(before, self._old), value(after, self._new)
            if was != now:
                said = [words(before, self._old), words(after, self._new)]
                if said[0] == said[1]:  # the words leave out what differs: show the values themselves
                    said = [str(plain(_dumped(was))), str(plain(_dumped(now)))]
                old, new = (text.rstrip(".") or self._words["nothing"] for text in said)
                yield self._said("changed", code=after.code, aspect=self._words[aspect], old=old, new=new)

    def _aspects(self) -> list[tuple[str, Callable[[Rule, Rulebook], Any], Callable[[Rule, Rulebook], str]]]:
        language, formats, money = self._language, self._formats, self._money
        return [
            ("name", lambda rule, _: rule.name, lambda rule, _: (rule.name or {}).get(language, "")),
            ("trigger", lambda rule, _: rule.trigger, lambda rule, _: rule.trigger),
            ("scope", lambda rule, _: rule.scope, lambda rule, _: rule.scope),
            ("phase", lambda rule, _: rule.phase, lambda rule, _: rule.phase),
            ("earn", _effect, lambda rule, book: sentences.of_effect(book, rule, language, money)),
            ("currency", lambda rule, book: book.currency_of(rule).code,
             lambda rule, book: book.currency_of(rule).code),
            ("when", lambda rule, _: rule.when, lambda rule, _: conditioned.of_when(rule, money, formats)),
            ("valid", lambda rule, _: rule.valid, lambda rule, _: _validity(rule, formats)),
            ("limits", lambda rule, _: rule.caps, lambda rule, book: sentences.of_caps(book, rule, language)),
            ("combine", lambda rule, _: rule.combine, lambda rule, _: detailed.combined(rule.combine, formats)),
            ("rounding", lambda rule, _: rule.rounding, lambda rule, _: detailed.rounded(rule.rounding, formats)),
        ]  # fmt: skip

    def _order(self) -> Iterator[str]:
        before = [code for code in self._old_rules if code in self._new_rules]
        after = [code for code in self._new_rules if code in self._old_rules]
        if before != after:
            yield self._said("order", codes=", ".join(self._new_rules))


def _effect(rule: Rule, _: Rulebook) -> Any:
    return rule.earn.model_copy(update={"currency": None})


def _validity(rule: Rule, formats: PlainFormats) -> str:
    hours = conditioned.hours_of(rule, formats)
    return " ".join(part for part in (detailed.days(rule.valid, formats), hours) if part)


def _dumped(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_dumped(one) for one in value]
    return value.model_dump(by_alias=True, exclude_none=True) if hasattr(value, "model_dump") else value
