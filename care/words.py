"""What cases, opinions and adjustments are called on every screen, in the language being spoken."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

TYPES = {
    "missing_points": _("Missing points"),
    "wrong_points": _("Wrong points"),
    "lost_card": _("Lost card"),
    "reward_not_received": _("Reward not received"),
    "address": _("Contact or address"),
    "leaving": _("Leaving the program"),
    "opinion": pgettext_lazy("case", "Opinion"),
    "other": _("Something else"),
}
STATES = {
    "open": pgettext_lazy("case", "open"),
    "waiting": _("waits for the member"),
    "solved": _("solved"),
    "refused": pgettext_lazy("case", "refused"),
    "reopened": _("open again"),
}
MARKS = {"open": "", "waiting": "is-warn", "solved": "is-good", "refused": "is-bad", "reopened": "is-warn"}
CHANNELS = {
    "web": _("web"),
    "store": _("store"),
    "phone": _("phone"),
    "post": _("post"),
    "email": _("e-mail"),
    "desk": _("desk"),
    "link": _("link"),
}
STEPS = {
    "opened": _("Opened"),
    "note": _("Note between colleagues"),
    "message": _("Message to the member"),
    "asked": _("Question to the member"),
    "reply": _("Answer of the member"),
    "taken": _("Handed over"),
    "file": _("Evidence added"),
    "requested": _("Waits for another person’s word"),
    "solved": _("Solved"),
    "refused": pgettext_lazy("step", "Refused"),
    "reopened": _("Opened again"),
}
OUTCOMES = {
    "receipt": _("The receipt was credited"),
    "land": _("The receipt was entered from its evidence and credited"),
    "adjust": _("Points were adjusted"),
    "card": _("The card was replaced"),
    "refund": _("The points of a reward came back"),
    "answer": _("An answer was given"),
}
ADJUSTED = {
    "waiting": _("waits for approval"),
    "posted": _("posted"),
    "refused": pgettext_lazy("adjustment", "refused"),
    "expired": pgettext_lazy("adjustment", "expired"),
}
OPINIONS = {
    "new": pgettext_lazy("opinion", "new"),
    "answered": pgettext_lazy("opinion", "answered"),
    "closed": pgettext_lazy("opinion", "closed"),
}


def label(words: Mapping[str, object], code: str) -> str:
    """The word of a code; a code without one speaks for itself."""
    return str(words.get(code, code))
