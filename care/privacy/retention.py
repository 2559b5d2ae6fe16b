"""What has been kept long enough goes, class by class, once a night; run again it finds nothing.

Days are counted by the moment that is given: on the last day a row stays, the day after it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection, transaction

from audit import guards
from care import evidence
from care.models import Archive, CaseFile
from care.privacy import archives, idleness
from earning import jobs
from identity import departing
from identity.models import Device, User
from members import wallets
from members.models import Login

Job = Callable[[datetime], int]
MONTHS_13 = timedelta(days=396)
NEVER_JOINED = timedelta(days=30)
EVIDENCE = timedelta(days=365)
ANSWERED = timedelta(days=30)
QUARANTINE_ENDED, QUARANTINE_OPEN = timedelta(days=90), timedelta(days=365)
PROOF = timedelta(days=3 * 365)
TRAIL = timedelta(days=3652)
log = structlog.get_logger(__name__)

_EMPTY_QUARANTINE = """
UPDATE quarantine SET raw = ''::bytea, content = NULL, corrected = NULL, detail = ''
WHERE (raw <> ''::bytea OR content IS NOT NULL OR corrected IS NOT NULL OR detail <> '')
  AND ((state IN ('landed', 'dropped') AND changed_at < %s) OR at < %s)
"""
_EMPTY_CHANGES = """
UPDATE contact_change SET wanted = '', old = '', reason = ''
WHERE asked_at < %s AND state NOT IN ('waiting', 'taken') AND (wanted <> '' OR old <> '' OR reason <> '')
"""
_EMPTY_INVITATIONS = """
UPDATE household_invitation SET sent_to = '' WHERE sent_to <> '' AND coalesce(answered_at, expires_at) < %s
"""
_EMPTY_MESSAGES = """
UPDATE outgoing_message SET facts = '{}', address = ''
WHERE (ended_at < %s OR (membership_id IS NULL AND ended_at IS NOT NULL)) AND (facts <> '{}'::jsonb OR address <> '')
"""
# people who were named at a till and never became members: what named them goes, what they bought stays anonymous
_EMPTY_BEARERS = """
UPDATE bearer b SET card = NULL, member = NULL, email = NULL, phone = NULL,
       digest = decode(replace(gen_random_uuid()::text, '-', ''), 'hex')
WHERE (b.card IS NOT NULL OR b.member IS NOT NULL OR b.email IS NOT NULL OR b.phone IS NOT NULL)
  AND EXISTS (SELECT FROM attribution a WHERE a.bearer_id = b.bearer_id AND a.membership_id IS NULL
              AND a.ended_at IS NULL)
  AND NOT EXISTS (SELECT FROM attribution a WHERE a.bearer_id = b.bearer_id
                  AND (a.membership_id IS NOT NULL OR a.at >= %s))
"""

_WORDS = "SELECT DISTINCT population_id, string_to_table(name_key, ' ') AS word FROM member"
_FORGET_WORDS = f"""
DELETE FROM member_name_word w
WHERE NOT EXISTS (SELECT FROM ({_WORDS}) said WHERE said.population_id = w.population_id AND said.word = w.word)
"""
# somebody may have been given a name in the very moment in which its last word went
_KEEP_WORDS = f"""
INSERT INTO member_name_word (population_id, word) SELECT population_id, word FROM ({_WORDS}) said
WHERE word <> '' AND NOT EXISTS (
    SELECT FROM member_name_word w WHERE w.population_id = said.population_id AND w.word = said.word)
