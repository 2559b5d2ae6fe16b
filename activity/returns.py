"""Returns find what they take back: lines of the purchase they name, or of the member's latest purchase of that sku.

Decided in memory for a batch of returns in order of occurrence, from one reading of the purchases in question, under a
lock that every batch of a source takes: two returns at once cannot take the same goods back. A return that names a
receipt not here yet, or finds too few goods, waits; it goes on when a purchase lands or its member becomes known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from activity import hooks
from activity.models import Kind
from ledger import families
from ledger.families import Heirs

UNKNOWN_RECEIPT = "UnknownReceipt"
OF_A_RETURN, TOO_MANY, NOT_YOURS = "ReturnOfAReturn", "MoreReturnedThanBought", "NotYourReceipt"
_WHY = {
    OF_A_RETURN: "the receipt it names is a return itself",
    TOO_MANY: "more is returned than was bought on the receipt it names and not returned yet",
    NOT_YOURS: "the receipt it names is another member's",
    "InvalidField": "the receipt it names is no purchase",
}

_NAMED = """
SELECT k.external_id, a.activity_id, a.occurred_on, a.occurred_at, a.kind,
       (SELECT array_agg(t.membership_id) FROM attribution t
        WHERE t.activity_id = a.activity_id AND t.ended_at IS NULL AND t.membership_id IS NOT NULL),
       (SELECT array_agg(t.holder_id) FROM attribution t
        WHERE t.activity_id = a.activity_id AND t.ended_at IS NULL AND t.membership_id IS NOT NULL),
       l.line, s.product_id, l.quantity - coalesce(taken.quantity, 0)
FROM activity_key k
JOIN activity a ON a.activity_id = k.activity_id
LEFT JOIN LATERAL unnest(a.states, a.quantities) WITH ORDINALITY AS l (state_id, quantity, line) ON true
LEFT JOIN product_state s ON s.id = l.state_id
LEFT JOIN LATERAL (SELECT sum(r.quantity)::bigint AS quantity FROM return_link r
                   WHERE r.purchase_activity_id = a.activity_id AND r.purchase_line = l.line) taken ON true
WHERE k.source_id = %s AND k.external_id = ANY(%s)
ORDER BY a.activity_id, l.line
"""
_OF_HOLDERS = """
SELECT t.holder_id, a.activity_id, a.occurred_on, a.occurred_at, l.line, s.product_id,
       l.quantity - coalesce(taken.quantity, 0)
FROM attribution t
JOIN activity a ON a.activity_id = t.activity_id AND a.kind = 1
CROSS JOIN LATERAL unnest(a.states, a.quantities) WITH ORDINALITY AS l (state_id, quantity, line)
JOIN product_state s ON s.id = l.state_id AND s.product_id = ANY(%s)
LEFT JOIN LATERAL (SELECT sum(r.quantity)::bigint AS quantity FROM return_link r
                   WHERE r.purchase_activity_id = a.activity_id AND r.purchase_line = l.line) taken ON true
WHERE t.holder_id = ANY(%s) AND t.ended_at IS NULL AND l.quantity > coalesce(taken.quantity, 0)
ORDER BY a.occurred_at DESC, a.activity_id DESC, l.line
"""
_LINK = """
INSERT INTO return_link (return_activity_id, return_occurred_on, line, purchase_activity_id, purchase_occurred_on,
                         purchase_line, quantity, at)
SELECT *, %s FROM unnest(%s::bigint[], %s::date[], %s::int[], %s::bigint[], %s::date[], %s::int[], %s::bigint[])
"""
_WAIT = """
INSERT INTO return_wait (return_activity_id, return_occurred_on, line, quantity, reason, original_external_id,
                         product_id, source_id, at)
SELECT *, %s, %s FROM unnest(%s::bigint[], %s::date[], %s::int[], %s::bigint[], %s::text[], %s::text[], %s::bigint[])
"""
_WAITING = """
SELECT w.wait_id, w.return_activity_id, w.return_occurred_on, a.occurred_at, w.line, w.product_id, w.quantity,
       w.original_external_id, a.external_id
