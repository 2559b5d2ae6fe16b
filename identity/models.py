from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        if not email:
            raise ValueError("a login needs an e-mail address")
        from allauth.account.models import EmailAddress

        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        with transaction.atomic():
            user.save()
            # the row a code marks as proven; without it allauth would ask for a second code
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A login, of a member or of staff. It holds nothing personal besides the address it signs in with."""

    email = models.EmailField(max_length=254, unique=True)
    is_staff = models.BooleanField(default=False, help_text="may open the admin")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "identity_user"
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="identity_user_email_lower"),
        ]

    def __str__(self) -> str:
        return self.email


class StaffProfile(models.Model):
    """What colleagues call a member of staff, and the language of their screens."""

    user = models.OneToOneField(User, models.CASCADE, related_name="staff")
    display_name = models.CharField(max_length=80)
    language = models.CharField(max_length=8, default="en")

    class Meta:
        db_table = "identity_staff_profile"

    def __str__(self) -> str:
        return self.display_name


class Role(models.TextChoices):
    STORE_STAFF = "store_staff", "store staff"
    STORE_MANAGER = "store_manager", "store manager"
    CALL_CENTRE = "call_centre", "call centre"
    MARKETING = "marketing", "marketing"
    FINANCE = "finance", "finance"
    ADMINISTRATOR = "administrator", "administrator"
    AUDITOR = "auditor", "auditor"


class Grant(models.Model):
    """A role of a member of staff within a scope; an empty code means any."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    banner_code = models.CharField(max_length=40, blank=True)
    market_code = models.CharField(max_length=40, blank=True)
    store_code = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "identity_grant"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "banner_code", "market_code", "store_code"], name="identity_grant_once"
            )
        ]

    def clean(self) -> None:
        if self.role in (Role.STORE_STAFF, Role.STORE_MANAGER) and not self.store_code:
            raise ValidationError({"store_code": _("This role is given for a store.")})

    def __str__(self) -> str:
        scope = " / ".join(filter(None, [self.banner_code, self.market_code, self.store_code])) or "everywhere"
        return f"{self.get_role_display()}, {scope}"
