"""Opening a member: every page of the desk about one person comes through here."""

from __future__ import annotations

from django.http import Http404

from backoffice.doors import Desk
from identity import rights
from members import queries as members
from members.models import Membership


def opened(desk: Desk, public_id: str, *, action: str) -> Membership:
    """The membership of an address, fetched through the scopes in which this person may do `action`; else 404."""
    row = members.by_public_id(desk.program, public_id, rights.scopes(desk.user, action))
    if row is None:
        raise Http404
    return row
