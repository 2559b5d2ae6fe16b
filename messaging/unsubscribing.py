"""Leaving by one click: the address in a marketing message says whose consent ends, signed, and needs no sign-in.

Mail programs post to it by themselves (RFC 8058), so the same click again writes nothing and says the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core import signing

from members import consents
from members.consents import Answer
from members.models import Membership

SALT = "messaging.unsubscribe"
WORDING = "unsubscribe-1"
"""Version of the page that says what ends; a new sentence is a new version."""


@dataclass(frozen=True)
class Leaving:
    """Whose consent to what a link ends."""

    membership: Membership
    purpose: str
    channel: str

    @property
    def has_left(self) -> bool:
        return not consents.granted(self.membership.member_id, self.purpose, self.channel)


def token(membership: Membership, purpose: str, channel: str) -> str:
    """What stands in the address. It lives as long as the key: one may leave by an old message too."""
    return signing.dumps([membership.public_id, purpose, channel], salt=SALT, compress=False)


def read(said: str) -> Leaving | None:
    """Whose a token is; None for one that is none of ours."""
    try:
        public_id, purpose, channel = signing.loads(said, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    membership = Membership.objects.filter(public_id=public_id).select_related("member", "program").first()
    return Leaving(membership, purpose, channel) if membership else None


def leave(leaving: Leaving, *, now: datetime) -> bool:
    """Keep the withdrawal with its proof; False when there was nothing to end."""
    if leaving.has_left:
        return False
    consents.record(
        member_id=leaving.membership.member_id,
        answers=[Answer(leaving.purpose, leaving.channel, False, WORDING)],
        source="unsubscribe",
        now=now,
        by=f"member:{leaving.membership.public_id}",
    )
    return True
