"""What a playbook's parts say about each other, and the rulebooks that come of it. Reads no database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from playbooks import beside, rules
from playbooks.beside import Beside
from playbooks.format import CurrencyPart, Playbook
from playbooks.problems import InvalidPlaybook, Problem
from playbooks.reading import Document, Path_
from programs import asking, terms
from rewards.markets import contradictions_there
from rewards.terms import contradictions
from rules_engine.core.errors import InvalidRulebook
from rules_engine.core.rulebook import Rulebook
from values.money import minor_exponent

NOT_BUILT = "is not built yet"
_FACTS_NOT_BUILT = frozenset({"member.segment"})
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_INSIDE = re.compile(r"(rules(?:\[\d+\]|\.\w+)+): (.*)", re.DOTALL)


@dataclass(frozen=True)
class Checked:
    """A playbook that can be imported. `rulebooks`: under None the program's, under a market what differs there."""

    document: Document
    playbook: Playbook
    rulebooks: dict[str | None, Rulebook]
    warnings: tuple[Problem, ...]
    beside: Beside = field(default_factory=Beside)

    @property
    def language(self) -> str:
        """The language of names that are one text: the first of the first market."""
        return self.playbook.markets[0].languages[0]

    def rulebook_of(self, market_code: str) -> Rulebook:
        return self.rulebooks.get(market_code) or self.rulebooks[None]


def check(document: Document) -> Checked:
    """Raises InvalidPlaybook, with every problem that could be found."""
    try:
        playbook = Playbook.model_validate(document.tree)
    except ValidationError as wrong:
        said = [*terms.sentences(wrong, document.tree), *_unbuilt_parts(document.tree)]
        raise InvalidPlaybook(_told(document, path, message) for path, message in _without_more(said)) from None
    problems = [document.problem(path, message) for path, message in _contradictions(playbook)]
    rulebooks: dict[str | None, Rulebook] = {}
    if not problems:
        rulebooks, problems = _rulebooks(document, playbook)
    files = beside.read(document, playbook)
    problems += [document.problem(path, message) for path, message in files.problems]
    problems += [document.problem(path, NOT_BUILT) for path in _unbuilt(playbook)]
    problems += [document.problem(path, f"{fact} {NOT_BUILT}") for path, fact in _unbuilt_facts(document.tree)]
    if problems:
        raise InvalidPlaybook(problems)
    told = [*_untranslated(playbook, rulebooks[None]), *beside.remarks(playbook), *_terms_unsaid(playbook)]
    warnings = tuple(document.problem(path, message) for path, message in told)
    return Checked(document, playbook, rulebooks, warnings, files)


def money_of(playbook: Playbook, currency: CurrencyPart) -> str:
    """The money a cash currency is counted in; one that all markets share when none is written. Empty otherwise."""
    if currency.kind != "cash":
        return ""
    shared = {market.currency for market in playbook.markets}
    return currency.money or (shared.pop() if len(shared) == 1 else "")


def scale_of(playbook: Playbook, currency: CurrencyPart) -> int:
    """Decimals shown: a cash currency's are those of its money."""
    if currency.scale is not None:
        return currency.scale
    return minor_exponent(money_of(playbook, currency)) if currency.kind == "cash" else 0


def _told(document: Document, path: Path_, message: str) -> Problem:
    if not path and (inside := _INSIDE.fullmatch(message)):
        path, message = _steps(inside[1]), inside[2]
    return document.problem(path, message)


def _steps(path: str) -> Path_:
    return tuple(int(place) if place else key for place, key in _STEP.findall(path))


def _contradictions(playbook: Playbook) -> Iterator[tuple[Path_, str]]:
    for part in ("banners", "markets", "stores", "currencies", "event_types", "rules", "rewards"):
        yield from _twice(part, [thing.code for thing in getattr(playbook, part)])
    yield from _twice("products", [product.sku for product in playbook.products], "sku")
    yield from _twice("terms", [f"{part.version} {part.market or ''}".strip() for part in playbook.terms], "version")
    yield from _unknown_places(playbook)
    for place, currency in enumerate(playbook.currencies):
        for key, message in _wrong_money(playbook, currency):
            yield ("currencies", place, key), message
    yield from _wrong_promises(playbook)
    yield from _wrong_rules_there(playbook)
    events = {f"event:{event.code}" for event in playbook.event_types}
    triggers: list[tuple[Path_, str]] = [
        (("rules", at, "trigger"), rule.trigger) for at, rule in enumerate(playbook.rules)
    ]
    triggers += [
        (("markets_override", market, "rules", code, "trigger"), str(rule.get("trigger") or ""))
        for market, override in playbook.markets_override.items()
        for code, rule in override.rules.items()
    ]
    for path, trigger in triggers:
        if trigger.startswith("event:") and trigger not in events:
            yield path, f"no event type is called {trigger.removeprefix('event:')!r}"


