"""Where a person is reached, how that changed, and who confirmed it."""

from __future__ import annotations

import uuid

from django.db import models

from members.models.memberships import Membership
from members.models.people import Member


class PostalAddress(models.Model):
    """Where somebody lives, in the fields of the country's own form. Earlier ones are in the history."""

    member = models.OneToOneField(Member, models.PROTECT, related_name="postal_address")
    country = models.CharField(max_length=2)
    street = models.CharField(max_length=250, help_text="one to three lines")
    postal_code = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=80, blank=True)
    city_area = models.CharField(max_length=80, blank=True)
    area = models.CharField(max_length=80, blank=True, help_text="state, province, prefecture")
    sorting_code = models.CharField(max_length=20, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "postal_address"

    def __str__(self) -> str:
        return f"{self.postal_code} {self.city}".strip() or self.country


class ContactHistory(models.Model):
    """What stood there before a change, who changed it, through which door. Only grows; `before` may be erased."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="contact_history")
    what = models.CharField(max_length=12, help_text="email, phone, address, name, birth_date, language, store")
    before = models.JSONField(null=True, help_text="the old value; null once it is erased")
    door = models.CharField(max_length=12)
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        db_table = "contact_history"
        indexes = [models.Index(fields=["member", "at"], name="contact_history_of")]

    def __str__(self) -> str:
        return f"{self.what} of {self.member_id}"


class ContactChange(models.Model):
    """A change of e-mail or phone: asked for, confirmed on the new contact, then on the old one, or disputed there.

    `taken` waits like the others and no code is right for it: the address is somebody else's already. `held_until` is
    until when nothing may be spent unless the old contact confirms (`confirmed_at`); a dispute holds until staff
    release it.
    """

    class What(models.TextChoices):
        EMAIL = "email"
        PHONE = "phone"

    class State(models.TextChoices):
        WAITING = "waiting"
        TAKEN = "taken"
        DONE = "done"
        ENDED = "ended"
        REVERTED = "reverted"

    uid = models.UUIDField(unique=True, default=uuid.uuid4)
    member = models.ForeignKey(Member, models.PROTECT, related_name="contact_changes")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    what = models.CharField(max_length=5, choices=What.choices)
    wanted = models.CharField(max_length=254, blank=True)
    old = models.CharField(max_length=254, blank=True)
    state = models.CharField(max_length=8, choices=State.choices)
    tries = models.SmallIntegerField(default=0)
    door = models.CharField(max_length=12)
    reason = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    done_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    disputed_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "contact_change"
        indexes = [models.Index(fields=["member", "asked_at"], name="contact_change_of")]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "what"],
                condition=models.Q(state__in=["waiting", "taken"]),
                name="contact_change_one_waiting",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(done_at__isnull=False), name="contact_change_done"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} of {self.member_id}: {self.state}"
