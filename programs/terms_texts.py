"""The texts of a program's terms: which one somebody reads, by version, market and language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from programs.asking import terms_of
from programs.models import TermsText


def text_of(
    program: Any, *, market_code: str = "", languages: Sequence[str] = (), version: str = ""
) -> TermsText | None:
    """The text of a version (the one in force when none is said) that somebody of this market reads best.

    The market's own text comes before the one for all, and the first of `languages` that there is before any other.
    """
    if len(version) > 40 or "\x00" in version:
        return None
    rows = TermsText.objects.filter(program=program, version=version or terms_of(program))
    there = [row for row in rows.order_by("pk") if row.market_code in ("", market_code)]
    wanted = [language.partition("-")[0] for language in languages]

    def rank(row: TermsText) -> tuple[bool, int]:
        spoken = row.language.partition("-")[0]
        return not row.market_code, wanted.index(spoken) if spoken in wanted else len(wanted)

    return min(there, key=rank, default=None)
