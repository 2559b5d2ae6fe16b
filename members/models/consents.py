"""What a person agreed to."""

from __future__ import annotations

from django.db import models

from members.models.people import Member


class Consent(models.Model):
    """One answer to one question, with its wording and moment. Only grows; the latest wins."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=40)
    channel = models.CharField(max_length=20, blank=True)
    granted = models.BooleanField()
    source = models.CharField(max_length=40)
    wording = models.CharField(max_length=80, help_text="version of the text that was shown")
    at = models.DateTimeField()

    class Meta:
        db_table = "consent"
        indexes = [models.Index(fields=["member", "purpose", "channel", "at"], name="consent_latest")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.channel}: {'yes' if self.granted else 'no'}"
