"""One-time codes with which a member lets a till spend her points: six digits, good for a minute, once.

A code follows from a key of ours, the membership and a step of ten seconds, so nothing is stored to show it. It is good
in its own step and the five after it: 50 to 60 seconds. That it was used is a row that cannot be there twice.
A card number alone never spends.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from audit import trail
from members import keys, policies, proofs
from members.models import CardProof
from members.refusals import Refused

STEP = timedelta(seconds=10)
STEPS = 6
DIGITS = 6
SPEND = CardProof.What.SPEND


class WrongCode(Refused):
    """None of this membership's codes of the last minute."""

    field = "code"


class CodeUsed(Refused):
    """The code was used for something else already; the next one is shown within seconds."""

    field = "code"


@dataclass(frozen=True)
class Shown:
    """A code as its member sees it, and until when it is good."""

    digits: str
    until: datetime


def shown(membership_id: int, now: datetime) -> Shown:
    """The code of this moment. Whether its member may spend at all is asked before it is shown."""
    step = _step(now)
    until = datetime.fromtimestamp((step + STEPS) * int(STEP.total_seconds()), UTC)
    return Shown(_digits(keys.known()[0], membership_id, step), until)


def use(*, membership_id: int, code: str, key: str, now: datetime, by: str) -> None:
    """Accept a code for the act named by `key`; the same code again for the same act is accepted again.

    Raises TooManyTries, members.policies.CannotSpend, WrongCode, CodeUsed. A wrong code is counted even so.
    """
    with transaction.atomic():
        membership = proofs.begin(membership_id, SPEND, now)
        policies.check_spend(membership, now=now)
        step = _step_of(membership_id, code, now)
        if step is None:
            proofs.wrong(membership, SPEND, now, by)
        elif not _used_for(membership_id, step, key):
            proofs.right(membership, SPEND, now, by, step=step, key=key)
            trail.record(action="cards.spend_authorised", actor=by, obj=("membership", membership_id), at=now)
    if step is None:
        raise WrongCode("no code of this member's last minute")


def _used_for(membership_id: int, step: int, key: str) -> bool:
    """Whether this very act used it before. Raises CodeUsed when another did."""
    used = CardProof.objects.filter(membership_id=membership_id, step=step).values_list("key", flat=True).first()
    if used is not None and used != key:
        raise CodeUsed("the code was used before")
    return used is not None


def _step_of(membership_id: int, code: str, now: datetime) -> int | None:
    """The step whose code this is, among those that are good now. Every one is looked at, whichever it is."""
    typed = "".join(letter for letter in code if letter.isascii() and letter.isdigit())
    latest = _step(now)
    fitting = [
        step
        for step in range(latest - STEPS + 1, latest + 1)
        for key in keys.known()
        if hmac.compare_digest(_digits(key, membership_id, step), typed)
    ]
    return fitting[-1] if fitting else None


def _step(now: datetime) -> int:
    return int(now.timestamp() // STEP.total_seconds())


def _digits(key: bytes, membership_id: int, step: int) -> str:
    drawn = hmac.digest(key, b"spending code %d %d" % (membership_id, step), hashlib.sha256)
    return f"{int.from_bytes(drawn[:8]) % 10**DIGITS:0{DIGITS}d}"
