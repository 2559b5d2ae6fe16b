"""Systems where members are known besides here."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class System(models.Model):
    """A CRM whose members are members of one program of ours, or a partner who sends newcomers.

    `owners`: field of `members.mastering.FIELDS` -> theirs, ours or shared; what is not named is as `mastering` says.
    """

    class Channel(models.TextChoices):
        REPLICATION = "replication", _("a CRM we follow")
        PARTNER = "partner", _("a partner who sends newcomers")

    class Versions(models.TextChoices):
        NUMBER = "number", _("whole numbers that rise")
        MOMENT = "moment", _("moments of change")

    class Rule(models.TextChoices):
        THEIRS = "theirs", _("theirs counts")
        OURS = "ours", _("ours counts")
        NEWEST = "newest", _("the newest counts")
        QUEUE = "queue", _("staff decide")

    class Deletion(models.TextChoices):
        CLOSE = "close", _("close the membership")
        ERASE = "erase", _("close it and erase the person")

    class Missing(models.TextChoices):
        REPORT = "report", _("only say so")
        DELETE = "delete", _("take it for deleted")

    id = models.AutoField(primary_key=True)
    code = models.SlugField(_("code"), unique=True, max_length=40)
    names = models.JSONField(_("name"), default=dict, blank=True)
    program = models.ForeignKey("programs.Program", models.PROTECT, related_name="+", verbose_name=_("program"))
    channel = models.CharField(_("kind"), max_length=12, choices=Channel.choices, default=Channel.REPLICATION)
    owners = models.JSONField(_("who masters what"), default=dict, blank=True)
    versions = models.CharField(_("versions"), max_length=8, choices=Versions.choices, default=Versions.NUMBER)
    conflicts = models.CharField(
        _("when both sides changed"), max_length=8, choices=Rule.choices, default=Rule.QUEUE
    )  # fmt: skip
    deletions = models.CharField(
        _("when they delete somebody"), max_length=8, choices=Deletion.choices, default=Deletion.CLOSE
    )  # fmt: skip
    missing = models.CharField(
        _("who is missing from a full file"), max_length=8, choices=Missing.choices, default=Missing.REPORT
    )  # fmt: skip
    missing_most_percent = models.PositiveSmallIntegerField(
        _("at most, in percent"), default=5, help_text=_("a full file that misses more deletes nobody")
    )
    mapping = models.JSONField(_("mapping"), null=True, blank=True)
    key_digest = models.BinaryField(null=True, unique=True)
    key_made_at = models.DateTimeField(null=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        db_table = "replication_system"
        verbose_name = _("system")
        verbose_name_plural = _("systems")

    def __str__(self) -> str:
        return self.code