def _unknown_places(playbook: Playbook) -> Iterator[tuple[Path_, str]]:
    banners = {banner.code for banner in playbook.banners}
    markets = {market.code for market in playbook.markets}
    for place, store in enumerate(playbook.stores):
        if store.banner not in banners:
            yield ("stores", place, "banner"), f"no banner is called {store.banner!r}"
        if store.market not in markets:
            yield ("stores", place, "market"), f"no market is called {store.market!r}"
    for place, terms_ in enumerate(playbook.terms):
        if terms_.market is not None and terms_.market not in markets:
            yield ("terms", place, "market"), f"no market is called {terms_.market!r}"
    for code in playbook.markets_override.keys() - markets:
        yield ("markets_override", code), f"no market is called {code!r}"
    for place, currency in enumerate(playbook.currencies):
        if isinstance(currency.unit_value, dict):
            for code in currency.unit_value.keys() - markets:
                yield ("currencies", place, "unit_value", code), f"no market is called {code!r}"


def _wrong_money(playbook: Playbook, currency: CurrencyPart) -> Iterator[tuple[str, str]]:
    if currency.kind != "cash":
        if currency.money is not None:
            yield "money", "only a cash currency is counted in money"
        return
    money = money_of(playbook, currency)
    if not money:
        yield "money", "is required: the markets have several moneys"
    elif scale_of(playbook, currency) != minor_exponent(money):
        yield "scale", f"{money} has {minor_exponent(money)} decimals"


def _wrong_promises(playbook: Playbook) -> Iterator[tuple[Path_, str]]:
    """Tiers that count, and rewards that cost, what the program does not have."""
    known = {currency.code: (currency.kind, terms.as_json(currency.release)) for currency in playbook.currencies}
    for place, reward in enumerate(playbook.rewards):
        for path, message in contradictions(reward, known, playbook.markets[0].currency):
            yield ("rewards", place, *path), message
    yield from _wrong_promises_there(playbook, known)
    if playbook.tiers is not None:
        for name in ("currency", "balance"):
            code = getattr(playbook.tiers.measure, name)
            if code is not None and code not in known:
                yield ("tiers", "measure", name), f"no currency is called {code!r}"


def _wrong_promises_there(playbook: Playbook, known: Mapping[str, tuple[str, Any]]) -> Iterator[tuple[Path_, str]]:
    """What markets say of rewards."""
    moneys = {market.code: market.currency for market in playbook.markets}
    rewards = {reward.code: reward for reward in playbook.rewards}
    for market, override in playbook.markets_override.items():
        for code, said in override.rewards.items():
            here: Path_ = ("markets_override", market, "rewards", code)
            if code not in rewards:
                yield here, f"no reward is called {code!r}"
            elif market in moneys:
                first = playbook.markets[0].currency
                for path, message in contradictions_there(rewards[code], said, known, moneys[market], first):
                    yield (*here, *path), message


def _wrong_rules_there(playbook: Playbook) -> Iterator[tuple[Path_, str]]:
    """What markets say of rules that are not there."""
    known = {rule.code for rule in playbook.rules}
    for market, override in playbook.markets_override.items():
        here: Path_ = ("markets_override", market)
        for code, rule in override.rules.items():
            if code not in (override.order or known):
                yield (*here, "rules", code), f"no rule is called {code!r}"
            elif "code" in rule:
                yield (*here, "rules", code, "code"), "a rule keeps its code"
            elif code not in known:
                yield from (
                    ((*here, "rules", code, key), "is required") for key in ("trigger", "earn") if key not in rule
                )
        for place, code in enumerate(override.order):
            if code not in known and code not in override.rules:
                yield (*here, "order", place), f"no rule is called {code!r}"
            elif code in override.order[:place]:
                yield (*here, "order", place), f"{code!r} is used twice"


def _twice(part: str, codes: Iterable[str], field: str = "code") -> Iterator[tuple[Path_, str]]:
    seen: set[str] = set()
    for place, code in enumerate(codes):
        if code in seen:
            yield (part, place, field), f"{code!r} is used twice"
        seen.add(code)


