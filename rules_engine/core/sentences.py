"""A rule, and a verdict about it, in words a member reads: a fact, then what to do. English and French.

A rule is called what marketing called it; without a name its words are made from its effect and its condition.
"""

from dataclasses import dataclass
from decimal import Decimal

from rules_engine.core import conditioned, detailed
from rules_engine.core.formats import NBSP, Formats, PlainFormats, one_or_many, unit_of_money
from rules_engine.core.rulebook import Currency, Rulebook
from rules_engine.core.rules import Limit, Rule
from rules_engine.core.verdicts import Verdict
from values.money import minor_exponent


@dataclass(frozen=True)
class Sentence:
    """`text` says the rule, `detail` what it found here (may be empty), `short` how much was missing, in words."""

    text: str
    detail: str = ""
    short: str = ""


_WORDS = {
    "en": {
        "per": "{points} per {unit}", "per_step": "{points} for every {amount}", "per_unit": "{points} per item",
        "percent": "{number}{nbsp}% of your purchases", "doubled": "Double points", "times": "Points ×{number}",
        "nothing": "No points", "on": "{text}, on {amount}.", "alone": "On {amount}.",
        "point": ("point", "points"), "status": ("status point", "status points"),
        "best": "A better offer counted instead.", "stopped": "Another offer counted instead.",
        "too_small": "Your receipt is too small for it.", "other_money": "It does not count in this currency.",
        "limit": "At most {number} {per}{whose}.", "times_limit": "At most {number} {times} {per}{whose}.",
        "whose": {"member": "", "household": ", for the whole household", "banner": ", for everybody in the banner",
                  "program": ", for everybody together"},
        "periods": {"activity": "per receipt", "day": "a day", "week": "a week", "month": "a month", "year": "a year",
                    "campaign": "in all"},
        "short": "{amount} short", "not_counted": "Some articles do not count.",
    },
    "fr": {
        "per": "{points} par {unit}", "per_step": "{points} tous les {amount}", "per_unit": "{points} par article",
        "percent": "{number}{nbsp}% de vos achats", "doubled": "Points doublés", "times": "Points ×{number}",
        "nothing": "Sans points", "on": "{text}, sur {amount}.", "alone": "Sur {amount}.",
        "point": ("point", "points"),
        "status": ("point de statut", "points de statut"),
        "best": "Une meilleure offre a compté à la place.", "stopped": "Une autre offre a compté à la place.",
        "too_small": "Votre ticket est trop petit.", "other_money": "Ne compte pas dans cette monnaie.",
        "limit": "{number} au plus {per}{whose}.", "times_limit": "{number} {times} au plus {per}{whose}.",
        "whose": {"member": "", "household": ", pour tout le foyer", "banner": ", pour tous dans la même enseigne",
                  "program": ", pour tous ensemble"},
        "periods": {"activity": "par ticket", "day": "par jour", "week": "par semaine", "month": "par mois",
                    "year": "par an", "campaign": "en tout"},
        "short": "à {amount}", "not_counted": "Certains articles ne comptent pas.",
    },
}  # fmt: skip


def of_rule(
    rulebook: Rulebook, rule: Rule, language: str, money: str | None = "EUR", formats: Formats | None = None
) -> str:
    """The rule in words, like "1 point per euro" or "25 points from €100 of purchases". `money` of the activity."""
    formats = formats or PlainFormats(language)
    if rule.name:
        return rule.name.get(formats.language) or next(iter(rule.name.values()))
    effect = _effect(rulebook, rule, money, formats)
    when = conditioned.of_rule(rule, money, formats)
    return f"{effect} {when}" if when else effect


def in_full(
    rulebook: Rulebook, rule: Rule, language: str, money: str | None = "EUR", formats: Formats | None = None
) -> str:
    """Everything a rule says, whatever it is called: the live sentence beside the form. Ends with a full stop."""
    formats = formats or PlainFormats(language)
    on = effects_and_conditions(rulebook, rule, money, formats)
    more = [detailed.days(rule.valid, formats), *(_limit(rulebook, rule, cap, formats) for cap in rule.caps)]
    more += [detailed.combined(rule.combine, formats), detailed.rounded(rule.rounding, formats)]
    return " ".join([f"{on[:1].upper()}{on[1:]}.", *(part for part in more if part)])


def effects_and_conditions(rulebook: Rulebook, rule: Rule, money: str | None, formats: Formats) -> str:
    parts = [_effect(rulebook, rule, money, formats), detailed.trigger(rule.trigger, formats)]
    when = conditioned.of_rule(rule, money, formats)
    return " ".join(part for part in (*parts, when) if part)


def of_effect(rulebook: Rulebook, rule: Rule, language: str, money: str | None = "EUR") -> str:
    """Only what the rule gives: "3 points per euro"."""
    return _effect(rulebook, rule, money, PlainFormats(language))


