from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("House")

    def ready(self) -> None:
        from adminsite import changes

        changes.tell_with(_record)


def _record(user: Any, did: str, row: Any, fields: list[str]) -> None:
    """What somebody changed in the admin, into the trail."""
    from audit import clock, trail

    trail.record(
        action=f"admin.{did}",
        actor=f"user:{user.pk}",
        obj=(row._meta.label_lower, row.pk),
        at=clock.now(),
        data={"fields": fields} if fields else {},
    )
