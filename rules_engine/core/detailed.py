"""The small print of a rule in words: its trigger, its days, how it combines, how it rounds."""

from datetime import date

from rules_engine.core.formats import Formats
from rules_engine.core.rules import Combine, Validity

_WORDS = {
    "en": {
        "visit": "for a visit", "event": "for the event {code}",
        "from": "From {first}.", "until": "Until {last}.", "days": "From {first} to {last}.",
        "group": "Only the best of the group {group} counts.", "stop": "Then nothing after it.",
        "down": "Rounded down.", "nearest": "Rounded to the nearest.", "up": "Rounded up.",
    },
    "fr": {
        "visit": "pour une visite", "event": "pour l’événement {code}",
        "from": "À partir du {first}.", "until": "Jusqu’au {last}.", "days": "Du {first} au {last}.",
        "group": "Seul le meilleur du groupe {group} compte.", "stop": "Ensuite, plus rien.",
        "down": "Arrondi vers le bas.", "nearest": "Arrondi au plus près.", "up": "Arrondi vers le haut.",
    },
}  # fmt: skip


def trigger(code: str, formats: Formats) -> str:
    """Empty for a purchase, which is what everybody expects."""
    if code == "purchase":
        return ""
    kind, _, event = code.partition(":")
    return _WORDS[formats.language][kind].format(code=event)


def days(valid: Validity | None, formats: Formats) -> str:
    """The days between which the rule holds, with their years; empty when it always does."""
    words = _WORDS[formats.language]
    if valid is None or (valid.from_ is None and valid.until is None):
        return ""
    first, last = _day(valid.from_, formats), _day(valid.until, formats)
    return words["days" if first and last else "from" if first else "until"].format(first=first, last=last)


def combined(combine: Combine, formats: Formats) -> str:
    words = _WORDS[formats.language]
    group = words["group"].format(group=combine.group) if combine.group is not None else ""
    return " ".join(part for part in (group, words["stop"] if combine.stop else "") if part)


def rounded(rounding: str | None, formats: Formats) -> str:
    return _WORDS[formats.language][rounding] if rounding else ""


def _day(day: date | None, formats: Formats) -> str:
    return "" if day is None else f"{formats.day(day)}\u00a0{day.year}"
