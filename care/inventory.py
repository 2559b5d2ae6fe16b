"""What this room keeps about people (docs/privacy.md)."""

from values.inventory import MEMBER, MEMBERSHIP, Basis, Erased, Table

LIFE = "as long as the membership"

TABLES = [
    Table("care_case", "what a member asked for", LIFE, whose=MEMBERSHIP,
          none=("type", "channel", "state", "outcome"), pseudonymous=("receipt", "opened_by")),
    Table("care_case_event", "the story of a case", LIFE, whose="care_case", by="case_id", erased=Erased.EMPTY,
          none=("channel", "what"), pseudonymous=("by", "data"), personal=("words",)),
    Table("care_case_file", "evidence", "a year after the case", whose="care_case", by="case_id", erased=Erased.EMPTY,
          none=("kind", "size"), pseudonymous=("by", "sha256"), personal=("name",), tokens=("name",), files=("name",)),
    Table("care_receipt_claim", "receipts that a case gave", LIFE, whose=MEMBERSHIP, pseudonymous=("receipt",)),
    Table("care_adjustment", "points by hand", "10 years, as the books", whose=MEMBERSHIP, erased=Erased.EMPTY,
          none=("money", "reason", "state"), pseudonymous=("amount", "value", "key", "asked_by", "decided_by"),
          personal=("words", "answer"), exempt={"key": "names a form for our machines"}),
    Table("care_opinion", "what a member thought of a visit", LIFE, whose=MEMBERSHIP, erased=Erased.EMPTY,
          none=("channel", "state"), pseudonymous=("rating", "given_by", "answered_by"), personal=("words", "answer")),
    Table("care_archive", "copies of their data that people asked for", "3 years; the file a day", Basis.DUTY,
          whose=MEMBERSHIP, erased=Erased.EMPTY, none=("state", "reason", "size"), pseudonymous=("uid", "asked_by"),
          personal=("name", "words"), files=("name",),
          exempt={"uid": "the address of the file", "name": "the file's name here"}),
    Table("care_erasure", "who asked to be forgotten", "always: backups are forgotten by it", Basis.DUTY, whose=MEMBER,
          erased=Erased.EMPTY, none=("state", "reason"), pseudonymous=("asked_by", "withdrawn_by"),
          personal=("words",)),
]  # fmt: skip
