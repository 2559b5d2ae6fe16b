"""Forms that came by post: entered one after another, counted by the batch they came in.

A batch is the number that somebody wrote on the pile; nothing is made for it. What was entered under it is told by the
audit trail, which the count is read from.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from audit import trail
from audit.models import AuditEvent
from members import enrolment
from members.consents import Answer
from members.models import Membership
from programs.models import Program
from values import periods

WORDING = "paper-1"
"""Version of the sentence printed on the form."""

_BATCH = "postal_batch"
ENTERED, LEFT_OUT = "members.form_entered", "members.form_left_out"


def enter(
    *,
    program: Program,
    batch: str,
    signed_on: date,
    timezone: str,
    now: datetime,
    by: str,
    first_name: str,
    last_name: str = "",
    birth_date: date | None = None,
    email: str = "",
    phone: str = "",
    card_number: str = "",
    language: str = "",
    market_code: str = "",
    offers: bool = False,
    terms: str = "",
) -> Membership:
    """Enrol the person of one paper form; what they agreed to has the day they signed. Raises as `enrolment.enrol`."""
    given_at = min(periods.begins_at(signed_on, timezone) + timedelta(hours=12), now)
    channel = "email" if email else "sms"
    with transaction.atomic():
        membership = enrolment.enrol(
            program=program, channel=Membership.Channel.POST, now=now, by=by, first_name=first_name,
            last_name=last_name, birth_date=birth_date, email=email or None, phone=phone or None,
            card_number=card_number or None, language=language, market_code=market_code or None,
            consents=[Answer("marketing", channel, offers, WORDING, given_at=given_at)] if email or phone else [],
            terms=terms, terms_source="paper",
        )  # fmt: skip
        trail.record(
            action=ENTERED, actor=by, obj=(_BATCH, _key(program, batch)), at=now,
            data={"membership": membership.pk, "signed_on": signed_on.isoformat()},
        )  # fmt: skip
    return membership


def leave_out(*, program: Program, batch: str, now: datetime, by: str) -> None:
    """A form of a batch is laid aside, because its person is a member already or may be."""
    trail.record(action=LEFT_OUT, actor=by, obj=(_BATCH, _key(program, batch)), at=now)


def entered(program: Program, batch: str) -> tuple[int, int]:
    """How many forms of a batch were entered, and how many were left out: together they are the pile."""
    rows = AuditEvent.objects.filter(object_type=_BATCH, object_id=_key(program, batch))
    return rows.filter(action=ENTERED).count(), rows.filter(action=LEFT_OUT).count()


def _key(program: Program, batch: str) -> str:
    return f"{program.code}:{batch.strip().upper()}"[:80]
