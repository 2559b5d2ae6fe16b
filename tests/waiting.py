"""Races made certain: wait until somebody else waits. Import as `from tests import waiting`."""

import time

from django.db import connection

# Locks are asked as they are; pg_stat_activity is read once a transaction and would never show who came after. Waiting
# for another's transaction names no database: any lock of the same backend does, and no other test runs in this one.
_WAITS = """
SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (
    SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database WHERE datname = current_database())
"""


def until_somebody_waits(seconds: float = 30) -> None:
    """Return as soon as somebody in this database waits for a lock; fail when nobody ever does."""
    until = time.monotonic() + seconds
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_WAITS)
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < until, "nobody had to wait"
            time.sleep(0.01)
