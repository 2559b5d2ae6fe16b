"""What happened to a membership, told to its person, in the transaction of the act (members.hooks)."""

from __future__ import annotations

from members.hooks import Happened
from messaging import outbox

KINDS = {
    "joined": "welcome",
    "card_blocked": "card_blocked",
    "card_replaced": "card_replaced",
    "contact_changed": "contact_changed",
    "closed": "closed",
}
UNTOLD = frozenset({"replication"})
"""Channels whose members do not hear of it from us: another system enrolled them, long ago."""


def owe_for(happened: Happened) -> None:
    """Owe the message of what happened, if there is one. `key` among the values makes it one of its own."""
    kind = KINDS.get(happened.what)
    if kind is None or happened.values.get("channel") in UNTOLD:
        return
    key = happened.values.get("key") or happened.now.isoformat()
    outbox.owe(
        membership_id=happened.membership_id,
        kind=kind,
        values={name: value for name, value in happened.values.items() if name != "key"},
        now=happened.now,
        by=happened.by,
        key=f"{happened.what}:{happened.membership_id}:{key}"[:200],
    )
