"""The keys that codes follow from: VOUCHER_KEY (SECRET_KEY where it is not set), then the earlier ones."""

from __future__ import annotations

from django.conf import settings
from django.utils.encoding import force_bytes


def known() -> list[bytes]:
    """The present key first; what was given out under an earlier one stays good while it is listed."""
    keys = (
        settings.VOUCHER_KEY or settings.SECRET_KEY,
        *settings.VOUCHER_KEY_FALLBACKS,
        settings.SECRET_KEY,
        *settings.SECRET_KEY_FALLBACKS,
    )
    return [force_bytes(key) for key in dict.fromkeys(keys)]
