from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    """Who did what to which thing, and when. Only grows."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=80, help_text="user:12, system, or command:ingest")
    action = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=80)
    data = models.JSONField(default=dict)

    class Meta:
        db_table = "audit_event"
        verbose_name = _("audit event")
        verbose_name_plural = _("audit trail")
        indexes = [
            models.Index(fields=["object_type", "object_id", "at"], name="audit_event_object"),
            models.Index(fields=["at"], name="audit_event_at"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.object_type} {self.object_id}"


class AccessEvent(models.Model):
    """Somebody of staff opened the page of a member: who, whom, why, when. Only grows.

    `membership_id` is a plain number, because this floor knows no members; it names no person once one is erased.
    """

    at = models.DateTimeField()
    actor = models.CharField(max_length=80, help_text="user:12")
    membership_id = models.BigIntegerField()
    page = models.CharField(max_length=40, help_text="the page's name, as addresses have it")
    purpose = models.CharField(max_length=40, help_text="desk, call, till")

    class Meta:
        db_table = "audit_access"
        verbose_name = _("access to a member")
        verbose_name_plural = _("accesses to members")
        indexes = [
            models.Index(fields=["membership_id", "at"], name="audit_access_membership"),
            models.Index(fields=["actor", "at"], name="audit_access_actor"),
            models.Index(fields=["at"], name="audit_access_at"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} opened {self.membership_id}: {self.purpose}, {self.page}"
