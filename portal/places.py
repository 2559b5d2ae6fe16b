"""Where "Me" leads to: the pages on which a member looks after what is hers."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.queries import Visit
from programs.models import TermsText


@dataclass(frozen=True)
class Place:
    """A page and what is done there, in a few words."""

    label: str
    told: str
    href: str
    icon: str


def of_member(visit: Visit) -> list[Place]:
    """In the order in which they are looked for."""
    return [
        Place(
            _("My cards"),
            _("A lost card, a card from a store, the wallet of your phone"),
            reverse("portal:cards"),
            "card",
        ),
        Place(_("Who I am"), _("Name, date of birth, language"), reverse("portal:profile"), "user"),
        Place(_("Contact and address"), _("What we write to, and where you live"), reverse("portal:contact"), "mail"),
        Place(_("What I like"), _("Tastes, and my store"), reverse("portal:likes"), "heart"),
        Place(_("What I agreed to"), _("Offers, by which way, and nothing else"), reverse("portal:consents"), "check"),
        *_terms(visit),
        Place(_("My requests"), _("Ask us something, and read our answers"), reverse("portal:requests"), "case"),
        Place(_("Household"), _("Share one pot with those you live with"), reverse("portal:household"), "users"),
        Place(_("My data"), _("A copy of everything, or have it deleted"), reverse("portal:data"), "download"),
        Place(_("Password"), _("Choose one, or another"), reverse("account_change_password"), "lock"),
        Place(_("Passkeys and codes"), _("Sign in without a password, and safer"), reverse("mfa_index"), "shield"),
        Place(_("Where I am signed in"), _("Which devices, and a way out"), reverse("usersessions_list"), "history"),
        Place(
            _("Leave the program"), _("What happens to the points, and the way back"), reverse("portal:leave"), "logout"
        ),
    ]


def _terms(visit: Visit) -> list[Place]:
    """Only where the program shows the text of its terms."""
    if not TermsText.objects.filter(program_id=visit.program_id).exists():
        return []
    return [Place(_("Terms"), _("What I accepted, and when"), reverse("portal:my_terms"), "pen")]
