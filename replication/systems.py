"""Systems and their keys: a key is shown once, when it is made, and kept as its digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.db import transaction

from audit import trail
from programs.models import Program
from replication.models import System
from replication.refusals import NoSuchSystem

KEY_PREFIX = "fdl_"


def by_code(code: str) -> System:
    """Raises NoSuchSystem."""
    found = System.objects.select_related("program__population").filter(code=code).first()
    if found is None:
        raise NoSuchSystem(f"there is no system {code}")
    return found


def make(
    *, code: str, program: Program, now: datetime, by: str, channel: str = "replication", versions: str = "number"
) -> System:
    """A new system that sends members of `program`. A population with a CRM that masters it is no longer ours alone."""
    with transaction.atomic():
        system = System.objects.create(
            code=code, names={"en": code}, program=program, channel=channel, versions=versions
        )
        if channel == System.Channel.REPLICATION and program.population.mastered_here:
            program.population.mastered_here = False
            program.population.save(update_fields=["mastered_here"])
        trail.record(
            action="replication.system_made", actor=by, obj=("replication_system", system.pk), at=now,
            data={"code": code, "program": program.code},
        )  # fmt: skip
    return system


def rotate_key(*, system: System, now: datetime, by: str) -> str:
    """A new key for pushing and the feed; the one before is void at once. It is answered here and never again."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        System.objects.filter(pk=system.pk).update(key_digest=digest(key), key_made_at=now)
        trail.record(action="replication.key_made", actor=by, obj=("replication_system", system.pk), at=now)
    return key


def revoke_key(*, system: System, now: datetime, by: str) -> None:
    """From now on nobody pushes for this system."""
    with transaction.atomic():
        System.objects.filter(pk=system.pk).update(key_digest=None, key_made_at=None)
        trail.record(action="replication.key_revoked", actor=by, obj=("replication_system", system.pk), at=now)


def of_key(key: str) -> System | None:
    """The active system whose key this is: looked up by digest, so that no comparison tells how near a guess came."""
    if not key.startswith(KEY_PREFIX) or len(key) > 100:
        return None
    return System.objects.select_related("program").filter(key_digest=digest(key), active=True).first()


def digest(key: str) -> bytes:
    """Keys are 256 bits of chance, so that a plain digest is enough."""
    return hashlib.sha256(key.encode()).digest()