"""


def run(*, now: datetime, goes_on: Callable[[], bool] = lambda: True) -> dict[str, int]:
    """Run every job that has not run on this day; job -> how many rows it touched. One that fails keeps none of the
    others from running, and is tried again by the next beat."""
    done: dict[str, int] = {}
    for name, job in JOBS.items():
        if not goes_on():
            break
        try:
            jobs.once(f"retain {name}"[:40], now.date(), 0, lambda: done.update({name: job(now)}), now=now)  # noqa: B023
        except Exception as error:  # whatever one class meets, the other classes are kept no longer for it
            log.exception("not kept to its time", what=name, error=type(error).__name__)
    return done


def idle_members(now: datetime) -> int:
    """People who did nothing for three years are asked to stay, or erased (a setting of the program)."""
    return idleness.attend(now=now)


def quarantine(now: datetime) -> int:
    """What rows in quarantine held, once they have landed or were dropped, or waited a year."""
    return _update(_EMPTY_QUARANTINE, now - QUARANTINE_ENDED, now - QUARANTINE_OPEN)


def bearers(now: datetime) -> int:
    """Names of nobody we know."""
    return _update(_EMPTY_BEARERS, now - PROOF)


def contact_changes(now: datetime) -> int:
    """Contacts that were asked for and replaced."""
    return _update(_EMPTY_CHANGES, now - MONTHS_13)


def invitations(now: datetime) -> int:
    """Addresses that were invited into a household."""
    return _update(_EMPTY_INVITATIONS, now - ANSWERED)


def messages(now: datetime) -> int:
    """What messages said."""
    return _update(_EMPTY_MESSAGES, now - MONTHS_13)


def evidence_files(now: datetime) -> int:
    """Pictures and papers of cases that ended a year ago."""
    rows = CaseFile.objects.filter(case__ended_at__lt=now - EVIDENCE, removed_at=None)
    for row in (found := list(rows)):
        evidence.remove(row, now=now)
    return len(found)


def archive_files(now: datetime) -> int:
    """Archives that nobody took, files that no row names any more, and what was asked for three years ago."""
    gone = archives.expire(now=now)
    named = set(Archive.objects.exclude(name="").values_list("name", flat=True))
    for path in (Path(settings.FILES_DIR) / archives.FOLDER).glob("*.zip"):
        made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if path.name not in named and made < now - timedelta(hours=1):
            path.unlink(missing_ok=True)
            gone += 1
    old = Archive.objects.filter(asked_at__lt=now - PROOF).exclude(state=Archive.State.MADE)
    return gone + old.delete()[0]


def logins(now: datetime) -> int:
    """Logins of people who typed an address and never joined, and were not seen for a month."""
    before = now - NEVER_JOINED
    rows = User.objects.filter(
        date_joined__lt=before, grants=None, staff=None, is_staff=False, is_superuser=False
    ).exclude(last_login__gte=before).exclude(pk__in=Login.objects.values("user_id"))  # fmt: skip
    rows = rows.filter(is_active=True)  # an erased person's row stays as a number
    gone = 0
    while found := list(rows.values_list("pk", flat=True)[:1_000]):
        with transaction.atomic():
            User.objects.filter(pk__in=found).delete()
        gone += len(found)
    return gone


def sessions(now: datetime) -> int:
    """Sessions that are over."""
    return Session.objects.filter(expire_date__lt=now).delete()[0]


def devices(now: datetime) -> int:
    """Browsers from which nobody has signed in for long: the next sign-in from there is told as a new one."""
    return Device.objects.filter(last_seen_at__lt=now - MONTHS_13).delete()[0]


def wallet_devices(now: datetime) -> int:
    """Phones that were told a last time of the pass of somebody who was erased."""
    return wallets.forget_ended(now=now)


def accesses(now: datetime) -> int:
    """Who opened whom, three years ago."""
    return guards.let_go("audit_access", before=now - PROOF)


def events(now: datetime) -> int:
    """Who did what, ten years ago."""
    return guards.let_go("audit_event", before=now - TRAIL)


def proofs(now: datetime) -> int:
    """Codes that were shown at a till or tried."""
    return guards.let_go("card_proof", before=now - MONTHS_13)


def admin_entries(now: datetime) -> int:
    """The admin's own list of changes; the trail has them, too."""
    return LogEntry.objects.filter(action_time__lt=now - MONTHS_13).delete()[0]


def invited_staff(now: datetime) -> int:
    """Work that was offered to an address and never begun: a mistyped one must not stay somebody's way in."""
    return departing.let_lapse(now=now)


def name_words(now: datetime) -> int:
    """Words of names by which nobody is called any more: people marry."""
    forgotten = _update(_FORGET_WORDS)
    _update(_KEEP_WORDS)
    return forgotten


JOBS: dict[str, Job] = {
    "idle members": idle_members,
    "quarantine": quarantine,
    "bearers": bearers,
    "contact changes": contact_changes,
    "invitations": invitations,
    "messages": messages,
    "evidence": evidence_files,
    "archives": archive_files,
    "logins": logins,
    "sessions": sessions,
    "devices": devices,
    "wallet devices": wallet_devices,
    "accesses": accesses,
    "events": events,
    "proofs": proofs,
    "admin entries": admin_entries,
    "invited staff": invited_staff,
    "words of names": name_words,
}
KEEPS: dict[str, str] = {
    "quarantine": "quarantine", "bearer": "bearers", "contact_change": "contact changes",
    "household_invitation": "invitations", "outgoing_message": "messages", "care_case_file": "evidence",
    "care_archive": "archives", "django_session": "sessions", "identity_device": "devices",
    "wallet_device": "wallet devices",
    "audit_access": "accesses", "audit_event": "events", "card_proof": "proofs", "django_admin_log": "admin entries",
}  # fmt: skip
"""Table -> the job that keeps it to the time its inventory says; a house test asks it of every table that says one."""


def _update(query: str, *values: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, list(values))
        return int(cursor.rowcount)
