"""What this room keeps about people (docs/privacy.md): nothing but who wrote a rule."""

from values.inventory import no_people

TABLES = [
    no_people(name, "how points are given")
    for name in (
        "rule",
        "rulebook",
        "rule_stop",
        "rule_resume",
        "rulebook_draft",
        "rulebook_draft_rule",
        "rulebook_draft_rehearsal",
    )
]
