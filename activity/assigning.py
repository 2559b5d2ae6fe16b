"""A person at a desk says whose an activity is: one that nobody could be found for, or that is a wrong member's.

The rules run as for activity that just landed, by the version of its day; what a wrong member got for it is taken back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from activity import attribution, hooks, returns
from activity.bearers import Register
from audit import trail
from members.models import Membership
from programs.models import Program

AGENT = "agent"


class UnknownReceipt(Exception):
    """No such activity came from a source that feeds the program; nothing was changed."""


class UnknownMember(Exception):
    """No such member of the program; nothing was changed."""


class MembershipClosed(Exception):
    """The member left the program; nothing was changed."""


class NoReason(ValueError):
    """Whose an activity is is not changed without saying why."""


_FIND = """
SELECT a.activity_id, a.occurred_on, a.source_id, a.bearer_id, s.identifiers FROM activity AS a
JOIN source AS s ON s.id = a.source_id
WHERE a.activity_id = %(activity)s
  AND (EXISTS (SELECT FROM source_program AS fed WHERE fed.source_id = a.source_id AND fed.program_id = %(program)s)
       OR EXISTS (SELECT FROM attribution AS t WHERE t.activity_id = a.activity_id AND t.program_id = %(program)s))
"""
_END = """
UPDATE attribution SET ended_at = %s WHERE activity_id = %s AND program_id = %s AND ended_at IS NULL
RETURNING membership_id, holder_id
"""
_NOW = """
SELECT membership_id FROM attribution WHERE activity_id = %s AND program_id = %s AND ended_at IS NULL FOR UPDATE
"""
_HOLDER = "SELECT holder_id FROM membership_holder WHERE membership_id = %s AND until_at IS NULL"
_LAND = """
INSERT INTO pg_temp.landed (activity_id, occurred_on, holder_id, membership_id, program_id, reason, bearer_id, by)
VALUES (%s, %s, %s, %s, %s, NULL, %s, %s)
"""


def assign(*, program: Program, activity_id: int, membership_id: int, reason: str, now: datetime, by: str) -> bool:
    """Say that an activity is this member's; whether that is new. Its holder is scored for it by the next worker.

    Raises NoReason, UnknownReceipt, UnknownMember, MembershipClosed.
    """
    if not reason.strip():
        raise NoReason("a reason is needed")
    membership = Membership.objects.filter(pk=membership_id, program=program).first()
    if membership is None:
        raise UnknownMember(str(membership_id))
    if membership.status == Membership.Status.CLOSED:
        raise MembershipClosed(membership.number)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FIND, {"activity": activity_id, "program": program.pk})
        found = cursor.fetchone()
        if found is None:
            raise UnknownReceipt(str(activity_id))
        _, day, source_id, bearer_id, order = found
        cursor.execute(_NOW, [activity_id, program.pk])
        if cursor.fetchone() == (membership_id,):
            return False
        if bearer_id is None:  # nobody was named at the till: the agent's word is what was said
            said = (None, membership.number, None, None)
            bearer_id = Register(source_id, (), [program.pk]).ids_of([said])[said]
        before = _move(cursor, program, activity_id, day, membership_id, bearer_id, now)
        cursor.execute(_HOLDER, [membership_id])
        returns.go_on(cursor, source_id, which="holders", values=list(cursor.fetchone()), now=now)
        data = {"program": program.code, "to": membership_id, "from": before, "reason": reason[:500]}
        trail.record(action="activity.assigned", actor=by, obj=("activity", activity_id), at=now, data=data)
    return True


def _move(
    cursor: Any, program: Program, activity_id: int, day: Any, membership_id: int, bearer_id: int, now: datetime
) -> int | None:
    """End what was said, say it anew, and tell the rooms above of both; whose it was."""
    cursor.execute(_END, [now, activity_id, program.pk])
    before, holder_before = cursor.fetchone() or (None, None)
    cursor.execute(_HOLDER, [membership_id])
    (holder_id,) = cursor.fetchone()
    cursor.execute(attribution.LANDED)
    cursor.execute(_LAND, [activity_id, day, holder_id, membership_id, program.pk, bearer_id, AGENT])
    attribution.begin(cursor, now)
    if holder_before is not None and [holder_before] != attribution.holders_in_landed(cursor):
        for on_left in hooks.on_left:
            on_left(cursor, [(holder_before, activity_id, day)], now)
    return int(before) if before is not None else None
