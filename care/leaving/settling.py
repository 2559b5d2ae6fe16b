"""Carrying out what a program promised to those who left: a voucher for the cash, and the rest is gone.

One membership a transaction, under the lock that spending takes; its postings are named after the leaving. Cut off, run
twice or beside itself it settles each leaving once. Where points are held or frozen it waits for the next run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import transaction

from care import telling
from care.leaving import foreseeing
from ledger import forfeiting
from members import closing
from members.models import Closing, MembershipHolder
from programs import queries as programs
from rewards import farewell

ACTOR = "system:leaving"
log = structlog.get_logger(__name__)


def settle_due(*, now: datetime, goes_on: Callable[[], bool] = lambda: True, by: str = ACTOR) -> int:
    """Settle every leaving whose time has come, as long as it `goes_on`; how many."""
    settled, after = 0, 0
    while goes_on():
        due = closing.due(now, after=after)
        if not due:
            break
        for closing_id, membership_id in due:
            settled += settle(membership_id=membership_id, now=now, by=by)
            after = closing_id
            if not goes_on():
                break
    return settled


def settle(*, membership_id: int, now: datetime, by: str = ACTOR) -> bool:
    """Settle one membership's leaving, if its time has come; whether it was settled now."""
    try:
        with transaction.atomic():
            row = closing.locked(membership_id)
            leaving = closing.open_closing(membership_id)
            if leaving is None or leaving.settles_at > now or closing.in_household(membership_id):
                return False
            outcome = _outcome(leaving, row.program_id, now, by)
            closing.settled(leaving, outcome, now, by)
            if any("voucher" in said for said in outcome.values()):
                telling.tell_farewell(membership_id, leaving.pk, now=now, by=by)
            return True
    except (forfeiting.PointsHeld, forfeiting.WalletFrozen) as waits:
        log.warning("a leaving waits", membership=membership_id, reason=type(waits).__name__)
        return False


def _outcome(leaving: Closing, program_id: int, now: datetime, by: str) -> dict[str, dict[str, int]]:
    """Post it; currency code -> what was given as a voucher, lost, and used to repay debt."""
    key = f"closing:{leaving.pk}"
    holder_id = MembershipHolder.objects.get(membership_id=leaving.membership_id, until_at=None).holder_id
    codes = {row.id: row.code for row in programs.currencies_of(program_id)}
    outcome: dict[str, dict[str, int]] = {}
    if foreseeing.gives_voucher(leaving.pot, leaving.status_before):
        for currency_id, (taken, _voucher) in farewell.give(
            membership_id=leaving.membership_id, key=key, now=now, by=by
        ).items():
            outcome.setdefault(codes[currency_id], {})["voucher"] = taken
    for one in forfeiting.forfeit(
        holder_id=holder_id, key=key, now=now, actor=by, source_type="closing", source_id=leaving.pk
    ):
        said = outcome.setdefault(codes.get(one.currency_id, str(one.currency_id)), {})
        said.update({name: amount for name, amount in (("lost", one.forfeited), ("repaid", one.repaid)) if amount})
    return outcome
