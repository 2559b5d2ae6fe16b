"""Why a record, a file or a pushed body is not taken. `reason` is the word of the report, `field` where to look."""

from __future__ import annotations


class Unreadable(Exception):
    """The file or body cannot be read at all; the message says why, for who sent it."""


class RecordRefused(Exception):
    """One record is not taken; the others are."""

    def __init__(self, reason: str, field: str = "", detail: str = "") -> None:
        super().__init__(f"{field}: {detail}" if field else detail)
        self.reason, self.field, self.detail = reason, field[:80], detail[:300]


class InvalidField(RecordRefused):
    """What stands in a field cannot be what the field is."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__("InvalidField", field, detail)


class NoSuchSystem(LookupError):
    """There is no system of that code."""