FROM return_wait w JOIN activity a ON a.activity_id = w.return_activity_id
WHERE w.ended_at IS NULL AND w.source_id = %s AND {which}
ORDER BY a.occurred_at, a.activity_id, w.line
"""
_WHICH = {
    "named": "w.original_external_id = ANY(%s)",
    "holders": "w.original_external_id IS NULL AND EXISTS (SELECT FROM attribution t"
    " WHERE t.activity_id = w.return_activity_id AND t.ended_at IS NULL AND t.holder_id = ANY(%s))",
}


@dataclass
class Good:
    """A line of a purchase with what is left of it, in thousandths."""

    activity_id: int
    occurred_on: date
    occurred_at: datetime
    line: int
    product_id: int
    left: int


@dataclass
class Original:
    """A receipt that returns name."""

    kind: int
    memberships: set[int]
    holders: set[int]
    goods: list[Good] = field(default_factory=list)


@dataclass(frozen=True)
class Back:
    """A return on its way in (or on its way out of waiting). `lines`: (line, product, quantity) to place."""

    key: int  # of the caller
    activity_id: int
    occurred_on: date
    occurred_at: datetime
    original: str | None
    memberships: frozenset[int]
    holders: tuple[int, ...]
    lines: Sequence[tuple[int, int, int]]


@dataclass
class Settled:
    """What a batch of returns came to: refused ones (key -> reason), links and waits to be written."""

    refused: dict[int, str] = field(default_factory=dict)
    links: list[tuple[int, date, int, int, date, int, int]] = field(default_factory=list)
    waits: list[tuple[int, date, int, int, str, str | None, int]] = field(default_factory=list)

    def why(self, key: int) -> str:
        return _WHY[self.refused[key]]


def lock(cursor: Any, source_id: int) -> None:
    """One batch of a source's returns at a time, until the transaction ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"returns {source_id}"])


def settle(cursor: Any, source_id: int, backs: Iterable[Back], *, landed: bool = False) -> Settled:
    """Place returns on purchases, in order of occurrence. Call under `lock`.

    `landed`: they are here already and cannot be refused; what would refuse them is why they go on waiting.
    """
    backs = sorted(backs, key=lambda back: (back.occurred_at, back.activity_id))
    named = _originals(cursor, source_id, {back.original for back in backs if back.original})
    unnamed = [back for back in backs if not back.original]
    holders = {holder for back in backs for holder in back.holders}
    holders |= {holder for original in named.values() for holder in original.holders}
    heirs = families.heirs_around(cursor, holders) if holders else {}
    owned = _goods_of(cursor, unnamed, heirs)
    settled = Settled()
    for back in backs:
        if back.original:
            _place_named(back, named.get(back.original), settled, landed, heirs)
        else:
            stand = _standing(back.holders, heirs)
            goods = [good for holder in stand for good in owned[holder] if good.occurred_at <= back.occurred_at]
            _place(back, goods, UNKNOWN_RECEIPT, settled)
    return settled


def write(cursor: Any, source_id: int, settled: Settled, now: datetime) -> None:
    """Write links and waits of a batch, and tell the rooms above which purchases gave something back."""
    if settled.links:
        cursor.execute(_LINK, [now, *map(list, zip(*settled.links, strict=True))])
        purchases = sorted({purchase for _, _, _, purchase, _, _, _ in settled.links})
        for hook in hooks.on_returned:
            hook(cursor, purchases, now)
    if settled.waits:
        cursor.execute(_WAIT, [source_id, now, *map(list, zip(*settled.waits, strict=True))])


def go_on(cursor: Any, source_id: int, *, which: str, values: Sequence[Any], now: datetime) -> int:
    """Let waiting returns go on: `named` by external ids that just landed, or of `holders` with new purchases.

    Returns how many lines were placed whole or in part.
    """
    cursor.execute("SELECT EXISTS (SELECT FROM return_wait WHERE ended_at IS NULL AND source_id = %s)", [source_id])
    if not cursor.fetchone()[0] or not values:
        return 0
    lock(cursor, source_id)
    cursor.execute(_WAITING.format(which=_WHICH[which]), [source_id, list(values)])
    rows = cursor.fetchall()
    if not rows:
        return 0
    owners = _owners(cursor, {row[1] for row in rows})
    backs = [
        Back(wait_id, activity_id, day, at, original, frozenset(owners[activity_id][0]),
             tuple(owners[activity_id][1]), [(line, product_id, quantity)])
        for wait_id, activity_id, day, at, line, product_id, quantity, original, _ in rows
    ]  # fmt: skip
    settled = settle(cursor, source_id, backs, landed=True)
    moved = {(link[0], link[2]) for link in settled.links}
    changed = {(wait[0], wait[2]): wait for wait in settled.waits}
    before = {(row[1], row[4]): row for row in rows}
    ended = [row[0] for place, row in before.items() if place in moved or changed[place][4] != UNKNOWN_RECEIPT]
    cursor.execute("UPDATE return_wait SET ended_at = %s WHERE wait_id = ANY(%s)", [now, ended])
    settled.waits = [wait for place, wait in changed.items() if before[place][0] in set(ended)]
    write(cursor, source_id, settled, now)
    return len(moved)


