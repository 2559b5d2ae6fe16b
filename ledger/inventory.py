"""What this room keeps about people (docs/privacy.md): sums of holders, who are no people here."""

from values.inventory import HOLDER, Basis, Erased, Table

BOOKS = "10 years, as the books"
IDEM = {"idem": "names the cause of a row for our machines", "fingerprint": "a digest of a request"}

TABLES = [
    Table("ledger_holder", "whose pots", BOOKS, Basis.DUTY, whose=HOLDER, none=("kind",)),
    Table("holder_successor", "who stands for whom", BOOKS, Basis.DUTY, whose=HOLDER, pseudonymous=("since",)),
    Table("ledger_wallet", "a pot", BOOKS, Basis.DUTY, whose=HOLDER, erased=Erased.KEEP,
          pseudonymous=("total", "held", "debt", "version", "frozen_reason"),
          exempt={"frozen_reason": "why staff look into a pot"}),
    Table("ledger_lot", "points that die together", BOOKS, Basis.DUTY, whose=HOLDER,
          pseudonymous=("initial", "remaining", "held")),
    Table("ledger_posting", "one act", BOOKS, Basis.DUTY, whose=HOLDER, none=("kind", "source_type", "channel"),
          pseudonymous=("idem", "fingerprint", "actor", "reverses"), exempt=IDEM),
    Table("ledger_entry", "one movement", BOOKS, Basis.DUTY, whose=HOLDER, none=("kind", "contra", "cost_centre"),
          pseudonymous=("amount",)),
    Table("ledger_debt_entry", "what is owed", BOOKS, Basis.DUTY, whose=HOLDER, none=("reason",),
          pseudonymous=("amount",)),
    Table("ledger_hold", "what is set aside", BOOKS, Basis.DUTY, whose=HOLDER, none=("state",),
          pseudonymous=("amount", "idem", "fingerprint", "actor"), exempt=IDEM),
    Table("ledger_hold_lot", "where it is set aside", BOOKS, Basis.DUTY, whose=HOLDER, pseudonymous=("amount",)),
]  # fmt: skip
