"""What a person agreed to: answers only grow, and the latest one to a question counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit import trail
from members.models import Consent


@dataclass(frozen=True)
class Answer:
    """One answer: for a purpose ("marketing", "profiling") by a channel ("email", "sms", or "" for none in particular).

    `wording` is the version of the text that was shown. `given_at`: when, if not at the moment it is written down, as
    on a paper form or in another system; `source`: where, if not at the door that writes it down.
    """

    purpose: str
    channel: str
    granted: bool
    wording: str
    given_at: datetime | None = None
    source: str = ""


def record(*, member_id: int, answers: Sequence[Answer], source: str, now: datetime, by: str) -> None:
    """Keep answers as they were given at `now`. `source` says where: web, store, phone, paper."""
    if not answers:
        return
    with transaction.atomic():
        Consent.objects.bulk_create(
            Consent(
                member_id=member_id, purpose=answer.purpose, channel=answer.channel, granted=answer.granted,
                source=answer.source or source, wording=answer.wording, at=answer.given_at or now,
            )
            for answer in answers
        )  # fmt: skip
        trail.record(
            action="members.consents", actor=by, obj=("member", member_id), at=now,
            data={f"{answer.purpose}/{answer.channel}": answer.granted for answer in answers},
        )  # fmt: skip


def latest(member_id: int) -> list[Consent]:
    """The answer that counts for each purpose and channel; between two of one moment the one written last."""
    return list(
        Consent.objects.filter(member_id=member_id)
        .order_by("purpose", "channel", "-at", "-id")
        .distinct("purpose", "channel")
    )


def granted(member_id: int, purpose: str, channel: str = "") -> bool:
    """Whether the person says yes to this now. No answer is no."""
    last = Consent.objects.filter(member_id=member_id, purpose=purpose, channel=channel).order_by("-at", "-id").first()
    return last is not None and last.granted
