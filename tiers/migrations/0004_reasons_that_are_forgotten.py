"""What a person wrote or is known by may be emptied when she is forgotten (docs/privacy.md)."""

from importlib import import_module

from django.db import migrations

from audit import guards

import_module("tiers.migrations.0001_initial")  # what it said first has to be said before


class Migration(migrations.Migration):
    dependencies = [("tiers", "0003_bookmark")]

    operations = [
        guards.columns_change_too("tier_assignment", ["reason"]),
    ]
