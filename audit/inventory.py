"""What this room keeps about people (docs/privacy.md)."""

from values.inventory import MEMBERSHIP, Basis, Table

TABLES = [
    Table("audit_event", "who did what", "10 years", Basis.DUTY, none=("action", "object_type"),
          pseudonymous=("actor", "data"), exempt={"*": "what happened to a member is in the archive as its story"}),
    Table("audit_access", "who opened which member, and why", "3 years", Basis.DUTY, whose=MEMBERSHIP,
          none=("page", "purpose"), pseudonymous=("actor",)),
]  # fmt: skip
