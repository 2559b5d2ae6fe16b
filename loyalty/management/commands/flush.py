from typing import Any

from django.apps import apps
from django.core.management.base import CommandError
from django.core.management.commands import flush
from django.db import connection
from psycopg import sql

from loyalty import owner


class Command(flush.Command):
    """Empties every table, as the owner, in a test database and nowhere else: our tables refuse to be emptied."""

    def handle(self, **options: Any) -> None:
        if not str(connection.settings_dict["NAME"]).startswith("test_"):
            raise CommandError("flush empties tables that must only grow: it runs in test databases only")
        kept = {"django_migrations", "django_content_type", "auth_permission"}
        with owner.connect() as owning:
            owning.execute("SET app.allow_truncate = 'on'")
            tables = [
                sql.Identifier(name)
                for (name,) in owning.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
                if name not in kept
            ]
            owning.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(tables)))
        apps.clear_cache()
