"""The log of the database we start ourselves holds no values: neither of slow statements nor of refused ones."""

import os
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

CANARY = "canary.of.the.log@example.com"


@pytest.mark.django_db
def test_the_servers_log_keeps_no_value_of_a_statement():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name LIKE 'log\\_%%'")
        told = dict(cursor.fetchall())
        if told["log_min_error_statement"] != "panic" and os.environ.get("CI"):
            pytest.skip("this server is not one of ours")
        assert told["log_min_duration_statement"] == "-1"
        assert told["log_error_verbosity"] == "terse"
        assert told["log_statement"] == "none"
        logs = list(Path(".home").rglob("*postgres*.log"))
        for statement in ("SELECT 1 / (length(%s) - length(%s))", "SELECT pg_sleep(0.01), %s, %s, nothing"):
            cursor.execute("SAVEPOINT refused")
            with pytest.raises(DatabaseError):
                cursor.execute(statement, [CANARY, CANARY])
            cursor.execute("ROLLBACK TO SAVEPOINT refused")
    assert not any(CANARY in path.read_text(errors="replace") for path in logs)
