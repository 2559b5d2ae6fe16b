"""Guards of tables that only grow: triggers refuse every role, privileges refuse the app's role before that.

A migration adds `append_only("table")` or `only_columns_change("table", [...])` after making the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.migrations.operations import RunSQL

# table -> columns that may still change; the app's role loses UPDATE, DELETE and TRUNCATE on the rest.
# loyalty's migrate command reads it, so it is filled when the migrations are imported.
REVOKED: dict[str, tuple[str, ...]] = {}

FUNCTIONS = """
CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('app.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'table % only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE OR REPLACE FUNCTION audit_refuse_other_columns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD) - TG_ARGV;
    after jsonb := to_jsonb(NEW) - TG_ARGV;
BEGIN
    IF before IS DISTINCT FROM after THEN
        RAISE EXCEPTION 'in table % only % may change', TG_TABLE_NAME, array_to_string(TG_ARGV, ', ')
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


# a row that is older than the second argument says, by the column that the first one names, may be deleted
OLD_ROWS_GO = """
CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('app.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' AND TG_NARGS = 2
       AND (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz < clock_timestamp() - TG_ARGV[1]::interval THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'table % only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""


def append_only(table: str) -> RunSQL:
    """The operation that makes `table` refuse UPDATE, DELETE and TRUNCATE, and takes these rights from the app."""
    REVOKED[table] = ()
    return RunSQL(
        f"""
        CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
        CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
        """,
        f"DROP TRIGGER {table}_only_grows ON {table}; DROP TRIGGER {table}_is_not_emptied ON {table};",
    )


def only_columns_change(table: str, columns: Sequence[str]) -> RunSQL:
    """The operation that lets rows of `table` be added and only `columns` of them change; nothing is deleted."""
    REVOKED[table] = tuple(columns)
    made, dropped = _changes_little(table, columns)
    return RunSQL(made, dropped)


def columns_change_too(table: str, columns: Sequence[str]) -> RunSQL:
    """The operation that names anew which `columns` of a guarded table may change, all of them: what a person wrote or
    is known by may be emptied when she is forgotten (care.privacy), the rest stays as it is."""
    before = REVOKED[table]
    REVOKED[table] = tuple(columns)
    made, dropped = _changes_little(table, columns)
    made_before, _ = _changes_little(table, before)
    return RunSQL(dropped + made, dropped + made_before)


def kept_for(table: str, column: str, days: int) -> RunSQL:
    """The operation that lets a guarded table lose rows whose moment in `column` is more than `days` ago, no others.

    The app's role still may delete nothing: it calls `let_go`, whose function is the owner's.
    """
    when = "DELETE" if REVOKED[table] else "UPDATE OR DELETE"
    trigger = f"""
        DROP TRIGGER {table}_only_grows ON {table};
        CREATE TRIGGER {table}_only_grows BEFORE {when} ON {table}
            FOR EACH ROW EXECUTE FUNCTION audit_refuse_change"""
    return RunSQL(
        f"""{trigger}('{column}', '{days} days');
        CREATE FUNCTION audit_let_go_{table}(before timestamptz) RETURNS bigint
        LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
            WITH gone AS (DELETE FROM {table} WHERE {column} < before RETURNING 1) SELECT count(*) FROM gone
        $$;
        """,
        f"{trigger}(); DROP FUNCTION audit_let_go_{table}(timestamptz);",
    )


def let_go(table: str, *, before: datetime) -> int:
    """Delete the rows of a table made `kept_for` some days that are older than `before`; how many.

    Younger ones are refused by the table itself, whoever asks.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT audit_let_go_{table}(%s)", [before])
        return int(cursor.fetchone()[0])


def _changes_little(table: str, columns: Sequence[str]) -> tuple[str, str]:
    """The statements that guard a table but for these columns, and those that take the guards away."""
    arguments = ", ".join(f"'{column}'" for column in columns)
    return (
        f"""
        CREATE TRIGGER {table}_changes_little BEFORE UPDATE ON {table}
            FOR EACH ROW EXECUTE FUNCTION audit_refuse_other_columns({arguments});
        CREATE TRIGGER {table}_only_grows BEFORE DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
        CREATE TRIGGER {table}_is_not_emptied BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
        """,
        f"""
        DROP TRIGGER IF EXISTS {table}_changes_little ON {table};
        DROP TRIGGER {table}_only_grows ON {table};
        DROP TRIGGER {table}_is_not_emptied ON {table};
        """,
    )
