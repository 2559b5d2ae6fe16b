"""A program as a playbook: importing what is exported changes nothing, and exporting it again gives the same text."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import yaml

from playbooks import canonical, legal
from playbooks.canonical import Tree
from programs import queries as programs
from programs.models import Market, Product, Program, Store, ThemeLogo
from rewards import catalogue
from rules_engine import queries as rulebooks
from rules_engine.core.rulebook import Rulebook
from tiers import ladders
from tiers.terms import Tiers

MOST_PRODUCTS = 2_000
"""A catalogue larger than this is a file of its own (`manage.py products`), and the playbook says so."""

_PRODUCTS_LEFT_OUT = "# The catalogue has {} products: they are not in this file, see `manage.py products`.\n"


class NoSuchProgram(LookupError):
    """No program has this code."""


def export(program: Program, *, now: datetime) -> str:
    """The program's configuration as it is at `now`, as YAML."""
    tree = of_program(program, now=now)
    count = _product_count(program)
    note = _PRODUCTS_LEFT_OUT.format(count) if count > MOST_PRODUCTS else ""
    return note + written({"version": 1, **tree})


def logos_of(program: Program) -> dict[str, bytes]:
    """The logos that the program's playbook names, by the names it gives them: files to lie beside it."""
    worn = [program.look, *(banner.look for banner in program.banners.all())]
    digests = [look["logo"]["digest"] for look in worn if "logo" in look]
    return {f"logo-{row.digest}.png": bytes(row.png) for row in ThemeLogo.objects.filter(pk__in=digests)}


def program_of(code: str) -> Program:
    """Raises NoSuchProgram."""
    if (found := programs.program_by_code(code)) is None:
        raise NoSuchProgram(f"no program is called {code!r}")
    return found


def of_program(program: Program, *, now: datetime) -> Tree:
    """The program's content in the form of `canonical`, with the rules in force at `now`."""
    markets = list(Market.objects.filter(program=program))
    home = markets[0].languages[0] if markets else "en"
    document = ladders.document_of(program)
    everywhere, there = rulebooks_at(program, now)
    tree: Tree = {
        "program": canonical.whole(
            program.code, program.names, home, legal.theme_in_row(program.look), population=program.population.code
        ),
        "banners": canonical.by_code(
            canonical.whole(one.code, one.names, home, legal.theme_in_row(one.look)) for one in program.banners.all()
        ),
        "markets": [_market(market) for market in markets],
        "stores": canonical.by_code(_store(store, home) for store in _stores(program, markets)),
        "currencies": [_currency(one, home) for one in programs.currencies_of(program.pk)],
        "settings": canonical.settings(program.settings),
        "terms": legal.terms_in_rows(program),
        "products": _products(program),
        "event_types": canonical.by_code(
            canonical.slim({"code": code, "attributes": dict(sorted(attributes.items()))})
            for code, attributes in program.settings.get("event_types", {}).items()
        ),
        "tiers": canonical.ladder(Tiers.model_validate(document), home) if document else None,
        "rules": canonical.rules(everywhere) if everywhere else [],
        "rewards": [canonical.reward(one, home) for one in catalogue.documents_of(program)],
        "markets_override": canonical.by_market(
            {code: canonical.overrides(everywhere, book) for code, book in there.items()} if everywhere else {},
            {code: dict(sorted(said.items())) for code, said in catalogue.there_of(program).items()},
            {code: canonical.order(everywhere, book) for code, book in there.items()} if everywhere else {},
        ),
    }
    return {key: value for key, value in tree.items() if value not in ([], {}, None)}


def written(tree: Tree) -> str:
    """A tree as YAML that the strict reader reads back as the same tree."""
    text: str = yaml.dump(
        tree, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110, indent=2
    )
    return text


def rulebooks_at(program: Program, now: datetime) -> tuple[Rulebook | None, dict[str, Rulebook]]:
    """The program's rules in force at `now`, and those of markets that have their own."""
    versions = rulebooks.rulebooks_for(program.pk)
    common = rulebooks.in_force([one for one in versions if one.market_code is None], None, now)
    everywhere = Rulebook.from_document(dict(common.document)) if common else None
    there = {}
    for code in {one.market_code for one in versions if one.market_code}:
        version = rulebooks.in_force(versions, code, now)
        if version is not None and version.market_code == code:
            there[code] = Rulebook.from_document(dict(version.document))
    return everywhere, there


def _market(row: Market) -> Tree:
    keys = ("code", "currency", "languages", "timezone", "week_start", "minimum_age")
    return canonical.slim({key: getattr(row, key) for key in keys}, week_start="mon", minimum_age=18)


def _stores(program: Program, markets: list[Market]) -> list[Store]:
    codes = [market.code for market in markets]
    rows = Store.objects.filter(banner__programs=program, market_code__in=codes)
    return list(rows.select_related("banner"))


def _store(row: Store, home: str) -> Tree:
    return canonical.slim(
        {
            "code": row.code,
            "banner": row.banner.code,
            "market": row.market_code,
            "name": canonical.named(row.names, row.code, home),
            "kind": row.kind,
            "timezone": row.timezone,
        }
    )


def _currency(one: programs.Currency, home: str) -> Tree:
    return canonical.currency(
        {
            **{key: getattr(one, key) for key in ("code", "kind", "money", "scale", "rounding", "round_per", "pending",
                                                  "expiry", "returns", "unit_value", "release")},
            "name": canonical.named(one.names, one.code, home),
        }
    )  # fmt: skip


def _product_count(program: Program) -> int:
    return Product.objects.filter(catalogue_id=program.population_id, current__isnull=False).count()


def _products(program: Program) -> list[Tree]:
    if _product_count(program) > MOST_PRODUCTS:
        return []
    rows = Product.objects.filter(catalogue_id=program.population_id, current__isnull=False).select_related("current")
    fields = ("sku", "name", "category", "brand", "tags", "attributes")
    parts = [canonical.product({**{key: getattr(row.current, key) for key in fields}, "sku": row.sku}) for row in rows]
    return sorted(parts, key=lambda one: str(one["sku"]))


class _Dumper(yaml.SafeDumper):
    """No aliases: the reader takes none."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Plain where any reader sees the same text, quoted where a word could be taken for something else."""
    style = None if text.isprintable() else '"'
    if "\n" in text and text.replace("\n", "").isprintable():
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
