"""Which version of a program's terms a member accepted, and what she says she likes."""

from __future__ import annotations

from django.db import models

from members.models.memberships import Membership


class TermsAccepted(models.Model):
    """One acceptance of the terms, with its proof. Only grows; the latest counts."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="terms")
    version = models.CharField(max_length=40)
    source = models.CharField(max_length=40, help_text="web, store, phone, paper")
    by = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        db_table = "terms_accepted"
        indexes = [models.Index(fields=["membership", "at"], name="terms_accepted_latest")]

    def __str__(self) -> str:
        return f"{self.version} by {self.membership_id}"


class Taste(models.Model):
    """Something of the program's list that a member says she likes."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="tastes")
    code = models.CharField(max_length=40)
    since = models.DateTimeField()

    class Meta:
        db_table = "member_taste"
        constraints = [models.UniqueConstraint(fields=["membership", "code"], name="member_taste_once")]

    def __str__(self) -> str:
        return self.code
