"""How two playbooks differ, in words: what an import would change, and what it would leave as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from playbooks.canonical import Tree
from programs import terms
from rules_engine.core import differences
from rules_engine.core.rulebook import Rulebook

# what points, receipts or people hang on: it is never removed by leaving it out of a file
KEPT = {"banners": "banner", "markets": "market", "stores": "store", "currencies": "currency"}
_PARTS = {**KEPT, "event_types": "event type", "products": "product", "rewards": "reward"}
_NOTHING = "nothing"


@dataclass(frozen=True)
class Side:
    """One of the two: its content (`canonical`), and its rulebooks (under None the program's)."""

    tree: Tree
    rulebooks: Mapping[str | None, Rulebook]


def between(old: Side, new: Side, *, language: str = "en") -> list[str]:
    """Sentences for what `new` says other than `old`; empty when they mean the same."""
    return list(_sentences(old, new, language))


def kept(old: Tree, new: Tree) -> list[str]:
    """What `old` has and `new` does not, and an import of `new` leaves: each with what becomes of it."""
    return (
        [
            f"{noun.capitalize()} {code} is kept: it is not in the file."
            for part, noun in KEPT.items()
            for code in _coded(old.get(part, ())).keys() - _coded(new.get(part, ())).keys()
        ]
        + [
            f"Banner {code} keeps its theme: it is not in the file."
            for code, part in _coded(old.get("banners", ())).items()
            if "theme" in part and "theme" not in _coded(new.get("banners", ())).get(code, {"theme": ""})
        ]
        + [
            f"Product {code} is kept: it is not in the file."
            for code in sorted(_coded(old.get("products", ())).keys() - _coded(new.get("products", ())).keys())[:12]
            if new.get("products")
        ]
    )


def _sentences(old: Side, new: Side, language: str) -> Iterator[str]:
    yield from _fields("Program", old.tree.get("program", {}), new.tree.get("program", {}))
    default = terms.as_json(terms.Settings())
    settings = (default | side.tree.get("settings", {}) for side in (old, new))
    yield from _fields("Settings", *settings)
    for part, noun in _PARTS.items():
        yield from _part(part, noun, old.tree.get(part, []), new.tree.get(part, []))
    yield from _texts_of_terms(old.tree.get("terms", []), new.tree.get("terms", []))
    yield from _rewards_there(old.tree.get("markets_override", {}), new.tree.get("markets_override", {}))
    yield from _ladder(old.tree.get("tiers"), new.tree.get("tiers"))
    for market in (None, *sorted({*old.rulebooks, *new.rulebooks} - {None}, key=str)):
        here = old.rulebooks.get(market) or old.rulebooks.get(None)
        there = new.rulebooks.get(market) or new.rulebooks.get(None)
        if here is not None and there is not None:
            place = f"{market}: " if market else ""
            told = [
                f"{place}{sentence}" for sentence in differences.between(here, there, language, _money(new, market))
            ]
            yield from told if market is None else _only_there(told, market, old, new, language)


def _only_there(told: list[str], market: str, old: Side, new: Side, language: str) -> Iterator[str]:
    """A market's sentences without those that the program's own rules have already told, in whatever money."""
    here, there = old.rulebooks.get(None), new.rulebooks.get(None)
    common = set(differences.between(here, there, language, _money(new, market))) if here and there else set()
    yield from (sentence for sentence in told if sentence.removeprefix(f"{market}: ") not in common)


def _money(side: Side, market: str | None) -> str:
    """The currency of a market, of the first one for the whole program."""
    markets = list(side.tree.get("markets") or ())
    found = next((one for one in markets if one.get("code") == market), markets[0] if markets else {})
    return str(found.get("currency") or "EUR")


def _part(part: str, noun: str, old: Any, new: Any) -> Iterator[str]:
    before, after = _coded(old), _coded(new)
    for code, document in after.items():
        if code not in before:
            yield f"New {noun} {code}."
        else:
            yield from _fields(f"{noun.capitalize()} {code}", before[code], document)
    for code in before.keys() - after.keys():
        yield f"{noun.capitalize()} {code} is not there any more."
    if list(before) != list(after) and before.keys() == after.keys():
        yield f"The {part} are in another order: {', '.join(after)}."


def _texts_of_terms(old: Any, new: Any) -> Iterator[str]:
    """Versions by name: a text is too long to be said, and never changes under its version."""
    before, after = (
        {f"{one['version']} {one.get('market', '')} {said}": text for one in side for said, text in one["text"].items()}
        for side in (old, new)
    )
    for name, text in after.items():
        said = " ".join(name.split())
        if name not in before:
            yield f"New text of terms {said}."
        elif before[name] != text:
            yield f"Text of terms {said} differs."


def _rewards_there(old: Tree, new: Tree) -> Iterator[str]:
    """What markets say of rewards, each on its own."""
    for market in sorted({*old, *new}):
        before, after = (side.get(market, {}).get("rewards", {}) for side in (old, new))
        for code in {**before, **after}:
            yield from _fields(f"{market}: Reward {code}", before.get(code, {}), after.get(code, {}))


def _ladder(old: Tree | None, new: Tree | None) -> Iterator[str]:
    if old is None and new is not None:
        yield f"New ladder {new.get('ladder', 'main')}."
    elif new is None and old is not None:
        yield f"Ladder {old.get('ladder', 'main')} is not there any more."
    elif old is not None and new is not None:
        yield from _fields("Ladder", {**old, "steps": ""}, {**new, "steps": ""})
        yield from _part("steps", "step", old["steps"], new["steps"])


def _fields(whose: str, old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for key in {**old, **new}:
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _fields(whose, before, after, f"{path}{key}.")
        else:
            yield f"{whose}, {path}{key}: {_said(before)} becomes {_said(after)}."


def _coded(parts: Any) -> dict[str, Tree]:
    return {str(part.get("code", part.get("sku"))): part for part in parts}


def _said(value: Any) -> str:
    match value:
        case None:
            return _NOTHING
        case dict():
            return "{" + ", ".join(f"{key}: {_said(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_said, value)) + "]"
        case bool():
            return "true" if value else "false"
    return str(value)
