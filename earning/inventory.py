"""What this room keeps about people (docs/privacy.md)."""

from values.inventory import HOLDER, Basis, Table, no_people

BOOKS = "10 years, as the books"

TABLES = [
    Table("award", "what a rule gave for an activity, and the facts it read", BOOKS, whose=HOLDER,
          none=("revision",), pseudonymous=("wanted", "target", "posted", "taken_back", "facts")),
    Table("forgiven", "what was left to a member", BOOKS, whose=HOLDER, pseudonymous=("amount",)),
    Table("delivery", "an event that ended a waiting", BOOKS, whose=HOLDER, none=("event_type",), pseudonymous=("by",)),
    Table("mark", "what is to be scored", "until it is scored", whose=HOLDER, none=("bucket", "reason"),
          exempt={"*": "gone within seconds"}),
    Table("claim", "who scores what", "until it is scored", Basis.NOBODY),
    Table("rule_usage", "shares of limits that are used", BOOKS, pseudonymous=("key", "whose"),
          none=("period_kind", "period_start", "points", "times"),
          exempt={"*": "sums over members, worked out of awards"}),
    Table("rescore_holder", "whose scoring is repeated", BOOKS, whose=HOLDER, none=("activities",)),
    no_people("rescore", "a repetition of scoring"),
    no_people("job_run", "which job ran when"),
]  # fmt: skip
