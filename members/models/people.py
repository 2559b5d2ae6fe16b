"""A person in one population, the words of names, and the link to a login."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models


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
            # by whole words; a short list of what is not sorted in yet, because every search reads it through
            GinIndex(
                models.Func(
                    models.F("name_key"), models.Value(" "), function="string_to_array",
                    output_field=models.TextField(),
                ),
                name="member_name_words", gin_pending_list_limit=512,
            ),
        ]  # fmt: skip
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
            models.Index(
                fields=["population", "word"], opclasses=["int8_ops", "text_pattern_ops"],
                name="member_name_word_begins",
            ),
            GinIndex(
                models.Func(models.F("word"), function="name_word_keys", output_field=models.TextField()),
                name="member_name_word_near", fastupdate=False,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.word


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
