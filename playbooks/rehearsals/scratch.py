"""The database books run in: made from a template once a run, beside the main one, and dropped when the run ends.

The template is an empty database that every migration of this version has built. It is kept from run to run, and made
again when a migration changes. Both are made in the owner's role; books run in the app's.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.utils import load_backend
from psycopg import sql

# a crash costs nothing here but the run, and no statement of a book is a long one
_SESSION = "-c statement_timeout=20s -c synchronous_commit=off -c jit=off"
_ONE_AT_A_TIME = "SELECT pg_advisory_lock(hashtextextended('rehearsals', 0))"


class NoScratchDatabase(Exception):
    """This process may not make databases: give it DATABASE_OWNER_URL or REHEARSAL_DATABASE_URL."""


@contextlib.contextmanager
def opened() -> Iterator[None]:
    """Let this thread's default connection be an empty database of its own. Raises NoScratchDatabase."""
    name = f"{_base()}_run_{os.getpid()}_{secrets.token_hex(4)}"
    try:
        with _owner() as owning:
            owning.execute(_ONE_AT_A_TIME)
            template = _template(owning)
            _copy(owning, template, name)
            keeper = _owner(name)
    except psycopg.Error as error:
        raise NoScratchDatabase(f"no scratch database could be made: {error}".strip()) from error
    try:
        with _standing_in(name), _without_memories():
            yield
    finally:
        keeper.close()
        _drop(name)


def _address() -> dict[str, Any]:
    """Where scratch databases are made, and as whom."""
    chosen: dict[str, Any] | None = getattr(settings, "REHEARSAL_DATABASE", None)
    return chosen or {**connection.settings_dict, **settings.OWNER_DATABASE}


def _base() -> str:
    return f"{_address()['NAME'][:24]}_rehearsal"


def _owner(database: str | None = None) -> psycopg.Connection[Any]:
    address = _address()
    return psycopg.connect(
        dbname=database or address["NAME"],
        user=address["USER"],
        password=address["PASSWORD"],
        host=address["HOST"],
        port=address["PORT"] or None,
        autocommit=True,
        connect_timeout=10,
    )


def _template(owning: psycopg.Connection[Any]) -> str:
    """The name of the template of this version's tables; made when it is missing, older ones dropped."""
    wanted = f"{_base()}_{_fingerprint()}"
    found = owning.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{_base()}\\_%"]).fetchall()
    for (name,) in found:
        if name != wanted:
            with contextlib.suppress(psycopg.Error):  # another run has it open
                owning.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
    if (wanted,) not in found:
        making = f"{_base()}_making_{secrets.token_hex(4)}"
        owning.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin"
                    " BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'").format(sql.Identifier(making))
        )  # fmt: skip
        with _standing_in(making), _as_owner_there():
            call_command("migrate", verbosity=0, interactive=False)
        owning.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(making), sql.Identifier(wanted)))
    return wanted


def _copy(owning: psycopg.Connection[Any], template: str, name: str) -> None:
    owning.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
    app = _app()["USER"]
    if app != _address()["USER"]:
        granted = sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}")
        owning.execute(granted.format(sql.Identifier(name), sql.Identifier(app)))


def _drop(name: str) -> None:
    """Whatever keeps it from going (a vacuum of the server's own), the next run drops what is left over."""
    with _owner() as owning:
        for force in (sql.SQL(""), sql.SQL(" WITH (FORCE)")):
            with contextlib.suppress(psycopg.Error):
                owning.execute(sql.SQL("DROP DATABASE IF EXISTS {}{}").format(sql.Identifier(name), force))
                return


def _fingerprint() -> str:
    """Of every migration's text: another table, another template."""
    digest = hashlib.sha256()
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        digest.update(f"{app}.{name}".encode())
        source = Path(sys.modules[type(migration).__module__].__file__ or "")
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


def _app() -> dict[str, Any]:
    """The app's settings for a scratch database: without a pool, which every thread would share."""
    chosen: dict[str, Any] | None = getattr(settings, "REHEARSAL_DATABASE", None)
    return {**connection.settings_dict, **(chosen or {})}


@contextlib.contextmanager
def _standing_in(name: str) -> Iterator[None]:
    main = connections["default"]
    options = {key: value for key, value in main.settings_dict["OPTIONS"].items() if key != "pool"}
    options["options"] = f"{options.get('options', '')} {_SESSION}".strip()
    address = {**_app(), "NAME": name, "OPTIONS": options, "CONN_MAX_AGE": None, "SCRATCH": True}
    standing = load_backend(address["ENGINE"]).DatabaseWrapper(address, "default")
    connections["default"] = standing
    try:
        yield
    finally:
        standing.close()
        connections["default"] = main


@contextlib.contextmanager
def _as_owner_there() -> Iterator[None]:
    """`migrate` acts as OWNER_DATABASE: let that be the scratch databases' owner."""
    before = settings.OWNER_DATABASE
    settings.OWNER_DATABASE = _address()
    try:
        yield
    finally:
        settings.OWNER_DATABASE = before


@contextlib.contextmanager
def _without_memories() -> Iterator[None]:
    """What this process remembers by number is of another database: put it aside, and back."""
    from django.contrib.contenttypes.models import ContentType

    from earning import batches, journey

    products = journey._products
    journey._products = batches.Products()
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        journey._products = products
        ContentType.objects.clear_cache()
