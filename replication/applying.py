"""Writing what records say of people who are here: set by set, each statement for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ledger.posting import InsufficientPoints
from members import cards, replicas
from members.addressing import Address
from members.models import Card, Membership
from members.replicas import Issued
from replication import arriving, asking, lots, ownership
from replication.holding import Held
from replication.lots import Owned
from replication.outcomes import Outcome
from replication.refusals import RecordRefused
from replication.rooms import Room
from replication.works import Work
from tiers import granting


def enrol(cursor: Any, room: Room, works: Sequence[Work]) -> None:
    """Make the newcomers members."""
    made = arriving.enrolled(cursor, room, [work.arrival for work in works if work.arrival])
    for work, (membership_id, holder_id) in zip(works, made, strict=True):
        work.membership_id, work.holder_id = membership_id, holder_id


def apply(cursor: Any, room: Room, works: Sequence[Work], held: Held, outcome: Outcome) -> None:
    """Write everything these records say; what each counts as is told by its work."""
    _people(cursor, room, works)
    _addresses(cursor, room, works)
    _memberships(cursor, room, [work for work in works if work.known and not work.known.merged])
    _cards(cursor, room, works, held)
    _answers(cursor, room, [work for work in works if work.known])
    _tastes(cursor, room, [work for work in works if work.newly_linked])
    _steps(room, works)
    _lots(cursor, room, works, held, outcome)
    asking.about_fields(room, works, outcome)


def _people(cursor: Any, room: Room, works: Sequence[Work]) -> None:
    changed = [work for work in works if work.change and work.change.person]
    people = [work.change.person for work in changed if work.change and work.change.person]
    replicas.change_people(cursor, people, by=room.by, now=room.now)
    for work in changed:
        work.touched()


def _addresses(cursor: Any, room: Room, works: Sequence[Work]) -> None:
    """Where newcomers live, and who moved."""
    arrived = {work.membership_id: work.arrival.address for work in works
               if work.arrival and work.arrival.address and work.membership_id}  # fmt: skip
    members = replicas.members_of(cursor, list(arrived))
    moved: dict[int, Address | None] = {members[one]: address for one, address in arrived.items()}
    for work in works:
        if work.change and work.change.moves and work.member_id:
            moved[work.member_id] = work.change.address
            work.touched()
    replicas.change_addresses(cursor, moved, by=room.by, now=room.now)


def _tastes(cursor: Any, room: Room, works: Sequence[Work]) -> None:
    """What they like as they come; from then on it is theirs to say here."""
    said = [(work.membership_id, code) for work in works for code in work.record.tastes or () if work.membership_id]
    replicas.add_tastes(cursor, said, room.now)


def _memberships(cursor: Any, room: Room, works: Sequence[Work]) -> None:
    rows = []
    for work in works:
        row = _membership(room, work)
        if row is not None:
            rows.append(row)
            work.touched()
    replicas.change_memberships(cursor, rows)


def _membership(room: Room, work: Work) -> tuple[int, str, int | None, int | None, datetime] | None:
    """The membership as it is to stand, or None when nothing of it changes."""
    known, record = work.known, work.record
    assert known and known.membership_id and known.status and known.joined_at
    status, store_id, banner_id, joined_at = known.status, known.store_id, known.banner_id, known.joined_at
    if record.status and ownership.owner(room.system, "status") == "theirs":
        status = record.status
    if record.store and ownership.owner(room.system, "store") == "theirs":
        store = room.stores[record.store]
        store_id, banner_id = store.id, store.banner_id
    if record.joined_at and ownership.owner(room.system, "status") == "theirs":
        joined_at = record.joined_at
    stands = (known.status, known.store_id, known.banner_id, known.joined_at)
    if (status, store_id, banner_id, joined_at) == stands:
        return None
    return known.membership_id, status, store_id, banner_id, joined_at


def _cards(cursor: Any, room: Room, works: Sequence[Work], held: Held) -> None:
    """Cards issued elsewhere, but the one that enrolment made: added, blocked and found again."""
    new = []
    for work in works:
        assert work.membership_id
        made = work.arrival.accepted.card_number if work.arrival else ""
        for card in work.cards:
            if card.number == made:
                continue
            card_id, _owner, status = held.cards.get(card.number.upper(), (None, None, ""))
            if card_id is None:
                issued_at = card.issued_at or room.now
                new.append(Issued(work.membership_id, card.number, card.kind, card.status, issued_at))
                work.touched()
            elif status != card.status:
                _follow(room, work, card_id, status, card.status)
    replicas.add_cards(cursor, room.program.pk, new, room.now)


def _follow(room: Room, work: Work, card_id: int, ours: str, theirs: str) -> None:
    """A card whose state changed there; one replaced here stays so."""
    card = Card.objects.get(pk=card_id)
    assert work.membership_id is not None
    if ours == Card.Status.BLANK:
        cards.bind(
            membership=Membership.objects.get(pk=work.membership_id), number=card.number, now=room.now, by=room.by
        )
    elif ours == Card.Status.ACTIVE and theirs == Card.Status.BLOCKED:
        cards.block(card=card, reason=room.system.code, now=room.now, by=room.by)
    elif ours == Card.Status.BLOCKED and theirs == Card.Status.ACTIVE:
        cards.unblock(card=card, now=room.now, by=room.by)
    else:
        return
    work.touched()


def _answers(cursor: Any, room: Room, works: Sequence[Work]) -> None:
    """Answers with their own moments: the latest wins, whoever asked."""
    said = [(work.member_id, answer) for work in works for answer in work.record.consents if work.member_id]
    fresh = replicas.add_answers(cursor, said, source=room.channel)
    for work in works:
        if work.member_id in fresh:
            work.touched()


def plan_steps(room: Room, works: Sequence[Work]) -> None:
    """Which steps they say are to be given: each once for each saying, remembered in the crosswalk."""
    for work in works:
        record = work.record
        theirs = work.newly_linked or ownership.owner(room.system, "tier") == "theirs"
        if not record.tier or not theirs:
            continue
        told = f"{record.tier} {record.tier_since.isoformat() if record.tier_since else ''}".strip()
        if work.said.get("tier") != told:
            work.said, work.step_due = {**work.said, "tier": told}, True
            work.touched()


def _steps(room: Room, works: Sequence[Work]) -> None:
    given = [
        (work.holder_id, work.record.tier, work.record.tier_since or work.record.joined_at or room.now)
        for work in works
        if work.step_due and work.record.tier and work.holder_id is not None
    ]
    granting.reached_many(program=room.program, given=given, now=room.now, by=room.by, reason=room.system.code)


def _lots(cursor: Any, room: Room, works: Sequence[Work], held: Held, outcome: Outcome) -> None:
    owned = [
        Owned(work.identity_id, work.holder_id, work.record.external_id, lot)
        for work in works
        if work.holder_id is not None
        for lot in work.record.lots
    ]
    try:
        moved = lots.post(cursor, room.ledger, owned, held.lots, outcome)
    except InsufficientPoints as short:
        raise RecordRefused("InsufficientPoints", "lots.amount", f"only {short.available} of it are left") from None
    for work in works:
        if work.identity_id in moved:
            work.touched()
