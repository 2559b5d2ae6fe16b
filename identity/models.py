from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
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
    session_round = models.PositiveIntegerField(default=0, help_text="one more, and every session of this login ends")

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

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """What a session must know to go on: the password as kept, and the round. Asked for at each request."""
        known = f"{self.password}:{self.session_round}"
        return salted_hmac("identity.User.session", known, secret=secret, algorithm="sha256").hexdigest()


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


class Device(models.Model):
    """A browser in which a login has signed in before, known by the digest of a cookie of its own."""

    user = models.ForeignKey(User, models.CASCADE, related_name="devices")
    digest = models.CharField(max_length=64)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        db_table = "identity_device"
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="identity_device_once")]

    def __str__(self) -> str:
        return f"device {self.pk} of {self.user_id}"


class Till(models.Model):
    """A browser that a store has made its own, in which its people switch by badge. It holds no right itself."""

    name = models.CharField(max_length=40)
    store_code = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, unique=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=80)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "identity_till"

    def __str__(self) -> str:
        return f"{self.name}, {self.store_code}"


class Badge(models.Model):
    """The number on a person's badge, and her PIN as a digest. Good at a till of a store where she holds a role."""

    user = models.OneToOneField(User, models.CASCADE, related_name="badge")
    number = models.CharField(max_length=16, unique=True)
    pin = models.CharField(max_length=128)
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=80)

    class Meta:
        db_table = "identity_badge"

    def __str__(self) -> str:
        return f"badge of {self.user_id}"
