"""A playbook's content in one form only, whether it comes from a file or from a program's rows.

Defaults are left out, names are per language, amounts are text, and whatever has no order of its own is sorted: two
playbooks that mean the same are equal here. `exporting` writes this form, `differences` compares it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from playbooks import checking, legal
from playbooks.checking import Checked
from programs import terms
from rules_engine.core.rulebook import Rulebook
from tiers.terms import Tiers, dumped
from values.money import minor_exponent

Tree = dict[str, Any]

_CURRENCY = {"kind": "redeemable", "rounding": "down", "round_per": "receipt", "returns": "debt"}
RELEASE = {"minimum": 0, "multiple_of": 1}
_COMBINE = {"how": "best", "stop": False}
_LIMIT = {"of": "points", "per": "activity", "for": "member", "overflow": "reduce"}


def of_file(checked: Checked) -> Tree:
    """The content of a checked playbook, without `version` and `valid_from`."""
    playbook, home = checked.playbook, checked.language
    currencies = [
        currency(
            {
                **terms.as_json(part),
                "name": named(part.name, part.code, home),
                "money": checking.money_of(playbook, part),
                "scale": checking.scale_of(playbook, part),
                "expiry": None if part.expiry == "never" else terms.as_json(part.expiry),
            }
        )
        for part in playbook.currencies
    ]
    stores = [
        slim({**terms.as_json(part), "name": named(part.name, part.code, home)}, kind="") for part in playbook.stores
    ]
    tree: Tree = {
        "program": whole(
            playbook.program.code,
            playbook.program.name,
            home,
            legal.theme_in_file(checked, playbook.program.theme),
            population=playbook.program.population or playbook.program.code,
        ),
        "banners": by_code(
            whole(one.code, one.name, home, legal.theme_in_file(checked, one.theme)) for one in playbook.banners
        ),
        "markets": [slim(terms.as_json(part), week_start="mon", minimum_age=18) for part in playbook.markets],
        "stores": by_code(stores),
        "currencies": currencies,
        "settings": settings(terms.as_json(playbook.settings)),
        "terms": legal.terms_in_file(checked),
        "products": sorted((product(terms.as_json(part)) for part in playbook.products), key=lambda one: one["sku"]),
        "event_types": by_code(
            slim({"code": one.code, "attributes": dict(sorted(one.attributes.items()))}) for one in playbook.event_types
        ),
        "tiers": ladder(playbook.tiers, home),
        "rules": rules(checked.rulebooks[None]),
        "rewards": [reward(one.document(), home) for one in playbook.rewards],
        "markets_override": by_market(
            {
                market: overrides(checked.rulebooks[None], book)
                for market, book in checked.rulebooks.items()
                if market is not None
            },
            {
                market: {code: said.document() for code, said in sorted(override.rewards.items())}
                for market, override in playbook.markets_override.items()
            },
            {market: order(checked.rulebooks[None], book) for market, book in checked.rulebooks.items() if market},
        ),
    }
    return {key: value for key, value in tree.items() if value not in ([], {}, None)}


def whole(code: str, name: Any, home: str, theme: Tree | None, *, population: str | None = None) -> Tree:
    """A program's own part, or a banner's."""
    return slim({"code": code, "name": named(name, code, home), "population": population, "theme": theme})


def named(name: Any, code: str, home: str) -> dict[str, str] | None:
    """Names per language; None where they say no more than the code."""
    names = dict(name) if isinstance(name, Mapping) else {home: name} if name else {}
    return None if names in ({}, {home: code}) else dict(sorted(names.items()))


def slim(document: Mapping[str, Any], **defaults: Any) -> Tree:
    """Without what says nothing: empty values, and those that are the default anyway."""
    return {
        key: value
        for key, value in document.items()
        if value not in (None, [], {}, "") and not (key in defaults and defaults[key] == value)
    }


def by_code(parts: Iterable[Tree]) -> list[Tree]:
    """Parts whose order says nothing."""
    return sorted(parts, key=lambda part: str(part["code"]))


def currency(document: Mapping[str, Any]) -> Tree:
    """A currency's part; `scale` stands only where it is not what follows from the kind."""
    money = document.get("money") or None
    follows = minor_exponent(money) if money else 0
    order = ("code", "name", "kind", "money", "scale", "rounding", "round_per", "pending", "expiry", "returns",
             "unit_value", "release")  # fmt: skip
    written = {key: document.get(key) for key in order} | {"money": money}
    written["pending"] = pending(written["pending"])
    if {**RELEASE, **(written["release"] or {})} == RELEASE:
        written["release"] = None
    if written["expiry"] is not None:
        written["expiry"] = _expiry(written["expiry"])
    return slim(written, **_CURRENCY, scale=follows)


