"""The terms a member accepted: which version, when, through which door."""

from __future__ import annotations

from datetime import datetime

from members import pooling
from members.models import Membership, TermsAccepted
from programs import asking


def accept(*, membership: Membership, source: str, now: datetime, by: str, version: str = "") -> bool:
    """Keep that the terms (those of today, if no version is said) were accepted; False when that version was before."""
    version = version or asking.terms_of(membership.program)
    if TermsAccepted.objects.filter(membership=membership, version=version).exists():
        return False
    TermsAccepted.objects.create(membership=membership, version=version, source=source, by=by[:80], at=now)
    return True


def accepted(membership_id: int) -> TermsAccepted | None:
    """The latest acceptance, if there is one; also by a membership that was merged into this one."""
    rows = TermsAccepted.objects.filter(membership__in=pooling.one_person(membership_id))
    return rows.order_by("-at", "-pk").first()
