"""What a book names must be there: members, currencies, rules, rewards, steps of the ladder, activity."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from playbooks.checking import Checked
from playbooks.reading import Path_
from playbooks.rehearsals.format import ACTIVITY, NAMED, PEOPLE, REWARDS, Book, Step
from rewards import farewell

_MAY_NAME = {
    "confirm": ("hold",), "release": ("hold",), "use_voucher": ("redeem", "confirm"),
    "cancel": ("adjust", "transfer", "redeem", "confirm"),
}  # fmt: skip
_OF_A_MEMBER = ("balance", "pending", "debt", "lots", "tier", "vouchers", "entries")


class Known:
    """The codes a book may name."""

    def __init__(self, book: Book, checked: Checked, publishing: dict[int, Checked]) -> None:
        playbook = checked.playbook
        self.members = {member.id for member in book.members}
        self.cards = {card for member in book.members for card in member.cards}
        self.cards |= {step.what.number for step in book.steps if step.kind == "replace_card" and step.what.number}
        self.currencies = {currency.code for currency in playbook.currencies}
        self.stores = {store.code for store in playbook.stores}
        self.markets = {market.code for market in playbook.markets}
        self.rules = {rule.code for one in (checked, *publishing.values()) for rule in one.playbook.rules}
        self.rewards = {reward.code for reward in playbook.rewards} | {farewell.CODE}
        self.tiers = {step.code for step in playbook.tiers.steps} if playbook.tiers else set()
        self.activity = {step.what.id for step in book.steps if step.kind in ACTIVITY}


def contradictions(book: Book, known: Known) -> Iterator[tuple[Path_, str]]:
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
    last, named = None, dict[str, str]()
    for place, step in enumerate(book.steps):
        if last is not None and step.at < last:
            yield ("steps", place, "at"), "is earlier than the step before; late activity says `occurred`"
        last = step.at
        yield from _of_names(("steps", place), step, named)
        yield from _of_step(("steps", place), step, known)
        yield from _of_expectation(("steps", place, "expect"), step, known)


def _of_names(here: Path_, step: Step, named: dict[str, str]) -> Iterator[tuple[Path_, str]]:
    """A step is named once, and by what comes after it and can go on from it. `named`: name -> kind, so far."""
    if step.as_ is not None and step.as_ in named:
        yield (*here, "as"), f"{step.as_!r} is used twice"
    if step.kind in NAMED:
        key = "code_of" if step.kind == "use_voucher" else "of"
        may = _MAY_NAME[step.kind]
        if named.get(getattr(step.what, key)) not in may:
            yield (*here, step.kind, key), f"no {' or '.join(may)} before this one is named {getattr(step.what, key)!r}"
    if step.as_ is not None:
        named[step.as_] = step.kind


def _of_step(here: Path_, step: Step, known: Known) -> Iterator[tuple[Path_, str]]:
    what, inside = step.what, (*here, step.kind)
    yield from _unknown((*here, "member"), step.member, known.members, "member")
    unmatched = step.expect.unmatched or step.expect.waiting == "UnknownMember"
    for name in ("member", "from_", "to", "household_of", "kept", "gone"):
        said = getattr(what, name, None)
        if isinstance(said, date) or (name == "member" and step.kind in ACTIVITY and unmatched):
            continue
        yield from _unknown((*inside, name.rstrip("_")), said, known.members, "member")
    if step.kind in ("purchase", "visit", "event") and what.member is None and what.card is None:
        yield inside, "needs a member or a card"
    yield from _unknown((*inside, "currency"), _pot(step), known.currencies, "currency")
    yield from _unknown((*inside, "reward"), getattr(what, "reward", None), known.rewards, "reward")
    if step.kind in ("quote", *PEOPLE, *REWARDS):
        yield from _unknown((*inside, "card"), getattr(what, "card", None), known.cards, "card")
        yield from _unknown((*inside, "market"), getattr(what, "market", None), known.markets, "market")
    if step.kind == "quote":
        yield from _unknown((*inside, "store"), what.store, known.stores, "store")
    if step.kind == "deliver":
        yield from _unknown((*inside, "of"), what.of, known.activity, "activity")
    if step.kind == "transfer" and what.from_ == what.to:
        yield (*inside, "to"), "a transfer needs two members"
    if step.kind == "join" and what.member == what.household_of:
        yield (*inside, "household_of"), "a household needs two members"
    if step.kind == "merge" and what.kept == what.gone:
        yield (*inside, "gone"), "a merge needs two members"
    if step.kind == "adjust" and what.amount == 0:
        yield (*inside, "amount"), "must not be zero"
    if step.kind == "rescore" and (what.member is None) == (what.from_ is None):
        yield inside, "needs a member, or days `from` and `until`"


def _pot(step: Step) -> str | None:
    return step.what.currency if step.kind in ("adjust", "transfer") else None


def _of_expectation(here: Path_, step: Step, known: Known) -> Iterator[tuple[Path_, str]]:
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
    of_a_member = _OF_A_MEMBER if step.kind == "quote" else ("awards", "points", *_OF_A_MEMBER)
    told = [name for name in of_a_member if name in expect.named]
    if told and _of_whom_is_not_said(step, known):
        yield (*here, told[0]), "is of nobody: write `member`"
    activity = step.kind in ACTIVITY
    for name in ("quarantined", "waiting", "unmatched"):
        if getattr(expect, name) is not None and not activity:
            yield (*here, name), "only activity can be that; another step is `refused`"
    if expect.refused is not None and activity:
        yield (*here, "refused"), "activity is never refused: it is `quarantined` or `waiting`"


def _of_whom_is_not_said(step: Step, known: Known) -> bool:
    """A quote to nobody, and what concerns everybody where there are several: nothing found would be met by a zero."""
    what = step.what
    if step.member or step.expect.member or getattr(what, "member", None) or getattr(what, "card", None):
        return False
    if step.kind in ("block_card", "find_card", "replace_card"):
        return False
    return step.kind == "quote" or (step.kind in ("clock", "publish", "rescore") and len(known.members) != 1)


def _unknown(path: Path_, code: Any, known: set[str], what: str) -> Iterator[tuple[Path_, str]]:
    if isinstance(code, str) and code not in known:
        yield path, f"no {what} is called {code!r}"
