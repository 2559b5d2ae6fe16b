"""Reading a book strictly: every error with file, line and field; what is not built yet is refused by name.

Raises InvalidPlaybook, as a playbook does; a book is a document of the same kind. Reads no database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from playbooks import checking, reading
from playbooks.checking import NOT_BUILT, Checked
from playbooks.problems import InvalidPlaybook, Problem
from playbooks.reading import Document, Path_
from playbooks.rehearsals.format import ACTIVITY, LATER_EXPECTATIONS, LATER_STEPS, STEPS, Book, Step
from programs import terms

LARGEST_BOOK = 1_000_000


@dataclass(frozen=True)
class Part(Document):
    """A part of a file read as a document of its own: its problems are told where they stand in the file."""

    whole: Document | None = None
    at: tuple[tuple[Path_, Path_], ...] = ()

    def problem(self, path: Path_, message: str) -> Problem:
        assert self.whole is not None
        for own, outer in self.at:
            if path[: len(own)] == own:
                return self.whole.problem((*outer, *path[len(own) :]), message)
        return self.whole.problem(path, message)


@dataclass(frozen=True)
class Read:
    """A book that can be run. `publishing`: number of a step -> the playbook it publishes."""

    document: Document
    book: Book
    checked: Checked
    publishing: dict[int, Checked]

    @property
    def name(self) -> str:
        return self.book.name or Path(self.document.file).stem

    def line_of(self, step: int) -> int:
        """Where a step begins, counted from 0, in the file."""
        return self.document.lines.get(("steps", step), 1)


def read_path(path: Path) -> Read:
    """The book in a file."""
    return check(_bounded(reading.read_file(path), path.stat().st_size), path.parent)


def read_text(text: str, name: str) -> Read:
    """A book that stands in no folder: its playbook is inline."""
    data = text.encode()
    return check(_bounded(reading.read(data, name), len(data)), None)


def check(document: Document, folder: Path | None) -> Read:
    """Check a whole book. Raises InvalidPlaybook with every problem that could be found."""
    problems = [document.problem(path, message) for path, message in _later(document.tree)]
    every_step_known = not problems
    book: Book | None = None
    try:
        book = Book.model_validate(_without_later(document.tree))
    except ValidationError as wrong:
        problems += [document.problem(path, said) for path, said in terms.sentences(wrong, document.tree)]
    checked: Checked | None = None
    try:
        checked = checking.check(_playbook(document, folder))
    except InvalidPlaybook as wrong:
        problems += wrong.problems
    publishing: dict[int, Checked] = {}
    if book is not None and checked is not None and every_step_known:
        publishing, more = _publishing(document, book, checked)
        problems += more
        known = _Known(book, checked, publishing)
        problems += [document.problem(path, said) for path, said in _contradictions(book, known)]
    if problems or book is None or checked is None:
        raise InvalidPlaybook(problems)
    return Read(document, book, checked, publishing)


def _bounded(document: Document, size: int) -> Document:
    if size > LARGEST_BOOK:
        raise InvalidPlaybook([document.problem((), f"is larger than {LARGEST_BOOK // 1_000_000} MB")])
    return document


# what comes later


def _later(tree: Any) -> Iterator[tuple[Path_, str]]:
    steps = tree.get("steps") if isinstance(tree, dict) else None
    for place, step in enumerate(steps if isinstance(steps, list) else ()):
        if not isinstance(step, dict):
            continue
        kinds = [kind for kind in (*STEPS, *LATER_STEPS) if kind in step]
        if len(kinds) != 1:
            said = f"needs exactly one of {', '.join(STEPS)}" if not kinds else f"is both {' and '.join(kinds)}"
            yield ("steps", place), said
        yield from ((("steps", place, kind), f"{kind} {NOT_BUILT}") for kind in kinds if kind in LATER_STEPS)
        expected = step.get("expect")
        if isinstance(expected, dict):
            for name in expected.keys() & set(LATER_EXPECTATIONS):
                yield ("steps", place, "expect", name), f"{name} {NOT_BUILT}"


def _without_later(tree: Any) -> Any:
    """The document without what was refused by name already, so that the rest is checked too."""
    if not isinstance(tree, dict) or not isinstance(tree.get("steps"), list):
        return tree
    return {**tree, "steps": [_step_without_later(step) for step in tree["steps"]]}


def _step_without_later(step: Any) -> Any:
    if not isinstance(step, dict):
        return step
    kept = {key: value for key, value in step.items() if key not in LATER_STEPS}
    if isinstance(kept.get("expect"), dict):
        kept["expect"] = {key: value for key, value in kept["expect"].items() if key not in LATER_EXPECTATIONS}
    return kept


# the playbook, and those that steps publish


def _playbook(document: Document, folder: Path | None) -> Document:
    said = document.tree.get("playbook") if isinstance(document.tree, dict) else None
    if isinstance(said, dict):
        return _part(document, said, ((), ("playbook",)))
    if not isinstance(said, str):
        raise InvalidPlaybook([document.problem(("playbook",), "is required")])
    pure = PurePosixPath(said)
    if folder is None or pure.is_absolute() or ".." in pure.parts:
        message = "must stand inline here" if folder is None else "must be a file beside the book"
        raise InvalidPlaybook([document.problem(("playbook",), message)])
    return reading.read_file(folder / pure)


def _part(document: Document, tree: Any, *at: tuple[Path_, Path_]) -> Part:
    return Part(document.file, tree, document.lines, document, at)


def _publishing(document: Document, book: Book, checked: Checked) -> tuple[dict[int, Checked], list[Problem]]:
    made: dict[int, Checked] = {}
    problems: list[Problem] = []
    for place, step in enumerate(book.steps):
        if step.publish is None:
            continue
        said = document.tree["steps"][place]["publish"]
        tree = {key: value for key, value in checked.document.tree.items() if key not in ("valid_from", "rules")} | said
        here: Path_ = ("steps", place, "publish")
        around = (((key,), (*here, key)) for key in ("valid_from", "rules"))
        try:
            made[place] = checking.check(_part(document, tree, *around, ((), ("playbook",))))
        except InvalidPlaybook as wrong:
            problems += wrong.problems
    return made, problems


# what steps name


class _Known:
    """The codes a book may name."""

    def __init__(self, book: Book, checked: Checked, publishing: dict[int, Checked]) -> None:
        playbook = checked.playbook
        self.members = {member.id for member in book.members}
        self.currencies = {currency.code for currency in playbook.currencies}
        self.stores = {store.code for store in playbook.stores}
        self.markets = {market.code for market in playbook.markets}
        self.rules = {rule.code for one in (checked, *publishing.values()) for rule in one.playbook.rules}
        self.rewards = {reward.code for reward in playbook.rewards}
        self.tiers = {step.code for step in playbook.tiers.steps} if playbook.tiers else set()
        self.activity = {step.what.id for step in book.steps if step.kind in ACTIVITY}


def _contradictions(book: Book, known: _Known) -> Iterator[tuple[Path_, str]]:
    seen: set[str] = set()
    for place, member in enumerate(book.members):
        here: Path_ = ("members", place)
        if member.id in seen:
            yield (*here, "id"), f"{member.id!r} is used twice"
        seen.add(member.id)
        yield from _unknown((*here, "tier"), member.tier, known.tiers, "step of the ladder")
        yield from _unknown((*here, "floor"), member.floor, known.tiers, "step of the ladder")
        yield from _unknown((*here, "store"), member.store, known.stores, "store")
        yield from _unknown((*here, "market"), member.market, known.markets, "market")
    last = None
    for place, step in enumerate(book.steps):
        if last is not None and step.at < last:
            yield ("steps", place, "at"), "is earlier than the step before; late activity says `occurred`"
        last = step.at
        yield from _of_step(("steps", place), step, known)
        yield from _of_expectation(("steps", place, "expect"), step, known)


def _of_step(here: Path_, step: Step, known: _Known) -> Iterator[tuple[Path_, str]]:
    what, inside = step.what, (*here, step.kind)
    yield from _unknown((*here, "member"), step.member, known.members, "member")
    unmatched = step.expect.unmatched or step.expect.waiting == "UnknownMember"
    for name in ("member", "from_", "to"):
        said = getattr(what, name, None)
        if isinstance(said, date) or (name == "member" and step.kind in ACTIVITY and unmatched):
            continue
        yield from _unknown((*inside, name.rstrip("_")), said, known.members, "member")
    if step.kind in ("purchase", "visit", "event") and what.member is None and what.card is None:
        yield inside, "needs a member or a card"
    yield from _unknown((*inside, "currency"), _pot(step), known.currencies, "currency")
    yield from _unknown((*inside, "reward"), getattr(what, "reward", None), known.rewards, "reward")
    if step.kind == "quote":
        yield from _unknown((*inside, "store"), what.store, known.stores, "store")
    if step.kind == "deliver":
        yield from _unknown((*inside, "of"), what.of, known.activity, "activity")
    if step.kind == "transfer" and what.from_ == what.to:
        yield (*inside, "to"), "a transfer needs two members"
    if step.kind == "adjust" and what.amount == 0:
        yield (*inside, "amount"), "must not be zero"
    if step.kind == "rescore" and (what.member is None) == (what.from_ is None):
        yield inside, "needs a member, or days `from` and `until`"


def _pot(step: Step) -> str | None:
    return step.what.currency if step.kind in ("adjust", "transfer") else None


def _of_expectation(here: Path_, step: Step, known: _Known) -> Iterator[tuple[Path_, str]]:
    expect = step.expect
    yield from _unknown((*here, "member"), expect.member, known.members, "member")
    for code in expect.awards or ():
        yield from _unknown((*here, "awards", code), code, known.rules, "rule")
    for name in ("balance", "pending", "debt"):
        for code in getattr(expect, name) or ():
            yield from _unknown((*here, name, code), code, known.currencies, "currency")
    for place, lot in enumerate(expect.lots or ()):
        yield from _unknown((*here, "lots", place, "currency"), lot.currency, known.currencies, "currency")
    yield from _unknown((*here, "tier"), expect.tier, known.tiers, "step of the ladder")
    for place, code in enumerate(expect.vouchers or ()):
        yield from _unknown((*here, "vouchers", place), code, known.rewards, "reward")
    activity = step.kind in ACTIVITY
    for name in ("quarantined", "waiting", "unmatched"):
        if getattr(expect, name) is not None and not activity:
            yield (*here, name), "only activity can be that; another step is `refused`"
    if expect.refused is not None and activity:
        yield (*here, "refused"), "activity is never refused: it is `quarantined` or `waiting`"


def _unknown(path: Path_, code: Any, known: set[str], what: str) -> Iterator[tuple[Path_, str]]:
    if isinstance(code, str) and code not in known:
        yield path, f"no {what} is called {code!r}"
