"""What this room keeps about people (docs/privacy.md)."""

from values.inventory import HOLDER, Erased, Table, no_people

LIFE = "as long as the membership"

TABLES = [
    no_people("tier_ladder", "the steps of a program"),
    Table("tier_standing", "where a member stood", LIFE, whose=HOLDER, none=("step", "reason")),
    Table("tier_plan", "where a member will stand", LIFE, whose=HOLDER, none=("step", "before", "reason")),
    Table("tier_assignment", "a step given by hand", LIFE, whose=HOLDER, erased=Erased.EMPTY, none=("kind", "step"),
          pseudonymous=("by",), personal=("reason",)),
    Table("tier_followed", "a bookmark of the sums", LIFE, whose=HOLDER, pseudonymous=("bookmark",),
          exempt={"bookmark": "sums worked out of the ledger"}),
]  # fmt: skip
