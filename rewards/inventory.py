"""What this room keeps about people (docs/privacy.md)."""

from values.inventory import HOLDER, MEMBERSHIP, Table, no_people

BOOKS = "10 years, as the books"
IDEM = {"idem": "names a till's request for our machines", "fingerprint": "a digest of a request"}

TABLES = [
    no_people("reward", "what is on offer"),
    no_people("reward_stock", "how many there are"),
    no_people("reward_budget", "what all of them may cost"),
    Table("reward_taken", "how many a member took", BOOKS, whose=MEMBERSHIP, pseudonymous=("taken", "allowed")),
    Table("redemption", "points turned into something", BOOKS, whose=MEMBERSHIP,
          none=("from_stock", "state", "source", "channel", "offer", "quantity", "budget_market", "money"),
          pseudonymous=("idem", "fingerprint", "receipt", "budget_amount", "budget_points", "actor", "resolved_by"),
          exempt=IDEM),
    Table("redemption_cost", "what it cost", BOOKS, whose=HOLDER, pseudonymous=("amount",)),
    Table("redemption_undone", "what was undone", BOOKS, whose=HOLDER, none=("reason",), pseudonymous=("by",)),
    Table("voucher", "money off, in somebody's hands", BOOKS, whose=MEMBERSHIP, none=("money",),
          pseudonymous=("amount", "salt"), exempt={"salt": "what the code follows from; the code is told instead"}),
    Table("voucher_code", "which voucher a code names", BOOKS, whose=HOLDER, pseudonymous=("code_hmac",),
          exempt={"code_hmac": "a keyed digest of a code"}),
]  # fmt: skip
