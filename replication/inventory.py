"""What this room keeps about people (docs/privacy.md)."""

from values.inventory import MEMBERSHIP, Erased, Table, no_people

LIFE = "as long as the system is followed"

TABLES = [
    no_people("replication_system", "where members are known besides here"),
    no_people("replication_run", "what was sent when"),
    no_people("replication_chunk", "how much of it was taken"),
    Table("replication_identity", "who a system's person is here", LIFE, whose=MEMBERSHIP, erased=Erased.EMPTY,
          none=("erased",), pseudonymous=("version", "digest"), personal=("said",),
          exempt={"digest": "a digest of what the system said"}),
    Table("replication_line", "what became of a record", LIFE, none=("line", "outcome", "reason", "field"),
          pseudonymous=("detail",), exempt={"*": "names a record of the other system, which answers for it"}),
    Table("replication_conflict", "fields that both sides changed", LIFE, whose=MEMBERSHIP, erased=Erased.EMPTY,
          none=("line", "kind", "field", "state"), pseudonymous=("version", "resolved_by"),
          personal=("theirs", "record")),
    Table("replication_lot", "points that were opened here", LIFE, whose="replication_identity", by="identity_id",
          none=("revision",), pseudonymous=("key", "amount")),
    Table("replication_fact", "what a system was last told", LIFE, whose="replication_identity", by="identity_id",
          none=("seq",), pseudonymous=("facts",)),
]  # fmt: skip
