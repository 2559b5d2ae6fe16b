"""An external id that is somebody's e-mail or phone is forgotten in the report's lines, too (replication.tombs)."""

from importlib import import_module

from django.db import migrations

from audit import guards

import_module("replication.migrations.0001_initial")  # what it said first has to be said before


class Migration(migrations.Migration):
    dependencies = [("replication", "0003_known_by_keys_alone")]

    operations = [guards.columns_change_too("replication_line", ["external_id"])]
