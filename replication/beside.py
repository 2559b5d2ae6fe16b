"""What is known of people beside their own row: where they live, and when somebody changed what here. It is asked only
where a record says something of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from members import replicas
from replication.crosswalk import Known
from replication.models import System
from replication.records import Record


def looked_up(cursor: Any, system: System, known: dict[str, Known], records: Sequence[Record]) -> dict[str, Known]:
    """The same people, with address and moments of change where these records need them."""
    living = {one.external_id for one in records if one.address is not None}
    ids = [one.member_id for one in known.values() if one.external_id in living and one.member_id is not None]
    addresses = replicas.addresses_of(cursor, ids)
    moments: dict[int, dict[str, Any]] = {}
    if system.conflicts == System.Rule.NEWEST:
        moments = replicas.changed_here(cursor, [one.member_id for one in known.values() if one.member_id is not None])
    if not addresses and not moments:
        return known
    return {
        external_id: replace(
            one, address=addresses.get(one.member_id or 0), ours_changed=moments.get(one.member_id or 0, {})
        )
        for external_id, one in known.items()
    }  # fmt: skip
