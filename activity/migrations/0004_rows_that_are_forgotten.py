"""What a person wrote or is known by may be emptied when she is forgotten (docs/privacy.md)."""

from importlib import import_module

from django.db import migrations

from audit import guards

import_module("activity.migrations.0001_initial")  # what it said first has to be said before


class Migration(migrations.Migration):
    dependencies = [("activity", "0003_names_for_the_admin")]

    operations = [
        guards.columns_change_too("quarantine", ["reason", "field", "detail", "raw", "content", "corrected", "state", "changed_by", "changed_at"]),
    ]