def of_caps(rulebook: Rulebook, rule: Rule, language: str) -> str:
    """Its limits and its budget; empty when it has none."""
    return " ".join(_limit(rulebook, rule, cap, PlainFormats(language)) for cap in rule.caps)


def shared_by(limit: Limit, language: str) -> str:
    """Who counts together, to stand behind a limit: ", for everybody together"; empty for a single member."""
    words = _WORDS["fr" if language == "fr" else "en"]
    return str(words["whose"][limit.for_])  # type: ignore[index]


def of_verdict(rulebook: Rulebook, verdict: Verdict, language: str, formats: Formats | None = None) -> Sentence:
    """Why the rule gave what it gave, or what was missing: "1 point per euro, on €99.80"."""
    formats = formats or PlainFormats(language)
    rule, words = rulebook.rule(verdict.rule), _WORDS[formats.language]
    text = of_rule(rulebook, rule, language, verdict.money, formats)
    if verdict.outcome == "applied":
        return _applied(rulebook, rule, verdict, text, formats)
    if verdict.failed:
        first = verdict.failed[0]
        short = ""
        if first.short is not None and conditioned.is_money(first):
            short = str(words["short"]).format(amount=formats.money(first.short, verdict.money))
        return Sentence(f"{text}.", conditioned.of_failed(first, verdict.money, formats), short)
    detail = {"best_of_group": "best"}.get(verdict.reason or "", verdict.reason or "")
    return Sentence(f"{text}.", str(words.get(detail, "")))


def _applied(rulebook: Rulebook, rule: Rule, verdict: Verdict, text: str, formats: Formats) -> Sentence:
    words = _WORDS[formats.language]
    detail = ""
    if verdict.reason == "limit":
        detail = " ".join(_limit(rulebook, rule, limit, formats) for limit in rule.caps)
    if rule.earn.exclude:
        return Sentence(f"{text}.", "" if not rule.name else str(words["not_counted"]))
    if verdict.counted is None:
        return Sentence(f"{text}.", detail)
    if rule.earn.per_unit is not None:
        number = formats.number(verdict.counted)
        amount = f"{number}{NBSP}" + one_or_many(verdict.counted, *_ITEMS[formats.language], formats.language)
    else:
        amount = formats.money(verdict.counted, verdict.money)
    if rule.earn.multiply is not None:
        return Sentence(f"{text}.", str(words["alone"]).format(amount=amount))
    return Sentence(str(words["on"]).format(text=text, amount=amount), detail)


_TIMES = {"en": ("time", "times"), "fr": ("fois", "fois")}
_ITEMS = {"en": ("item", "items"), "fr": ("article", "articles")}


def _effect(rulebook: Rulebook, rule: Rule, money: str | None, formats: Formats) -> str:
    earn, words, currency = rule.earn, _WORDS[formats.language], rulebook.currency_of(rule)
    if earn.per_amount is not None:
        points = points_in_words(earn.per_amount.points, currency, formats)
        if earn.per_amount.every == 1:
            return str(words["per"]).format(points=points, unit=unit_of_money(money, formats.language))
        return str(words["per_step"]).format(points=points, amount=formats.money(earn.per_amount.every, money))
    if earn.per_unit is not None:
        return str(words["per_unit"]).format(points=points_in_words(earn.per_unit, currency, formats))
    if earn.fixed is not None:
        return points_in_words(earn.fixed, currency, formats)
    if earn.percent is not None:
        return str(words["percent"]).format(number=formats.number(earn.percent), nbsp=NBSP)
    if earn.exclude:
        return str(words["nothing"])
    named = {Decimal(0): "nothing", Decimal(2): "doubled"}.get(earn.multiply or Decimal(0), "times")
    return str(words[named]).format(number=formats.number(earn.multiply or 0))


def points_in_words(number: Decimal | int, currency: Currency, formats: Formats) -> str:
    """ "25 points", or the money of a cash pot. `number` in smallest units."""
    if currency.kind == "cash":
        return formats.money(Decimal(number).scaleb(-minor_exponent(currency.money)), currency.money)
    shown = Decimal(number).scaleb(-currency.scale)
    one, many = _WORDS[formats.language]["status" if currency.kind == "status" else "point"]
    return f"{formats.number(shown)}{NBSP}{one_or_many(shown, one, many, formats.language)}"


def _limit(rulebook: Rulebook, rule: Rule, limit: Limit, formats: Formats) -> str:
    words = _WORDS[formats.language]
    per, whose = words["periods"][limit.per], words["whose"][limit.for_]  # type: ignore[index]
    number = formats.number(limit.max)
    if limit.of == "times":
        times = one_or_many(limit.max, *_TIMES[formats.language], formats.language)
        return str(words["times_limit"]).format(number=number, times=times, per=per, whose=whose)
    number = points_in_words(limit.max, rulebook.currency_of(rule), formats)
    return str(words["limit"]).format(number=number, per=per, whose=whose)
