"""A login that nobody is any more: its sessions end and the row goes, unless a member of staff signs in with it.

Sessions that are nobody's know people, too: what somebody typed to join waits there, and the address a code went to.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.contrib.sessions.models import Session

from care.privacy.subjects import Subject
from identity.models import User
from members.models import Login


def forget(subject: Subject) -> None:
    """Unlink her logins, end their sessions, and delete those that are nobody's now. The subject's `users` keep only
    the numbers of logins whose rows are to be emptied."""
    kept = set(User.objects.filter(pk__in=subject.users, grants__isnull=False).values_list("pk", flat=True))
    kept |= set(
        Login.objects.filter(user_id__in=subject.users)
        .exclude(member_id__in=subject.members)
        .values_list("user_id", flat=True)
    )
    Login.objects.filter(member_id__in=subject.members).delete()
    gone = [number for number in subject.users if number not in kept]
    end_sessions(gone, addresses=subject.addresses)
    subject.users[:] = gone
    User.objects.filter(pk__in=gone).update(is_active=False, last_login=None)


def end_sessions(users: list[int], *, addresses: Sequence[str] = ()) -> int:
    """Delete the sessions in which these logins are signed in, or that hold one of these addresses: found by looking
    into every one that lives."""
    wanted, said = {str(number) for number in users}, [one.lower() for one in addresses]
    ended = []
    for session in Session.objects.iterator(chunk_size=2_000):
        held = session.get_decoded()
        known = json.dumps(held, ensure_ascii=False, default=str).lower() if said else ""
        if str(held.get("_auth_user_id", "")) in wanted or any(one in known for one in said):
            ended.append(session.session_key)
    return Session.objects.filter(session_key__in=ended).delete()[0]
