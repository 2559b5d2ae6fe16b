"""The rows a playbook asks for: made when missing, changed where different, refused where points hang on them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model

from playbooks import canonical, checking, legal
from playbooks.checking import Checked
from playbooks.format import ThemePart
from playbooks.problems import InvalidPlaybook
from playbooks.reading import Path_
from playbooks.report import Change
from programs import terms
from programs.models import Banner, Currency, Market, Population, Program, Store
from programs.terms import Release

Row = TypeVar("Row", bound=Model)


class Putting:
    """One import's walk over the parts of a playbook. With `change` False existing rows stay as they are."""

    def __init__(self, checked: Checked, changes: list[Change], *, now: datetime, change: bool) -> None:
        self.now = now
        self.checked = checked
        self.playbook = checked.playbook
        self.changes = changes
        self.change = change

    def put_program(self) -> Program:
        """Everything but products and rules. Raises InvalidPlaybook."""
        part = self.playbook.program
        found = Program.objects.select_for_update().filter(code=part.code).first()
        population = self._put_population(found)
        self._check_practice(found, population)
        settings = {
            **(found.settings if found else {}),
            **terms.as_json(self.playbook.settings),
            "event_types": {event.code: dict(event.attributes) for event in self.playbook.event_types},
        }
        if found and canonical.settings(found.settings) == canonical.settings(settings):
            same = found.settings.get("event_types", {}) == settings["event_types"]
            settings = found.settings if same else settings  # a default that nobody wrote down is no change
        values = {"names": self._names(part.name, part.code), "settings": settings, **self._look(part.theme)}
        program = self._put(Program, "program", part.code, found, values, {"population": population})
        self._put_banners(program)
        self._put_markets(program)
        self._put_stores(program)
        self._put_currencies(program)
        if self.change or found is None:
            legal.put_terms(self.checked, program, self.changes, now=self.now)
        return program

    def _put_population(self, program: Program | None) -> Population:
        part = self.playbook.program
        code = part.population or (program.population.code if program else part.code)
        if program is not None and program.population.code != code:
            self._refuse(("program", "population"), f"the program's people are of population {program.population.code}")
        found = Population.objects.filter(code=code).first()
        return found or self._put(Population, "population", code, None, {"names": self._names(None, code)}, {})

    def _check_practice(self, program: Program | None, population: Population) -> None:
        """Nobody's points become play, and nobody's play becomes points: neither of a program nor of its people."""
        practises = self.playbook.settings.practice
        if program and bool(program.settings.get("practice")) != practises and program.memberships.exists():
            self._refuse(("settings", "practice"), "stays as it is: the program has members")
        others = population.programs.exclude(pk=program.pk) if program else population.programs.all()
        if any(bool(one.settings.get("practice")) != practises for one in others):
            self._refuse(("program", "population"), "real people and people to train on are two populations")

    def _put_banners(self, program: Program) -> None:
        known = Banner.objects.in_bulk([part.code for part in self.playbook.banners], field_name="code")
        for part in self.playbook.banners:
            found = known.get(part.code)
            # a banner's own look has its name; web falls back to the house's when there is none
            made = {} if found else {"theme": part.code}
            known[part.code] = self._put(
                Banner, "banner", part.code, found,
                {"names": self._names(part.name, part.code), **self._look(part.theme)}, made,
            )  # fmt: skip
        new = set(known.values()) - set(program.banners.all())
        if new:
            program.banners.add(*new)
            fields = tuple(f"joined by banner {code}" for code in sorted(banner.code for banner in new))
            if not any(change.what == "program" and change.did == "created" for change in self.changes):
                self.changes.append(Change("changed", "program", program.code, fields))
        self.banners = known

    def _put_markets(self, program: Program) -> None:
        known = {market.code: market for market in Market.objects.filter(program=program)}
        for place, part in enumerate(self.playbook.markets):
            found = known.get(part.code)
            if found and found.currency != part.currency:
                self._refuse(("markets", place, "currency"), f"the market counts in {found.currency} already")
            values = {
                "languages": list(part.languages),
                "timezone": part.timezone,
                "week_start": part.week_start,
                "minimum_age": part.minimum_age,
                "position": place,
            }
            self._put(Market, "market", part.code, found, values, {"program": program, "currency": part.currency})

    def _put_stores(self, program: Program) -> None:
        known = Store.objects.select_related("banner").in_bulk(
            [part.code for part in self.playbook.stores], field_name="code"
        )
        missing: list[Store] = []
        for place, part in enumerate(self.playbook.stores):
            found = known.get(part.code)
            if found and found.banner.code != part.banner:
                self._refuse(("stores", place, "banner"), f"the store is of banner {found.banner.code}")
            values = {
                "market_code": part.market,
                "names": self._names(part.name, part.code),
                "kind": part.kind,
                "timezone": part.timezone or "",
            }
            if found:
                self._put(Store, "store", part.code, found, values, {})
            else:
                missing.append(Store(code=part.code, banner=self.banners[part.banner], **values))
                self.changes.append(Change("created", "store", part.code))
        Store.objects.bulk_create(missing)

    def _put_currencies(self, program: Program) -> None:
        known = {currency.code: currency for currency in Currency.objects.filter(program=program)}
        for place, part in enumerate(self.playbook.currencies):
            found = known.get(part.code)
            money = checking.money_of(self.playbook, part)
            scale = checking.scale_of(self.playbook, part)
            for name, value in (("kind", part.kind), ("money", money), ("scale", scale)):
                if found and getattr(found, name) != value:
                    self._refuse(
                        ("currencies", place, name), f"stays {getattr(found, name)!r}: points were counted with it"
                    )
            values = {
                "names": self._names(part.name, part.code),
                "rounding": part.rounding,
                "round_per": part.round_per,
                "pending": terms.as_json(part.pending) or {},
                "expiry": None if part.expiry == "never" else terms.as_json(part.expiry),
                "returns": part.returns,
                "unit_value": terms.as_json(part.unit_value),
                "release": terms.as_json(part.release),
                "position": place,
            }
            if found and part.release == Release() and {**canonical.RELEASE, **found.release} == canonical.RELEASE:
                values["release"] = found.release
            if found and canonical.pending(found.pending) == canonical.pending(values["pending"]):
                values["pending"] = found.pending
            made = {"program": program, "kind": part.kind, "money": money, "scale": scale}
            self._put(Currency, "currency", part.code, found, values, made)

    def _put(
        self, model: type[Row], what: str, code: str, found: Row | None, values: dict[str, Any], made: dict[str, Any]
    ) -> Row:
        """`values` may change later; `made` is only for making."""
        if found is None:
            row = model(code=code, **values, **made)
            row.save(force_insert=True)
            self.changes.append(Change("created", what, code))
            return row
        if "names" in values and not getattr(found, "names", True) and values["names"] == self._names(None, code):
            values = {**values, "names": {}}  # nameless there and in the file
        different = tuple(sorted(name for name, value in values.items() if getattr(found, name) != value))
        if different and self.change:
            for name in different:
                setattr(found, name, values[name])
            found.save(update_fields=different)
        if different:
            self.changes.append(Change("changed" if self.change else "left", what, code, different))
        return found

    def _look(self, theme: ThemePart | None) -> dict[str, Any]:
        """The colours and logo that were written; a theme that is left out of the file stays as it is."""
        return {} if theme is None else {"look": legal.look_of(self.checked, theme)}

    def _names(self, name: Any, code: str) -> dict[str, str]:
        """Names per language: one text is in the home market's first language, a missing name is the code."""
        return dict(name) if isinstance(name, dict) else {self.checked.language: name or code}

    def _refuse(self, path: Path_, message: str) -> None:
        raise InvalidPlaybook([self.checked.document.problem(path, message)])
