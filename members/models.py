from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Upper


class Member(models.Model):
    """A person in one population."""

    public_id = models.CharField(max_length=16, unique=True)
    population = models.ForeignKey("programs.Population", models.PROTECT, related_name="members")
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    phone = models.CharField(max_length=20, blank=True, help_text="E.164")
    birth_date = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField()
    # lower case, without accents and punctuation; the function is made by migration 0002 and used by searches too
    name_key = models.GeneratedField(
        expression=models.Func(
            "first_name", "last_name", function="member_name_key", output_field=models.TextField()
        ),
        output_field=models.TextField(),
        db_persist=True,
    )  # fmt: skip

    class Meta:
        db_table = "member"
        indexes = [
            models.Index(fields=["population", "email"], name="member_email"),
            models.Index(fields=["population", "phone"], name="member_phone"),
            models.Index(fields=["population", "birth_date"], name="member_birth_date"),
            GinIndex(fields=["name_key"], opclasses=["gin_trgm_ops"], name="member_name_key"),
        ]
        constraints = [
            # a mailbox proves one person of a population, so that a receipt's e-mail can name nobody else
            models.UniqueConstraint(
                fields=["population", "email"],
                condition=models.Q(email_verified_at__isnull=False) & ~models.Q(email=""),
                name="member_verified_email_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.public_id


class NameWord(models.Model):
    """A word that some member's name has, so that misspelt names are looked for among words and not among people.

    Kept by a trigger on member (migration 0003). A word may stand here twice when two doors wrote it at once.
    """

    population = models.ForeignKey("programs.Population", models.CASCADE, related_name="+", db_index=False)
    word = models.TextField()

    class Meta:
        db_table = "member_name_word"
        indexes = [
            models.Index(fields=["population", "word"], name="member_name_word_once"),
            GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="member_name_word_alike"),
        ]

    def __str__(self) -> str:
        return self.word


class Membership(models.Model):
    """A person in one program."""

    class Status(models.TextChoices):
        PENDING = "pending"
        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSED = "closed"

    class Channel(models.TextChoices):
        WEB = "web"
        STORE = "store"
        PHONE = "phone"
        POST = "post"
        PARTNER = "partner"
        REPLICATION = "replication"

    public_id = models.CharField(max_length=16, unique=True)
    member = models.ForeignKey(Member, models.PROTECT, related_name="memberships")
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="memberships")
    number = models.CharField(max_length=32)
    status = models.CharField(max_length=10, choices=Status.choices)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    home_store = models.ForeignKey("programs.Store", models.PROTECT, null=True, blank=True, related_name="+")
    home_banner = models.ForeignKey("programs.Banner", models.PROTECT, null=True, blank=True, related_name="+")
    market_code = models.CharField(max_length=10)
    joined_at = models.DateTimeField()

    class Meta:
        db_table = "membership"
        constraints = [
            models.UniqueConstraint(fields=["member", "program"], name="membership_once"),
            models.UniqueConstraint(Upper("number"), "program", name="membership_number_once"),
        ]

    def __str__(self) -> str:
        return self.number


class MembershipHolder(models.Model):
    """Whose pots a membership earns into, dated: its own, or its household's."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="holders")
    holder_id = models.BigIntegerField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "membership_holder"
        indexes = [models.Index(fields=["holder_id"], name="membership_holder_holder")]
        constraints = [
            models.UniqueConstraint(
                fields=["membership"], condition=models.Q(until_at=None), name="membership_holder_one_now"
            )
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} in {self.holder_id}"


class Card(models.Model):
    """A number that names a membership at a till. It never authorises a spend."""

    class Kind(models.TextChoices):
        VIRTUAL = "virtual"
        PHYSICAL = "physical"
        PASS = "pass"

    class Status(models.TextChoices):
        BLANK = "blank"
        ACTIVE = "active"
        BLOCKED = "blocked"
        REPLACED = "replaced"

    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="cards")
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="cards")
    number = models.CharField(max_length=32)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices)
    issued_at = models.DateTimeField()
    blocked_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "card"
        constraints = [
            models.UniqueConstraint(Upper("number"), "program", name="card_number_once"),
            models.CheckConstraint(
                condition=models.Q(status="blank") | models.Q(membership__isnull=False), name="card_is_bound"
            ),
        ]

    def __str__(self) -> str:
        return self.number


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


class Login(models.Model):
    """The link of a login to its member in one population: the person's own, followed by that person's session only."""

    member = models.OneToOneField(Member, models.CASCADE, related_name="login")
    user = models.ForeignKey("identity.User", models.CASCADE, related_name="+")
    population = models.ForeignKey("programs.Population", models.PROTECT, related_name="+")

    class Meta:
        db_table = "member_login"
        constraints = [models.UniqueConstraint(fields=["user", "population"], name="member_login_once")]

    def __str__(self) -> str:
        return f"{self.user_id} is {self.member_id}"
