"""What this room keeps about people (docs/privacy.md)."""

from values.inventory import MEMBER, MEMBERSHIP, Basis, Erased, Table, no_people

LIFE = "as long as the membership"

TABLES = [
    Table(
        "member", "who a person is", LIFE, whose=MEMBER, by="id", erased=Erased.EMPTY,
        pseudonymous=("language",),
        personal=("first_name", "last_name", "email", "phone", "birth_date", "name_key"),
        exempt={"name_key": "the name once more, spelt for the search"},
    ),
    Table(
        "member_name_word", "words of names, so that misspelt ones are found", LIFE, basis=Basis.INTEREST,
        personal=("word",), exempt={"*": "a list of words that says whose none of them is"},
    ),
    Table("member_login", "which login is whose", LIFE, whose=MEMBER, erased=Erased.DELETE),
    Table(
        "membership", "a person in a program", LIFE, whose=MEMBER, erased=Erased.EMPTY,
        none=("status", "channel", "market_code"), personal=("number",), tokens=("number",),
    ),
    Table("membership_holder", "whose pots a membership earns into", "as long as the ledger", whose=MEMBERSHIP),
    Table(
        "membership_closing", "leaving, and what became of the points", "as long as the ledger", whose=MEMBERSHIP,
        erased=Erased.EMPTY, none=("state", "status_before", "pot", "reason"),
        pseudonymous=("asked_by", "reopened_by", "outcome"), personal=("words",),
    ),
    Table(
        "membership_suspension", "why somebody could not spend", LIFE, basis=Basis.INTEREST, whose=MEMBERSHIP,
        erased=Erased.EMPTY, none=("reason",), pseudonymous=("by", "lifted_by"), personal=("words", "lifted_words"),
    ),
    Table(
        "membership_merge", "two memberships that were one person's", LIFE, whose=MEMBERSHIP, by="kept_id",
        erased=Erased.EMPTY, none=("gone_status",),
        pseudonymous=("holders", "cards", "moved", "undone", "by", "undone_by", "person"), personal=("reason",),
    ),
    Table(
        "household", "who pools points", LIFE, whose=MEMBERSHIP, by="head_id",
    ),
    Table(
        "household_invitation", "who was asked into a household", "30 days after its end", whose=MEMBERSHIP,
        by="invited_id", addressed="sent_to", erased=Erased.EMPTY, none=("state",), pseudonymous=("by",),
        personal=("sent_to",),
    ),
    Table(
        "card", "numbers that name a membership at a till", LIFE, whose=MEMBERSHIP, erased=Erased.EMPTY,
        none=("kind", "status"), pseudonymous=("claim_digest",), personal=("number", "reason"), tokens=("number",),
        exempt={"claim_digest": "a keyed digest of the code under a scratch field"},
    ),
    no_people("card_batch", "cards that were printed together"),
    Table(
        "wallet_pass", "what a phone's wallet was told of a card", LIFE, whose="card",
        pseudonymous=("told", "in_google", "tries"),
    ),
    Table(
        # outlives its person by wallets.FAREWELL: a phone that is not told would show her name for ever
        "wallet_device", "phones that are told of a card's balance",
        "until the phone says no more; 3 days after erasing, so that the phone's pass is voided", whose="card",
        personal=("device", "push_token", "since"),
        exempt={"push_token": "an address that only this program can write to, with its certificate"},
    ),
    Table(
        "card_proof", "codes that were shown or tried", "13 months", basis=Basis.INTEREST, whose=MEMBERSHIP,
        none=("what", "good", "step"), pseudonymous=("key", "by"),
    ),
    Table(
        "consent", "what a person agreed to, as proof", "as long as the number of its member, as proof",
        basis=Basis.DUTY, whose=MEMBER,
        none=("purpose", "channel", "granted", "source", "wording"),
    ),
    Table("terms_accepted", "which terms were accepted", LIFE, whose=MEMBERSHIP, none=("version", "source"),
          pseudonymous=("by",)),
    Table("member_taste", "what a person likes", LIFE, basis=Basis.CONSENT, whose=MEMBERSHIP, erased=Erased.DELETE,
          none=("since",), personal=("code",)),
    Table(
        "postal_address", "where letters go", LIFE, whose=MEMBER, erased=Erased.DELETE, none=("country",),
        personal=("street", "postal_code", "city", "city_area", "area", "sorting_code"),
    ),
    Table(
        "contact_change", "changes of a contact, confirmed on the old and the new one", "13 months",
        basis=Basis.INTEREST, whose=MEMBER, erased=Erased.EMPTY, none=("what", "state", "tries", "door"),
        pseudonymous=("uid", "asked_by", "released_by", "held_until"), personal=("wanted", "old", "reason"),
    ),
    Table(
        "contact_history", "what a contact was before", LIFE, basis=Basis.INTEREST, whose=MEMBER, erased=Erased.EMPTY,
        none=("what", "door"), pseudonymous=("by",), personal=("before", "reason"),
    ),
]  # fmt: skip
