"""People their system deleted: the membership is closed, or the person erased, and no older record brings them back."""

from __future__ import annotations

from dataclasses import replace

from members import closing
from members.refusals import Refused
from replication import hooks
from replication.crosswalk import Known, Taken
from replication.models import System
from replication.records import Record
from replication.refusals import RecordRefused
from replication.rooms import Room

REASON = "deleted_there"


def leave(room: Room, record: Record, known: Known | None, *, now_gone: bool) -> Taken:
    """What is to be remembered of a record that says "deleted". Raises RecordRefused where a closing is refused."""
    erased = bool(known and known.erased)
    if now_gone and known is not None:
        erased = close(room, known)
    return Taken(
        record.external_id,
        known.linked_id if known else None,
        record.version,
        bytes.fromhex(record.digest),
        {},
        deleted_at=(known.deleted_at if known else None) or room.now,
        erased=erased,
    )


def close(room: Room, known: Known) -> bool:
    """Close the membership, and erase the person where the system's setting says so; whether they were erased.

    Of merged members the one that was kept stays: its own record speaks for it.
    """
    if known.membership_id is None or known.merged:
        return False
    try:
        if room.system.deletions == System.Deletion.ERASE:
            assert known.member_id is not None
            hooks.erase(member_id=known.member_id, reason=REASON, now=room.now, by=room.by)
            return True
        if known.status != "closed":
            closing.close(
                membership_id=known.membership_id, reason=REASON, now=room.now, by=room.by, channel="replication"
            )  # it is their system's to tell them: ours saying "you have left" would be news to whoever did not
    except Refused as refused:
        raise RecordRefused(type(refused).__name__, "deleted", str(refused)) from None
    return False


def come_back(room: Room, known: Known) -> Known:
    """They speak of somebody again whom they had deleted: the membership opens as it was."""
    if known.status != "closed" or known.membership_id is None or known.merged:
        return replace(known, deleted_at=None)
    try:
        row = closing.reopen(membership_id=known.membership_id, now=room.now, by=room.by)
    except Refused as refused:
        raise RecordRefused(type(refused).__name__, "deleted", str(refused)) from None
    return replace(known, status=row.status, deleted_at=None)