def pending(document: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """When points can be spent; None is at once, however that was written."""
    return None if document in (None, {}, {"days": 0}) else document


def _expiry(document: Mapping[str, Any]) -> Tree:
    if "table" in document:
        return {"table": [slim(row, years_later=0) for row in document["table"]]}
    return slim({**document}, plus_months=0) if "end_of" in document else dict(document)


def settings(document: Mapping[str, Any]) -> Tree:
    """The settings a playbook has, those that are the default left out."""
    defaults = terms.as_json(terms.Settings())
    return {
        key: document[key]
        for key in terms.Settings.model_fields
        if document.get(key) is not None and document[key] != defaults.get(key)
    }


def product(document: Mapping[str, Any]) -> Tree:
    """A product's part; its name is its sku where it has no other."""
    written = {**document, "attributes": dict(sorted(document.get("attributes", {}).items()))}
    return slim(
        {key: written.get(key) for key in ("sku", "name", "category", "brand", "tags", "attributes")},
        name=document["sku"],
    )


def ladder(tiers: Tiers | None, home: str) -> Tree | None:
    """The ladder with its defaults left out."""
    if tiers is None:
        return None
    document = dumped(tiers)
    document["steps"] = [
        {**{key: step[key] for key in ("code",)}, **slim({"name": named(step.get("name"), step["code"], home)}),
         **{key: step[key] for key in ("from", "keep") if key in step}}
        for step in document["steps"]
    ]  # fmt: skip
    document["downgrade"] = slim(document["downgrade"], policy="one_step", at="window_end", grace_months=0)
    return slim(document, ladder="main", window="calendar_year")


def reward(document: Mapping[str, Any], home: str) -> Tree:
    """A reward with its names per language."""
    return {
        key: inner
        for key, value in document.items()
        if (inner := named(value, document["code"], home) if key == "name" else value) is not None
    }


def rules(rulebook: Rulebook) -> list[Tree]:
    """The rules with what follows from the others left out."""
    return [_rule(rule) for rule in rulebook.to_document().get("rules", [])]


def overrides(everywhere: Rulebook, there: Rulebook) -> Tree:
    """What a market's rulebook says that the program's does not, by rule code."""
    own = {rule["code"]: rule for rule in rules(everywhere)}
    theirs = {rule["code"]: rule for rule in rules(there)}
    return {
        code: {key: value for key, value in _less(theirs[code], own.get(code, {})).items() if key != "code"}
        for code in theirs
        if code in there.overridden or theirs[code] != own.get(code)
    }


def order(everywhere: Rulebook, there: Rulebook) -> list[str]:
    """Which rules a market has, in order; empty where these are the program's."""
    own, theirs = ([rule.code for rule in book.rules] for book in (everywhere, there))
    return theirs if theirs != own else []


def by_market(
    rules_there: Mapping[str, Tree], rewards_there: Mapping[str, Tree], orders: Mapping[str, list[str]]
) -> Tree:
    """What markets say otherwise: market -> its rules and its rewards by code and its order, what is empty left out."""
    found = {
        market: slim(
            {
                "order": orders.get(market),
                "rules": rules_there.get(market),
                "rewards": slim(rewards_there.get(market, {})),
            }
        )
        for market in sorted({*rules_there, *rewards_there, *orders})
    }
    return {market: said for market, said in found.items() if said}


def _rule(rule: Mapping[str, Any]) -> Tree:
    written = dict(rule)
    written["combine"] = slim(written.get("combine") or {}, **_COMBINE)
    written["limits"] = [slim(limit, **_LIMIT) for limit in written.get("limits") or ()]
    return slim(written)


def _less(there: Mapping[str, Any], here: Mapping[str, Any]) -> Tree:
    """The smallest mapping that, merged over `here`, gives `there`."""
    found: Tree = {}
    for key, value in there.items():
        if key in here and isinstance(value, Mapping) and isinstance(here[key], Mapping):
            if inner := _less(value, here[key]):
                found[key] = inner
        elif key not in here or here[key] != value:
            found[key] = value
    return found
