"""One record on its way: what is known of its person, what they are to become, and what it counts as."""

from __future__ import annotations

from dataclasses import dataclass, field

from replication import ownership
from replication.arriving import Arrival
from replication.crosswalk import Known, Taken
from replication.models import System
from replication.people import Change
from replication.records import Card, Record


@dataclass
class Work:
    """`known` is None for somebody new, who has an `arrival`; others have a `change`, but the merged.

    `step_due`: the tier they say is to be given, because they had not said it before.
    """

    record: Record
    system: System
    known: Known | None = None
    arrival: Arrival | None = None
    change: Change | None = None
    outcome: str = "unchanged"
    membership_id: int | None = None
    member_id: int | None = None
    holder_id: int | None = None
    identity_id: int = 0
    step_due: bool = False
    said: dict[str, str] = field(default_factory=dict)

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards that are to be here: those of somebody known only where they master them."""
        if self.known is not None and ownership.owner(self.system, "cards") != "theirs":
            return ()
        return self.record.cards

    @property
    def proven_email(self) -> str:
        """The address this record would prove, where it did not stand proven before."""
        if self.arrival is not None:
            one = self.arrival.accepted
            return one.email if one.email_verified_at else ""
        person = self.change.person if self.change else None
        return person.email if person and person.email_verified_at else ""

    @property
    def newly_linked(self) -> bool:
        return self.known is None or self.known.version < 0

    def taken(self) -> Taken:
        record = self.record
        digest = bytes.fromhex(record.digest)
        linked = self.known.linked_id if self.known and self.known.linked_id else self.membership_id
        return Taken(record.external_id, linked, record.version, digest, self.said)

    def touched(self, outcome: str = "changed") -> None:
        """Something of it was written; what it counts as already stays where that says more."""
        if self.outcome == "unchanged":
            self.outcome = outcome
