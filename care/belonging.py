"""Whose evidence a folder holds: the database that wrote there first left its mark, and only that one tidies up.

A folder that another database looks after (a setting gone wrong, a copy of the database put to another use) is full of
files of which this one knows nothing; all of them would seem to be left over.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.db import connection

MARK = "database"

_NAME = """
SELECT system_identifier::text || '/' || oid::text
FROM pg_control_system(), pg_database WHERE datname = current_database()
"""


def begin(root: Path) -> None:
    """Mark a folder that does not exist yet as this database's own; one that is there is left as it is."""
    try:
        root.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        return
    with open(os.open(root / MARK, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
        target.write(name_of_database())
        target.flush()
        os.fsync(target.fileno())


def is_ours(root: Path) -> bool:
    """Whether this very database began the folder. A copy restored elsewhere did not, nor one without a mark."""
    try:
        return (root / MARK).read_text() == name_of_database()
    except FileNotFoundError:
        return False


def name_of_database() -> str:
    """The number of the server's data, which its standbys share, and that of the database in it."""
    with connection.cursor() as cursor:
        cursor.execute(_NAME)
        return str(cursor.fetchone()[0])
