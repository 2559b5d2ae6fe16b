"""Why something is not done to a case, a receipt or a pot. Each says in words what a person at a desk can do."""

from __future__ import annotations

from django.utils.translation import gettext as _


class Refused(Exception):
    """`told` is the sentence for whoever asked; `field` the part of the form it belongs to."""

    field = ""

    def __init__(self, told: str) -> None:
        super().__init__(told)
        self.told = told


class NotEvidence(Refused):
    """A file is neither a picture nor a PDF we keep; nothing was written."""

    field = "files"


class NoWords(Refused):
    """Nothing was said where something must be."""

    field = "words"

    def __init__(self) -> None:
        super().__init__(_("Write a sentence."))


class NotInThisState(Refused):
    """The case is not where this can be done; somebody may have been faster."""


class ReceiptUnknown(Refused):
    """No such receipt came, and nothing shows that it was."""

    field = "receipt"


class TooLate(Refused):
    """The receipt is older than the program's window."""

    field = "receipt"


class AlreadyCredited(Refused):
    """The receipt has given its points: to this member, or by another case."""

    field = "receipt"


class AnothersReceipt(Refused):
    """The receipt is another member's, or names another's card."""

    field = "receipt"


class InQuarantine(Refused):
    """The receipt came and could not be read; it is mended there, not landed a second time."""

    field = "receipt"


class UnknownReason(Refused):
    """No such reason in the program's list."""

    field = "reason"


class FourEyes(Refused):
    """Whoever asked does not decide."""


class OutOfTime(Refused):
    """What waited for a decision, or for a change, waited too long."""


class NotRefundable(Refused):
    """The redemption is not this member's, was not confirmed, was used, or has come back already."""

    field = "redemption"


class TooMany(Refused):
    """The member asked for more today than anybody reads."""
