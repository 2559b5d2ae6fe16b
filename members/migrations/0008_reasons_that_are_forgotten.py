"""What a person wrote or is known by may be emptied when she is forgotten (docs/privacy.md)."""

from importlib import import_module

from django.db import migrations

from audit import guards

import_module("members.migrations.0005_households_and_merges")  # what it said first has to be said before


class Migration(migrations.Migration):
    dependencies = [("members", "0007_contacts_and_terms")]

    operations = [
        guards.columns_change_too("membership_merge", ["reason", "undone_at", "undone_by", "undone"]),
    ]
