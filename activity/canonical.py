"""The canonical columns of an activity file (docs/activity-files.md)."""

from __future__ import annotations

# What a receipt has once. Rows of a receipt may leave them empty after the first; they may not say otherwise.
OWN = ("kind", "original_receipt_id", "store", "channel", "card", "member", "email", "phone", "currency", "event_type")
RECEIPT = ("receipt_id", *OWN, "occurred_at", "tender", "tender_amount")
PRODUCT = ("sku", "product_name", "category", "brand")
AMOUNTS = ("quantity", "unit_price", "gross", "discount", "net", "tax")
LINE = ("line", *PRODUCT, *AMOUNTS)
FIELDS = RECEIPT + LINE
OPEN = ("attr.", "line.")  # attr.NAME: of the receipt; line.NAME: of the line

BEARER = ("card", "member", "email", "phone")
CHANNELS = ("store", "web", "app", "phone", "partner")
KINDS = {"purchase": 1, "return": 2, "visit": 3, "event": 4}
LONGEST = {
    "receipt_id": 200,
    "original_receipt_id": 200,
    "sku": 80,
    "product_name": 200,
    "category": 300,
    "brand": 120,
    "card": 80,
    "member": 80,
    "email": 254,
    "phone": 40,
    "event_type": 80,
    "tender": 40,
}


def is_field(name: str) -> bool:
    """Whether `name` is a canonical column, a declared attribute included."""
    return name in FIELDS or (name.startswith(OPEN) and len(name) > 5)
