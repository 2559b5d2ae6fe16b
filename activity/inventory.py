"""What this room keeps about people (docs/privacy.md)."""

from values.inventory import ACTIVITY, BEARER, MEMBERSHIP, QUARANTINE, Basis, Erased, Table, no_people

BOOKS = "10 years, as the books it is entered in"

TABLES = [
    Table(
        "activity", "what was bought, returned, visited", BOOKS, whose=ACTIVITY,
        none=("kind", "channel", "currency", "event_type"),
        pseudonymous=(
            "gross", "net", "states", "quantities", "grosses", "discounts", "nets", "taxes", "line_numbers",
            "line_attributes", "tenders", "attributes",
        ),
        exempt={"line_numbers": "how lines were counted in the file"},
    ),
    Table("activity_key", "what makes an activity one", BOOKS, whose=ACTIVITY, pseudonymous=("content_hash",),
          exempt={"*": "digests of what activity holds"}),
    Table(
        "bearer", "who a sender said it was", "as long as the membership", whose=BEARER, erased=Erased.EMPTY,
        personal=("card", "member", "email", "phone", "digest"), tokens=("digest",),
        exempt={"digest": "a digest of the other columns"},
    ),
    Table("attribution", "whose an activity is", BOOKS, whose=MEMBERSHIP, none=("by", "reason")),
    Table("return_link", "what a return took back", BOOKS, whose=ACTIVITY, by="return_activity_id",
          none=("line", "purchase_line"), pseudonymous=("quantity",)),
    Table("return_wait", "what a return still looks for", BOOKS, whose=ACTIVITY, by="return_activity_id",
          none=("line", "reason"), pseudonymous=("quantity",)),
    Table("inbound_file", "files that were read", BOOKS, Basis.NOBODY),
    no_people("inbound_chunk", "how far a file was read"),
    Table(
        "quarantine", "rows that could not be read, as they came", "90 days after their end, a year at most",
        Basis.INTEREST, whose=QUARANTINE, by="id", erased=Erased.EMPTY,
        none=("line", "reason", "field", "state"), pseudonymous=("changed_by",),
        personal=("raw", "content", "corrected", "detail"),
        exempt={"raw": "bytes that could not be read; what could is in content"},
    ),
]  # fmt: skip
