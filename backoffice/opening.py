"""Opening a member: every page of the desk about one person comes through here, and so into the access log."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import Http404

from audit import access
from backoffice.doors import Desk
from identity import rights
from members import queries as members
from members.models import Membership


def opened(desk: Desk, public_id: str, *, action: str) -> Membership:
    """The membership of an address, fetched through the scopes in which this person may do `action`; else 404.

    Writes one row of the access log a page, however often the page asks.
    """
    row = members.by_public_id(desk.program, public_id, rights.scopes(desk.user, action))
    if row is None:
        raise Http404
    if row.pk not in desk.opened:
        desk.opened.add(row.pk)
        access.record(actor=desk.actor, membership_id=row.pk, page=desk.page, purpose=desk.purpose, at=desk.now)
    return row


def showed(desk: Desk, membership_ids: Iterable[int]) -> None:
    """Say in the access log whose names a search, a list or a warning is about to show; one statement."""
    shown = sorted(set(membership_ids) - desk.opened)
    access.record_shown(actor=desk.actor, membership_ids=shown, purpose=desk.purpose, at=desk.now)
