"""allauth's own mails (codes), which are sent while somebody waits for them: its words, set as our letters are."""

from __future__ import annotations

from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils.translation import get_language

from identity import adapters
from messaging import letters


class AccountAdapter(adapters.AccountAdapter):
    def render_mail(
        self, template_prefix: str, email: str | list[str], context: dict[str, Any], headers: Any = None
    ) -> EmailMessage:
        """allauth's text with the same text as a letter beside it, in the look of the program one is in."""
        said = {"Auto-Submitted": "auto-generated", **(headers or {})}
        made: EmailMessage = super().render_mail(template_prefix, email, context, said)
        if isinstance(made, EmailMultiAlternatives) and not made.alternatives:
            program, language = getattr(self.request, "program", None), (get_language() or "en")[:2]
            html = letters.as_letter(str(made.subject), str(made.body), program, language)
            made.attach_alternative(html, "text/html")
        return made
