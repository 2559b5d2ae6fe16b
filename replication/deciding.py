"""What a record is, beside what is known of its person: by version alone. Pure."""

from __future__ import annotations

from typing import Literal

from replication.crosswalk import Known
from replication.records import Record
from replication.refusals import RecordRefused

Kind = Literal["new", "tombstone", "change", "delete", "reopen", "unchanged", "late", "repeated"]


def decide(record: Record, known: Known | None, *, full: bool = False) -> Kind:
    """Records of one person count in the order of their versions, in whatever order they come.

    An older one is late, the same once more is repeated: both are harmless. Raises RecordRefused for the same version
    with other content, and for a person who was erased. In a `full` file, somebody who was missing from another full
    file is back, of whatever version.
    """
    if known is None:
        return "tombstone" if record.deleted else "new"
    if record.version < known.version:
        return "late"
    if record.version == known.version:
        if bytes.fromhex(record.digest) == known.digest:
            back = full and known.deleted_at and not record.deleted and not known.erased and known.membership_id
            return "reopen" if back else "repeated"
        raise RecordRefused("DifferentContent", "version", "this version came before with other content")
    if record.deleted:
        return "unchanged" if known.deleted_at else "delete"
    if known.erased:
        raise RecordRefused("Erased", "external_id", "this person was erased; a new person has another id")
    if known.membership_id is None:
        return "new"
    return "reopen" if known.deleted_at else "change"
