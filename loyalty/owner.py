"""The owner's connection: migrations, privileges and test databases. The app itself never uses it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import load_backend

MINIMUM_VERSION = 170000


class UnfitServer(Exception):
    """The server lacks what the ledger's guards or the search stand on."""


@contextlib.contextmanager
def acting_as_owner() -> Iterator[None]:
    """Let Django's default connection be the owner's while a command of the schema runs."""
    app = connections["default"]
    wrapper: BaseDatabaseWrapper = load_backend(app.settings_dict["ENGINE"]).DatabaseWrapper(
        owner_settings(), "default"
    )
    connections["default"] = wrapper
    try:
        yield
    finally:
        wrapper.close()
        connections["default"] = app


def owner_settings() -> dict[str, Any]:
    """The owner's settings, on the database the app is on now (a test database has another name)."""
    return {**connection.settings_dict, **settings.OWNER_DATABASE, "NAME": connection.settings_dict["NAME"]}


def connect(database: str | None = None) -> psycopg.Connection[Any]:
    """A plain autocommit connection as the owner."""
    owner = owner_settings()
    return psycopg.connect(
        dbname=database or owner["NAME"],
        user=owner["USER"],
        password=owner["PASSWORD"],
        host=owner["HOST"],
        port=owner["PORT"] or None,
        autocommit=True,
    )


def check_server() -> None:
    """Raise UnfitServer, with the sentence to act on, below PostgreSQL 17 or outside UTF-8."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version_num')::int, current_setting('server_version'),"
            " current_setting('server_encoding')"
        )
        number, version, encoding = cursor.fetchone()
    if number < MINIMUM_VERSION:
        raise UnfitServer(
            f"this is PostgreSQL {version}: Fidelio needs 17 or later, for the C.UTF-8 locale it sorts by"
        )
    if encoding != "UTF8":
        raise UnfitServer(f"the database is encoded in {encoding}: create it with ENCODING 'UTF8'")


def grant_to_app() -> None:
    """Give the app's role its rights on every table and sequence, less UPDATE and DELETE where tables only grow."""
    from audit.guards import REVOKED

    app, owner = connections["default"].settings_dict["USER"], settings.OWNER_DATABASE["USER"]
    if app == owner:
        return
    with connect() as owning:
        role = psycopg.sql.Identifier(app)
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
            "GRANT TEMPORARY ON DATABASE " + '"' + connection.settings_dict["NAME"] + '"' + " TO {}",
        ):
            owning.execute(psycopg.sql.SQL(statement).format(role))
        present = {name for (name,) in owning.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')")}
        for table, columns in sorted(REVOKED.items()):
            if table not in present:
                continue
            name = psycopg.sql.Identifier(table)
            owning.execute(psycopg.sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(name, role))
            if columns:
                changing = psycopg.sql.SQL(", ").join(psycopg.sql.Identifier(column) for column in columns)
                owning.execute(psycopg.sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(changing, name, role))
