"""Codes that were shown or tried are kept thirteen months."""

from importlib import import_module

from django.db import migrations

from audit import guards

import_module("members.migrations.0004_cards_in_batches")  # what it said first has to be said before


class Migration(migrations.Migration):
    dependencies = [("members", "0009_holders_that_ended"), ("audit", "0004_kept_for_some_time")]

    operations = [guards.kept_for("card_proof", "at", 396)]
