"""What this room keeps about people (docs/privacy.md): nothing."""

from values.inventory import no_people

TABLES = [
    no_people(name, "what is on offer")
    for name in (
        "population", "program", "program_host", "banner", "program_banner", "market", "store", "currency", "source",
        "source_program", "product", "product_state", "theme_logo", "terms_text",
    )
]  # fmt: skip
