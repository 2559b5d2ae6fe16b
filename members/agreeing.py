"""The consents of a member as one page shows them: each question a program asks, with the answer that counts.

A page of questions is answered as a whole: what it shows as on and was sent as off is withdrawn, at once. Only what
differs from the answer before is kept, so that the proof says when an answer changed, not when a page was sent.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from members import consents
from members.consents import Answer
from members.models import Consent, Member, Membership
from programs import asking
from programs.asking import Question

WORDING = "preferences-1"
"""Version of the sentences of the preference centre; other sentences are another version."""


@dataclass(frozen=True)
class Standing:
    """A question, what was answered last (None: never asked), when, where, under which words."""

    question: Question
    granted: bool | None
    at: datetime | None
    source: str
    wording: str


def standings(membership: Membership) -> list[Standing]:
    """Every question of the program, then what was once answered and is asked no more while the answer is yes."""
    last = {(row.purpose, row.channel): row for row in consents.latest(membership.member_id)}
    asked = asking.questions_of(membership.program)
    known = {(question.purpose, question.channel) for question in asked}
    still = [Question(*key) for key, row in last.items() if key not in known and row.granted]
    return [_standing(question, last.get((question.purpose, question.channel))) for question in [*asked, *still]]


def answer(
    *, membership: Membership, yes: Collection[str], source: str, wording: str, now: datetime, by: str
) -> list[Answer]:
    """Agree to exactly these questions (their codes) and to no other that the page showed; what changed by it."""
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=membership.member_id)
        changed = [
            Answer(one.question.purpose, one.question.channel, one.question.code in yes, wording)
            for one in standings(membership)
            if bool(one.granted) != (one.question.code in yes)
        ]
        consents.record(member_id=membership.member_id, answers=changed, source=source, now=now, by=by)
    return changed


def _standing(question: Question, row: Consent | None) -> Standing:
    if row is None:
        return Standing(question, None, None, "", "")
    return Standing(question, row.granted, row.at, row.source, row.wording)
