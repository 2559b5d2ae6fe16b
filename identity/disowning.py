"""A sign-in that its owner disowns: by a signed link in the mail that told her of it, without signing in.

Everybody is signed out, the password is forgotten with every key that was added since, and the browser is known no
more. She comes back by a code to her address.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction

from audit import trail
from identity import departing, emails
from identity.models import Device

SALT = "identity.disowning"
LINK_LIVES = timedelta(days=30)


def link_of(device_id: int) -> str:
    """The part of an address by which its owner says that a sign-in was not hers. It stands in no table."""
    return signing.dumps(device_id, salt=SALT)


def device_of(link: str) -> int | None:
    """The browser a link is about; None for a link that is none of ours, or too old."""
    try:
        return int(signing.loads(link, salt=SALT, max_age=LINK_LIVES))
    except signing.BadSignature:
        return None


def is_open(device_id: int) -> bool:
    """Whether there is anything left to disown."""
    return Device.objects.filter(pk=device_id).exists()


def was_not_me(*, device_id: int, now: datetime) -> bool:
    """Throw whoever signed in there out; False when that was done before."""
    with transaction.atomic():
        device = Device.objects.select_for_update().select_related("user").filter(pk=device_id).first()
        if device is None:
            return False
        emails.lock_out(user_id=device.user_id, since=device.first_seen_at)
        departing.end_sessions(device.user)
        trail.record(action="account.disowned", actor="link", obj=("user", device.user_id), at=now)
        device.delete()
    return True
