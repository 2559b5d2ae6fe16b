"""A login that nobody is any more: its sessions end and the row goes, unless a member of staff signs in with it."""

from __future__ import annotations

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
    end_sessions(gone)
    subject.users[:] = gone
    User.objects.filter(pk__in=gone).update(is_active=False, last_login=None)


def end_sessions(users: list[int]) -> int:
    """Delete the sessions in which these logins are signed in: found by looking into every one that lives."""
    if not users:
        return 0
    wanted = {str(number) for number in users}
    ended = [
        session.session_key
        for session in Session.objects.iterator(chunk_size=2_000)
        if str(session.get_decoded().get("_auth_user_id", "")) in wanted
    ]
    return Session.objects.filter(session_key__in=ended).delete()[0]
