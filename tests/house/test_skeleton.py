import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import DatabaseError


@pytest.mark.django_db
def test_the_app_is_not_the_owner_of_the_tables():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = tableowner FROM pg_tables WHERE tablename = 'audit_event'")
        assert cursor.fetchone() == (False,)


@pytest.mark.django_db
def test_history_is_refused_to_the_app_by_privilege_and_to_the_owner_by_trigger(now, owner_cursor):
    from audit import trail

    trail.record(action="test", actor="system", obj=("thing", 1), at=now)
    for statement in ("UPDATE audit_event SET actor = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_the_owner_cannot_rewrite_history_either(now, owner_cursor):
    import psycopg

    from audit import trail

    trail.record(action="test", actor="system", obj=("thing", 1), at=now)
    for statement, told in (
        ("UPDATE audit_event SET actor = 'x'", "only data may change"),
        ("""UPDATE audit_event SET data = '{"reason": "another"}'""", "only the reason is forgotten"),
        ("DELETE FROM audit_event", "audit_event"),
        ("TRUNCATE audit_event", "audit_event"),
    ):
        with pytest.raises(psycopg.errors.RestrictViolation, match=told):
            owner_cursor.execute(statement)


@pytest.mark.django_db
def test_migrations_say_what_the_models_say():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_the_probes_answer(client):
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").json() == {"database": "ok", "migrations": "ok", "redis": "ok"}
