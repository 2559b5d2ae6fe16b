"""What this room keeps about people (docs/privacy.md)."""

from values.inventory import MEMBERSHIP, Erased, Table

TABLES = [
    Table(
        "outgoing_message",
        "what we owe somebody to say, and what became of it",
        "as long as the membership; an address without one until the message has ended",
        whose=MEMBERSHIP,
        addressed="address",
        erased=Erased.EMPTY,
        none=("kind", "state", "attempts", "error", "language"),
        pseudonymous=("uid", "key", "owed_by", "token", "due_at", "lease_until"),
        personal=("facts", "address"),
        exempt={"token": "names the worker that held it", "lease_until": "says until when a worker held it"},
    ),
]
