"""Deploy checks: what must hold in production and is harmless to miss on a laptop."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def staff_have_two_factors(**_: Any) -> list[Error]:
    """Whoever moves points of others is not let in by a mailbox alone."""
    if settings.STAFF_SECOND_FACTOR:
        return []
    hint = "set STAFF_SECOND_FACTOR=1: whoever has none is led to the page that adds one (docs/access.md)"
    return [Error("staff sign in with one factor", hint=hint, id="fidelio.E002")]


@register(Tags.security, deploy=True)
def two_database_roles(**_: Any) -> list[Error]:
    """The app's role must not be the owner: privileges are one of the three locks on history."""
    if settings.ENVIRONMENT.has_two_roles:
        return []
    return [
        Error(
            "the app runs as the owner of the tables",
            hint="make a second role, put it in DATABASE_URL and the owner in DATABASE_OWNER_URL (docs/operations.md)",
            id="fidelio.E001",
        )
    ]