def _rulebooks(document: Document, playbook: Playbook) -> tuple[dict[str | None, Rulebook], list[Problem]]:
    home = playbook.markets[0]
    language = home.languages[0]
    written = [rules.named(rules.as_written(rule), language) for rule in document.tree.get("rules", [])]
    problems: list[Problem] = []
    made: dict[str | None, Rulebook] = {}
    try:
        made[None] = _rulebook(playbook, written, home.week_start, ())
    except InvalidRulebook as wrong:
        return {}, [_told(document, _steps(one.path), one.message) for one in wrong.problems]
    for market in playbook.markets:
        tree = document.tree.get("markets_override", {}).get(market.code, {})
        override = {code: rules.named(rules.as_written(rule), language) for code, rule in tree.get("rules", {}).items()}
        order = [str(code) for code in tree.get("order", ())]
        if not override and not order and market.week_start == home.week_start:
            continue
        everywhere = {rule["code"]: rule for rule in written}
        merged = [
            rules.merged(everywhere.get(code, {"code": code}), override.get(code, {})) for code in order or everywhere
        ]
        try:
            made[market.code] = _rulebook(playbook, merged, market.week_start, tuple(sorted(override)))
        except InvalidRulebook as wrong:
            problems += [
                _in_override(document, merged, market.code, _steps(one.path), one.message) for one in wrong.problems
            ]
    return made, problems


def _rulebook(playbook: Playbook, written: list[Any], week_start: str, overridden: tuple[str, ...]) -> Rulebook:
    return Rulebook.from_document(
        {
            "settings": {"basis": playbook.settings.basis, "multipliers": playbook.settings.multipliers},
            "currencies": [_currency(playbook, currency) for currency in playbook.currencies],
            "rules": written,
            "week_start": week_start,
            "overridden": list(overridden),
        }
    )


def _currency(playbook: Playbook, currency: CurrencyPart) -> dict[str, Any]:
    return {
        "code": currency.code,
        "kind": currency.kind,
        "scale": scale_of(playbook, currency),
        "rounding": currency.rounding,
        "round_per": currency.round_per,
        "money": money_of(playbook, currency) or None,
    }


def _in_override(document: Document, merged: list[Any], market: str, path: Path_, message: str) -> Problem:
    if not path and (inside := _INSIDE.fullmatch(message)):
        path, message = _steps(inside[1]), inside[2]
    match path:
        case ("rules", int(place), *rest):
            return _told(document, ("markets_override", market, "rules", merged[place]["code"], *rest), message)
    return _told(document, ("markets_override", market, *path), message)


def _unbuilt(playbook: Playbook) -> Iterator[Path_]:
    if playbook.challenges:
        yield ("challenges",)


def _unbuilt_parts(tree: Any) -> Iterator[tuple[Path_, str]]:
    """Told by name also of a file with other mistakes."""
    if isinstance(tree, dict) and tree.get("challenges"):
        yield ("challenges",), NOT_BUILT


def _without_more(said: list[tuple[Path_, str]]) -> list[tuple[Path_, str]]:
    """A reward of a kind to come is told as that alone: what such a one needs is not known yet."""
    to_come = {path[:2] for path, message in said if path[:1] == ("rewards",) and "not built yet" in message}
    return [(path, message) for path, message in said if path[:2] not in to_come or message != "is required"]


def _unbuilt_facts(tree: Any) -> Iterator[tuple[Path_, str]]:
    waiting: list[tuple[Any, Path_]] = [(tree.get(part), (part,)) for part in ("rules", "rewards", "markets_override")]
    while waiting:
        part, path = waiting.pop()
        if isinstance(part, dict):
            if (fact := part.get("fact")) in _FACTS_NOT_BUILT:
                yield (*path, "fact"), str(fact)
            waiting += [(inner, (*path, key)) for key, inner in part.items()]
        elif isinstance(part, list):
            waiting += [(inner, (*path, place)) for place, inner in enumerate(part)]


def _terms_unsaid(playbook: Playbook) -> Iterator[tuple[Path_, str]]:
    """Markets whose members are asked to agree to a version that has no text for them."""
    version = playbook.settings.terms or asking.TERMS
    written = {part.market for part in playbook.terms if part.version == version}
    if playbook.terms and None not in written:
        for market in playbook.markets:
            if market.code not in written:
                yield ("terms",), f"version {version}, in force by the settings, has no text for market {market.code}"


def _untranslated(playbook: Playbook, rulebook: Rulebook) -> Iterator[tuple[Path_, str]]:
    """Names that lack a language some market speaks; readers there get the first one."""
    spoken = {language.partition("-")[0] for market in playbook.markets for language in market.languages}
    if len(spoken) < 2:
        return
    named: list[tuple[Path_, Any]] = [(("program",), playbook.program.name)]
    named += [(("currencies", place), currency.name) for place, currency in enumerate(playbook.currencies)]
    named += [(("rules", place), rule.name) for place, rule in enumerate(rulebook.rules)]
    home = playbook.markets[0].languages[0]
    for path, name in named:
        languages = name if isinstance(name, dict) else [home] if name else []
        written = {language.partition("-")[0] for language in languages}
        if missing := sorted(spoken - written):
            yield (*path, "name"), f"has no text in {', '.join(missing)}"