def _owners(cursor: Any, activity_ids: set[int]) -> dict[int, tuple[list[int], list[int]]]:
    cursor.execute(
        "SELECT activity_id, membership_id, holder_id FROM attribution"
        " WHERE activity_id = ANY(%s) AND ended_at IS NULL AND membership_id IS NOT NULL ORDER BY program_id",
        [sorted(activity_ids)],
    )
    owners: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for activity_id, membership_id, holder_id in cursor.fetchall():
        owners[activity_id][0].append(membership_id)
        owners[activity_id][1].append(holder_id)
    return owners


def _originals(cursor: Any, source_id: int, names: set[str]) -> dict[str, Original]:
    originals: dict[str, Original] = {}
    if names:
        cursor.execute(_NAMED, [source_id, sorted(names)])
        for name, activity_id, day, at, kind, memberships, holders, line, product_id, left in cursor.fetchall():
            original = originals.setdefault(name, Original(kind, set(memberships or ()), set(holders or ())))
            if line is not None:
                original.goods.append(Good(activity_id, day, at, line, product_id, left))
    return originals


def _goods_of(cursor: Any, backs: list[Back], heirs: Heirs) -> dict[int, list[Good]]:
    """What the holders of unnamed returns, or who was merged into them, bought of these products and have left: by
    who stands for them now, latest first."""
    owned: dict[int, list[Good]] = defaultdict(list)
    stand = _standing({holder for back in backs for holder in back.holders}, heirs)
    holders = stand | {old for old, new in heirs.items() if new in stand}
    if holders:
        products = {product for back in backs for _, product, _ in back.lines}
        cursor.execute(_OF_HOLDERS, [sorted(products), sorted(holders)])
        seen: dict[tuple[int, int], Good] = {}
        for holder, activity_id, day, at, line, product_id, left in cursor.fetchall():
            good = seen.setdefault((activity_id, line), Good(activity_id, day, at, line, product_id, left))
            owned[heirs.get(holder, holder)].append(good)
    return owned


def _standing(holders: Iterable[int], heirs: Heirs) -> set[int]:
    """These holders, each with who stands for it now."""
    return {heirs.get(holder, holder) for holder in holders}


def _place_named(back: Back, original: Original | None, settled: Settled, landed: bool, heirs: Heirs) -> None:
    refusal = _refusal(back, original, heirs)
    if refusal and not landed and original is not None:
        settled.refused[back.key] = refusal
    elif original is None or refusal in (OF_A_RETURN, NOT_YOURS, "InvalidField"):
        _place(back, [], refusal or UNKNOWN_RECEIPT, settled)
    else:
        _place(back, original.goods, refusal or UNKNOWN_RECEIPT, settled)


def _refusal(back: Back, original: Original | None, heirs: Heirs) -> str | None:
    if original is None:
        return None
    if original.kind == Kind.RETURN:
        return OF_A_RETURN
    if original.kind != Kind.PURCHASE:
        return "InvalidField"
    is_somebodys = back.memberships and original.memberships and not back.memberships & original.memberships
    if is_somebodys and not _standing(back.holders, heirs) & _standing(original.holders, heirs):
        return NOT_YOURS
    left: dict[int, int] = defaultdict(int)
    for good in original.goods:
        left[good.product_id] += good.left
    for _, product_id, quantity in back.lines:
        if product_id not in left or quantity > left[product_id]:
            return TOO_MANY
        left[product_id] -= quantity
    return None


def _place(back: Back, goods: Iterable[Good], reason: str, settled: Settled) -> None:
    """Take each line's quantity from the goods, first come first; what finds none waits with the reason."""
    goods = list(goods)
    for line, product_id, quantity in back.lines:
        rest, placed = quantity, False
        for good in goods:
            if good.product_id != product_id or (not good.left and quantity) or (placed and not rest):
                continue
            taken = min(good.left, rest)
            good.left -= taken
            rest -= taken
            placed = True
            settled.links.append(
                (back.activity_id, back.occurred_on, line, good.activity_id, good.occurred_on, good.line, taken)
            )
            if not rest:
                break
        if rest or not placed:
            settled.waits.append((back.activity_id, back.occurred_on, line, rest, reason, back.original, product_id))
