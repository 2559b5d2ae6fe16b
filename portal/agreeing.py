"""The terms as a member meets them: which version she accepted, and whether she is to be asked about a new one."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language

from members import accepting
from members.models import Membership, TermsAccepted
from portal.queries import Visit
from programs import asking, terms_texts
from programs import queries as programs
from programs.models import TermsText

ASKED_KEY = "terms_asked"
"""Session key: the version this sign-in was asked about, or has accepted already."""


@dataclass(frozen=True)
class Terms:
    """`text` is the version in force; `accepted_at` the moment this very version was accepted, if it was. `before`: the
    latest version that was, with its moment."""

    text: TermsText
    accepted_at: datetime | None
    before: TermsAccepted | None


def of_visitor(program: Any, version: str = "") -> TermsText | None:
    """What somebody who is no member reads: the home market's text, in the language spoken here."""
    home = programs.markets_of(program.pk)[:1]
    return terms_texts.text_of(
        program, market_code=home[0].code if home else "", languages=_languages(home), version=version
    )


def of_member(program: Any, visit: Visit) -> Terms | None:
    """The text in force where she is a member, and what she accepted. None while the program has no text."""
    text = text_for(program, visit)
    if text is None:
        return None
    rows = list(TermsAccepted.objects.filter(membership_id=visit.membership_id).order_by("-at", "-pk"))
    mine = next((row for row in rows if row.version == text.version), None)
    return Terms(text, mine.at if mine else None, rows[0] if rows else None)


def text_for(program: Any, visit: Visit, version: str = "") -> TermsText | None:
    market = programs.market_of(program.pk, visit.market_code)
    languages = _languages([market] if market else [])
    return terms_texts.text_of(program, market_code=visit.market_code, languages=languages, version=version)


def is_to_be_asked(session: MutableMapping[str, Any], program: Any, visit: Visit) -> bool:
    """Whether home asks first: once a sign-in, while there is a text in force that she has not accepted."""
    version = asking.terms_of(program)
    if session.get(ASKED_KEY) == version:
        return False
    found = of_member(program, visit)
    if found is None:
        return False
    if found.accepted_at is not None:
        session[ASKED_KEY] = version
    return found.accepted_at is None


def not_now(session: MutableMapping[str, Any], program: Any) -> None:
    """Ask again at the next sign-in."""
    session[ASKED_KEY] = asking.terms_of(program)


def accept(session: MutableMapping[str, Any], program: Any, visit: Visit, version: str) -> bool:
    """Keep that she accepted the version she was shown; False when another is in force meanwhile."""
    if version != asking.terms_of(program) or text_for(program, visit) is None:
        return False
    membership = Membership.objects.get(pk=visit.membership_id)
    accepting.accept(membership=membership, source="web", now=visit.now, by=visit.actor, version=version)
    session[ASKED_KEY] = version
    return True


def _languages(markets: Sequence[programs.Market]) -> list[str]:
    return [get_language() or "en", *(language for market in markets for language in market.languages)]
